"""A conversation: messages of persons, agents and tools, in the order in which they were said.

Surprise: what a model wrote is kept as it wrote it. The arguments of a call are its own text, which
may be no JSON at all; a thought keeps what its provider signed, since some demand it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from dihedral.domain.errors import Conflict
from dihedral.domain.ids import (
    ActorId,
    ConversationId,
    Digest,
    InstanceId,
    OrganizationId,
    RequestId,
    RunId,
    TurnId,
    WorkspaceId,
)

LONGEST = 100_000  # characters of one message of a person


class Speaker(StrEnum):
    PERSON = "person"
    AGENT = "agent"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """What a model reasoned before it answered; `signature` is its provider's, or empty."""

    text: str
    signature: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A model asks for a tool. `id` is the provider's and unique within its message."""

    id: str
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call. `whole` is where a result that was cut is kept in full, and `size` how
    many characters that has."""

    call: str
    tool: str
    text: str
    failed: bool = False
    whole: Digest | None = None
    size: int = 0


Part: TypeAlias = Text | Thought | Call | Result


@dataclass(frozen=True, slots=True)
class Message:
    by: Speaker
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(part for part in self.parts if isinstance(part, Call))


class Standing(StrEnum):
    """What a conversation is now."""

    RESTING = "resting"  # the last turn ended; a person may say something
    WORKING = "working"  # a turn waits for a worker, or is at work
    PAUSED = "paused"  # a limit was reached; a person with the right can let it go on
    STOPPED = "stopped"  # somebody ended it


class Happening(StrEnum):
    """What happened to a conversation."""

    SAID = "said"  # a person said something
    ANSWERED = "answered"  # the turn ended with an answer
    FAILED = "failed"  # the turn ended without one
    LIMITED = "limited"  # money, tokens, rounds or seconds are used up, or its agent is suspended
    RESUMED = "resumed"
    INTERRUPTED = "interrupted"  # somebody ended the turn, not the conversation
    STOPPED = "stopped"


S, H = Standing, Happening
# fmt: off
MOVES: Mapping[tuple[Standing, Happening], Standing] = MappingProxyType({
    (S.RESTING, H.SAID):     S.WORKING,
    (S.WORKING, H.ANSWERED): S.RESTING,
    (S.WORKING, H.FAILED):   S.RESTING,
    (S.WORKING, H.LIMITED):  S.PAUSED,
    (S.PAUSED,  H.RESUMED):  S.WORKING,
    (S.WORKING, H.INTERRUPTED): S.RESTING,
    (S.PAUSED,  H.INTERRUPTED): S.RESTING,
    (S.PAUSED,  H.STOPPED):  S.STOPPED,
    (S.RESTING, H.STOPPED):  S.STOPPED,
    (S.WORKING, H.STOPPED):  S.STOPPED,
})
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """`agent` is who talks with `person`; `parent` is the turn that handed the work on, where it
    is one that an agent began. `why` says why it is paused, or was stopped. `request` is one that
    the reflex knows and that still lacks something, which the person was asked for."""

    id: ConversationId
    organization: OrganizationId
    agent: str
    person: ActorId
    workspace: WorkspaceId | None = None
    title: str = ""
    standing: Standing = Standing.RESTING
    why: str = ""
    parent: TurnId | None = None
    request: RequestId | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One time that the agent was asked and went to work. `agent` and `version` are the agent file
    that held for all of it, 0 where no model was asked; `instance` is who acts. `allowance` is how
    many times its limits may be used up. `runs` are those that it read."""

    id: TurnId
    conversation: ConversationId
    seq: int
    agent: str
    version: int
    instance: InstanceId | None = None
    allowance: int = 1
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Happening | None = None
    why: str = ""
    rounds: int = 0
    calls: int = 0
    runs: tuple[RunId, ...] = ()
    numbers: Mapping[str, object] = field(default_factory=dict)


def move(conversation: Conversation, happening: Happening) -> Standing:
    """What it is after that. Raises Conflict where the table has no such row."""
    try:
        return MOVES[conversation.standing, happening]
    except KeyError:
        raise Conflict(
            f"{conversation.id} is {conversation.standing}; it cannot be {happening}"
        ) from None
