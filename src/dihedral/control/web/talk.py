"""A conversation as its page shows it: turns, what was said and done in each, and its proposals.

Text of models is text: `prose` says which little markup of theirs is shown. What a run is now is
read from the run, for who looks; what was said of it then is only said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dihedral.control.api import story
from dihedral.control.api.story import RunShape
from dihedral.control.web import figures, words
from dihedral.control.web.figures import Figure
from dihedral.domain.actor import Actor
from dihedral.domain.conversation import Call, Message, Result, Speaker, Text, Thought, Turn
from dihedral.domain.ids import RunId, TurnId
from dihedral.domain.run import OVER, Status
from dihedral.model.store.conversations import Kept
from dihedral.model.store.pieces import Piece
from dihedral.model.work.conversations import Shown
from dihedral.ops.work import watch
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.watch import Listed

RESTS = frozenset({*OVER, Status.POLICY_CHECKED})
LIVE = 20_000  # characters of what is being said


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`kind` is person, agent, thought, or call; of a call `text` are its arguments and `result` is
    what came of it, None while nothing did. `cut`: there is more of it than the model was shown."""

    kind: str
    text: str
    tool: str = ""
    result: str | None = None
    failed: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A proposal: the run as it is now, with its three numbers. `request` is what it answers, where
    the reflex can be taught by it."""

    run: RunShape
    figures: tuple[Figure, ...]
    request: str
    blueprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A turn. `took` are its speed and cost in words, empty while nothing is known."""

    turn: Turn
    said: tuple[Said, ...]
    cards: tuple[Card, ...]
    took: str

    @property
    def rests(self) -> bool:
        """Whether no card changes by itself."""
        return all(Status(card.run.status) in RESTS for card in self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What is being said right now."""

    text: str
    thinks: bool
    tool: str


async def told(ops: Ops, actor: Actor, shown: Shown) -> tuple[Told, ...]:
    proposed = await runs(ops, actor, shown)
    said: dict[TurnId, list[Kept]] = {one.id: [] for one in shown.turns}
    for kept in shown.said:
        said.setdefault(kept.turn, []).append(kept)
    return tuple(
        Told(
            turn=one,
            said=tuple(spoken(kept.message for kept in said[one.id])),
            cards=tuple(map(card, proposed[one.id])),
            took=took(one.numbers),
        )
        for one in shown.turns
    )


def spoken(messages: Iterable[Message]) -> Iterable[Said]:
    """What was said, each result with the call that it is of."""
    found = list(messages)
    results = {part.call: part for one in found for part in one.parts if isinstance(part, Result)}
    for message in found:
        for part in message.parts:
            match part:
                case Text(text) if text.strip():
                    yield Said(kind=_who(message), text=text)
                case Thought(text) if text.strip():
                    yield Said(kind="thought", text=text)
                case Call(name, tool, arguments):
                    came = results.get(name)
                    yield Said(
                        kind="call",
                        text=arguments,
                        tool=tool,
                        result=came.text if came else None,
                        failed=came.failed if came else False,
                        cut=bool(came and came.whole and came.size > len(came.text)),
                    )
                case _:
                    continue


def saying(pieces: Sequence[Piece]) -> Saying:
    """Whatever came before another try is void; of much, the end."""
    start = max((at + 1 for at, one in enumerate(pieces) if one.kind == "again"), default=0)
    some = pieces[start:]
    text = "".join(one.text for one in some if one.kind == "text")
    tool = next((one.text for one in reversed(some) if one.kind == "tool"), "")
    last = some[-1].kind if some else ""
    return Saying(text=text[-LIVE:], thinks=last == "thought", tool=tool if last == "tool" else "")


def card(listed: Listed) -> Card:
    run = listed.run
    route: Mapping[str, Any] = run.origin.get("route") or {}
    return Card(
        run=story.shape(run, listed.workspace),
        figures=figures.figures(run),
        request=str(run.origin.get("request") or ""),
        blueprint=str(route.get("blueprint") or ""),
    )


def took(numbers: Mapping[str, Any]) -> str:
    """Such as `12 s, 0.03 USD, 1,200 tokens in, 340 out`."""
    if not numbers:
        return ""
    usage: Mapping[str, int] = numbers.get("usage") or {}
    some = [words.duration(numbers["seconds"])] if "seconds" in numbers else []
    if usage:
        some.append(cost(numbers.get("money")))
        some.append(f"{usage.get('input', 0):,} tokens in, {usage.get('output', 0):,} out")
    return ", ".join(some)


def cost(money: Any) -> str:
    return "cost unknown" if money is None else f"{Decimal(money).normalize():f} USD"


async def runs(ops: Ops, actor: Actor, shown: Shown) -> Mapping[TurnId, list[Listed]]:
    """Of each turn: what it, and those to whom it handed work, proposed; and what it read."""
    found: dict[TurnId, dict[RunId, Listed]] = {one.id: {} for one in shown.turns}
    for made, listed in await watch.run_of_turns(ops, actor, shown.family):
        found[shown.family[TurnId(made)]][listed.run.id] = listed
    for one in shown.turns:
        for listed in await watch.run_some(ops, actor, one.runs):
            found[one.id].setdefault(listed.run.id, listed)
    return {name: list(some.values()) for name, some in found.items()}


def _who(message: Message) -> str:
    return "person" if message.by is Speaker.PERSON else "agent"
