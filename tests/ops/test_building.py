"""What changes add a month, in the ledger: held while a run waits, settled once it is applied."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from dihedral.domain.ids import ActorId, BudgetId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Run, Status
from dihedral.domain.spend import Budget, Period, Purpose, Scope
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.ops.rules import building
from dihedral.ops.rules.building import Room
from dihedral.ops.work import budgets, ledger, pipeline, runner, workspaces
from dihedral.ops.work.budgets import Slot
from tests.actors import SINCE, hired, person
from tests.ops.conftest import ADA, BO, World

DISK = (
    'resource "aws_ebs_volume" "disk" {\n  availability_zone = "us-east-1a"\n'
    '  size = 500\n  type = "gp3"\n}\n'
)  # about forty dollars a month
ONE = 'resource "terraform_data" "one" {\n  input = "one"\n}\n'
SLOT = Slot(scope=Scope.ORGANIZATION, purpose=Purpose.BUILDING)


def room(money: str | None) -> Room:
    one = Budget(
        id=BudgetId("bdg-one"),
        organization=ADA.organization,
        scope=Scope.ORGANIZATION,
        period=Period.MONTH,
        purpose=Purpose.BUILDING,
        money=None if money is None else Decimal(money),
        set_by=ActorId("ada"),
        set_at=SINCE,
    )
    whose = {Scope.ORGANIZATION: ADA.organization}
    return Room(budgets=[one], whose=whose, balances={}, at=SINCE)


def cost(likely: str | None, currency: str = "USD", **more: Any) -> dict[str, Any]:
    return {"cost": {"likely": likely, "currency": currency, "unpriced": [], **more}}


@pytest.mark.parametrize(
    ("most", "numbers", "ruling"),
    [
        ("40", cost("40"), Ruling.ALLOW),
        ("40", cost("40.01"), Ruling.DENY),
        ("0", cost("-500"), Ruling.ALLOW),
        ("40", cost(None), Ruling.ASK),
        ("40", cost("1", unpriced=[{"address": "a"}]), Ruling.ASK),
        ("40", cost("1", currency="EUR"), Ruling.ASK),
        (None, cost("9999"), None),
    ],
)
def test_over_a_budget_is_a_no_and_what_has_no_price_is_asked(
    most: str | None, numbers: dict[str, Any], ruling: Ruling | None
) -> None:
    verdict = building.judge(room(most), numbers)
    assert (verdict and verdict.ruling) == ruling
    if verdict and ruling is Ruling.DENY:
        assert verdict.findings[0].mend == "`dihedral budget set bdg-one --money AMOUNT`"


pytestmark = pytest.mark.anyio


async def capped(world: World, money: str) -> str:
    """A budget for what is built, and its id."""
    return (await budgets.put(world.ops, ADA, SLOT, {"money": Decimal(money)})).budget.id


async def told(world: World) -> list[tuple[str, str, int]]:
    """Spent and held a month, and how many have no price."""
    found = await budgets.spent(world.ops, ADA, "all", None, None)
    return [(f"{x.spent:.2f}", f"{x.held:.2f}", x.unknown) for x in found]


async def gate(world: World, run: Run) -> Verdict | None:
    verdicts = (await pipeline.see(world.ops, ADA, run.id)).verdicts
    return next((v for v in verdicts if v.gate == building.GATE), None)


async def simulated(world: World, name: str) -> Any:
    return await workspaces.add(world.ops, ADA, name)


async def test_what_waits_is_held_what_is_discarded_frees_it_and_what_is_applied_is_spent(
    world: World,
) -> None:
    await capped(world, "50")
    one, two = await simulated(world, "one"), await simulated(world, "two")
    first = await world.propose(DISK, workspace=one)
    assert first.status is Status.POLICY_CHECKED
    each = f"{Decimal(first.numbers['cost']['likely']):.2f}"
    assert await told(world) == [("0.00", each, 0)]
    second = await world.propose(DISK, workspace=two)
    assert second.status is Status.POLICY_SOFT_FAILED
    verdict = await gate(world, second)
    assert verdict is not None and verdict.ruling is Ruling.DENY
    assert f"{each} USD of it are spent or held, and the change may come to" in verdict.reason
    await pipeline.discard(world.ops, BO, first.id)
    assert await told(world) == []
    third = await world.propose(DISK, workspace=two)
    await pipeline.approve(world.ops, BO, third.id)
    assert (await world.advance(third.id)).status is Status.APPLIED
    assert await told(world) == [(each, "0.00", 0)]


async def test_of_two_that_are_judged_at_once_and_fit_only_alone_one_waits(world: World) -> None:
    await capped(world, "50")
    found = []
    for name in ("one", "two"):
        space = await simulated(world, name)
        files = {"main.tf": DISK.encode()}
        asked = Proposal(workspace=space.id, files=files, reason="", source="api")
        run = await pipeline.propose(world.ops, ADA, asked)
        await runner.plan(world.worker, run.id)
        found.append(run)
    ended = await asyncio.gather(*(world.advance(run.id) for run in found))
    assert sorted(run.status for run in ended) == ["policy_checked", "policy_soft_failed"]


async def test_a_plan_that_is_made_again_is_held_once(world: World) -> None:
    await capped(world, "50")
    run = await world.propose(DISK, workspace=await simulated(world, "one"))
    before = await told(world)
    await pipeline.replan(world.ops, ADA, run.id)
    assert await told(world) == []
    assert (await world.advance(run.id)).status is Status.POLICY_CHECKED
    assert await told(world) == before


async def test_what_is_built_for_an_agent_counts_for_it_and_for_its_person(world: World) -> None:
    drafter = await hired(world.ops, "drafter", "ada")
    await world.propose(DISK, workspace=await simulated(world, "one"), by=drafter)
    for by, name in (("agent", "drafter"), ("person", "ada"), ("team", "prj-default")):
        found = await budgets.spent(world.ops, ADA, by, None, None)
        assert [(x.name, x.purpose) for x in found] == [(name, Purpose.BUILDING)]


async def test_without_a_budget_for_it_no_gate_speaks_and_it_is_counted_all_the_same(
    world: World,
) -> None:
    run = await world.propose(DISK, workspace=await simulated(world, "one"))
    assert await gate(world, run) is None
    assert [held != "0.00" for _, held, _ in await told(world)] == [True]


async def test_what_a_workspace_took_along_is_released_by_the_sweep(world: World) -> None:
    space = await simulated(world, "one")
    await world.propose(DISK, workspace=space)
    async with world.ops.db.tx() as tx:
        await tx.do(b"DELETE FROM workspace WHERE id = %(id)s", id=space.id)
    await ledger.sweep(world.ops)
    assert await told(world) == []


async def test_a_budget_for_thinking_holds_nothing_that_is_built(world: World) -> None:
    thinking = Slot(scope=Scope.ORGANIZATION)
    await budgets.put(world.ops, person("ada"), thinking, {"money": Decimal(0)})
    assert (await world.propose(ONE)).status is Status.POLICY_CHECKED
