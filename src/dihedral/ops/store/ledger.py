"""The ledger, remembered: reservations, and the balances on which they count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from dihedral.domain.agent import MONEY
from dihedral.domain.errors import NotFound
from dihedral.domain.ids import OrganizationId, ReservationId
from dihedral.domain.model import Usage
from dihedral.domain.money import Money
from dihedral.domain.spend import Account, Balance, Budget, Period, Purpose, Scope, Whose
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "ledger.sql")


class Status(StrEnum):
    HELD = "held"
    SETTLED = "settled"
    RELEASED = "released"
    LOST = "lost"  # nobody told its end; it counts as spent at its worst


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """`worst` and `most` are the money and the tokens that are held, `money` what it came to."""

    id: ReservationId
    organization: OrganizationId
    purpose: Purpose
    key: str
    status: Status = Status.HELD
    conversation: str = ""
    turn: str = ""
    agent: str = ""
    person: str = ""
    team: str = ""
    model: str = ""
    endpoint: str = ""
    currency: str
    worst: Decimal | None
    most: int = 0
    money: Decimal | None = None
    at: datetime

    @property
    def whose(self) -> Whose:
        return {
            Scope.CALL: self.key,
            Scope.CONVERSATION: self.conversation,
            Scope.AGENT: self.agent,
            Scope.PERSON: self.person,
            Scope.TEAM: self.team,
            Scope.ORGANIZATION: self.organization,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A reservation, and the tokens that it came to."""

    reservation: Reservation
    usage: Usage
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What holds a reservation: the one that its call holds already, budgets that are set, and what
    its agent's models may cost a month."""

    known: ReservationId | None
    budgets: Sequence[Budget]
    limit: Money | None


Move: TypeAlias = tuple[Decimal, Decimal]
"""So much more, or less, held and spent."""
_MADE = ("id", "key", "conversation", "turn", "agent", "person", "team", "model", "endpoint",
         "currency", "worst", "most", "at")  # fmt: skip
_USAGE = ("input", "output", "cached", "written", "reasoning")
_BUDGET = ("id", "organization", "scope", "subject", "period", "purpose", "money", "currency",
           "tokens", "set_by", "set_at")  # fmt: skip


async def hold(tx: Tx, organization: OrganizationId) -> None:
    """What budgets there are stays as it is until `tx` ends."""
    await tx.rows(Q["hold"], organization=organization)


async def own(tx: Tx, organization: OrganizationId) -> None:
    """The same, and nobody reserves or settles meanwhile."""
    await tx.rows(Q["own"], organization=organization)


async def asked(tx: Tx, wanted: Reservation) -> Asked:
    """Also holds the ledger: what budgets there are stays as it is until `tx` ends."""
    whose = wanted.whose
    rows = await tx.rows(
        Q["asked"],
        organization=wanted.organization,
        purpose=wanted.purpose,
        scopes=list(whose),
        names=list(whose.values()),
        agent=wanted.agent,
        key=wanted.key,
    )
    first = rows[0]
    limit = None if first["most"] is None else Money(first["most"], first["most_currency"])
    return Asked(
        known=ReservationId(first["known"]) if first["known"] else None,
        budgets=[budget({k: row[k] for k in _BUDGET}) for row in rows if row["id"]],
        limit=limit if first["agent"] else MONEY,
    )


async def lock(
    tx: Tx, organization: OrganizationId, accounts: Sequence[Account]
) -> dict[Account, Balance]:
    """Those of the accounts that there are, held until `tx` ends."""
    if not accounts:
        return {}
    rows = await tx.rows(Q["lock"], **_keys(organization, accounts))
    return {accounts[row["place"] - 1]: Balance(row["held"], row["spent"]) for row in rows}


async def open(tx: Tx, organization: OrganizationId, accounts: Sequence[Account]) -> None:
    """Accounts on which nothing was ever counted."""
    await tx.do(Q["open"], **_keys(organization, accounts))


async def enter(
    tx: Tx, made: Reservation, accounts: Sequence[Account], amounts: Sequence[Decimal]
) -> bool:
    """The reservation, and what it holds on accounts that `tx` has locked. False, and nothing done,
    where its call holds one already."""
    fields = {name: getattr(made, name) for name in _MADE}
    keys = _keys(made.organization, accounts)
    return bool(await tx.rows(Q["enter"], **fields, **keys, amounts=list(amounts)))


async def held(
    tx: Tx, organization: OrganizationId, purpose: Purpose, key: str
) -> ReservationId | None:
    """The reservation that a call holds."""
    row = await tx.row(Q["held"], organization=organization, purpose=purpose, key=key)
    return ReservationId(row["id"]) if row else None


async def taken(tx: Tx, reservation: ReservationId) -> Reservation:
    """Held until `tx` ends, and the ledger with it. Raises NotFound."""
    row = await tx.row(Q["taken"], id=reservation)
    if row is None:
        raise NotFound("reservation", reservation)
    return Reservation(
        **{**row, "purpose": Purpose(row["purpose"]), "status": Status(row["status"])}
    )


async def end(
    tx: Tx, over: Reservation, usage: Usage, at: datetime, moves: Mapping[Account, Move]
) -> None:
    """The reservation with what became of it; `moves` of accounts that there are not do nothing."""
    held, spent = zip(*moves.values(), strict=True)
    await tx.do(
        Q["end"],
        id=over.id,
        status=over.status,
        money=over.money,
        **{name: getattr(usage, name) for name in _USAGE},
        **_keys(over.organization, list(moves)),
        at=at,
        held=list(held),
        spent=list(spent),
    )


async def stale(tx: Tx, before: datetime, most: int) -> list[ReservationId]:
    """Calls whose end nobody has told since, the oldest first."""
    rows = await tx.rows(Q["stale"], before=before, most=most)
    return [ReservationId(row["id"]) for row in rows]


async def orphans(tx: Tx, most: int) -> list[ReservationId]:
    """What is held for runs that are gone, with their workspaces."""
    return [ReservationId(row["id"]) for row in await tx.rows(Q["orphans"], most=most)]


async def of_conversations(
    tx: Tx, organization: OrganizationId, conversations: Collection[str]
) -> list[Entered]:
    """What was held and spent for them, in order."""
    which = {"organization": organization, "conversations": list(conversations)}
    return [
        Entered(
            reservation=Reservation(
                organization=organization,
                purpose=Purpose(row["purpose"]),
                status=Status(row["status"]),
                money=row["money"],
                **{name: row[name] for name in _MADE},
            ),
            usage=Usage(**{name: row[name] for name in _USAGE}),
            ended_at=row["ended_at"],
        )
        for row in await tx.rows(Q["of_conversations"], **which)
    ]


def budget(row: Row) -> Budget:
    kinds = {
        "scope": Scope(row["scope"]),
        "period": Period(row["period"]),
        "purpose": Purpose(row["purpose"]),
    }
    return Budget(**{**row, **kinds})


def _keys(organization: OrganizationId, accounts: Sequence[Account]) -> dict[str, object]:
    return {
        "organization": organization,
        "purpose": accounts[0].purpose,
        "scopes": [account.scope.value for account in accounts],
        "subjects": [account.subject for account in accounts],
        "periods": [account.period.value for account in accounts],
        "sinces": [account.since for account in accounts],
        "units": [account.unit for account in accounts],
    }
