"""One turn of an agent, with no I/O in it: it yields what it wants and is sent what came of that.

    loop = turn(history, tools, bounds)
    next(loop) == Ask(...)             the model is asked, with all that was said
    loop.send(Heard(...)) == Use(...)  it called tools: all that one message asks for, at once
    loop.send(Results(...)) == Ask(...)

It ends with an `End` (as `StopIteration.value`). What was sent is all that it goes by, so sending
the same again leads to the same place: that is how a turn goes on after a crash.

Surprise: nothing that a model sends is an error here. A call that makes no sense is answered, and
told how to make sense; what goes on too long ends, and says why.
"""

import json
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dihedral.domain.agentspec import TurnLimits
from dihedral.domain.conversation import Call, Message, Result, Speaker
from dihedral.domain.model import Usage
from dihedral.model.rules.calls import TOGETHER, cut, mark, plain, read, tidy
from dihedral.model.rules.own import DELEGATE
from dihedral.model.rules.tool import Tool

SAME = 3  # times that one call is done with the same arguments
SPOILT = 4  # messages in a row whose calls make no sense, all of them
BLANK = 2  # times in a row that a model may say nothing
DEEPEST = 3  # times that work is handed on


class Ending(StrEnum):
    ANSWERED = "answered"
    LIMITED = "limited"  # `which` limit: rounds, calls, seconds, tokens, money
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Ask:
    messages: tuple[Message, ...]
    left: TurnLimits


@dataclass(frozen=True, slots=True)
class Step:
    """A call that makes sense, with its arguments read."""

    call: Call
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Use:
    """`left` is what the turn may still come to, for whoever is handed a part of it."""

    steps: tuple[Step, ...]
    left: TurnLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`elapsed` is the seconds that the turn has been at work; `money` None where no price is
    known."""

    message: Message
    usage: Usage = field(default_factory=Usage)
    money: Decimal | None = None
    finish: str = "stop"
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """In the order of the steps; `usage` and `money` are of those to whom work was handed."""

    results: tuple[Result, ...]
    usage: Usage = field(default_factory=Usage)
    money: Decimal | None = None
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """`messages` are the whole conversation by then, each call in it answered."""

    ending: Ending
    messages: tuple[Message, ...]
    which: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`allowance` is how many times the limits may be used up: each time that a person lets a turn
    go on there is one more. `above` are the agents, and marks of the briefs, by which the work came
    here."""

    limits: TurnLimits = field(default_factory=TurnLimits)
    allowance: int = 1
    delegates: tuple[str, ...] = ()
    above: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Tally:
    """What the turn has come to so far."""

    rounds: int = 0
    calls: int = 0
    tokens: int = 0
    money: Decimal = Decimal(0)
    elapsed: float = 0.0
    spoilt: int = 0
    blank: int = 0
    same: Counter[tuple[str, str]] = field(default_factory=Counter)
    warned: set[tuple[str, str]] = field(default_factory=set)

    def add(self, came: Heard | Results) -> None:
        self.tokens += came.usage.tokens
        self.money += came.money or Decimal(0)
        self.elapsed = max(self.elapsed, came.elapsed)


def turn(
    history: Sequence[Message], tools: Mapping[str, Tool], bounds: Bounds
) -> Generator[Ask | Use, Heard | Results, End]:
    talk, tally = tuple(history), _Tally()
    while True:
        if which := _over(tally, bounds):
            return limited(talk, bounds, which)
        heard = yield Ask(talk, _left(tally, bounds))
        assert isinstance(heard, Heard)
        tally.add(heard)
        tally.rounds += 1
        message, dropped = tidy(heard.message)
        if not message.calls:
            if end := _said(talk, message, heard, tally):
                return end
            continue
        steps, answers = _sorted(message, tools, bounds, tally)
        if steps:
            if tally.calls + len(steps) > _most(bounds, bounds.limits.calls):
                return limited(talk, bounds, "calls")
            tally.calls += len(steps)
            came = yield Use(steps, _left(tally, bounds))
            assert isinstance(came, Results)
            tally.add(came)
            answers |= {one.call: cut(one, bounds.limits.result) for one in came.results}
        tally.blank = 0
        tally.spoilt = 0 if steps else tally.spoilt + 1
        talk += (message, _answered(message, answers, dropped))
        if why := _astray(message, tally):
            return End(ending=Ending.FAILED, messages=talk, why=why)


def _said(talk: tuple[Message, ...], message: Message, heard: Heard, tally: _Tally) -> End | None:
    """The end, where a message calls no tool; None where the model is asked once more."""
    if message.text.strip():
        cut_off = "the answer was cut off at its length" if heard.finish == "length" else ""
        return End(ending=Ending.ANSWERED, messages=(*talk, message), why=cut_off)
    if heard.finish == "filter":
        why = "the model's provider held the answer back; say it in other words"
        return End(ending=Ending.FAILED, messages=talk, why=why)
    tally.blank += 1
    if tally.blank < BLANK:
        return None
    return End(ending=Ending.FAILED, messages=talk, why="the model said nothing, and again nothing")


def _sorted(
    message: Message, tools: Mapping[str, Tool], bounds: Bounds, tally: _Tally
) -> tuple[tuple[Step, ...], dict[str, Result]]:
    """The calls to do, and answers to those that make no sense."""
    steps: list[Step] = []
    answers: dict[str, Result] = {}
    for call in message.calls[:TOGETHER]:
        arguments, why = read(call, tools)
        if arguments is not None:
            why = _refusal(call, arguments, bounds, tally)
        if arguments is None or why:
            answers[call.id] = Result(call.id, call.tool, why, failed=True)
        else:
            steps.append(Step(call, arguments))
    return tuple(steps), answers


def _refusal(call: Call, arguments: Mapping[str, Any], bounds: Bounds, tally: _Tally) -> str:
    """Why a call that makes sense is not done; empty where it is."""
    handed = call.tool == DELEGATE.name
    if handed and (why := _astray_hand(arguments, bounds)):
        return why
    key = (call.tool, plain(json.dumps(arguments, sort_keys=True)))
    if tally.same[key] < (1 if handed else SAME):
        tally.same[key] += 1
        return ""
    if key in tally.warned:
        tally.same[key] = SAME + 1  # it was told, and goes on
    tally.warned.add(key)
    return (
        f"{call.tool} was called with the same arguments before, and answered; that is not done"
        " again. Use what it answered, do something else, or say what is in the way"
    )


def _astray_hand(arguments: Mapping[str, Any], bounds: Bounds) -> str:
    """Why work is not handed on so."""
    agent, brief = str(arguments.get("agent", "")), mark(str(arguments.get("brief", "")))
    if agent not in bounds.delegates:
        known = ", ".join(bounds.delegates) or "nobody"
        return f"you cannot hand work to {agent[:100]!r}; you can to: {known}"
    if len(bounds.above) >= DEEPEST:
        return f"this was handed on {len(bounds.above)} times already; do it, or say what you lack"
    if (agent, brief) in bounds.above:
        return f"this came from {agent} with the same words; do it, or say what you lack"
    return ""


def _answered(message: Message, answers: Mapping[str, Result], dropped: int) -> Message:
    """All answers in the order of the calls. Of calls that are too many, the first tells."""
    results = []
    for call in message.calls:
        over = Result(
            call.id,
            call.tool,
            f"this call and {dropped:,} more were not done: one message has at most {TOGETHER}",
            failed=True,
        )
        results.append(answers.get(call.id, over))
    return Message(Speaker.TOOL, tuple(results))


def _astray(message: Message, tally: _Tally) -> str:
    """Why the turn ends here, where a model goes in circles."""
    if any(count > SAME for count in tally.same.values()):
        tools = ", ".join(sorted({key[0] for key, count in tally.same.items() if count > SAME}))
        return f"the model went in circles: it called {tools} with the same arguments again"
    if tally.spoilt >= SPOILT:
        return f"the model called no tool so that it made sense, {SPOILT} times in a row"
    return ""


def _over(tally: _Tally, bounds: Bounds) -> str:
    """Which limit is used up; empty while none is."""
    limits = bounds.limits
    for which, used, most in (
        ("rounds", tally.rounds, limits.rounds),
        ("seconds", tally.elapsed, limits.seconds),
        ("tokens", tally.tokens, limits.tokens),
        ("money", tally.money, limits.money),
    ):
        if most is not None and used >= most * bounds.allowance:
            return which
    return ""


def _most(bounds: Bounds, limit: int) -> int:
    return limit * bounds.allowance


def _left(tally: _Tally, bounds: Bounds) -> TurnLimits:
    limits, times = bounds.limits, bounds.allowance
    return replace(
        limits,
        rounds=limits.rounds * times - tally.rounds,
        seconds=max(0, int(limits.seconds * times - tally.elapsed)),
        tokens=None if limits.tokens is None else limits.tokens * times - tally.tokens,
        money=None if limits.money is None else limits.money * times - tally.money,
        calls=limits.calls * times - tally.calls,
    )


def limited(talk: tuple[Message, ...], bounds: Bounds, which: str) -> End:
    most = getattr(bounds.limits, which) * bounds.allowance
    why = f"the turn has used up its {which} ({most:,}); let it go on, or say less at once"
    return End(ending=Ending.LIMITED, messages=talk, which=which, why=why)
