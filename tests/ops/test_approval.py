"""An approval: what it binds to, how long it holds, who may give it, take it back, keep it."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dihedral.domain.approval import Approval, Ending, How, live
from dihedral.domain.errors import Conflict, Forbidden
from dihedral.domain.ids import RunId
from dihedral.domain.run import Fact, Run, Status
from dihedral.domain.verdict import Ruling
from dihedral.kit import dsse
from dihedral.ops.rules.limits import Limits, Tier
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import approvals
from dihedral.ops.work import pipeline, runner, workspaces
from tests.actors import agent, hired, person
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio

CY = person("cy")
ONE = 'resource "terraform_data" "a" {\n  input = "one"\n}\n'
TWO = ONE.replace("one", "two")
STAMPED = 'resource "terraform_data" "a" {\n  input = plantimestamp()\n}\n'
BOTH = Limits(tiers={**Limits().tiers, "create": Tier(Ruling.ASK, "creates", approvers=2)})


@dataclass(slots=True)
class Clock:
    at: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(world: World, clock: Clock) -> World:
    return with_ops(world, now=clock)


async def story_of(world: World, run: RunId) -> Any:
    """What the run's evidence tells."""
    signed = await pipeline.artefact(world.ops, ADA, run, "evidence")
    return json.loads(dsse.open_(signed, world.ops.signer.public).payload)


def with_ops(world: World, **changes: Any) -> World:
    ops = replace(world.ops, **changes)
    return replace(world, ops=ops, worker=replace(world.worker, ops=ops))


async def given(world: World, run: RunId) -> list[Approval]:
    async with world.ops.db.tx() as tx:
        return await approvals.of_run(tx, run)


async def ends(world: World, run: RunId) -> list[tuple[str, Ending | None, str]]:
    return [(a.approver, a.ended_as, a.ended_why) for a in await given(world, run)]


async def test_a_run_that_nobody_decides_in_time_expires_and_nobody_is_said_to_have_declined(
    timed: World, clock: Clock
) -> None:
    run = await timed.propose(ONE)
    assert run.expires_at and run.waiting_since
    assert run.expires_at - run.waiting_since == timedelta(hours=72)
    clock.at += timedelta(hours=71)
    await runner.sweep(timed.ops)
    assert (await timed.see(run.id)).status is Status.POLICY_CHECKED
    clock.at += timedelta(hours=1)
    await runner.sweep(timed.ops)
    run = await timed.see(run.id)
    assert (run.status, run.ended) == (Status.DISCARDED, Fact.EXPIRED)
    assert run.reason == "expired: nobody decided it in time"
    story = await story_of(timed, run.id)
    assert [f["fact"] for f in story["facts"]][-1] == "expired"


async def test_a_run_whose_time_is_over_gets_a_successor_not_more_time(
    timed: World, clock: Clock
) -> None:
    run = await timed.propose(ONE)
    clock.at += timedelta(hours=72)
    new = await pipeline.replan(timed.ops, BO, run.id)
    assert (new.replans, new.status) == (run.id, Status.PENDING)
    assert (await timed.see(run.id)).ended is Fact.EXPIRED


async def test_a_yes_that_comes_too_late_ends_the_run(timed: World, clock: Clock) -> None:
    run = await timed.propose(ONE)
    clock.at += timedelta(hours=72)
    with pytest.raises(Conflict, match=r"expired.*run replan"):
        await pipeline.approve(timed.ops, BO, run.id)
    assert (await timed.see(run.id)).ended is Fact.EXPIRED
    assert await given(timed, run.id) == []
    with pytest.raises(Conflict, match=r"expired.*run replan"):
        await pipeline.approve(timed.ops, BO, run.id)


async def test_an_approval_that_is_not_used_in_time_expires(timed: World, clock: Clock) -> None:
    run = await timed.propose(ONE)
    await pipeline.approve(timed.ops, BO, run.id)
    clock.at += timedelta(hours=72)
    run = await timed.advance(run.id)
    assert (run.status, run.ended) == (Status.DISCARDED, Fact.EXPIRED)
    assert "approval of bo was not used in time" in run.reason
    assert await ends(timed, run.id) == [("bo", Ending.EXPIRED, "it was not used in time")]
    assert (await workspaces.see(timed.ops, ADA, "shop")).version is None


async def test_a_confirmed_run_that_no_worker_takes_expires_too(timed: World, clock: Clock) -> None:
    run = await timed.propose(ONE)
    await pipeline.approve(timed.ops, BO, run.id)
    clock.at += timedelta(hours=71)
    await runner.sweep(timed.ops)
    assert (await timed.see(run.id)).status is Status.CONFIRMED
    clock.at += timedelta(hours=1)
    await runner.sweep(timed.ops)
    assert (await timed.see(run.id)).ended is Fact.EXPIRED


async def test_of_two_approvals_an_old_one_does_not_count(timed: World, clock: Clock) -> None:
    timed = with_ops(timed, terms=Terms(limits=replace(BOTH, expiry=timedelta(hours=10))))
    run = await timed.propose(ONE)
    await pipeline.approve(timed.ops, BO, run.id)
    async with timed.ops.db.tx() as tx:
        await tx.do(b"UPDATE run SET expires_at = expires_at + interval '1 day'")
    clock.at += timedelta(hours=11)
    run = await pipeline.approve(timed.ops, CY, run.id)
    assert run.status is Status.POLICY_CHECKED
    run = await pipeline.approve(timed.ops, BO, run.id)
    assert run.status is Status.CONFIRMED


async def test_two_people_must_be_two(world: World) -> None:
    world = with_ops(world, terms=Terms(limits=BOTH))
    run = await world.propose(ONE)
    assert run.approvers == 2
    assert (await pipeline.approve(world.ops, BO, run.id)).status is Status.POLICY_CHECKED
    with pytest.raises(Conflict, match="have approved"):
        await pipeline.approve(world.ops, BO, run.id)
    assert (await pipeline.approve(world.ops, CY, run.id)).status is Status.CONFIRMED
    assert (await world.told(run.id))[-3:] == ["held", "seconded", "approved"]
    assert (await world.advance(run.id)).status is Status.APPLIED


async def test_an_approval_is_used_once(world: World) -> None:
    run = await world.apply(ONE)
    [used] = await given(world, run.id)
    assert used.used_at is not None
    with pytest.raises(Conflict):
        await pipeline.withdraw(world.ops, BO, run.id)
    async with world.ops.db.tx() as tx:
        await approvals.end(tx, used.id, Ending.WITHDRAWN, "", world.ops.now())
    assert (await given(world, run.id)) == [used]


async def test_whose_words_led_to_it_does_not_approve_it(world: World) -> None:
    run = await world.propose(ONE, on_behalf_of=CY.id)
    with pytest.raises(Forbidden, match="cy asked for"):
        await pipeline.approve(world.ops, CY, run.id)
    assert (await pipeline.approve(world.ops, BO, run.id)).status is Status.CONFIRMED


async def test_the_agent_that_proposed_does_not_approve_as_a_person(world: World) -> None:
    scribe = await hired(world.ops, "scribe")
    run = await world.propose(ONE, by=scribe)
    for actor in (scribe, agent("another")):
        with pytest.raises(Forbidden, match="only a person"):
            await pipeline.approve(world.ops, actor, run.id)


async def test_who_approved_takes_it_back_until_the_apply_begins(world: World) -> None:
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    with pytest.raises(Conflict, match="cy has no approval"):
        await pipeline.withdraw(world.ops, CY, run.id)
    run = await pipeline.withdraw(world.ops, BO, run.id, "I misread it")
    assert run.status is Status.POLICY_CHECKED
    assert (await world.advance(run.id)).status is Status.POLICY_CHECKED
    assert await ends(world, run.id) == [("bo", Ending.WITHDRAWN, "I misread it")]
    await pipeline.approve(world.ops, BO, run.id)
    assert (await world.advance(run.id)).status is Status.APPLIED


async def test_a_mended_workspace_is_held_again_when_the_yes_is_taken_back(world: World) -> None:
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE workspace SET lock_kind = 'mend', locked_by = 'system',"
            b" lock_reason = 'the apply of run-x was lost', locked_at = now()"
        )
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    assert (await workspaces.see(world.ops, ADA, "shop")).workspace.lock is None
    await pipeline.withdraw(world.ops, BO, run.id)
    lock = (await workspaces.see(world.ops, ADA, "shop")).workspace.lock
    assert lock and lock.reason == "the apply of run-x was lost"


async def test_how_it_was_given_is_on_the_record_and_in_the_evidence(world: World) -> None:
    run = await world.propose(TWO)
    await pipeline.approve(world.ops, BO, run.id, run.effect, "seen", "web")
    run = await world.advance(run.id)
    [told] = (await story_of(world, run.id))["approvals"]
    said = {k: told[k] for k in ("approver", "how", "channel", "comment", "overrides")}
    assert said == {
        "approver": "bo", "how": "person", "channel": "web", "comment": "seen", "overrides": []
    }  # fmt: skip
    assert told["expires_at"] and told["asked_at"] and told["used_at"]


async def test_an_apply_that_needs_nobody_says_that_a_policy_let_it(world: World) -> None:
    await workspaces.change(world.ops, ADA, "shop", auto_apply=True)
    run = await world.propose(ONE)
    assert run.status is Status.APPLIED
    [policy] = await given(world, run.id)
    assert (policy.how, policy.approver) == (How.POLICY, "system")


async def test_an_identical_plan_keeps_its_approval_and_is_applied(world: World) -> None:
    world = with_ops(world, terms=Terms(limits=BOTH))
    run = await world.propose(STAMPED)
    await pipeline.approve(world.ops, BO, run.id, comment="fine")
    await asyncio.sleep(1.1)  # the next plan is of another second
    assert (await pipeline.replan(world.ops, ADA, run.id)).status is Status.PENDING
    again = await world.advance(run.id)
    assert (again.status, again.effect) == (Status.POLICY_CHECKED, run.effect)
    assert again.plan_file != run.plan_file
    first, second = await given(world, run.id)
    assert (first.how, first.ended_as) == (How.PERSON, Ending.CARRIED)
    assert (second.how, second.carried_from, second.comment) == (How.CARRIED, first.id, "fine")
    assert (second.at, second.expires_at) == (first.at, first.expires_at)
    await pipeline.approve(world.ops, CY, run.id, again.effect)
    assert (await world.advance(run.id)).status is Status.APPLIED


async def test_when_all_approvals_are_kept_it_is_applied_without_asking_again(
    world: World,
) -> None:
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    await workspaces.lock(world.ops, ADA, "shop", "audit")
    run = await world.advance(run.id)
    assert (run.status, run.ended) == (Status.ERRORED, Fact.REFUSED)
    await workspaces.unlock(world.ops, ADA, "shop")
    new = await pipeline.replan(world.ops, CY, run.id)
    assert (new.id != run.id, new.replans, new.proposer) == (True, run.id, "ada")
    new = await world.advance(new.id)
    assert new.status is Status.APPLIED
    assert (await world.told(new.id))[2:4] == ["held", "approved"]
    [kept] = live(await given(world, new.id))
    assert (kept.approver, kept.how) == ("bo", How.CARRIED)
    third = await pipeline.replan(world.ops, CY, run.id)
    assert (await world.advance(third.id)).status is not Status.CONFIRMED
    assert await given(world, third.id) == []


async def replanned(world: World, text: str = ONE) -> Run:
    """A run with one of two approvals, sent back to be planned again."""
    run = await world.propose(text)
    await pipeline.approve(world.ops, BO, run.id)
    return await pipeline.replan(world.ops, ADA, run.id)


async def test_another_plan_voids_the_approvals_with_the_reason(world: World) -> None:
    world = with_ops(world, terms=Terms(limits=BOTH))
    text = 'variable "size" {\n  default = "one"\n}\n' + ONE.replace('"one"', "var.size")
    run = await replanned(world, text)
    [read] = [approval.effect for approval in await given(world, run.id)]
    await workspaces.set_variable(world.ops, ADA, "shop", "size", "two")
    run = await world.advance(run.id)
    assert run.status is Status.POLICY_CHECKED
    with pytest.raises(Conflict, match="something else than what you read"):
        await pipeline.approve(world.ops, CY, run.id, read)
    [(giver, how, why)] = await ends(world, run.id)
    assert (giver, how) == ("bo", Ending.VOID)
    assert "given for other values of its variables" in why


async def test_what_others_apply_meanwhile_voids_them(world: World) -> None:
    world = with_ops(world, terms=Terms(limits=BOTH))
    run = await replanned(world)
    other = await world.propose(TWO.replace('"a"', '"b"'))
    for who in (BO, CY):
        await pipeline.approve(world.ops, who, other.id)
    assert (await world.advance(other.id)).status is Status.APPLIED
    await world.advance(run.id)
    [(_, ended, why)] = await ends(world, run.id)
    assert ended is Ending.VOID
    assert why == "the approval was given for another configuration"


async def test_a_gate_that_asks_only_now_is_asked_about(world: World) -> None:
    run = await replanned(with_ops(world, terms=Terms(limits=BOTH)))
    stricter = replace(BOTH, share=0.0, tiers={**BOTH.tiers, "rough": Tier(Ruling.ASK, "is rough")})
    async with world.ops.db.tx() as tx:  # as if the gate had allowed it when it was approved
        await tx.do(b"UPDATE approval SET overrides = '{}'")
    await with_ops(world, terms=Terms(limits=stricter)).advance(run.id)
    [(_, ended, _)] = await ends(world, run.id)
    assert ended is Ending.VOID


async def test_an_approval_that_was_forged_is_not_carried(world: World) -> None:
    run = await replanned(with_ops(world, terms=Terms(limits=BOTH)))
    async with world.ops.db.tx() as tx:
        await tx.do(b"UPDATE approval SET approver = 'eve'")
    await with_ops(world, terms=Terms(limits=BOTH)).advance(run.id)
    assert await ends(world, run.id) == [("eve", Ending.VOID, "it is not as it was given")]


async def test_who_read_the_plan_before_says_which_one_it_was(world: World) -> None:
    run = await world.propose(ONE)
    await pipeline.replan(world.ops, BO, run.id)
    run = await world.advance(run.id)
    with pytest.raises(Conflict, match="--effect"):
        await pipeline.approve(world.ops, BO, run.id)
    assert (await pipeline.approve(world.ops, BO, run.id, run.effect)).status is Status.CONFIRMED


async def test_a_declined_run_leaves_no_approval_to_carry(world: World) -> None:
    world = with_ops(world, terms=Terms(limits=BOTH))
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    await pipeline.discard(world.ops, CY, run.id, "not now")
    assert await ends(world, run.id) == [("bo", Ending.VOID, "the run was discarded by cy")]
    new = await pipeline.replan(world.ops, ADA, run.id)
    await world.advance(new.id)
    assert await given(world, new.id) == []


async def test_what_is_applied_or_at_work_is_not_planned_again(world: World) -> None:
    run = await world.apply(ONE)
    with pytest.raises(Conflict, match="applied; propose anew"):
        await pipeline.replan(world.ops, ADA, run.id)
    run = await world.propose(TWO)
    await pipeline.approve(world.ops, BO, run.id)
    with pytest.raises(Conflict, match="confirmed"):
        await pipeline.replan(world.ops, ADA, run.id)
    with pytest.raises(Forbidden):
        await pipeline.replan(world.ops, agent("scribe"), run.id)


TAMPERED: list[tuple[bytes, str]] = [
    (b"UPDATE approval SET workspace = 'ws-x'", "another workspace"),
    (b"UPDATE approval SET configuration = repeat('0', 64)", "another configuration"),
    (b"UPDATE approval SET inputs = repeat('0', 64)", "other values"),
    (b"UPDATE approval SET how = 'self'", "not as it was given"),
    (b"UPDATE approval SET expires_at = expires_at + interval '1 day'", "not as it was given"),
    (b"UPDATE approval SET ended_at = now(), ended_as = 'withdrawn'", "0 of 1 approvals"),
    (b"UPDATE workspace SET simulated = true", "settings have changed"),
]


@pytest.mark.parametrize(("change", "why"), TAMPERED)
async def test_what_fits_no_longer_refuses_the_apply(world: World, change: bytes, why: str) -> None:
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    async with world.ops.db.tx() as tx:
        await tx.do(change)
    run = await world.advance(run.id)
    assert (run.status, run.ended) == (Status.ERRORED, Fact.REFUSED)
    assert why in run.reason


async def test_variables_that_changed_since_refuse_it_and_new_credentials_do_not(
    world: World,
) -> None:
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    secret = {"category": "env", "sensitive": True}
    await workspaces.set_variable(world.ops, ADA, "shop", "AWS_SESSION_TOKEN", "x", **secret)
    assert (await world.advance(run.id)).status is Status.APPLIED
    run = await world.propose(TWO)
    await pipeline.approve(world.ops, BO, run.id)
    await workspaces.set_variable(world.ops, ADA, "shop", "AWS_PROFILE", "prod", category="env")
    run = await world.advance(run.id)
    assert "variables or settings have changed" in run.reason
