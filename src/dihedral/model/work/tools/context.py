"""Who calls a tool, where, and for whom; and what tools work with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.agentspec import Prompt, TurnLimits
from dihedral.domain.ids import ActorId, ConversationId, TurnId, WorkspaceId
from dihedral.domain.ports import Estate, Workshop
from dihedral.kit.blob import Keyring
from dihedral.model.work.requests import Thinking


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`actor` has the rights that all in the line have. `key` names this one call for ever, also
    when it is made again after a crash. `origin` is what led here, for the evidence of a run.
    `knowledge` are the agent's further texts."""

    actor: Actor
    conversation: ConversationId
    turn: TurnId
    key: str
    agent: str
    workspace: WorkspaceId | None
    person: ActorId
    origin: Mapping[str, Any] = field(default_factory=dict)
    retries: int = TurnLimits().retries
    knowledge: tuple[Prompt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Made once, in a worker."""

    thinking: Thinking
    keyring: Keyring
    estate: Estate
    workshop: Workshop
    patience: float = 120.0  # seconds that a tool waits for a run's gates
