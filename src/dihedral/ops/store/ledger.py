"""The ledger, remembered: reservations, and the balances on which they count."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

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


async def hold(tx: Tx, organization: OrganizationId) -> None:
    """What budgets there are stays as it is until `tx` ends."""
    await tx.rows(Q["hold"], organization=organization)


async def own(tx: Tx, organization: OrganizationId) -> None:
    """The same, and nobody reserves or settles meanwhile."""
    await tx.rows(Q["own"], organization=organization)


async def budgets(
    tx: Tx, organization: OrganizationId, purpose: Purpose, whose: Whose
) -> list[Budget]:
    """Those that are set for each, and for whom it is."""
    rows = await tx.rows(
        Q["budgets"],
        organization=organization,
        purpose=purpose,
        scopes=list(whose),
        names=list(whose.values()),
    )
    return [budget(row) for row in rows]


async def limit(tx: Tx, organization: OrganizationId, agent: str) -> Money | None:
    """What an agent's models may cost a month; the default for one that nobody has made."""
    row = await tx.row(Q["limit"], organization=organization, agent=agent)
    if row is None:
        return MONEY
    return None if row["money"] is None else Money(row["money"], row["money_currency"])


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


async def move(
    tx: Tx, organization: OrganizationId, by: Mapping[Account, tuple[Decimal, Decimal]]
) -> None:
    """So much more, or less, held and spent; `tx` has locked them."""
    moved = {account: amounts for account, amounts in by.items() if any(amounts)}
    if moved:
        held, spent = zip(*moved.values(), strict=True)
        keys = _keys(organization, list(moved))
        await tx.do(Q["move"], **keys, held=list(held), spent=list(spent))


async def add(tx: Tx, made: Reservation) -> bool:
    """False where its call holds one already."""
    fields = asdict(made)
    del fields["status"], fields["money"]
    return await tx.do(Q["add"], **fields) == 1


async def held(
    tx: Tx, organization: OrganizationId, purpose: Purpose, key: str
) -> ReservationId | None:
    """The reservation that a call holds."""
    row = await tx.row(Q["held"], organization=organization, purpose=purpose, key=key)
    return ReservationId(row["id"]) if row else None


async def taken(tx: Tx, reservation: ReservationId) -> Reservation:
    """Held until `tx` ends. Raises NotFound."""
    row = await tx.row(Q["taken"], id=reservation)
    if row is None:
        raise NotFound("reservation", reservation)
    return Reservation(
        **{**row, "purpose": Purpose(row["purpose"]), "status": Status(row["status"])}
    )


async def end(
    tx: Tx,
    reservation: ReservationId,
    status: Status,
    money: Decimal | None,
    usage: Usage,
    at: datetime,
) -> None:
    await tx.do(Q["end"], id=reservation, status=status, money=money, **asdict(usage), at=at)


async def stale(tx: Tx, before: datetime, most: int) -> list[ReservationId]:
    """Calls whose end nobody has told since, the oldest first."""
    rows = await tx.rows(Q["stale"], before=before, most=most)
    return [ReservationId(row["id"]) for row in rows]


async def orphans(tx: Tx, most: int) -> list[ReservationId]:
    """What is held for runs that are gone, with their workspaces."""
    return [ReservationId(row["id"]) for row in await tx.rows(Q["orphans"], most=most)]


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
