"""How many tokens a call has, before anybody counted them.

Two numbers, for two questions. `most` is from above, for money: no tokenizer that is in use makes
more than one token of a byte, so bytes are a bound that holds in every language. `likely` is what
it will be about, for whether it fits: a provider says itself when it does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from dihedral.domain.conversation import Call, Message, Result, Text, Thought
from dihedral.domain.model import MILLION, Price, Usage
from dihedral.model.rules.tool import Tool

EACH = 16  # tokens around a message or a tool, which templates add
TOOLS = 1024  # what a provider adds of its own where there are tools
SCHEMA = 512  # the same, where the answer has a schema
_LIKELY = 4  # bytes of a token, about


@dataclass(frozen=True, slots=True)
class Size:
    """Tokens that go in."""

    most: int
    likely: int


def size(
    system: str,
    messages: Sequence[Message],
    tools: Sequence[Tool] = (),
    schema: Mapping[str, Any] | None = None,
) -> Size:
    around = EACH * (1 + len(messages) + len(tools) + sum(len(m.parts) for m in messages))
    around += TOOLS * bool(tools) + SCHEMA * (schema is not None)
    told = _bytes(system) + sum(map(message, messages))
    told += sum(_json([t.name, t.description, t.parameters]) for t in tools)
    told += 0 if schema is None else _json(schema)
    return Size(told + around, told // _LIKELY + around // 8)


def message(said: Message) -> int:
    """Bytes of all that it says."""
    return sum(_bytes(text) for part in said.parts for text in _texts(part))


def worst(price: Price | None, size: int, most: int) -> Decimal | None:
    """The most that a call may cost; None where no price is known."""
    if price is None:
        return None
    input = max(_known(price.input, price.cached, price.written))
    output = max(_known(price.output, price.reasoning))
    return (size * input + most * output) / MILLION


def unseen(size: Size, answer: Message, most: int) -> Usage:
    """From above, for an answer whose provider did not say what it used."""
    return Usage(input=size.most, output=min(most, message(answer) + EACH))


def _texts(part: Text | Thought | Call | Result) -> tuple[str, ...]:
    match part:
        case Text(text):
            return (text,)
        case Thought(text, signature):
            return (text, signature)
        case Call(id, tool, arguments):
            return (id, tool, arguments)
        case Result(call, tool, text):
            return (call, tool, text)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _json(value: object) -> int:
    return len(msgspec.json.encode(value))


def _known(*prices: Decimal | None) -> list[Decimal]:
    return [price for price in prices if price is not None]
