"""The model plane's way in: `domain.ports.Desk`, over the same verbs that people use."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dihedral.domain.actor import Actor
from dihedral.domain.ids import RunId, WorkspaceId
from dihedral.domain.ports import Proposal
from dihedral.ops.work import permitted, pipeline
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
