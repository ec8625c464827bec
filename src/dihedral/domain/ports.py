"""Where the planes meet. Each port is tied to its other half in `control/wire.py`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dihedral.domain.actor import Actor
from dihedral.domain.ids import ActorId, RequestId, RunId, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Files and a reason: the only thing that the model plane can hand over.

    `files` maps a path relative to the configuration's root, with `/`, to its bytes.
    `source` says through what it came: `cli`, `api`, `blueprint:NAME`; who proposes is the actor.
    `origin` is what led to it: the request's words, the route it took, the models that were called.
    """

    workspace: WorkspaceId
    files: Mapping[str, bytes] = field(repr=False)
    reason: str
    source: str
    request: RequestId | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: ActorId | None = None  # whose words led to it, where that is not who proposes
    plan_only: bool = False
    destroy: bool = False
    refresh_only: bool = False


class Desk(Protocol):
    """Model → ops: read context, propose a change, read its verdicts."""

    async def files(self, actor: Actor, workspace: WorkspaceId) -> Mapping[str, bytes]:
        """The configuration that the workspace runs now; empty when it has none."""

    async def sight(self, actor: Actor) -> Collection[WorkspaceId]:
        """The workspaces that the actor may read."""

    async def propose(self, actor: Actor, proposal: Proposal) -> RunId:
        """The run that carries the proposal through the gates."""
