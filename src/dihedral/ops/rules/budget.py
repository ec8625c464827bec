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

LIMIT = "limit:"  # begins the id of the budget that an agent's own limit is
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
        id=BudgetId(LIMIT + agent),
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
    known = {slot(budget) for budget in kept}
    return [*kept, *(one for one in defaults(organization) if slot(one) not in known)]


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


def caps(claims: Iterable[Claim]) -> dict[Account, Decimal]:
    """The lowest cap of each account."""
    found: dict[Account, Decimal] = {}
    for claim in claims:
        found[claim.account] = min(claim.cap, found.get(claim.account, claim.cap))
    return found


def accounts(
    purpose: Purpose, held: Iterable[Budget], whose: Whose, currency: str, at: datetime
) -> list[Account]:
    """Those that a spending counts on, in the order in which they are held: of each budget that
    holds it and of what is counted in any case, in money and in tokens. A call's own budget has
    none: it is asked of that call alone."""
    slots = {(scope, period, currency) for scope, period in STANDING if whose.get(scope)}
    slots |= {(b.scope, b.period, b.currency) for b in held if b.scope is not Scope.CALL}
    found = {
        Account(purpose, scope, _subject(scope, whose), period, since(period, at), unit)
        for scope, period, own in slots
        for unit in (own, currency, TOKENS)
    }
    return sorted(found, key=lambda account: account.place)


def counted(budgets: Iterable[Budget], purpose: Purpose, scope: Scope, period: Period) -> set[str]:
    """Whose balances of a scope and period are kept up to date: those of each, where `""` is in it,
    else of those that it names."""
    named = {
        b.subject for b in budgets if (b.purpose, b.scope, b.period) == (purpose, scope, period)
    }
    return named | ({""} if (scope, period) in STANDING else set())


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


def line(budget: Budget) -> str:
    """`5.00 USD and 1,000 tokens a month for each person`."""
    caps = [
        *([] if budget.money is None else [_amount(budget.money, budget.currency)]),
        *([] if budget.tokens is None else [_amount(Decimal(budget.tokens), TOKENS)]),
    ]
    within = "" if budget.scope is Scope.CALL else f" {_WITHIN[budget.period]}"
    whose = f"{budget.scope} {budget.subject}" if budget.subject else f"each {budget.scope}"
    whose = "the organization" if budget.scope is Scope.ORGANIZATION else whose
    what = ", of what is built" if budget.purpose is Purpose.BUILDING else ""
    return f"{' and '.join(caps) or 'no cap'}{within} for {whose}{what}"


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


def lift(budget: Budget, subject: str, unit: str) -> str:
    """The command that raises it; of one that is for each, for this subject alone."""
    if budget.id.startswith(LIMIT):
        return f"dihedral agent set {budget.subject} --money AMOUNT"
    name: str = budget.id
    if not budget.subject and subject:
        name = f"{budget.scope}:{subject}"
        if budget.period is not usual(budget.scope):
            name += f" --period {budget.period}"
        if budget.purpose is Purpose.BUILDING:
            name += " --building"
    return f"dihedral budget set {name} {'--tokens NUMBER' if unit == TOKENS else '--money AMOUNT'}"


def usual(scope: Scope) -> Period:
    """Over which time a budget counts where nobody says."""
    return Period.EVER if scope in (Scope.CALL, Scope.CONVERSATION) else Period.MONTH


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
        lift=lift(budget, account.subject, account.unit),
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


def slot(budget: Budget) -> tuple[Purpose, Scope, str, Period]:
    """What only one budget may be for."""
    return budget.purpose, budget.scope, budget.subject, budget.period
