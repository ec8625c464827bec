"""One try on one endpoint: no retries, no choice, no money. The gateway has these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from dihedral.domain.conversation import Message
from dihedral.domain.model import Endpoint, Usage
from dihedral.kit.log import Secret
from dihedral.model.rules.tool import Tool


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of what is being said: of the answer's `text`, of a `thought`, the name of a `tool`
    that is being called. `again` voids all that came before it: another try begins."""

    kind: str
    text: str = ""


Heard: TypeAlias = Callable[[Delta], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    system: str
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    schema: Mapping[str, Any] | None = None
    most: int | None = None
    timeout: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`usage` is empty where the provider does not say. `first` is seconds until the first piece,
    `finish` stop, tools, length or filter."""

    message: Message
    usage: Usage
    finish: str
    upstream: str
    first: float | None
    seconds: float


class Provider(Protocol):
    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        """Raises Busy, Down, Refused, Garbled."""
