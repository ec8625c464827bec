"""A worker that died, as the next one finds it. Real kills are in test_kill."""

import json
from dataclasses import replace
from functools import partial

import pytest

from dihedral.domain.actor import SYSTEM
from dihedral.domain.errors import Conflict
from dihedral.domain.run import Run, Status
from dihedral.domain.workspace import Hold
from dihedral.kit import queue
from dihedral.kit.queue import Job
from dihedral.ops.work import mend, pipeline, runner, site, workspaces
from dihedral.ops.work.workspaces import Origin
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio

ONE = 'resource "terraform_data" "a" {\n  input = "one"\n}\n'


async def dead(world: World, run: Run, status: str) -> None:
    """The run as a worker leaves it that is killed in that status."""
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE run SET status = %(status)s, lease = 'lease-dead' WHERE id = %(id)s",
            status=status,
            id=run.id,
        )


async def lost(world: World) -> Run:
    """A run whose apply was lost."""
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    await dead(world, run, "applying")
    return await world.advance(run.id)


@pytest.mark.parametrize("status", ["planning", "planned"])
async def test_a_run_lost_before_it_was_judged_is_planned_and_judged(
    world: World, status: str
) -> None:
    run = await world.propose(ONE)
    await dead(world, run, status)
    assert (await world.advance(run.id)).status is Status.POLICY_CHECKED


async def test_a_lost_apply_is_over_and_holds_its_workspace(world: World) -> None:
    run = await lost(world)
    assert (run.status, "worker died" in run.reason) == (Status.ERRORED, True)
    lock = (await workspaces.see(world.ops, ADA, "shop")).workspace.lock
    assert lock is not None
    assert lock.kind is Hold.MEND


async def test_what_the_dead_worker_left_on_disk_is_salvaged(world: World) -> None:
    run = await world.propose(ONE)
    await pipeline.approve(world.ops, BO, run.id)
    await dead(world, run, "applying")
    left = site.place(world.worker.directory, run.id, "apply") / "config"
    left.mkdir(parents=True)
    state = {"version": 4, "serial": 7, "lineage": "l", "outputs": {}, "resources": []}
    (left / "terraform.tfstate").write_text(json.dumps(state))
    await world.advance(run.id)
    version = (await workspaces.see(world.ops, ADA, "shop")).version
    assert version is not None
    assert (version.serial, version.run) == (7, run.id)
    assert not left.exists()  # a state in clear stays nowhere


async def test_a_person_unlocks_it(world: World) -> None:
    await lost(world)
    assert (await workspaces.unlock(world.ops, BO, "shop")).lock is None


async def test_approving_a_new_plan_mends_it(world: World) -> None:
    await lost(world)
    run = await world.propose(ONE)
    assert run.status is Status.POLICY_CHECKED
    assert "mend" in run.reason
    await pipeline.approve(world.ops, BO, run.id)
    assert (await world.advance(run.id)).status is Status.APPLIED
    assert (await workspaces.see(world.ops, ADA, "shop")).workspace.lock is None


async def test_it_never_applies_by_itself_while_it_is_held(world: World) -> None:
    await workspaces.change(world.ops, BO, "shop", auto_apply=True)
    run = await world.propose(ONE, plan_only=True)
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE workspace SET lock_kind = 'mend', locked_by = 'system',"
            b" lock_reason = 'the apply of run-x was lost', locked_at = now()"
        )
    run = await world.propose(ONE)
    assert run.status is Status.POLICY_CHECKED


async def test_a_new_plan_that_finds_nothing_to_change_mends_it(world: World) -> None:
    await world.apply(ONE)
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE workspace SET lock_kind = 'mend', locked_by = 'system',"
            b" lock_reason = 'the apply of run-x was lost', locked_at = now()"
        )
    run = await world.propose(ONE, plan_only=True)
    assert run.status is Status.PLANNED_AND_FINISHED
    assert (await workspaces.see(world.ops, ADA, "shop")).workspace.lock is None


async def test_a_worker_that_comes_back_keeps_the_state_of_what_it_did(world: World) -> None:
    run = replace(await lost(world), status=Status.APPLYING)
    text = json.dumps({"version": 4, "serial": 3, "lineage": "l", "resources": []}).encode()
    async with world.ops.db.tx() as tx:
        assert await mend.ours_to_tell(tx, run)
        kept = await workspaces.keep(world.ops, tx, run.workspace, text, Origin(SYSTEM, run.id))
    assert kept.run == run.id
    await workspaces.unlock(world.ops, BO, "shop")
    async with world.ops.db.tx() as tx:
        assert not await mend.ours_to_tell(tx, run)


async def test_a_run_that_is_canceled_is_not_begun(world: World) -> None:
    run = await world.propose(ONE)
    await pipeline.cancel(world.ops, BO, run.id)
    assert (await world.advance(run.id)).status is Status.CANCELED
    with pytest.raises(Conflict):
        await pipeline.cancel(world.ops, BO, run.id)


async def test_a_worker_that_has_lost_its_turn_moves_nothing(world: World) -> None:
    run = await world.propose(ONE)
    job = Job(id=0, name="advance", args={"run": run.id}, lock=run.workspace, attempt=1)
    late = replace(world.worker, turn=partial(queue.hold, job=job))
    for status in ("pending", "planning", "planned", "confirmed", "applying"):
        await dead(world, run, status)
        told = await world.told(run.id)
        await runner.advance(late, run.id)
        assert (await world.see(run.id)).status == status
        assert await world.told(run.id) == told


async def test_sweeping_twice_asks_for_each_run_once(world: World) -> None:
    run = await world.propose(ONE)
    await dead(world, run, "planning")
    for _ in range(2):
        await runner.sweep(world.ops)
    async with world.ops.db.tx() as tx:
        rows = await tx.rows(
            b"SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock IS NOT NULL"
        )
    assert len(rows) == 1
