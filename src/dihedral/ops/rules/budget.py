"""Which budgets hold a spending, and whether it still fits.

Each budget counts on an account: one thing, in one period, in one unit. One that names its subject
stands in the place of the one for each of its scope, period and purpose. Nothing here rounds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from dihedral.domain.actor import SYSTEM
from dihedral.domain.errors import Over
from dihedral.domain.ids import BudgetId, OrganizationId
from dihedral.domain.money import Money
from dihedral.domain.spend import (
    TOKENS,
    Account,
    Balance,
    Budget,
    Period,
    Purpose,
    Scope,
    Whose,
)

AGENT = "agent:"  # begins the id of the budget that an agent's own limit is
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT = "bdg-default"  # begins the id of a budget that nobody set

# fmt: off
_DEFAULTS = (
    (Purpose.THINKING, Scope.CONVERSATION, Period.EVER,  Decimal(2)),
    (Purpose.THINKING, Scope.ORGANIZATION, Period.MONTH, Decimal(100)),
)
STANDING = (  # counted also while no budget is set
    (Scope.CONVERSATION, Period.EVER),
    (Scope.AGENT,        Period.MONTH),
    (Scope.ORGANIZATION, Period.MONTH),
)
_WITHIN = {Period.EVER: "in all", Period.DAY: "a day", Period.MONTH: "a month"}
# fmt: on


@dataclass(frozen=True, slots=True)
class Worst:
    """The most that something may come to. `money` is None where nobody knows."""

    money: Decimal | None
    currency: str
    tokens: int = 0

    def of(self, unit: str) -> Decimal:
        """Its amount in a unit; what is not known counts nothing, and is refused by caps."""
        if unit == TOKENS:
            return Decimal(self.tokens)
        return (self.money or Decimal(0)) if unit == self.currency else Decimal(0)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a spending asks of one budget. `needs` is None where nobody knows."""

    budget: Budget
    account: Account
    cap: Decimal
    needs: Decimal | None


def defaults(organization: OrganizationId) -> tuple[Budget, ...]:
    """What holds until somebody sets a budget of the same scope, subject, period and purpose."""
    return tuple(
        Budget(
            id=BudgetId(DEFAULT + scope),
            organization=organization,
            scope=scope,
            period=period,
            purpose=purpose,
            money=money,
            set_by=SYSTEM.id,
            set_at=EPOCH,
        )
        for purpose, scope, period, money in _DEFAULTS
    )


def own(organization: OrganizationId, agent: str, limit: Money | None) -> Budget | None:
    """An agent's own limit (`dihedral agent set NAME --money AMOUNT`) as a budget."""
    if limit is None:
        return None
    return Budget(
        id=BudgetId(AGENT + agent),
        organization=organization,
        scope=Scope.AGENT,
        subject=agent,
        period=Period.MONTH,
        money=limit.amount,
        currency=limit.currency,
        set_by=SYSTEM.id,
        set_at=EPOCH,
    )


def whole(organization: OrganizationId, kept: Sequence[Budget]) -> list[Budget]:
    """Those that are set, and the defaults in whose place none is."""
    known = {_slot(budget) for budget in kept}
    return [*kept, *(one for one in defaults(organization) if _slot(one) not in known)]


def holding(budgets: Iterable[Budget], whose: Whose, purpose: Purpose) -> list[Budget]:
    """Those that hold what is spent for whom; one that names its subject over that for each."""
    found: dict[tuple[Scope, Period], Budget] = {}
    for budget in budgets:
        subject = whose.get(budget.scope, "")
        if budget.purpose is not purpose or not subject:
            continue
        if budget.subject == subject or (
            not budget.subject and (budget.scope, budget.period) not in found
        ):
            found[budget.scope, budget.period] = budget
    return list(found.values())


def claims(budgets: Iterable[Budget], whose: Whose, worst: Worst, at: datetime) -> list[Claim]:
    """One for each cap, in the order in which accounts are held."""
    found = []
    for budget in budgets:
        if budget.money is not None:
            known = worst.money == 0 or (
                worst.money is not None and worst.currency == budget.currency
            )
            needs = worst.of(budget.currency) if known else None
            account = _account(budget, whose, at, budget.currency)
            found.append(Claim(budget, account, budget.money, needs))
        if budget.tokens is not None:
            account = _account(budget, whose, at, TOKENS)
            found.append(Claim(budget, account, Decimal(budget.tokens), Decimal(worst.tokens)))
    return sorted(found, key=lambda claim: claim.account.place)


def accounts(
    purpose: Purpose, claims: Iterable[Claim], whose: Whose, currency: str, at: datetime
) -> list[Account]:
    """Those that the spending counts on, in the order in which they are held. A call's own budget
    has none: it is asked of that call alone."""
    found = {claim.account for claim in claims if claim.account.scope is not Scope.CALL}
    found |= {
        Account(purpose, scope, _subject(scope, whose), period, since(period, at), currency)
        for scope, period in STANDING
        if whose.get(scope)
    }
    return sorted(found, key=lambda account: account.place)


def every(purpose: Purpose, whose: Whose, currency: str, at: datetime) -> list[Account]:
    """All accounts on which it may have been counted, in the order in which they are held."""
    found = [
        Account(purpose, scope, _subject(scope, whose), period, since(period, at), unit)
        for scope in Scope
        for period in Period
        for unit in (currency, TOKENS)
        if whose.get(scope) and scope is not Scope.CALL
    ]
    return sorted(found, key=lambda account: account.place)


def refusal(claims: Iterable[Claim], balances: Mapping[Account, Balance]) -> Over | None:
    """The first budget that it does not fit in; None where it fits in all of them."""
    for claim in claims:
        used = balances.get(claim.account, Balance()).used
        if claim.needs is None or (claim.needs and used + claim.needs > claim.cap):
            return _over(claim, used)
    return None


def since(period: Period, at: datetime) -> date:
    """The first day, of UTC, of the period that it falls in."""
    day = at.astimezone(UTC).date()
    return {Period.EVER: date.min, Period.DAY: day, Period.MONTH: day.replace(day=1)}[period]


def told(over: Over) -> str:
    """What is in the way, why, and what to do."""
    what = "the call" if over.purpose == Purpose.THINKING else "the change"
    if over.needed is None:
        return (
            f"nobody knows what {what} costs in {over.unit}, and {_cap(over)} holds it:"
            f" unknown is not nothing. Say the price (`dihedral model prices`), or lift the cap:"
            f" `{over.lift}`"
        )
    used = ""
    if over.used is not None:
        used = f" {_amount(over.used, over.unit)} of it are spent or held, and"
    return (
        f"{_cap(over)} is used up:{used} {what} may come to {_amount(over.needed, over.unit)}."
        f" Who administers the organization lifts it: `{over.lift}`; what was paused is then"
        " resumed"
    )


def lift(budget: Budget, unit: str) -> str:
    if budget.id.startswith(AGENT):
        return f"dihedral agent set {budget.subject} --money AMOUNT"
    flag = "--tokens NUMBER" if unit == TOKENS else "--money AMOUNT"
    return f"dihedral budget set {budget.id} {flag}"


def _over(claim: Claim, used: Decimal) -> Over:
    budget, account = claim.budget, claim.account
    return Over(
        budget=budget.id,
        purpose=budget.purpose,
        scope=budget.scope,
        subject=account.subject,
        period=budget.period,
        since=account.since,
        unit=account.unit,
        cap=claim.cap,
        used=None if account.scope is Scope.CALL else used,
        needed=claim.needs,
        lift=lift(budget, account.unit),
    )


def _cap(over: Over) -> str:
    of = f"{over.scope} {over.subject}" if over.subject else f"the {over.scope}"
    within = "" if over.scope == Scope.CALL else f" {_WITHIN[Period(over.period)]}"
    return f"the budget of {_amount(over.cap, over.unit)}{within} for {of} ({over.budget})"


def _amount(amount: Decimal, unit: str) -> str:
    if unit == TOKENS:
        return f"{amount:,f} tokens"
    return f"{amount.normalize() if amount != round(amount, 2) else round(amount, 2):,f} {unit}"


def _account(budget: Budget, whose: Whose, at: datetime, unit: str) -> Account:
    subject = _subject(budget.scope, whose)
    return Account(
        budget.purpose, budget.scope, subject, budget.period, since(budget.period, at), unit
    )


def _subject(scope: Scope, whose: Whose) -> str:
    return "" if scope in (Scope.ORGANIZATION, Scope.CALL) else whose[scope]


def _slot(budget: Budget) -> tuple[Purpose, Scope, str, Period]:
    return budget.purpose, budget.scope, budget.subject, budget.period
