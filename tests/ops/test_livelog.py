"""A run's log while it is written."""

import anyio
import pytest

from dihedral.domain.ports import Proposal
from dihedral.ops.work import pipeline
from dihedral.ops.work.livelog import GATHER, LiveLog
from tests.ops.conftest import ADA, World

pytestmark = pytest.mark.anyio


async def test_a_line_that_is_being_written_as_the_work_ends_is_kept(world: World) -> None:
    files = {"main.tf": b'resource "terraform_data" "one" {}\n'}
    asked = Proposal(workspace=world.workspace.id, files=files, reason="", source="cli")
    run = await pipeline.propose(world.ops, ADA, asked)
    log = LiveLog(world.ops, run.id)

    async def work() -> None:
        async with log.keeping():
            log.say("plan", "the last words")
            await anyio.sleep(2 * GATHER)

    async with anyio.create_task_group() as group, world.ops.db.tx() as tx:
        await tx.do("LOCK TABLE run_log IN EXCLUSIVE MODE")
        group.start_soon(work)
        await anyio.sleep(4 * GATHER)  # the work is over, and its line still waits
    assert "the last words" in await world.log(run.id)
