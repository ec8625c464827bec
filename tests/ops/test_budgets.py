"""Budgets set, lifted and removed while money is held: what was spent counts, whoever asks when."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dihedral.domain.actor import HOME
from dihedral.domain.agent import Agent
from dihedral.domain.errors import Forbidden, Invalid, NotFound, OverBudget
from dihedral.domain.ids import ConversationId, ProjectId
from dihedral.domain.money import Money
from dihedral.domain.right import Place, Role
from dihedral.domain.spend import Account, Period, Purpose, Scope
from dihedral.kit.db import json
from dihedral.ops.rules import budget
from dihedral.ops.store.budgets import Line
from dihedral.ops.work import agents, budgets
from dihedral.ops.work import ledger as verbs
from dihedral.ops.work.budgets import Slot
from dihedral.ops.work.ledger import OpsLedger
from dihedral.ops.work.plane import Ops
from tests.actors import enrol, person
from tests.ops.spenders import INFRA, ledger, spend, used

pytestmark = pytest.mark.anyio
ADA, NOTHING = person("ada"), Decimal(0)
ORGANIZATION, PERSON = Slot(scope=Scope.ORGANIZATION), Slot(scope=Scope.PERSON)


def usd(amount: str) -> dict[str, Any]:
    return {"money": Decimal(amount)}


@pytest.fixture
async def held(dsn: str) -> AsyncIterator[OpsLedger]:
    async with ledger(dsn, size=4) as made:
        yield made


async def lines(ops: Ops, name: str) -> list[Line]:
    return [line for line in (await budgets.see(ops, ADA, name)).lines if line.unit == "USD"]


async def spent(held: OpsLedger, worst: str, cost: str, **choices: Any) -> None:
    reservation = await held.reserve(INFRA, spend(worst, **choices))
    await held.settle(reservation, used(cost))


async def test_without_any_budget_defaults_hold_and_are_listed(held: OpsLedger) -> None:
    found = {one.budget.id: one.kind for one in await budgets.page(held.ops, ADA)}
    assert found == {"bdg-defaultconversation": "default", "bdg-defaultorganization": "default"}
    with pytest.raises(OverBudget, match="conversation cv-one") as refused:
        await held.reserve(INFRA, spend("2.01"))
    over = refused.value.over
    assert over is not None
    assert (over.budget, over.subject, over.cap, over.used, over.needed) == (
        "bdg-defaultconversation", "cv-one", Decimal(2), Decimal(0), Decimal("2.01"),
    )  # fmt: skip
    assert over.lift == "dihedral budget set conversation:cv-one --money AMOUNT"


async def test_a_conversation_is_lifted_alone_by_what_the_refusal_says(held: OpsLedger) -> None:
    slot = Slot(scope=Scope.CONVERSATION, subject="cv-one")
    await budgets.put(held.ops, ADA, slot, usd("5"))
    await held.reserve(INFRA, spend("2.01"))
    with pytest.raises(OverBudget):
        await held.reserve(INFRA, spend("2.01", conversation=ConversationId("cv-two")))


async def test_an_agent_that_nobody_made_has_the_limit_that_agents_have(held: OpsLedger) -> None:
    await budgets.put(held.ops, ADA, Slot(scope=Scope.CONVERSATION), {"money": None})
    with pytest.raises(OverBudget, match="dihedral agent set infra --money AMOUNT"):
        await held.reserve(INFRA, spend("20.01"))


async def test_a_budget_that_is_set_later_knows_what_was_spent_and_is_held(
    held: OpsLedger,
) -> None:
    await spent(held, "0.50", "0.20")
    open_ = await held.reserve(INFRA, spend("0.30"))
    gone = await held.reserve(INFRA, spend("0.90"))
    await held.release(gone)
    await budgets.put(held.ops, ADA, replace(PERSON, period=Period.DAY), usd("1"))
    name = next(one.budget.id for one in await budgets.page(held.ops, ADA) if one.kind == "set")
    assert await lines(held.ops, name) == [Line("ada", "USD", Decimal("0.30"), Decimal("0.20"))]
    with pytest.raises(OverBudget, match=f"person ada \\({name}\\)"):
        await held.reserve(INFRA, spend("0.51"))
    await held.settle(open_, used("0.10"))
    assert await lines(held.ops, name) == [Line("ada", "USD", Decimal(0), Decimal("0.30"))]


async def test_a_removed_budget_holds_no_more_and_counts_right_when_it_is_back(
    held: OpsLedger,
) -> None:
    await budgets.put(held.ops, ADA, PERSON, usd("1"))
    first = await held.reserve(INFRA, spend("0.40"))
    await budgets.remove(held.ops, ADA, "person")
    second = await held.reserve(INFRA, spend("0.90"))
    await held.settle(first, used("0.40"))
    await budgets.put(held.ops, ADA, PERSON, usd("1"))
    assert await lines(held.ops, "person") == [Line("ada", "USD", Decimal("0.90"), Decimal("0.40"))]
    await held.settle(second, used("0.90"))
    assert await lines(held.ops, "person") == [Line("ada", "USD", Decimal(0), Decimal("1.30"))]


async def test_a_cap_on_tokens_counts_those_of_before(held: OpsLedger) -> None:
    await spent(held, "0.01", "0.01", tokens=1000)  # and needs a hundred
    await budgets.put(held.ops, ADA, ORGANIZATION, {"tokens": 1000, "money": None})
    await held.reserve(INFRA, spend("0.01", tokens=900))
    with pytest.raises(OverBudget, match="1,000 tokens of it are spent or held"):
        await held.reserve(INFRA, spend("0.01", tokens=1))


async def test_budgets_that_come_and_go_while_calls_are_made_lose_nothing(
    held: OpsLedger,
) -> None:
    async def turmoil() -> None:
        for _ in range(10):
            await budgets.put(held.ops, ADA, PERSON, usd("1000"))
            await budgets.put(held.ops, ADA, ORGANIZATION, {"tokens": 10**9})
            await budgets.remove(held.ops, ADA, "person")
            await budgets.remove(held.ops, ADA, "organization")

    calls = (
        spent(held, "0.02", "0.01", conversation=ConversationId(f"cv-{n % 7}")) for n in range(60)
    )
    await asyncio.gather(turmoil(), *calls)
    await budgets.put(held.ops, ADA, PERSON, usd("1000"))
    for name in ("person", "organization"):
        assert [(x.held, x.spent) for x in await lines(held.ops, name)] == [
            (NOTHING, Decimal("0.60"))
        ]


async def test_a_call_like_the_one_before_is_held_by_what_changed_since(held: OpsLedger) -> None:
    await spent(held, "0.50", "0.10")
    await spent(held, "0.50", "0.10")  # the database knows by itself that it fits
    await budgets.put(held.ops, ADA, PERSON, usd("0.50"))
    with pytest.raises(OverBudget, match="for person ada"):
        await held.reserve(INFRA, spend("0.31"))
    await spent(held, "0.30", "0.05")
    with pytest.raises(OverBudget, match="for person ada"):
        await held.reserve(INFRA, spend("0.30"))
    await budgets.remove(held.ops, ADA, "person")
    await spent(held, "0.30", "0.10")
    async with held.ops.db.tx() as tx:
        await enrol(tx, "ada")
    made = Agent(organization=HOME, name="infra", owner=ADA.id, created_at=datetime.now(UTC))
    less = replace(made.limits, money=Money(Decimal("0.40"), "USD"))
    await agents.create(held.ops, ADA, replace(made, limits=less), [])
    with pytest.raises(OverBudget, match="agent infra"):
        await held.reserve(INFRA, spend("0.30"))


async def test_balances_are_held_in_one_order_by_who_reserves_and_by_who_ends(
    held: OpsLedger,
) -> None:
    whose = {"conversation": "cv-É", "agent": "Zed", "person": "ärger", "team": "_-a"}
    async with held.ops.db.tx() as tx:
        rows = await tx.rows(
            b"SELECT p.scope, p.subject, p.period, p.since, p.unit FROM places_of("
            b"jsonb_populate_record(NULL::reservation, %(one)s)) AS p ORDER BY p.place",
            one=json({**whose, "currency": "EUR", "at": "2026-03-01T00:30:00+01:00"}),
        )
    found = [
        Account(
            Purpose.THINKING,
            Scope(row["scope"]),
            row["subject"],
            Period(row["period"]),
            row["since"],
            row["unit"],
        )
        for row in rows
    ]
    assert found == sorted(found, key=lambda account: account.place)
    assert len(found) == 5 * 3 * 2
    at = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    assert {a.since for a in found} == {budget.since(period, at) for period in Period}


async def test_what_a_call_cost_beyond_what_it_held_is_recorded_and_keeps_the_next_out(
    held: OpsLedger,
) -> None:
    await budgets.put(held.ops, ADA, ORGANIZATION, usd("0.50"))
    await spent(held, "0.40", "0.70")
    assert [x.spent for x in await lines(held.ops, "organization")] == [Decimal("0.70")]
    with pytest.raises(OverBudget, match=r"0\.70 USD of it are spent"):
        await held.reserve(INFRA, spend("0.000001"))
    await held.reserve(INFRA, spend("0"))  # what costs nothing goes on


async def test_how_long_a_call_may_be_silent_before_it_counts_as_spent_is_a_setting(
    held: OpsLedger,
) -> None:
    await budgets.put(held.ops, ADA, ORGANIZATION, usd("0.50"))
    await held.reserve(INFRA, spend("0.40"))
    soon = replace(held.ops, now=lambda: datetime.now(UTC) + timedelta(minutes=2))
    assert await verbs.sweep(soon) == 0
    assert await verbs.sweep(replace(soon, lost_after=timedelta(minutes=1))) == 1
    assert [x.spent for x in await lines(held.ops, "organization")] == [Decimal("0.40")]


async def test_an_end_that_comes_after_a_call_was_thought_lost_sets_it_right(
    held: OpsLedger,
) -> None:
    await budgets.put(held.ops, ADA, ORGANIZATION, usd("0.50"))
    lost = await held.reserve(INFRA, spend("0.40"))
    later = replace(held.ops, now=lambda: datetime.now(UTC) + timedelta(minutes=16))
    assert await verbs.sweep(later) == 1
    assert [x.spent for x in await lines(held.ops, "organization")] == [Decimal("0.40")]
    for _ in range(2):
        await held.settle(lost, used("0.10"))
        assert [x.spent for x in await lines(held.ops, "organization")] == [Decimal("0.10")]
    await held.release(lost)
    assert [x.spent for x in await lines(held.ops, "organization")] == [Decimal("0.10")]


async def test_a_key_holds_once_and_again_when_its_first_time_is_over(held: OpsLedger) -> None:
    wanted = spend("0.10")
    first = await held.reserve(INFRA, wanted)
    assert await held.reserve(INFRA, wanted) == first
    await held.release(first)
    second = await held.reserve(INFRA, wanted)
    assert second != first
    await held.settle(second, used("0.10"))
    assert await lines(held.ops, "organization") == [Line("", "USD", Decimal(0), Decimal("0.10"))]


async def test_a_call_without_a_price_passes_where_no_cap_on_money_is_in_the_way(
    held: OpsLedger,
) -> None:
    with pytest.raises(OverBudget, match="unknown is not nothing"):
        await held.reserve(INFRA, spend(None))
    for slot in (Slot(scope=Scope.CONVERSATION), ORGANIZATION):
        await budgets.put(held.ops, ADA, slot, {"money": None, "tokens": 5000})
    by = replace(INFRA, on_behalf_of=None)
    free = spend(None, agent="")  # an agent's own limit would be in the way
    reservation = await held.reserve(by, free)
    await held.settle(reservation, used(None))
    (line,) = await budgets.spent(held.ops, ADA, "all", None, None)
    assert (line.entries, line.unknown, line.spent, line.usage.input) == (1, 1, NOTHING, 100)


async def test_a_new_day_has_its_own_room(held: OpsLedger) -> None:
    slot = replace(ORGANIZATION, period=Period.DAY)
    await budgets.put(held.ops, ADA, slot, usd("0.50"))
    await spent(held, "0.50", "0.50")
    with pytest.raises(OverBudget):
        await held.reserve(INFRA, spend("0.01"))
    tomorrow = OpsLedger(replace(held.ops, now=lambda: datetime.now(UTC) + timedelta(days=1)))
    await tomorrow.reserve(INFRA, spend("0.50"))


async def test_what_is_spent_is_told_by_whatever_one_asks(held: OpsLedger) -> None:
    await spent(held, "0.50", "0.20", model="large", endpoint="ep-a", team="prj-default")
    await spent(held, "0.50", "0.10", model="small", conversation=ConversationId("cv-two"))
    await held.reserve(INFRA, spend("0.05"))
    told: dict[str, list[tuple[str, str, str]]] = {}
    for by in ("model", "endpoint", "team", "conversation", "person", "agent", "all"):
        found = await budgets.spent(held.ops, ADA, by, None, None)
        told[by] = [(x.name, f"{x.spent:.2f}", f"{x.held:.2f}") for x in found]
    assert told["model"] == [("large", "0.20", "0.00"), ("small", "0.10", "0.05")]
    assert told["endpoint"] == [("ep-a", "0.20", "0.00"), ("ep-one", "0.10", "0.05")]
    assert told["team"] == [("prj-default", "0.20", "0.00"), ("", "0.10", "0.05")]
    assert told["conversation"] == [("cv-one", "0.20", "0.05"), ("cv-two", "0.10", "0.00")]
    assert told["person"] == [("ada", "0.30", "0.05")]
    assert told["agent"] == [("infra", "0.30", "0.05")]
    assert told["all"] == [("", "0.30", "0.05")]
    assert await budgets.spent(held.ops, ADA, "all", None, datetime(2026, 1, 1, tzinfo=UTC)) == []


async def test_who_sees_one_place_alone_sees_his_own_spending_alone(held: OpsLedger) -> None:
    await spent(held, "0.50", "0.20")
    await budgets.put(held.ops, ADA, PERSON, usd("1"))
    near = person("bo", Role.VIEWER, Place(HOME, ProjectId("prj-default")))
    assert await budgets.spent(held.ops, near, "all", None, None) == []
    assert all(one.lines == [] for one in await budgets.page(held.ops, near))
    whole = person("bo", Role.VIEWER)
    assert len(await budgets.spent(held.ops, whole, "all", None, None)) == 1


async def test_what_cannot_be_a_budget_is_refused_in_words(held: OpsLedger) -> None:
    wrong: list[tuple[Slot, dict[str, Any], type[Exception], str]] = [
        (replace(ORGANIZATION, subject="x"), usd("1"), Invalid, "names nobody"),
        (Slot(scope=Scope.CALL, period=Period.DAY), usd("1"), Invalid, "no period"),
        (Slot(scope=Scope.CONVERSATION, subject="x"), usd("1"), Invalid, "is not a cv id"),
        (Slot(scope=Scope.PERSON, subject="nobody"), usd("1"), NotFound, "no person"),
        (Slot(scope=Scope.TEAM, subject="nowhere"), usd("1"), NotFound, "no project"),
        (Slot(scope=Scope.AGENT, subject="A B"), usd("1"), Invalid, "cannot name an agent"),
        (ORGANIZATION, usd("-1"), Invalid, "an amount is from 0"),
        (ORGANIZATION, usd("NaN"), Invalid, "an amount is from 0"),
        (replace(ORGANIZATION, purpose=Purpose.BUILDING), {"tokens": 1}, Invalid, "not tokens"),
    ]
    for slot, caps, kind, said in wrong:
        with pytest.raises(kind, match=said):
            await budgets.put(held.ops, ADA, slot, caps)
    with pytest.raises(Forbidden):
        await budgets.put(held.ops, person("bo", Role.OPERATOR), ORGANIZATION, usd("1"))
    with pytest.raises(NotFound):
        await budgets.remove(held.ops, ADA, "organization")  # nobody set it


async def test_a_budget_of_each_call_is_asked_of_each_call_alone(held: OpsLedger) -> None:
    await budgets.put(held.ops, ADA, Slot(scope=Scope.CALL), usd("0.10"))
    for _ in range(3):
        await held.reserve(INFRA, spend("0.10"))
    with pytest.raises(OverBudget, match="for the call") as refused:
        await held.reserve(INFRA, spend("0.11"))
    assert refused.value.over is not None and refused.value.over.used is None
