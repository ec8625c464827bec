"""What is applied is what was read: anything else is refused, with the reason."""

import pytest

from dihedral.domain.run import Run, Status
from dihedral.ops.work import pipeline, workspaces
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio

ONE = 'resource "terraform_data" "a" {\n  input = "one"\n}\n'
TWO = ONE.replace("one", "two")


async def approved(world: World, text: str = ONE) -> Run:
    run = await world.propose(text)
    return await pipeline.approve(world.ops, BO, run.id)


async def refused(world: World, run: Run, why: str) -> None:
    run = await world.advance(run.id)
    assert run.status is Status.ERRORED
    assert why in run.reason
    assert "applied" not in await world.told(run.id)
    assert (await workspaces.see(world.ops, ADA, "shop")).version is None


async def test_a_plan_file_of_another_run_is_refused(world: World) -> None:
    other, run = await world.propose(TWO), await approved(world)
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE run SET plan_file = %(file)s WHERE id = %(id)s",
            file=other.plan_file,
            id=run.id,
        )
    await refused(world, run, "not what was judged")


async def test_a_plan_file_whose_bytes_were_changed_is_refused(world: World) -> None:
    run = await approved(world)
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE blob SET sealed = overlay(sealed PLACING '\\x00'::bytea FROM 40 FOR 1)"
            b" WHERE digest = %(file)s",
            file=run.plan_file,
        )
    await refused(world, run, "cannot be read")


async def test_fewer_approvers_than_were_judged_are_refused(world: World) -> None:
    run = await world.propose(ONE)
    async with world.ops.db.tx() as tx:
        await tx.do(
            b"UPDATE run SET approvers = 0, status = 'confirmed' WHERE id = %(id)s", id=run.id
        )
    await refused(world, run, "not what was judged")


async def test_a_confirmation_without_an_approval_is_refused(world: World) -> None:
    run = await world.propose(ONE)
    async with world.ops.db.tx() as tx:
        await tx.do(b"UPDATE run SET status = 'confirmed' WHERE id = %(id)s", id=run.id)
    await refused(world, run, "0 of 1 approvals")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (b"UPDATE approval SET effect = repeat('0', 64)", "for another plan"),
        (b"UPDATE approval SET approver = 'eve'", "is not as it was given"),
        (b"UPDATE approval SET used_at = now()", "has been used"),
        (b"UPDATE approval SET base_state = repeat('0', 64)", "on another state"),
    ],
)
async def test_an_approval_that_was_given_for_something_else_is_refused(
    world: World, change: bytes, why: str
) -> None:
    run = await approved(world)
    async with world.ops.db.tx() as tx:
        await tx.do(change)
    await refused(world, run, why)


async def test_when_the_state_has_moved_on_the_run_left_behind_is_refused(world: World) -> None:
    run = await approved(world)
    ahead = await world.apply(TWO)
    assert ahead.status is Status.APPLIED
    run = await world.advance(run.id)
    assert (run.status, "state has moved on" in run.reason) == (Status.ERRORED, True)
    assert (await workspaces.see(world.ops, ADA, "shop")).version.run == ahead.id  # type: ignore[union-attr]


async def test_a_workspace_that_was_locked_after_the_approval_is_left_alone(world: World) -> None:
    run = await approved(world)
    await workspaces.lock(world.ops, ADA, "shop", "audit")
    await refused(world, run, "locked by ada: audit")


async def test_a_run_is_not_applied_twice(world: World) -> None:
    run = await world.apply(ONE)
    assert (await world.advance(run.id)).status is Status.APPLIED
    assert (await world.told(run.id)).count("claimed") == 2  # once to plan, once to apply
