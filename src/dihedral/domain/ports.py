"""Where the planes meet. Each port is tied to its other half in `control/wire.py`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dihedral.domain.actor import Actor
from dihedral.domain.agent import Limits
from dihedral.domain.brief import Brief, Checked, Premises, ResourceType
from dihedral.domain.ids import (
    ActorId,
    InstanceId,
    RequestId,
    ReservationId,
    RunId,
    WorkspaceId,
)
from dihedral.domain.spend import Spend, Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Files and a reason: the only thing that the model plane can hand over.

    `files` maps a path relative to the configuration's root, with `/`, to its bytes.
    `source` says through what it came: `cli`, `api`, `blueprint:NAME`; who proposes is the actor.
    `origin` is what led to it: the request's words, the route it took, the models that were called.
    `key` names the wish for ever: proposing with a key again is the same run. Nobody outside
    chooses one.
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
    key: str = ""


class Desk(Protocol):
    """Model → ops: read context, propose a change, read its verdicts."""

    async def files(self, actor: Actor, workspace: WorkspaceId) -> Mapping[str, bytes]:
        """The configuration that the workspace runs now; empty when it has none."""

    async def sight(self, actor: Actor) -> Collection[WorkspaceId]:
        """The workspaces that the actor may read."""

    async def propose(self, actor: Actor, proposal: Proposal) -> RunId:
        """The run that carries the proposal through the gates."""

    async def brief(self, actor: Actor, run: RunId, wait: float = 0.0) -> Brief:
        """What came of it, in a few KB; where its gates have not spoken yet, once they have, or
        after `wait` seconds. Raises NotFound."""

    async def briefs(
        self, actor: Actor, workspace: str | None, before: RunId | None, size: int
    ) -> Sequence[Brief]:
        """Runs that the actor may read, newest first, each in a line. Raises NotFound."""


class Estate(Protocol):
    """Model → ops: read what there is, as far as the actor may. Nothing sensitive comes through."""

    async def page(self, actor: Actor, after: str | None, size: int) -> Sequence[Premises]:
        """Workspaces by name, without what is in them."""

    async def find(self, actor: Actor, workspace: str) -> Premises:
        """One by name or id, without what is in it. Raises NotFound."""

    async def see(self, actor: Actor, workspace: str) -> Premises:
        """The same, with what is in it. Raises NotFound, Forbidden."""

    async def files(self, actor: Actor, workspace: str) -> Mapping[str, str]:
        """The configuration that was applied last, for reading. Raises NotFound, Forbidden."""


class Workshop(Protocol):
    """Model → ops: try files out, where a worker is. Nothing of it is seen outside, and nothing of
    a workspace but its settings goes in: no state, no variables, no credentials."""

    async def check(
        self, actor: Actor, workspace: WorkspaceId, files: Mapping[str, bytes]
    ) -> Checked:
        """What the guard and `terraform validate` say of them. Raises NotFound, Forbidden,
        Upstream."""

    async def types(self, actor: Actor, workspace: WorkspaceId, provider: str) -> Sequence[str]:
        """The names of a provider's resource types and data sources (`data.NAME`). Raises NotFound,
        Forbidden, Invalid, Upstream."""

    async def describe(
        self, actor: Actor, workspace: WorkspaceId, provider: str, name: str
    ) -> ResourceType:
        """One of them, as its schema says it. Raises as `types`, and NotFound for a name that
        the provider does not have."""


class Ledger(Protocol):
    """Model → ops: hold money before a call of a model, say afterwards what it came to.

    What is neither settled nor released is held at its worst until the reservation is old, and then
    counts as spent: a call whose end nobody saw may have cost all of it.
    """

    async def reserve(self, actor: Actor, spend: Spend) -> ReservationId:
        """While a call holds a reservation, asking with its key again gives the same one. Raises
        OverBudget, which names the budget and how to lift it."""

    async def settle(self, reservation: ReservationId, used: Used) -> None:
        """Once; again is nothing new. Less than was reserved frees the rest; more is recorded as
        it is, and what is over a cap then keeps the next calls out."""

    async def release(self, reservation: ReservationId) -> None:
        """The call was never made, or is known to have cost nothing."""


@dataclass(frozen=True, slots=True)
class Started:
    """An agent at work for a person: `actor` has the rights that all in the line have."""

    actor: Actor
    instance: InstanceId
    limits: Limits


class Staff(Protocol):
    """Model → ops: agents are actors of their own, started for a person and stopped at any time."""

    async def start(self, person: Actor, agent: str, via: InstanceId | None = None) -> Started:
        """Raises NotFound, Conflict (it is suspended, or who it acts for may not come in)."""

    async def again(self, instance: InstanceId) -> Started:
        """The same instance after a restart, with the rights it has now and more time.
        Raises NotFound, Conflict (it is over)."""

    async def over(self, instance: InstanceId) -> str:
        """Waits until it may no longer act, and says why."""
