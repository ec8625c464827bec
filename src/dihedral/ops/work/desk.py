"""The model plane's way in: `domain.ports.Desk`, over the same verbs that people use."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dihedral.domain.actor import Actor
from dihedral.domain.brief import Brief
from dihedral.domain.ids import RunId, WorkspaceId
from dihedral.domain.ports import Proposal
from dihedral.ops.work import briefs, permitted, pipeline
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class OpsDesk:
    ops: Ops

    async def files(self, actor: Actor, workspace: WorkspaceId) -> Mapping[str, bytes]:
        return await pipeline.current(self.ops, actor, workspace)

    async def sight(self, actor: Actor) -> Collection[WorkspaceId]:
        async with self.ops.db.tx() as tx:
            return await permitted.readable(tx, actor)

    async def propose(self, actor: Actor, proposal: Proposal) -> RunId:
        return (await pipeline.propose(self.ops, actor, proposal)).id

    async def brief(self, actor: Actor, run: RunId, wait: float = 0.0) -> Brief:
        return await briefs.read(self.ops, actor, run, wait)

    async def briefs(
        self, actor: Actor, workspace: str | None, before: RunId | None, size: int
    ) -> Sequence[Brief]:
        return await briefs.page(self.ops, actor, workspace, before, size)
