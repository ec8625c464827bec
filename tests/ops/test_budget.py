"""Which budgets hold what, what is left, and that no order of events spends more than there is."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.actor import HOME
from dihedral.domain.ids import ActorId, BudgetId
from dihedral.domain.money import Money
from dihedral.domain.spend import Account, Balance, Budget, Period, Purpose, Scope
from dihedral.ops.rules import budget
from dihedral.ops.rules.budget import Worst

AT = datetime(2026, 11, 28, 23, 59, tzinfo=UTC)
WHOSE = {
    Scope.CALL: "call-1",
    Scope.CONVERSATION: "cv-1",
    Scope.AGENT: "infra",
    Scope.PERSON: "ada",
    Scope.TEAM: "",
    Scope.ORGANIZATION: HOME,
}


def one(scope: Scope, subject: str = "", **choices: Any) -> Budget:
    fields: dict[str, Any] = {
        "id": BudgetId(f"bdg-{scope}{subject}"),
        "organization": HOME,
        "scope": scope,
        "subject": subject,
        "period": Period.EVER if scope is Scope.CALL else Period.MONTH,
        "set_by": ActorId("ada"),
        "set_at": AT,
    }
    return Budget(**{**fields, **choices})


def over(budgets: list[Budget], worst: Worst, used: Mapping[str, str] = {}) -> str:
    """The id of the budget that it does not fit in; `used` is by id."""
    held = budget.holding(budgets, WHOSE, Purpose.THINKING)
    claims = budget.claims(held, WHOSE, worst, AT)
    spent = {c.account: Balance(spent=Decimal(used.get(c.budget.id, "0"))) for c in claims}
    found = budget.refusal(claims, spent)
    return found.budget if found else ""


def usd(amount: str | None, tokens: int = 0) -> Worst:
    return Worst(None if amount is None else Decimal(amount), "USD", tokens)


@pytest.mark.parametrize(
    ("worst", "used", "fits"),
    [("1", "0", True), ("1", "4", True), ("1.0000000001", "4", False), ("0", "9", True)],
)
def test_what_is_left_is_used_to_the_last_cent_and_no_more(
    worst: str, used: str, fits: bool
) -> None:
    cap = one(Scope.ORGANIZATION, money=Decimal(5))
    assert (over([cap], usd(worst), {cap.id: used}) == "") is fits


def test_the_narrowest_budget_that_is_in_the_way_is_named() -> None:
    budgets = [one(scope, money=Decimal(1)) for scope in Scope]
    assert over(budgets, usd("2")) == "bdg-call"
    assert over(budgets[1:], usd("2")) == "bdg-conversation"


def test_one_that_names_its_subject_stands_in_the_place_of_the_one_for_each() -> None:
    each, ada = one(Scope.PERSON, money=Decimal(1)), one(Scope.PERSON, "ada", money=Decimal(9))
    for budgets in ([each, ada], [ada, each]):
        assert over(budgets, usd("5")) == ""
        assert over(budgets, usd("10")) == ada.id
    assert over([each, one(Scope.PERSON, "bo", money=Decimal(9))], usd("5")) == each.id


def test_a_budget_of_a_team_holds_nothing_that_is_of_no_team() -> None:
    assert over([one(Scope.TEAM, money=Decimal(0))], usd("5")) == ""


def test_a_call_without_a_price_is_refused_by_a_cap_on_money_and_held_by_one_on_tokens() -> None:
    money = one(Scope.ORGANIZATION, money=Decimal(5))
    tokens = one(Scope.ORGANIZATION, tokens=100)
    assert over([money], usd(None, 10)) == money.id
    assert over([tokens], usd(None, 10)) == ""
    assert over([tokens], usd(None, 101)) == tokens.id


def test_another_currency_is_not_known_in_this_one_unless_it_is_nothing() -> None:
    euros = one(Scope.ORGANIZATION, money=Decimal(5), currency="EUR")
    assert over([euros], usd("1")) == euros.id
    assert over([euros], usd("0")) == ""


def test_an_agents_own_limit_is_a_budget_and_says_how_it_is_lifted() -> None:
    limit = budget.own(HOME, "infra", Money(Decimal(3)))
    assert limit is not None
    claims = budget.claims([limit], WHOSE, usd("4"), AT)
    found = budget.refusal(claims, {})
    assert found is not None
    assert found.lift == "dihedral agent set infra --money AMOUNT"
    assert budget.own(HOME, "infra", None) is None


def test_what_holds_by_default_gives_way_to_what_is_set_in_its_place() -> None:
    names = {b.id for b in budget.whole(HOME, [])}
    assert names == {"bdg-defaultconversation", "bdg-defaultorganization"}
    none = one(Scope.CONVERSATION, period=Period.EVER)
    assert {b.id for b in budget.whole(HOME, [none])} == {none.id, "bdg-defaultorganization"}


def test_days_and_months_are_of_utc() -> None:
    east = datetime.fromisoformat("2026-12-01T00:30:00+02:00")
    assert budget.since(Period.DAY, east) == date(2026, 11, 30)
    assert budget.since(Period.MONTH, east) == date(2026, 11, 1)
    assert budget.since(Period.EVER, east) == budget.since(Period.EVER, AT)


def test_a_refusal_says_what_is_in_the_way_and_how_it_is_lifted() -> None:
    cap = one(Scope.PERSON, money=Decimal("0.5"))
    claims = budget.claims([cap], WHOSE, usd("0.0123"), AT)
    found = budget.refusal(claims, {claims[0].account: Balance(Decimal("0.1"), Decimal("0.3999"))})
    assert found is not None
    assert budget.told(found) == (
        "the budget of 0.50 USD a month for person ada (bdg-person) is used up: 0.4999 USD of it"
        " are spent or held, and the call may come to 0.0123 USD. Who administers the organization"
        " lifts it: `dihedral budget set person:ada --money AMOUNT`; what was paused is then"
        " resumed"
    )


amounts = st.decimals(0, 3, places=4)
events = st.lists(st.tuples(st.sampled_from(["reserve", "settle", "release"]), amounts))
caps = st.lists(
    st.builds(
        one,
        st.sampled_from(list(Scope)),
        money=st.decimals(0, 5, places=2),
    ),
    min_size=1,
)


@given(caps, events)
def test_under_any_order_of_events_reserves_never_go_over_a_cap(
    budgets: list[Budget], told: list[tuple[str, Decimal]]
) -> None:
    """Calls that keep to their worst leave every balance between nothing and its cap."""
    balances: dict[Account, Balance] = {}
    open_: list[Decimal] = []
    held = budget.holding(budgets, WHOSE, Purpose.THINKING)
    for what, amount in told:
        if what == "reserve":
            worst = usd(str(amount))
            claims = budget.claims(held, WHOSE, worst, AT)
            if budget.refusal(claims, balances):
                continue
            counted = budget.accounts(Purpose.THINKING, held, WHOSE, "USD", AT)
            open_.append(amount)
            moved(balances, counted, amount, Decimal(0))
        elif open_:
            worst_ = open_.pop()
            cost = min(amount, worst_) if what == "settle" else Decimal(0)
            counted = budget.accounts(Purpose.THINKING, held, WHOSE, "USD", AT)
            moved(balances, [a for a in counted if a in balances], -worst_, cost)
        for claim in budget.claims(held, WHOSE, usd("0"), AT):
            balance = balances.get(claim.account, Balance())
            assert min(balance.held, balance.spent) >= 0
            assert claim.account.scope is Scope.CALL or balance.used <= claim.cap


def moved(
    balances: dict[Account, Balance], accounts: list[Account], held: Decimal, spent: Decimal
) -> None:
    for account in accounts:
        if account.unit == "USD":
            before = balances.get(account, Balance())
            balances[account] = Balance(before.held + held, before.spent + spent)


@given(st.permutations(list(Scope)))
def test_accounts_are_held_in_one_order_whatever_order_budgets_come_in(
    scopes: list[Scope],
) -> None:
    budgets = [one(scope, money=Decimal(1), tokens=5) for scope in scopes]
    found = budget.accounts(Purpose.THINKING, budgets, WHOSE, "USD", AT)
    assert found == sorted(found, key=lambda account: account.place)
    assert [a.scope for a in found] == sorted((a.scope for a in found), key=list(Scope).index)
