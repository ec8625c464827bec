"""How much of everything there is: counts for people who watch many runs, not one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dihedral.domain.approval import Ending, How
from dihedral.domain.run import Fact, Status
from dihedral.domain.spend import TOKENS, Balance, Purpose
from dihedral.domain.verdict import Ruling
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "tallies.sql")


@dataclass(frozen=True, slots=True)
class Given:
    """Approvals of one kind; `overrides` of them answered a policy that asked."""

    how: How
    ended_as: Ending | None
    approvals: int
    overrides: int


@dataclass(frozen=True, slots=True)
class Waits:
    """From asking to a person's approval. `within` maps seconds to how many took no longer."""

    within: Mapping[float, int]
    approvals: int
    seconds: float


async def statuses(tx: Tx) -> Mapping[Status, int]:
    return {Status(r["status"]): r["runs"] for r in await tx.rows(Q["statuses"])}


async def rulings(tx: Tx) -> Mapping[tuple[str, Ruling], int]:
    return {(r["gate"], Ruling(r["ruling"])): r["verdicts"] for r in await tx.rows(Q["rulings"])}


async def ends(tx: Tx) -> Mapping[Fact, int]:
    return {Fact(r["fact"]): r["runs"] for r in await tx.rows(Q["ends"])}


async def approvals(tx: Tx) -> list[Given]:
    return [
        Given(
            How(r["how"]),
            Ending(r["ended_as"]) if r["ended_as"] else None,
            r["approvals"],
            r["overrides"],
        )
        for r in await tx.rows(Q["approvals"])
    ]


async def waits(tx: Tx, bounds: Sequence[float]) -> Waits:
    found = {r["bound"]: r["approvals"] for r in await tx.rows(Q["waits"], bounds=list(bounds))}
    whole = await tx.row(Q["waited"])
    assert whole is not None
    within = {bound: found.get(bound, 0) for bound in bounds}
    return Waits(within, whole["approvals"], whole["seconds"])


async def money(tx: Tx, since: date) -> Mapping[tuple[Purpose, str], Balance]:
    """By purpose and unit, what organizations spent and hold together since the first of a month;
    also where that is nothing."""
    nothing = {(purpose, "USD"): Balance() for purpose in Purpose}
    rows = await tx.rows(Q["money"], since=since)
    found = {(Purpose(r["purpose"]), r["unit"]): Balance(r["held"], r["spent"]) for r in rows}
    return {**nothing, (Purpose.THINKING, TOKENS): Balance(), **found}


async def held(tx: Tx) -> Mapping[Purpose, int]:
    """How many reservations are not over."""
    return {Purpose(r["purpose"]): r["held"] for r in await tx.rows(Q["held"])}
