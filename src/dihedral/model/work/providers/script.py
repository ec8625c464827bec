"""A script: what a model that is played says, by what it was asked. Plain data.

The same script is played by the `scripted` provider and, in our tests, by servers that speak the
formats of real ones. A script is a function, so that a test may write any; `Rules` are one that a
file can hold. Surprise: rules keep no count. Which of its lines a rule says is how often the agent
spoke since a person did, which the messages tell; so a conversation can be played again anywhere.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from string import Template
from typing import Any, TypeAlias

from dihedral.domain.conversation import Message, Result, Speaker
from dihedral.domain.model import Usage

BAD_BYTES = "\ue0ff"  # in a text: bytes that are no UTF-8 come here


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a model was asked, whichever format it came in. `tools` are names."""

    model: str
    system: str
    messages: tuple[Message, ...]
    tools: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    most: int | None = None
    stream: bool = True

    @property
    def last(self) -> str:
        """The text of the newest message, results of tools included."""
        return _text(self.messages[-1]) if self.messages else ""

    @property
    def round(self) -> int:
        """How often the agent spoke since a person did."""
        spoken = 0
        for message in reversed(self.messages):
            if message.by is Speaker.PERSON:
                break
            spoken += message.by is Speaker.AGENT
        return spoken

    @property
    def results(self) -> tuple[Result, ...]:
        """The newest, if tools spoke last."""
        newest = self.messages[-1].parts if self.messages else ()
        return tuple(part for part in newest if isinstance(part, Result))


class Trouble(StrEnum):
    """What goes wrong. A server does it on the wire; the scripted provider raises what follows."""

    BUSY = "busy"  # too many at once
    DOWN = "down"  # an error of the server's
    REFUSED = "refused"  # an error of the caller's
    HANG = "hang"  # nothing comes any more
    CUT = "cut"  # the connection ends in the middle
    ENDED = "ended"  # the stream ends early, as if that were all
    GARBLED = "garbled"  # what comes is not the format


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """`after` is how many pieces of the stream come before it, 0 for none, not even a status.
    `times` is how often the same question trips, None for ever. `status` is 0 for the usual."""

    trouble: Trouble
    status: int = 0
    retry_after: str = ""
    message: str = "scripted"
    after: int = 0
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A call of a tool; arguments that are a text go out as they are, and may be broken."""

    tool: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""

    @property
    def written(self) -> str:
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """One answer. `finish` is stop, tools, length or filter, empty for what fits. `size` is how
    many characters one piece of it has on the wire, `pace` the seconds between two."""

    text: str = ""
    thought: str = ""
    signature: str = ""
    calls: tuple[Use, ...] = ()
    usage: Usage | None = None
    finish: str = ""
    trip: Trip | None = None
    size: int = 12
    pace: float = 0.0

    @property
    def ended(self) -> str:
        return self.finish or ("tools" if self.calls else "stop")

    @property
    def used(self) -> Usage:
        return self.usage or Usage(input=100, output=max(1, len(self.text) // 4))


Script: TypeAlias = Callable[[Asked], Say]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where all that is given is so, `say` has the answer: the first in the first round, and so on,
    the last for ever. The texts are regular expressions; `last` is of the newest message, `said` of
    any. `take` finds words in the messages, newest first, that `$NAME` stands for in the answer."""

    say: tuple[Say, ...]
    model: str = ""
    system: str = ""
    last: str = ""
    said: str = ""
    tool: str = ""  # a result of it is in the newest message
    failed: bool | None = None  # such a result says that it failed
    take: Mapping[str, str] = field(default_factory=dict)

    def fits(self, asked: Asked) -> bool:
        return (
            _found(self.model, asked.model)
            and _found(self.system, asked.system)
            and _found(self.last, asked.last)
            and (not self.said or any(_found(self.said, _text(m)) for m in asked.messages))
            and self._result_fits(asked.results)
        )

    def _result_fits(self, results: Sequence[Result]) -> bool:
        if not self.tool and self.failed is None:
            return True
        return any(
            (not self.tool or result.tool == self.tool)
            and (self.failed is None or result.failed is self.failed)
            for result in results
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The first rule that fits answers; where none does, the answer says so."""

    rules: tuple[Rule, ...]

    def __call__(self, asked: Asked) -> Say:
        for rule in self.rules:
            if rule.fits(asked):
                say = rule.say[min(asked.round, len(rule.say) - 1)]
                return _filled(say, _taken(rule.take, asked)) if rule.take else say
        return Say(text=f"(the script has no line for: {asked.last[:200]})")


@dataclass(slots=True)
class Player:
    """A script on its way: counts how often the same question tripped."""

    script: Script
    tripped: dict[Asked, int] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Say:
        say = self.script(asked)
        if say.trip is None or say.trip.times is None:
            return say
        key = replace(asked, schema=None)
        self.tripped[key] = self.tripped.get(key, 0) + 1
        return say if self.tripped[key] <= say.trip.times else replace(say, trip=None)


def _found(pattern: str, text: str) -> bool:
    return not pattern or re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def _text(message: Message) -> str:
    results = [part.text for part in message.parts if isinstance(part, Result)]
    return "\n".join(filter(None, [message.text, *results]))


def _taken(take: Mapping[str, str], asked: Asked) -> dict[str, str]:
    words = {}
    for name, pattern in take.items():
        for message in reversed(asked.messages):
            if found := re.search(pattern, _text(message)):
                words[name] = found.group(found.lastindex or 0)
                break
    return words


def _filled(say: Say, words: Mapping[str, str]) -> Say:
    calls = tuple(replace(use, arguments=_put(use.arguments, words)) for use in say.calls)
    return replace(say, text=_put(say.text, words), calls=calls)


def _put(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return Template(value).safe_substitute(words)
    if isinstance(value, Mapping):
        return {key: _put(one, words) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_put(one, words) for one in value]
    return value
