"""What there is, for the model plane: `domain.ports.Estate`, over the same verbs that people use.

Surprise: it hides more than people's pages do. Whoever may read a configuration may read a password
that stands in it; a model is not shown it all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.brief import Premises
from dihedral.domain.ids import WorkspaceId
from dihedral.domain.right import Action
from dihedral.domain.workspace import Category, Workspace
from dihedral.ops.rules import known, scrub, secret
from dihedral.ops.rules.scrub import Known
from dihedral.ops.store import workspaces as store
from dihedral.ops.work import pipeline, watch, workspaces
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class OpsEstate:
    ops: Ops

    async def page(self, actor: Actor, after: str | None, size: int) -> Sequence[Premises]:
        found = await watch.workspace_page(self.ops, actor, after, size)
        return [Premises(**_settings(one)) for one in found]

    async def find(self, actor: Actor, workspace: str) -> Premises:
        found = await workspaces.which(self.ops, actor, workspace, Action.WORKSPACE_READ)
        return Premises(**_settings(found))

    async def see(self, actor: Actor, workspace: str) -> Premises:
        found = await workspaces.see(self.ops, actor, workspace)
        hidden = await _hidden(self.ops, found.workspace.id)
        given = await workspaces.variables(self.ops, actor, found.workspace.id)
        return Premises(
            **_settings(found.workspace),
            addresses=found.addresses,
            outputs=secret.hide(dict(found.outputs), (), None, hidden),
            variables=tuple(v.key for v in given if v.category is Category.TERRAFORM),
            reads=tuple(sorted(found.reads)),
            read_by=tuple(sorted(found.read_by)),
        )

    async def files(self, actor: Actor, workspace: str) -> Mapping[str, str]:
        where = await workspaces.which(self.ops, actor, workspace, Action.RUN_READ)
        found = await pipeline.current(self.ops, actor, where.id)
        hidden = await _hidden(self.ops, where.id)
        texts = {path: body.decode(errors="replace") for path, body in found.items()}
        return {path: secret.clear(text, hidden) for path, text in texts.items()}


async def _hidden(ops: Ops, workspace: WorkspaceId) -> Known:
    """What its sensitive variables hold; for a workspace that the actor may read."""
    async with ops.db.tx() as tx:
        variables = await store.variables(tx, ops.keyring, workspace)
    return scrub.known(known.of_workspace(variables))


def _settings(workspace: Workspace) -> dict[str, Any]:
    lock = workspace.lock
    return {
        "id": workspace.id,
        "name": workspace.name,
        "project": workspace.project,
        "description": workspace.description,
        "simulated": workspace.simulated,
        "held": f"{lock.by}: {lock.reason}" if lock else "",
    }
