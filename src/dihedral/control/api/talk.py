"""A conversation as the API shows it: what was said, and, apart from that, what is on the record.

Surprise: what an agent says of a run is its words. The run's status, its numbers and whom it waits
for are read from the run itself, for whoever looks and at the moment that he looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dihedral.control.api import story
from dihedral.control.api.story import RunShape
from dihedral.domain.actor import Actor
from dihedral.domain.conversation import (
    Call,
    Conversation,
    Happening,
    Part,
    Result,
    Speaker,
    Standing,
    Text,
    Thought,
    Turn,
)
from dihedral.domain.ids import ConversationId, InstanceId, RunId, TurnId, WorkspaceId
from dihedral.model.store.conversations import Kept
from dihedral.model.work.conversations import Shown, Worked
from dihedral.ops.work import watch
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationShape:
    """`standing` is resting (say something), working, paused (`why` says for want of what; resume
    it) or stopped. `parent` is the turn that handed the work on, where it is one of an agent's."""

    id: ConversationId
    agent: str
    person: str
    workspace: WorkspaceId | None
    title: str
    standing: Standing
    why: str
    parent: TurnId | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartShape:
    """`kind` is text, thought, call (`text` are its arguments as the model wrote them), or result
    (of the `call`; `failed`, or cut to what is shown)."""

    kind: str
    text: str
    call: str = ""
    tool: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageShape:
    seq: int
    turn: TurnId
    by: Speaker
    parts: list[PartShape]
    at: datetime


@dataclass(frozen=True, slots=True)
class TurnNumbers:
    """Speed in seconds, by what took them; cost of its models, null where it is not known."""

    speed: Mapping[str, float]
    cost: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnShape:
    """`runs` are what it proposed and read, as they are on the record now. `version` is of the
    agent's file; 0 where no model was asked."""

    id: TurnId
    seq: int
    agent: str
    version: int
    instance: InstanceId | None
    started_at: datetime
    ended_at: datetime | None
    outcome: Happening | None
    why: str
    rounds: int
    calls: int
    numbers: TurnNumbers
    runs: list[RunShape]


@dataclass(frozen=True, slots=True)
class LiveShape:
    """A piece of what is being said right now: text, thought, tool (which is called), or again
    (what came before is void)."""

    seq: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkShape:
    conversation: ConversationShape
    turns: list[TurnShape]
    messages: list[MessageShape]
    live: list[LiveShape]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantShape:
    """`kind` is ask (a model) or use (a tool); `numbers` say which endpoint, why, and what it
    took."""

    seq: int
    kind: str
    tool: str
    tries: int
    begun_at: datetime
    done_at: datetime | None
    failed: bool
    numbers: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkShape:
    wants: list[WantShape]
    handed: list[ConversationShape]


def shape(found: Conversation) -> ConversationShape:
    return ConversationShape(
        id=found.id,
        agent=found.agent,
        person=found.person,
        workspace=found.workspace,
        title=found.title,
        standing=found.standing,
        why=found.why,
        parent=found.parent,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )


async def told(ops: Ops, actor: Actor, shown: Shown) -> TalkShape:
    runs = await records(ops, actor, shown)
    return TalkShape(
        conversation=shape(shown.conversation),
        turns=[turn(one, runs[one.id]) for one in shown.turns],
        messages=[message(kept) for kept in shown.said],
        live=[LiveShape(p.seq, p.kind, p.text) for p in shown.live],
    )


def worked(found: Worked) -> WorkShape:
    return WorkShape(
        wants=[
            WantShape(
                seq=w.seq,
                kind=w.kind,
                tool=w.tool,
                tries=w.tries,
                begun_at=w.begun_at,
                done_at=w.done_at,
                failed=w.failed,
                numbers=w.numbers,
            )
            for w in found.wants
        ],
        handed=[shape(one) for one in found.handed],
    )


async def records(ops: Ops, actor: Actor, shown: Shown) -> Mapping[TurnId, list[RunShape]]:
    """The runs of each turn as they are now, as far as the actor may read them: what it and those
    to whom it handed work proposed, and what it read."""
    found: dict[TurnId, dict[RunId, RunShape]] = {one.id: {} for one in shown.turns}
    for made, listed in await watch.run_of_turns(ops, actor, shown.family):
        root = shown.family[TurnId(made)]
        found[root][listed.run.id] = story.shape(listed.run, listed.workspace)
    for one in shown.turns:
        for listed in await watch.run_some(ops, actor, one.runs):
            found[one.id].setdefault(listed.run.id, story.shape(listed.run, listed.workspace))
    return {name: list(runs.values()) for name, runs in found.items()}


def turn(found: Turn, runs: list[RunShape]) -> TurnShape:
    numbers = found.numbers
    speed: dict[str, Any] = {"seconds": numbers["seconds"]} if "seconds" in numbers else {}
    cost = {"money": numbers.get("money"), "tokens": numbers.get("usage", {})} if numbers else {}
    return TurnShape(
        id=found.id,
        seq=found.seq,
        agent=found.agent,
        version=found.version,
        instance=found.instance,
        started_at=found.started_at,
        ended_at=found.ended_at,
        outcome=found.outcome,
        why=found.why,
        rounds=found.rounds,
        calls=found.calls,
        numbers=TurnNumbers(speed, cost),
        runs=runs,
    )


def message(kept: Kept) -> MessageShape:
    said = kept.message
    parts = [_part(part) for part in said.parts]
    return MessageShape(seq=kept.seq, turn=kept.turn, by=said.by, parts=parts, at=kept.at)


def _part(part: Part) -> PartShape:
    match part:
        case Text(text):
            return PartShape(kind="text", text=text)
        case Thought(text):
            return PartShape(kind="thought", text=text)
        case Call(name, tool, arguments):
            return PartShape(kind="call", text=arguments, call=name, tool=tool)
        case Result(call, tool, text, failed):
            return PartShape(kind="result", text=text, call=call, tool=tool, failed=failed)
