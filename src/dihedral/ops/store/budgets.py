"""Budgets, remembered, and what was spent by whom."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import BudgetId, OrganizationId
from dihedral.domain.model import Usage
from dihedral.domain.money import Money
from dihedral.domain.spend import Budget, Purpose, Scope
from dihedral.kit import sql
from dihedral.kit.db import Tx
from dihedral.ops.store.ledger import budget

Q = sql.load(__package__, "budgets.sql")
MOST = 1000  # lines of a report


@dataclass(frozen=True, slots=True)
class Line:
    """What counts on a budget, of one subject, in one unit."""

    subject: str
    unit: str
    held: Decimal
    spent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What was spent, and is held, of one name. `unknown` of its entries have no price, and are
    not in the amounts; `lost` ended in a way that nobody saw, and count at their worst."""

    name: str
    purpose: Purpose
    currency: str
    entries: int
    spent: Decimal
    held: Decimal
    unknown: int
    lost: int
    usage: Usage


async def page(tx: Tx, organization: OrganizationId) -> list[Budget]:
    """Those that are set."""
    return [budget(row) for row in await tx.rows(Q["page"], organization=organization)]


async def limits(tx: Tx, organization: OrganizationId) -> list[tuple[str, Money]]:
    """What models may cost a month, by agent, as its own limits say."""
    rows = await tx.rows(Q["limits"], organization=organization)
    return [(row["name"], Money(row["money"], row["money_currency"])) for row in rows]


async def put(tx: Tx, made: Budget) -> None:
    """In place of the one for the same."""
    await tx.do(Q["put"], **asdict(made))


async def drop(tx: Tx, organization: OrganizationId, name: BudgetId) -> None:
    """Raises NotFound."""
    if not await tx.do(Q["drop"], organization=organization, id=name):
        raise NotFound("budget", name)


async def count(tx: Tx, like: Budget, since: date, subjects: Collection[str] | None) -> None:
    """Its balances anew, of all subjects or of some; `tx` owns the ledger."""
    slot = {
        "organization": like.organization,
        "purpose": like.purpose,
        "scope": like.scope,
        "period": like.period,
    }
    await tx.do(Q["clear"], **slot)
    only = None if subjects is None else sorted(subjects)
    await tx.do(Q["count"], **slot, since=since, subjects=only)


async def balances(tx: Tx, of: Budget, since: date, most: int) -> list[Line]:
    """Those with the most first."""
    rows = await tx.rows(
        Q["balances"],
        organization=of.organization,
        purpose=of.purpose,
        scope=of.scope,
        period=of.period,
        since=since,
        units=[of.currency, "tokens"],
        subject=_subject(of),
        most=most,
    )
    return [Line(**row) for row in rows]


async def report(
    tx: Tx,
    organization: OrganizationId,
    by: str,
    between: tuple[datetime | None, datetime | None],
    person: str | None,
) -> list[Sum]:
    """The dearest first, `MOST` at most; of all, or of one person."""
    since, until = between
    rows = await tx.rows(
        Q["report"],
        organization=organization,
        by=by,
        since=since,
        until=until,
        person=person,
        most=MOST,
    )
    tokens = ("input", "output", "cached", "written", "reasoning")
    return [
        Sum(
            **{k: v for k, v in row.items() if k not in (*tokens, "purpose")},
            purpose=Purpose(row["purpose"]),
            usage=Usage(**{name: int(row[name]) for name in tokens}),
        )
        for row in rows
    ]


def _subject(of: Budget) -> str | None:
    if of.scope is Scope.ORGANIZATION:
        return ""
    return of.subject or None
