"""A talk made to fit what a model can be shown at once; what is stored of it stays as it is.

Kept    what the person said; the newest exchanges, or, where even the last one is too long, its
        newest steps. They are whole: a call of a tool and its result are never parted.
Cut     the oldest steps and answers. In their place, beside what the person said before them,
        stands a note of the record's: how many there were, which tools were called, which runs came
        of it, and where results can be read on. Nothing that anybody wrote is in a note.
Surprise: a cut makes more room than it must, so that it stays where it is for a while; a provider
        that remembers the beginning of a talk then need not read it anew each time.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from dihedral.domain.conversation import Message, Part, Result, Speaker, Text
from dihedral.domain.ids import RunId
from dihedral.model.rules import estimate
from dihedral.model.rules.own import DELEGATE, READ_ON

READS = ("read_run", "plan_draft", "propose", "propose_blueprint", DELEGATE.name)  # name their run
SHORT = 800  # characters of what a person said earlier, where even that is too much
LEAST = 400  # characters of a result, where even the last step is too much
POINTERS = 6  # results of one note
RUNS = 20  # of one note
_RUN = re.compile(r"\brun-[A-Za-z0-9]{1,40}\b")
_HEAD = "[Dihedral's record; the person did not write this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is never parted: what a person said, an answer, or a step, which is a message with
    calls and their results. `exchange` counts what persons said, from 0."""

    messages: tuple[Message, ...]
    exchange: int
    size: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """`left_out` are the units that are not shown, by their exchange."""

    kept: tuple[Unit, ...]
    left_out: Mapping[int, tuple[Unit, ...]]

    @property
    def messages(self) -> int:
        return sum(len(unit.messages) for units in self.left_out.values() for unit in units)

    def runs(self, exchange: int) -> tuple[RunId, ...]:
        """Those that were spoken of there; whether there are such runs the record must say."""
        found = [
            RunId(name)
            for unit in self.left_out.get(exchange, ())
            for one in _results(unit)
            if one.tool in READS and not one.failed
            for name in _RUN.findall(one.text)
        ]
        return tuple(dict.fromkeys(found))


def cut(messages: Sequence[Message], room: int) -> Cut | None:
    """None where all of it has room, in tokens."""
    units = _units(messages)
    if sum(unit.size for unit in units) <= room:
        return None
    gone: set[int] = set()
    size, oldest = 0, 0
    for place, unit in enumerate(units):
        size += unit.size
        if size <= room:
            continue
        while oldest < place and size > _goal(room, within=units[oldest].exchange == unit.exchange):
            if not units[oldest].asked:
                gone.add(oldest)
                size -= units[oldest].size
            oldest += 1
    left: dict[int, list[Unit]] = {}
    for place in sorted(gone):
        left.setdefault(units[place].exchange, []).append(units[place])
    kept = tuple(unit for place, unit in enumerate(units) if place not in gone)
    return Cut(kept, {exchange: tuple(some) for exchange, some in left.items()})


def _goal(room: int, *, within: bool) -> int:
    return room * 3 // 4 if within else room // 2


def made(
    cut: Cut, runs: Mapping[int, Sequence[str]], tools: Collection[str], room: int
) -> tuple[Message, ...]:
    """What the model is shown. `runs` says in a line each what became of an exchange's runs, as the
    record has it now."""
    notes = {
        exchange: _note(units, runs.get(exchange, ()), tools)
        for exchange, units in cut.left_out.items()
    }
    shown = [_noted(unit, notes.get(unit.exchange, "")) for unit in cut.kept]
    if _size(shown) > room:
        last = max((place for place, unit in enumerate(shown) if unit.asked), default=0)
        shown = [
            _shortened(unit) if unit.asked and place < last else unit
            for place, unit in enumerate(shown)
        ]
    if _size(shown) > room:
        shown = _squeezed(shown, room)
    return tuple(message for unit in shown for message in unit.messages)


def _units(messages: Sequence[Message]) -> list[Unit]:
    units: list[Unit] = []
    exchange = -1
    for message in messages:
        if message.by is Speaker.TOOL and units:
            units[-1] = _unit((*units[-1].messages, message), exchange)
            continue
        exchange += message.by is Speaker.PERSON
        units.append(_unit((message,), exchange))
    return units


def _unit(messages: tuple[Message, ...], exchange: int) -> Unit:
    asked = messages[0].by is Speaker.PERSON
    size = estimate.size("", messages).likely
    return Unit(messages=messages, exchange=max(0, exchange), size=size, asked=asked)


def _note(units: Sequence[Unit], runs: Sequence[str], tools: Collection[str]) -> str:
    count = sum(len(unit.messages) for unit in units)
    said = [f"{_HEAD} {count} messages that came next are left out here, so that the talk fits."]
    results = [one for unit in units for one in _results(unit)]
    called = Counter(one.tool for one in results if one.tool in tools)
    failed = Counter(one.tool for one in results if one.tool in tools and one.failed)
    if called:
        rows = (
            f"{name} {times} times{f' ({failed[name]} failed)' if failed[name] else ''}"
            for name, times in called.items()
        )
        said.append(f"Tools were called: {', '.join(rows)}.")
    said += [f"Runs that came of it, as they are now: {'; '.join(runs[:RUNS])}."] if runs else []
    where = [
        f'{one.tool} {{"result": "{one.whole}", "from": 0}}'
        for one in results
        if one.whole and one.tool in tools and not one.failed
    ]
    if where:
        said.append(f"{READ_ON.name} shows what they answered: {'; '.join(where[-POINTERS:])}.")
    return f"{' '.join(said)}]"


def _noted(unit: Unit, note: str) -> Unit:
    if not unit.asked or not note:
        return unit
    message = unit.messages[0]
    return _unit((replace(message, parts=(*message.parts, Text(note))),), unit.exchange)


def _shortened(unit: Unit) -> Unit:
    """What a person said, with its beginning; a note stays whole."""
    message = unit.messages[0]
    parts = tuple(_brief(part) for part in message.parts)
    return _unit((replace(message, parts=parts),), unit.exchange)


def _brief(part: Part) -> Part:
    if not isinstance(part, Text) or len(part.text) <= SHORT or part.text.startswith(_HEAD):
        return part
    return Text(f"{part.text[:SHORT]}\n[the rest of {len(part.text):,} characters is left out]")


def _squeezed(shown: Sequence[Unit], room: int) -> list[Unit]:
    """The results of the steps that are left, as long as there is room for them."""
    results = [one for unit in shown for one in _results(unit)]
    around = _size(shown) - sum(len(one.text.encode()) for one in results) // 4
    most = max(LEAST, 4 * max(0, room - around) // max(1, len(results)) - LEAST)
    return [
        _unit(tuple(_less(message, most) for message in unit.messages), unit.exchange)
        for unit in shown
    ]


def _less(message: Message, most: int) -> Message:
    return replace(message, parts=tuple(_piece(part, most) for part in message.parts))


def _piece(part: Part, most: int) -> Part:
    if not isinstance(part, Result) or len(part.text.encode()) <= most:
        return part
    text = part.text.encode()[:most].decode(errors="ignore")
    where = f'; {READ_ON.name} {{"result": "{part.whole}", "from": {len(text)}}}'
    note = f"\n[cut to fit: {len(text):,} of {part.size or len(part.text):,} characters"
    return replace(part, text=f"{text}{note}{where if part.whole else ''}]")


def _results(unit: Unit) -> list[Result]:
    return [part for message in unit.messages for part in message.parts if isinstance(part, Result)]


def _size(units: Sequence[Unit]) -> int:
    return sum(unit.size for unit in units)
