"""Tools as an agent calls them: real Terraform, PostgreSQL and simulator, and a worker at work."""

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from dihedral.control import mind
from dihedral.domain.actor import Actor
from dihedral.domain.errors import Fault
from dihedral.domain.ids import ActorId, ConversationId, RunId, TurnId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import OVER, Run, Status
from dihedral.domain.workspace import Workspace
from dihedral.kit import queue
from dihedral.kit.background import beside
from dihedral.kit.mint import mint
from dihedral.kit.queue import Job
from dihedral.kit.worker import Worker as Crew
from dihedral.model.work import blueprints, live
from dihedral.model.work.providers.wires import Wires
from dihedral.model.work.requests import Thinking
from dihedral.model.work.tools import box
from dihedral.model.work.tools.context import Context, Parts
from dihedral.ops.work import audit, pipeline, runner, watch
from dihedral.ops.work.desk import OpsDesk
from dihedral.ops.work.estate import OpsEstate
from dihedral.ops.work.pipeline import ADVANCE
from dihedral.ops.work.workshop import OpsWorkshop
from tests.actors import hired
from tests.ops.conftest import ADA, BO, World, cage, simulator_home, tools, world

__all__ = ["cage", "simulator_home", "tools", "world"]


@dataclass(frozen=True, slots=True)
class Bench:
    """`use` calls a tool as the loop does: its text, or the fault's that it raised."""

    world: World
    parts: Parts
    agent: Actor
    context: Context
    count: Any = field(default_factory=lambda: itertools.count(1))

    async def use(self, tool: str, /, **given: Any) -> str:
        key = given.pop("key", None) or f"turn-1/{next(self.count)}"
        context = replace(self.context, key=key, **given.pop("context", {}))
        try:
            return await box.toolbox(self.parts)[tool](context, given)
        except Fault as fault:
            return f"{type(fault).__name__}: {fault}"

    async def apply(self, files: Mapping[str, str], workspace: Workspace | None = None) -> Run:
        """What ada proposes and bo approves, done by the worker at work."""
        ops, desk = self.world.ops, self.parts.thinking.desk
        into = workspace or self.world.workspace
        held = {path: text.encode() for path, text in files.items()}
        wanted = Proposal(workspace=into.id, files=held, reason="a test", source="cli")
        run = (await pipeline.propose(ops, ADA, wanted)).id
        brief = await desk.brief(ADA, run, 60.0)
        assert brief.status is Status.POLICY_CHECKED, brief.text
        await pipeline.approve(ops, BO, run)
        while (found := await self.world.see(run)).status not in OVER:
            await watch.listen(ops, ADA, run, 1 << 30, found.status, 60.0)
        assert found.status is Status.APPLIED, found.reason
        return found

    async def rows(self, query: bytes, **args: object) -> list[dict[str, Any]]:
        async with self.world.ops.db.tx() as tx:
            return await tx.rows(query, **args)


@pytest.fixture
async def bench(world: World) -> AsyncIterator[Bench]:
    ops = world.ops
    known = blueprints.load()
    thinking = Thinking(
        db=ops.db,
        desk=OpsDesk(ops),
        blueprints=known,
        live=live.Live(ops.db, known, blueprints.unsure(), ops.now),
        now=ops.now,
        mint=mint,
        note=partial(audit.note, ops),
        models=mind.models(ops, Wires()),
        files=mind.files(ops),
    )
    parts = Parts(
        thinking=thinking,
        keyring=ops.keyring,
        estate=OpsEstate(ops),
        workshop=OpsWorkshop(world.worker),
        patience=60.0,
    )
    agent = await hired(ops, "infrastructure")
    context = Context(
        actor=agent,
        conversation=ConversationId("cv-1"),
        turn=TurnId("turn-1"),
        key="",
        agent="infrastructure",
        workspace=world.workspace.id,
        person=ActorId("ada"),
        retries=2,
    )

    async def advance(job: Job) -> None:
        turn = partial(queue.hold, job=job)
        await runner.advance(replace(world.worker, turn=turn), RunId(job.args["run"]))

    crew = Crew(db=ops.db, handlers={ADVANCE: advance}, name="tester")
    async with ops.ear.hearing(ops.db), beside(crew.run(), "worker"):
        yield Bench(world, parts, agent, context)
