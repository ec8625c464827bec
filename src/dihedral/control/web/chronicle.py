"""A flight recorder's rows: what happened in a conversation and to its runs, one after the other.

What a turn wanted is in its journal without words; what was said is in its messages, in the same
order: each call of a model said one message, each use of a tool is one call in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dihedral.control.web import ask, talk, words
from dihedral.control.web.origin import Origin
from dihedral.control.web.talk import Said
from dihedral.domain.conversation import Conversation, Message, Speaker, Turn
from dihedral.domain.ids import ConversationId
from dihedral.domain.run import Fact, Run
from dihedral.domain.testimony import Entry
from dihedral.domain.verdict import Ruling
from dihedral.model.store.conversations import Kept
from dihedral.model.store.journal import ASK
from dihedral.ops.work.pipeline import Story

JUDGED = frozenset({Fact.CLEARED, Fact.HELD, Fact.DENIED, Fact.FINISHED})
TONES: Mapping[Fact, str] = {
    Fact.DENIED: "bad",
    Fact.BROKE: "bad",
    Fact.REFUSED: "bad",
    Fact.HELD: "warn",
    Fact.APPLIED: "good",
    Fact.APPROVED: "good",
    Fact.SECONDED: "good",
    Fact.CLEARED: "good",
}
RULED: Mapping[Ruling, str] = {Ruling.ALLOW: "good", Ruling.ASK: "warn", Ruling.DENY: "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`took` is its numbers, `parts` what it opens into, each a name and a text; `opens` is what is
    kept apart, each a name and where it is. `depth` is how often the work was handed on. Of a call,
    `start` and `width` are its place in the turn, in percent."""

    at: datetime
    icon: str
    title: str
    tone: str = "plain"
    note: str = ""
    took: str = ""
    href: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    opens: tuple[tuple[str, str], ...] = ()
    depth: int = 0
    start: float | None = None
    width: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A turn with what was said in it and what it wanted. `files`: its reader may read the files of
    agents."""

    conversation: Conversation
    turn: Turn
    said: Sequence[Kept]
    wants: Sequence[Entry]
    depth: int
    files: bool


def worked(one: Worked, now: datetime) -> Iterator[Row]:
    """The rows of a turn: who asked, who answers, and each thing that it wanted."""
    depth, turn = one.depth, one.turn
    for kept in one.said:
        if kept.message.by is Speaker.PERSON:
            who = "handed on" if depth else f"{one.conversation.person} asks"
            text = kept.message.text
            yield Row(at=kept.at, icon="ask", title=who, note=text, depth=depth)
    yield Row(
        at=turn.started_at,
        icon="move",
        title="route",
        note=_route(turn),
        opens=_file(turn.agent, turn.version) if one.files else (),
        depth=depth,
    )
    answers = [kept.message for kept in one.said if kept.message.by is Speaker.AGENT]
    for want, came in _paired(one.wants, answers, list(talk.spoken(k.message for k in one.said))):
        row = _asked(want, came) if want.kind == ASK else _used(want, came, one.conversation.id)
        yield _placed(replace(row, depth=depth), turn, want, now)
    if turn.ended_at:
        tone = "good" if turn.outcome == "answered" else "warn"
        yield Row(
            at=turn.ended_at,
            icon="check" if tone == "good" else "warn",
            title=f"{turn.agent}: {turn.outcome}",
            tone=tone,
            note=turn.why,
            took=talk.took(turn.numbers),
            depth=depth,
        )


def happened(story: Story) -> Iterator[Row]:
    """The rows of a run: proposed, judged, decided, applied."""
    run, href = story.run, f"/runs/{story.run.id}"
    route: Mapping[str, Any] = run.origin.get("route") or {}
    sure = route.get("confidence")
    by = f" from the blueprint {route['blueprint']}" if route.get("blueprint") else ""
    sure_of = f", {sure:.0%} sure" if isinstance(sure, float) else ""
    yield Row(
        at=run.created_at,
        icon="file",
        title=f"{run.proposer} proposes{by}{sure_of}",
        note=run.message,
        href=href,
    )
    judged = False
    planned = (("the plan in brief", f"{href}/brief"),) if run.plan_json else ()
    for told in story.history:
        if told.fact in JUDGED and not judged:
            judged = True
            for verdict in story.verdicts:
                yield Row(
                    at=told.at,
                    icon="list",
                    title=f"gate {verdict.gate}: {verdict.ruling}",
                    tone=RULED[verdict.ruling],
                    note=verdict.reason,
                )
        yield Row(
            at=told.at,
            icon="run",
            title=f"{words.spaced(told.fact)} by {told.actor}",
            tone=TONES.get(told.fact, "plain"),
            note=told.note,
            href=href,
            opens=planned if told.fact is Fact.PLANNED else (),
        )


def led(run: Run, origin: Origin, *, files: bool) -> Iterator[Row]:
    """The rows before those of a run: what was asked, and which way it took."""
    at = _instant(run.origin.get("asked_at")) or run.created_at
    asked = f"{origin.actor or run.on_behalf_of or run.proposer} asks"
    first = origin.steps[0] if origin.steps else None
    words_of = origin.text or (first.title if first else "")
    yield Row(at=at, icon="ask", title=asked, note=words_of, href=first.href if first else "")
    said = [f"{name.lower()} {said}" for name, said in origin.facts]
    sure = [f"{origin.confidence:.0%} sure"] if origin.confidence is not None else []
    calls = [words.many(origin.calls, "model call")] if origin.calls else ["no model was called"]
    route: Mapping[str, Any] = run.origin.get("route") or {}
    version = route.get("version") if route.get("by") == "agent" else None
    file = _file(str(route.get("agent")), version) if files and isinstance(version, int) else ()
    note = ", ".join([*said, *sure, *calls])
    yield Row(at=at, icon="move", title="route", note=note, opens=file)


def ordered(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: row.at))


def _route(turn: Turn) -> str:
    if turn.version == 0:
        return "the reflex, without a model"
    return f"agent {turn.agent}, version {turn.version} of its file"


def _file(agent: str, version: int) -> tuple[tuple[str, str], ...]:
    if not version:
        return ()
    where = f"/agents/{quote(agent, safe='')}/versions/{version}"
    return ((f"the file of {agent}, version {version}, with its prompt", where),)


def _instant(said: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _paired(
    wants: Sequence[Entry], answers: Sequence[Message], said: Sequence[Said]
) -> Iterator[tuple[Entry, Message | Said | None]]:
    spoken, calls = iter(answers), iter([one for one in said if one.kind == "call"])
    for want in wants:
        done = want.done_at is not None
        if want.kind == ASK:
            yield want, next(spoken, None) if done else None
        else:
            yield want, next(calls, None)


def _asked(want: Entry, came: Message | Said | None) -> Row:
    how = want.numbers
    usage: Mapping[str, int] = how.get("usage") or {}
    parts = [(one.kind, one.text) for one in _spoken(came)]
    parts += [("left out to fit", _fitted(how["compacted"]))] if how.get("compacted") else []
    parts += [("tried before", _tried(one)) for one in (how.get("tries") or [])[:-1]]
    some = [words.duration(how["seconds"])] if how.get("seconds") is not None else []
    some += [f"first token after {words.duration(how['first'])}"] if how.get("first") else []
    if usage:
        some += [f"{usage.get('input', 0):,} tokens in, {usage.get('output', 0):,} out"]
        some += [talk.cost(how.get("money"))]
    served = f"{how.get('upstream', '')} at {how.get('endpoint', '')}" if how else "not answered"
    return Row(
        at=want.begun_at,
        icon="model",
        title=f"model {served}",
        tone="bad" if want.failed else "busy",
        note=str(how.get("why", "")) and f"chosen because: {how['why']}",
        took=", ".join(some),
        parts=tuple(parts),
    )


def _fitted(one: Mapping[str, Any]) -> str:
    return (
        f"{one['left_out']:,} of {one['of']:,} messages were left out, with a note of the record in"
        f" their place: about {one['before']:,} tokens became {one['after']:,}, and"
        f" {one['room']:,} may go in"
    )


def _tried(one: Mapping[str, Any]) -> str:
    said = f": {one['said']}" if one.get("said") else ""
    return f"{one['endpoint']} was {one['outcome']} after {words.duration(one['seconds'])}{said}"


def _used(want: Entry, came: Message | Said | None, where: ConversationId) -> Row:
    parts: tuple[tuple[str, str], ...] = ()
    opens: tuple[tuple[str, str], ...] = ()
    if isinstance(came, Said) and came.tool == want.tool:
        parts = (("asked", came.text), *((("came", came.result),) if came.result else ()))
        if came.cut and want.result:
            opens = (("all that came", f"{ask.PATH}/{where}/results/{want.result}"),)
    usage = want.numbers.get("usage")
    money = talk.cost(want.numbers.get("money")) if usage else ""
    return Row(
        at=want.begun_at,
        icon="agent" if usage else "search",
        title=f"tool {want.tool}",
        tone="bad" if want.failed else "plain",
        note=f"tried {want.tries} times" if want.tries > 1 else "",
        took=", ".join(filter(None, (_span(want), money))),
        parts=parts,
        opens=opens,
    )


def _spoken(came: Message | Said | None) -> Iterable[Said]:
    return talk.spoken([came]) if isinstance(came, Message) else ()


def _span(want: Entry) -> str:
    return words.duration(want.done_at - want.begun_at) if want.done_at else "not done"


def _placed(row: Row, turn: Turn, want: Entry, now: datetime) -> Row:
    whole = ((turn.ended_at or now) - turn.started_at).total_seconds()
    if whole <= 0:
        return row
    start = (want.begun_at - turn.started_at).total_seconds() / whole * 100
    took = ((want.done_at or now) - want.begun_at).total_seconds() / whole * 100
    at = min(max(start, 0.0), 99.0)
    return replace(row, start=round(at, 1), width=round(min(max(took, 1.0), 100 - at), 1))
