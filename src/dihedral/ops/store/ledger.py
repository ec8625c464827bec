"""The ledger, remembered: reservations, and the balances on which they count."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from dihedral.domain.agent import MONEY
from dihedral.domain.ids import OrganizationId, ReservationId
from dihedral.domain.model import Usage
from dihedral.domain.money import Money
from dihedral.domain.spend import Account, Balance, Budget, Period, Purpose, Scope, Whose
from dihedral.kit import sql
from dihedral.kit.db import Db, Row, Tx

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
    its agent's models may cost a month. `stamp` is another as soon as one of the latter is."""

    known: ReservationId | None
    budgets: Sequence[Budget]
    limit: Money | None
    stamp: str


@dataclass(frozen=True, slots=True)
class Take:
    """A reservation, on balances that are `written`, if budgets still have that stamp."""

    made: Reservation
    stamp: str
    places: str

    @property
    def id(self) -> ReservationId:
        return self.made.id


@dataclass(frozen=True, slots=True)
class End:
    """What became of a reservation; without a cost, or usage, all that was held."""

    id: ReservationId
    became: Status
    at: datetime
    cost: Decimal | None = None
    usage: Usage | None = None


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
_MADE = ("id", "key", "conversation", "turn", "agent", "person", "team", "model", "endpoint",
         "currency", "worst", "most", "at")  # fmt: skip
_USAGE = ("input", "output", "cached", "written", "reasoning")
_BUDGET = ("id", "organization", "scope", "subject", "period", "purpose", "money", "currency",
           "tokens", "set_by", "set_at")  # fmt: skip


async def own(tx: Tx, organization: OrganizationId) -> None:
    """What budgets there are stays as it is until `tx` ends, and nobody reserves or settles."""
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
        stamp=first["stamp"],
    )


async def together(
    where: Db | Tx, told: Sequence[End], asked: Sequence[Take] = ()
) -> set[ReservationId]:
    """Of what is told those that there are: one that is over stays as it is, but for one that was
    thought lost, and is settled. Then those that were taken of what is asked; of the others
    somebody has to look closer: for one, budgets are others than when they had that stamp."""
    wanted = ",".join(
        f'{{"made":{_json(_row(one.made))},"seen":{_json(one.stamp)},"places":{one.places}}}'
        for one in asked
    )
    rows = await where.rows(
        Q["together"], told=_json([_end(one) for one in told]), asked=f"[{wanted}]"
    )
    return {ReservationId(row["id"]) for row in rows}


def written(accounts: Sequence[Account], caps: Mapping[Account, Decimal]) -> str:
    """Balances to be held in this order, each with its cap or none."""
    return _json(
        [
            {
                "scope": one.scope,
                "subject": one.subject,
                "period": one.period,
                "since": one.since.isoformat(),
                "unit": one.unit,
                "cap": str(caps[one]) if one in caps else None,
            }
            for one in accounts
        ]
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


def _row(made: Reservation) -> dict[str, object]:
    fields = {name: getattr(made, name) for name in _MADE}
    whose = {"organization": made.organization, "purpose": made.purpose, "status": made.status}
    return {**fields, **whose, **dict.fromkeys(_USAGE, 0)}


def _end(told: End) -> dict[str, object]:
    usage = told.usage or Usage()
    used = {name: getattr(usage, name) for name in _USAGE}
    if told.usage is None:
        del used["input"]
    return {"id": told.id, "became": told.became, "at": told.at, "cost": told.cost, **used}


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
