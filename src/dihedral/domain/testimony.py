"""All that the model plane has on record of one conversation, for its evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dihedral.domain.agentspec import AgentSpec
from dihedral.domain.conversation import Conversation, Turn
from dihedral.domain.ids import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """A message as it is kept: `content` is its canonical JSON, found by `digest`."""

    seq: int
    content: bytes
    digest: Digest
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A turn's want as people see it: to ask a model (`ask`), or to use a tool (`use`). `result` is
    where what came of it is kept."""

    seq: int
    kind: str
    tool: str
    tries: int
    begun_at: datetime
    done_at: datetime | None
    failed: bool
    result: Digest | None
    numbers: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    turn: Turn
    said: tuple[Worded, ...]
    wanted: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    conversation: Conversation
    works: tuple[Worked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """`talks` has the conversation first, and after it those to whom work was handed on. `agents`
    are the versions of their files that held."""

    talks: tuple[Talk, ...]
    agents: tuple[AgentSpec, ...]

    @property
    def conversation(self) -> Conversation:
        return self.talks[0].conversation

    @property
    def turns(self) -> Iterator[Turn]:
        return (work.turn for talk in self.talks for work in talk.works)
