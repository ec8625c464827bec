"""What holds an agent: its limits, and the switch that stops it, with a real worker."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dihedral.domain.actor import Actor
from dihedral.domain.agent import Agent, Limits, Spent
from dihedral.domain.change import Level
from dihedral.domain.errors import Conflict, Forbidden
from dihedral.domain.money import Money
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Run, Status
from dihedral.domain.verdict import Ruling
from dihedral.kit import queue
from dihedral.ops.rules import leash
from dihedral.ops.rules.leash import Bound, Wants
from dihedral.ops.store import agents as store
from dihedral.ops.work import agents, instances, pipeline, runner, workspaces
from dihedral.ops.work import leash as leashes
from tests.actors import SINCE, hired, person
from tests.ops.conftest import ADA, BO, World

ONE = 'resource "terraform_data" "one" {\n  input = "one"\n}\n'
DISK = (
    'resource "aws_ebs_volume" "disk" {\n  availability_zone = "us-east-1a"\n'
    '  size = 500\n  type = "gp3"\n}\n'
)  # about forty dollars a month


def usd(amount: int) -> Money:
    return Money(Decimal(amount))


def bound(spent: Spent = Spent(), **limits: Any) -> Bound:  # noqa: B008 (frozen)
    made = Limits(**{"delta": usd(100), "blast": Level.LIMITED, **limits})
    agent = Agent(
        organization=person("ada").organization,
        name="drafter",
        owner=person("ada").id,
        limits=made,
        created_at=SINCE,
    )
    return Bound(agent, spent)


@pytest.mark.parametrize(
    ("held", "wants", "why"),
    [
        (bound(), Wants(Level.CONTAINED, usd(100)), ""),
        (bound(), Wants(Level.LIMITED, usd(0)), ""),
        (bound(), Wants(Level.WIDE, usd(0)), "its blast radius is wide, and limited is the most"),
        (bound(blast=Level.CRITICAL), Wants(Level.CRITICAL, usd(0)), ""),
        (bound(), Wants(Level.LIMITED, usd(101)), "it adds 101.00 USD/month; what the agent's"),
        (bound(Spent(Decimal(60))), Wants(Level.LIMITED, usd(40)), ""),
        (
            bound(Spent(Decimal(60))),
            Wants(Level.LIMITED, usd(41)),
            "its others of this month 60",
        ),
        (bound(Spent(Decimal(999))), Wants(Level.LIMITED, usd(0)), ""),
        (bound(Spent(Decimal(999), 3)), Wants(Level.LIMITED, usd(-5)), ""),
        (
            bound(Spent(Decimal(0), 1)),
            Wants(Level.LIMITED, usd(1)),
            "1 of its runs of this month",
        ),
        (bound(), Wants(Level.LIMITED, None), "not all of what it costs is known in USD"),
        (bound(), Wants(Level.LIMITED, Money(Decimal(1), "EUR")), "not all of what it costs"),
        (bound(delta=usd(0)), Wants(Level.LIMITED, usd(1)), "is 0.00 USD"),
        (bound(delta=None), Wants(Level.LIMITED, None), ""),
        (bound(Spent(Decimal(9), 9), delta=None), Wants(Level.LIMITED, usd(10**6)), ""),
    ],
)
def test_over_a_limit_is_a_no(held: Bound, wants: Wants, why: str) -> None:
    verdict = leash.judge(held, wants)
    assert (verdict.gate, verdict.ruling) == ("agent", Ruling.DENY if why else Ruling.ALLOW)
    assert why in verdict.reason
    assert all("have an administrator raise the limit" in one.mend for one in verdict.findings)


def test_what_has_no_price_is_not_known() -> None:
    shown = {"likely": "5.00", "currency": "USD", "unpriced": []}
    risk = {"level": "wide"}
    assert leash.wants({"cost": shown, "risk": risk}) == Wants(Level.WIDE, usd(5))
    unpriced = {**shown, "unpriced": [{"address": "a"}]}
    assert leash.wants({"cost": unpriced, "risk": risk}).delta is None
    unknown: dict[str, Any] = {"likely": None, "currency": None, "unpriced": []}
    assert leash.wants({"cost": unknown, "risk": risk}).delta is None


pytestmark = pytest.mark.anyio


@pytest.fixture
async def drafter(world: World) -> Actor:
    return await hired(world.ops, "drafter")


async def proposed(world: World, by: Actor, text: str = ONE) -> Run:
    """A run that nobody has worked on yet."""
    files = {"main.tf": text.encode()}
    asked = Proposal(workspace=world.workspace.id, files=files, reason="", source="api")
    return await pipeline.propose(world.ops, by, asked)


async def why(world: World, run: Run) -> str:
    return (await pipeline.see(world.ops, ADA, run.id)).held


async def limited(world: World, **limits: Any) -> None:
    async with world.ops.db.tx() as tx:
        drafter = await store.find(tx, ADA.organization, "drafter")
    fields = {"limits": replace(drafter.limits, **limits)}
    await agents.change(world.ops, ADA, "drafter", fields, None)


@pytest.mark.parametrize("which", ["drafter", "all"])
async def test_a_run_of_a_suspended_agent_is_not_begun_and_goes_on_after(
    world: World, drafter: Actor, which: str
) -> None:
    run = await proposed(world, drafter)
    await agents.suspend(world.ops, ADA, which, "it is mad")
    held = await world.advance(run.id)
    assert held.status is Status.PENDING and await world.told(run.id) == []
    said = await why(world, run)
    assert "suspended by ada since" in said and "it is mad" in said
    assert await agents.resume(world.ops, ADA, which) == 1
    async with world.ops.db.tx() as tx:
        jobs = await queue.seen(tx, status="todo", lock=run.workspace)
    assert {"run": run.id} in [one.job.args for one in jobs]
    assert (await world.advance(run.id)).status is Status.POLICY_CHECKED
    assert await why(world, run) == ""


async def test_what_was_planned_when_its_agent_was_suspended_is_not_judged(
    world: World, drafter: Actor
) -> None:
    run = await proposed(world, drafter)
    await runner.plan(world.worker, run.id)
    await agents.suspend(world.ops, ADA, "drafter", "")
    assert (await world.advance(run.id)).status is Status.PLANNED
    await agents.resume(world.ops, ADA, "drafter")
    assert (await world.advance(run.id)).status is Status.POLICY_CHECKED


async def test_nobody_approves_a_run_of_a_suspended_agent_but_anybody_declines_it(
    world: World, drafter: Actor
) -> None:
    run = await world.propose(ONE, by=drafter)
    await agents.suspend(world.ops, ADA, "drafter", "")
    with pytest.raises(Conflict, match="agent drafter is suspended by ada"):
        await pipeline.approve(world.ops, BO, run.id)
    gone = await pipeline.discard(world.ops, BO, run.id)
    assert gone.status is Status.DISCARDED and await why(world, run) == ""


async def test_what_was_approved_before_its_agent_was_suspended_is_not_applied(
    world: World, drafter: Actor
) -> None:
    run = await world.propose(ONE, by=drafter)
    await pipeline.approve(world.ops, BO, run.id)
    await agents.suspend(world.ops, ADA, "all", "")
    assert (await world.advance(run.id)).status is Status.CONFIRMED
    assert await workspaces.state_versions(world.ops, ADA, "shop") == []
    await agents.resume(world.ops, ADA, "all")
    assert (await world.advance(run.id)).status is Status.APPLIED


async def test_a_run_of_a_person_does_not_wait_for_agents(world: World, drafter: Actor) -> None:
    await agents.suspend(world.ops, ADA, "all", "")
    assert (await world.apply(ONE)).status is Status.APPLIED


async def test_one_that_is_suspended_itself_is_not_resumed_with_all(
    world: World, drafter: Actor
) -> None:
    run = await proposed(world, drafter)
    await agents.suspend(world.ops, ADA, "drafter", "")
    await agents.suspend(world.ops, ADA, "all", "")
    await agents.resume(world.ops, ADA, "all")
    assert (await world.advance(run.id)).status is Status.PENDING
    with pytest.raises(Conflict, match="suspended already"):
        await agents.suspend(world.ops, ADA, "drafter", "")


@pytest.mark.parametrize("which", ["drafter", "all"])
async def test_of_the_switch_and_a_step_that_begins_one_is_first(
    world: World, drafter: Actor, which: str
) -> None:
    run = await proposed(world, drafter)
    async with world.ops.db.tx() as tx:
        await leashes.demand(tx, run)  # as a worker that begins a step
        turning = asyncio.create_task(agents.suspend(world.ops, ADA, which, ""))
        async with world.ops.db.tx() as other:
            while not await other.row(b"SELECT 1 FROM pg_locks WHERE NOT granted"):
                assert not turning.done()
    await turning
    async with world.ops.db.tx() as tx:
        with pytest.raises(leashes.Held, match="suspended by ada"):
            await leashes.demand(tx, run)


async def test_a_driver_hears_at_once_that_its_turn_is_over(world: World, drafter: Actor) -> None:
    first = await instances.start(world.ops, ADA, "drafter", "ada")
    second = await instances.start(world.ops, ADA, "drafter", "ada")
    async with asyncio.timeout(60), world.ops.stops.hearing(world.ops.db):
        turns = [
            asyncio.create_task(instances.over(world.ops, one.instance.id, pause=3600))
            for one in (first, second)
        ]
        await instances.end(world.ops, ADA, "drafter", first.instance.id)
        assert "ada ended it" in await turns[0]
        assert await agents.suspend(world.ops, ADA, "all", "enough") == 1
        assert "all agents are suspended by ada" in await turns[1]
    await agents.resume(world.ops, ADA, "all")
    assert "is over: all agents were suspended" in await instances.over(
        world.ops, second.instance.id
    )


async def test_a_plan_that_reaches_further_than_its_agent_may_is_denied(
    world: World, drafter: Actor
) -> None:
    await limited(world, blast=Level.CONTAINED)
    await world.apply(ONE, by=drafter)
    run = await world.propose(ONE.replace('"one"\n', '"two"\n'), by=drafter)
    assert run.status is Status.POLICY_SOFT_FAILED
    assert "agent: its blast radius is limited, and contained is the most" in run.reason
    assert (await world.propose(ONE.replace('"one"\n', '"two"\n'))).status is Status.POLICY_CHECKED


async def test_what_an_agent_may_add_in_a_month_counts_all_that_it_began(
    world: World, drafter: Actor
) -> None:
    spaces = [await workspaces.add(world.ops, ADA, f"cloud-{n}") for n in range(3)]
    first, second = [await world.propose(DISK, by=drafter, workspace=w) for w in spaces[:2]]
    assert (first.status, second.status) == (Status.POLICY_CHECKED, Status.POLICY_CHECKED)
    each = Decimal(first.numbers["cost"]["likely"])
    await limited(world, delta=Money(each * 2))
    third = await world.propose(DISK, by=drafter, workspace=spaces[2])
    assert third.status is Status.POLICY_SOFT_FAILED
    assert f"{each:.2f} USD/month, and its others of this month {each * 2:.2f}" in third.reason
    await limited(world, delta=Money(each))
    for run in (first, second):
        await pipeline.approve(world.ops, BO, run.id)
    assert (await world.advance(first.id)).status is Status.APPLIED
    late = await world.advance(second.id)
    assert late.status is Status.ERRORED
    assert f"not applied: agent: it adds {each:.2f} USD/month, and its others" in late.reason


async def test_a_run_of_a_person_knows_no_such_gate(world: World) -> None:
    run = await world.propose(ONE)
    story = await pipeline.see(world.ops, ADA, run.id)
    assert "agent" not in {v.gate for v in story.verdicts}


async def test_an_agent_stops_and_replans_only_what_it_proposed_for_the_same_person(
    world: World, drafter: Actor
) -> None:
    run = await world.propose(ONE, by=drafter)
    assert run.proposer == "agent:drafter" and run.on_behalf_of == "ada"
    other = replace(drafter, on_behalf_of=BO.id)
    for verb in (pipeline.discard, pipeline.cancel, pipeline.replan):
        with pytest.raises(Forbidden, match="for whom it proposed them"):
            await verb(world.ops, other, run.id)
    assert (await pipeline.discard(world.ops, drafter, run.id)).status is Status.DISCARDED
