"""What many runs come to: counts and spans over some days, for pages that watch all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dihedral.domain.change import Level
from dihedral.domain.ids import OrganizationId, WorkspaceId
from dihedral.domain.money import Money
from dihedral.domain.run import Fact, Status
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "overview.sql")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose runs, and since when; `sight` None is all of the organization's workspaces."""

    organization: OrganizationId
    sight: Sequence[WorkspaceId] | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Spans:
    """Seconds: of half of them no more than `half`, of nine of ten no more than `most`."""

    count: int
    half: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Lead:
    """From asked for to applied; `models`, `people` and `work` are how much of the `whole` agents
    took to propose, people to answer, and Terraform with the gates to do."""

    spans: Spans
    whole: float
    models: float
    people: float
    work: float


@dataclass(frozen=True, slots=True)
class Reached:
    runs: int
    applied: int


@dataclass(frozen=True, slots=True)
class Added:
    """What applied changes added a month; `unknown` of the `runs` do not say all of it."""

    money: Money | None
    unknown: int
    runs: int


async def days(tx: Tx, scope: Scope) -> dict[date, dict[Status, int]]:
    found: dict[date, dict[Status, int]] = {}
    for row in await tx.rows(Q["days"], **_of(scope)):
        found.setdefault(row["day"], {})[Status(row["status"])] = row["runs"]
    return found


async def lead(tx: Tx, scope: Scope) -> Lead:
    row = await tx.row(Q["lead"], **_of(scope))
    assert row is not None
    return Lead(_spans(row, "runs"), row["whole"], row["models"], row["people"], row["work"])


async def waits(tx: Tx, scope: Scope) -> Spans:
    row = await tx.row(Q["waits"], **_of(scope))
    assert row is not None
    return _spans(row, "approvals")


async def levels(tx: Tx, scope: Scope) -> Mapping[Level, Reached]:
    rows = await tx.rows(Q["levels"], **_of(scope))
    return {Level(row["level"]): Reached(row["runs"], row["applied"]) for row in rows}


async def monthly(tx: Tx, scope: Scope) -> list[Added]:
    return [
        Added(
            Money(Decimal(row["added"]), row["currency"]) if row["currency"] else None,
            row["unknown"],
            row["runs"],
        )
        for row in await tx.rows(Q["monthly"], **_of(scope))
    ]


async def ends(tx: Tx, scope: Scope) -> dict[tuple[Status, Fact], int]:
    """How many runs that are over ended in which status, by what."""
    rows = await tx.rows(Q["ends"], **_of(scope))
    return {(Status(row["status"]), Fact(row["ended"])): row["runs"] for row in rows}


async def sources(tx: Tx, scope: Scope) -> dict[str, Reached]:
    rows = await tx.rows(Q["sources"], **_of(scope))
    return {row["way"]: Reached(row["runs"], row["applied"]) for row in rows}


async def blueprints(tx: Tx, scope: Scope) -> list[tuple[str, int]]:
    return [(r["blueprint"], r["runs"]) for r in await tx.rows(Q["blueprints"], **_of(scope))]


def _of(scope: Scope) -> dict[str, Any]:
    sight = None if scope.sight is None else list(scope.sight)
    return {"organization": scope.organization, "sight": sight, "since": scope.since}


def _spans(row: Row, count: str) -> Spans:
    return Spans(row[count], row["half"], row["most"])
