"""What a model is asked, what came of it, and of each try that it took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dihedral.domain.conversation import Message
from dihedral.domain.errors import Upstream
from dihedral.domain.ids import ConversationId, EndpointId, TurnId
from dihedral.domain.model import Ability, Needs, Usage
from dihedral.model.rules.tool import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """`key` names the want for ever. The answer is held to `schema`, and has at most `most` tokens.
    `seconds` is the time that there is for all of it."""

    key: str
    conversation: ConversationId
    turn: TurnId
    agent: str
    team: str = ""
    needs: Needs
    system: str
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    schema: Mapping[str, Any] | None = None
    most: int | None = None
    seconds: float | None = None

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the call itself takes, beside what the agent's file asks for."""
        tools = {Ability.TOOLS} if self.tools else set()
        return frozenset(tools | ({Ability.SCHEMA} if self.schema is not None else set()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """`outcome` is answered, busy, down, refused, garbled, resting or outrun; `said` is its fault,
    and why it was made beside another."""

    endpoint: EndpointId
    outcome: str
    seconds: float
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came, from where and `why` from there; `first` is seconds until its first piece, of the
    try that answered, and `seconds` of the whole ask. `money` is None where no price is known."""

    message: Message
    usage: Usage
    money: Decimal | None
    endpoint: EndpointId
    upstream: str
    why: str
    tries: tuple[Try, ...]
    first: float | None
    seconds: float
    finish: str


class Unanswered(Upstream):
    """No endpoint answered; `tries` are all that were made."""

    def __init__(self, model: str, tries: Sequence[Try]) -> None:
        why = "; ".join(f"{one.endpoint}: {one.said}" for one in tries)
        text = f"model {model} did not answer: {why}. Try again in a while"
        super().__init__(f"{text}; `dihedral model test {model}` tries each alone")
        self.tries = tuple(tries)
