"""A plan in a few KB, for a small model or a message: the worst first, what is alike as one.

Shape   a headline, what the gates said, then a piece a group of like changes, and at the end what
        was left out. It is never longer than its budget, always the same for the same plan, and
        holds nothing sensitive. What is dangerous is named before anything is told in detail.
Units   budgets are bytes of UTF-8.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import groupby
from typing import Any

import msgspec

from dihedral.domain.change import INDEX, Action, Change, Output, Plan, bare
from dihedral.domain.verdict import ORDER, Ruling, Verdict
from dihedral.domain.workspace import Variable
from dihedral.ops.rules import numbers, openings, plan, redact, secret, stateful
from dihedral.ops.rules.numbers import Numbers
from dihedral.ops.rules.redact import visible
from dihedral.ops.rules.scrub import HIDDEN, Known

_TITLE = 220  # characters; what is longer is cut
_VALUE = 70
_ROWS = 8  # attributes of one piece
_TAIL = 420  # bytes kept for what is left out
_INSTANCES = 90  # characters of indexes
MORE = "read on with `dihedral run plan RUN`"


class Rank(IntEnum):
    """How much it matters to be read, the worst first."""

    LOSES, OPENS, FAILS, DELETES, REPLACES, RUNS, FORGETS, WAITS, UPDATES = range(9)
    TAKES, CREATES, OUTPUTS, READS, DRIFTED = range(9, 14)


DANGEROUS = Rank.WAITS  # and whatever is worse
_SILENT = frozenset({Rank.DELETES, Rank.FORGETS, Rank.FAILS, Rank.RUNS})  # these have no rows
# fmt: off
_RANKS = {
    Action.DELETE: Rank.DELETES, Action.REPLACE: Rank.REPLACES, Action.FORGET: Rank.FORGETS,
    Action.UPDATE: Rank.UPDATES, Action.CREATE: Rank.CREATES, Action.READ: Rank.READS,
    Action.NOOP: Rank.TAKES,
}
# fmt: on
_BEFORE = {
    Rank.LOSES: "LOSES DATA ",
    Rank.OPENS: "OPENS ",
    Rank.WAITS: "LATER ",
    Rank.DRIFTED: "DRIFT ",
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """`brief` is its title where room is scarce, `kind` how it is counted when it is left out;
    `rows` are made only when there is room."""

    rank: Rank
    title: str
    brief: str
    kind: str
    size: int
    rows: Callable[[], list[str]]


def compact(
    found: Plan,
    verdicts: Sequence[Verdict] = (),
    told: Numbers | None = None,
    budget: int = 4096,
    *,
    variables: Sequence[Variable] = (),
    more: str = MORE,
) -> str:
    """The plan in at most `budget` bytes, without what its workspace's `variables` hide; `more`
    says how to read the rest of it."""
    known = redact.secrets(found, variables)
    head = "\n".join(_cut(secret.clear(row, known), _TITLE) for row in _head(found, verdicts, told))
    pieces = sorted(_pieces(found, known), key=lambda p: (p.rank, p.title))
    room = budget - _size(head) - _TAIL
    blocks, detailed = _fill(pieces, room)
    body = [row for at in sorted(blocks) for row in blocks[at]]
    gone = [piece for at, piece in enumerate(pieces) if at not in blocks]
    tail = _tail(gone, len(blocks) - len(detailed), more)
    return _fit("\n".join(filter(None, [head, *body, tail])), budget)


def _fill(pieces: Sequence[_Piece], room: int) -> tuple[dict[int, list[str]], set[int]]:
    """The lines of each piece that has room, by its place; and those told in detail."""
    worst = [piece for piece in pieces if piece.rank <= DANGEROUS]
    if sum(_size(piece.title) for piece in worst) > room:
        pieces = [replace(piece, title=piece.brief) for piece in pieces]
    blocks: dict[int, list[str]] = {}
    for at, piece in enumerate(pieces):
        if piece.rank <= DANGEROUS and (need := _size(piece.title)) <= room:
            blocks[at], room = [piece.title], room - need
    detailed: set[int] = set()
    for at, piece in enumerate(pieces):
        if room < _VALUE:
            detailed |= {n for n in blocks if n >= at and pieces[n].rank in _SILENT}
            break
        rows = piece.rows()
        block = rows if at in blocks else [piece.title, *rows]
        if (need := sum(map(_size, block))) <= room:
            blocks[at], room = [*blocks.get(at, []), *block], room - need
            detailed.add(at)
        elif at not in blocks and (need := _size(piece.title)) <= room:
            blocks[at], room = [piece.title], room - need
    return blocks, detailed


def _head(found: Plan, verdicts: Sequence[Verdict], told: Numbers | None) -> Iterator[str]:
    state = "" if found.complete else "; another plan is needed after it"
    state += "; Terraform ended it with an error" if found.errored else ""
    yield f"Plan: {plan.line(plan.summary(found))}{state}"
    if told:
        yield numbers.line(told)
    for verdict in sorted(verdicts, key=lambda v: -ORDER.index(v.ruling)):
        if verdict.ruling is not Ruling.ALLOW:
            yield f"{verdict.ruling.upper()} by {verdict.gate}: {visible(verdict.reason)}"


def _pieces(found: Plan, known: Known) -> Iterator[_Piece]:
    for kind, changes in (("", found.changes), ("later ", found.deferred), ("drift ", found.drift)):
        acting = sorted(filter(_tells, changes), key=lambda c: (len(c.address), c.address))
        ranked = sorted((_key(c, kind), at) for at, c in enumerate(acting))
        for (rank, *_), those in groupby(ranked, key=lambda r: r[0]):
            yield _group(rank, kind, [acting[at] for _, at in those], known)
    for check in found.checks:
        if check.failed:
            said = ": " * bool(check.messages) + "; ".join(check.messages)
            row = f"FAILS {check.address}{secret.clear(said, known)}"
            yield _plain(Rank.FAILS, row, "failed check")
    for run in found.invocations:
        when = f" {run.event} of {run.by}" if run.by else ""
        yield _plain(Rank.RUNS, f"RUNS {run.address}{when}", "action of a provider")
    for output in found.outputs:
        if output.action is not Action.NOOP:
            yield _output(output, known)


def _tells(change: Change) -> bool:
    return change.action is not Action.NOOP or bool(change.importing or change.moved_from)


def _key(change: Change, kind: str) -> tuple[Any, ...]:
    """Rank and address, and whatever else two changes share that can be told as one."""
    opened = tuple(o.what for o in openings.of(change)) if not kind else ()
    rank = _RANKS[change.action]
    if kind:
        rank = Rank.WAITS if kind == "later " else Rank.DRIFTED
    elif change.action in (Action.DELETE, Action.REPLACE) and change.type in stateful.TYPES:
        rank = Rank.LOSES
    elif opened:
        rank = Rank.OPENS
    said = (change.action.value, change.create_first, change.reason, change.forced, opened)
    took = (bool(change.importing), bool(change.moved_from), change.deposed)
    return (rank, bare(change.address), *said, *took, tuple(sorted(redact.changed(change))))


def _group(rank: Rank, kind: str, those: list[Change], known: Known) -> _Piece:
    first = those[0]
    sign = redact.SIGNS.get(first.action.value) or ("+/-" if first.create_first else "-/+")
    notes = [f"opens {o.what}" for o in openings.of(first)] if not kind else []
    notes += [first.because] if first.reason else []
    notes += [f"forced by {', '.join(first.forced)}"] if first.forced else []
    notes += [f"imported as {first.importing}"] if first.importing else []
    notes += [f"moved from {first.moved_from}"] if first.moved_from else []
    notes += [f"deposed {first.deposed}"] if first.deposed else []
    tail = "".join(f"; {secret.clear(note, known)}" for note in notes)
    start = f"{_BEFORE.get(rank, '')}{sign.strip()} {first.action.value}"
    many = f" ×{len(those)}" if len(those) > 1 else ""
    return _Piece(
        rank=rank,
        title=_cut(visible(f"{start} {_where(those)}{tail}"), _TITLE),
        brief=_cut(
            visible(f"{start} {bare(first.address) if many else first.address}{many}"), _TITLE
        ),
        kind=f"{_BEFORE.get(rank, '')}{first.action.value} {first.type}",
        size=len(those),
        rows=lambda: _rows(those, known),
    )


def _plain(rank: Rank, title: str, label: str) -> _Piece:
    shown = _cut(visible(title), _TITLE)
    return _Piece(rank, shown, shown, label, 1, list)


def _output(output: Output, known: Known) -> _Piece:
    entry = redact.output(output, known)
    said = _said(entry["before"], entry["after"])
    return _plain(Rank.OUTPUTS, f"{entry['address']}{said}", "output")


def _where(those: Sequence[Change]) -> str:
    if len(those) == 1:
        return those[0].address
    shown: list[str] = []
    room = _INSTANCES
    for change in those:
        index = "".join(INDEX.findall(change.address)) or "(no index)"
        room -= len(index) + 1
        if room < 0:
            shown.append(f"and {len(those) - len(shown)} more")
            break
        shown.append(index)
    return f"{bare(those[0].address)} ×{len(those)} {' '.join(shown)}"


def _rows(those: Sequence[Change], known: Known) -> list[str]:
    """The attributes that change, of the first; `…` after those that are not alike in all."""
    first = those[0]
    if first.action in (Action.DELETE, Action.FORGET, Action.NOOP):
        return []
    marks = (first.before_sensitive, first.after_sensitive)
    before = secret.hide(first.before, marks, None, known)
    after = secret.hide(first.after, marks, first.after_unknown, known)
    if HIDDEN in (before, after):
        return [f"    everything {HIDDEN}"]
    forced = {str(path[0]) for path in first.replace_paths if path}
    names = sorted(redact.changed(first), key=lambda name: (name not in forced, name))
    names = [n for n in names if n != "tags_all" or "tags" not in names]
    rows: list[str] = []
    for name in names:
        alike = all((c.after or {}).get(name) == (first.after or {}).get(name) for c in those)
        pair = ((side or {}).get(name) for side in (before, after))
        rows += [row + ("" if alike else " …") for row in _leaves(name, *pair)]
    rows.sort(key=lambda row: row.removesuffix(" …").endswith(f"= {secret.LATER}"))
    return rows[:_ROWS] + ([f"    and {len(rows) - _ROWS} more"] if len(rows) > _ROWS else [])


def _leaves(path: str, old: Any, new: Any) -> list[str]:
    """A row for each part that differs; what is hidden looks alike, and is said all the same."""
    pair = [(secret.document(one) or one) if isinstance(one, str) else one for one in (old, new)]
    rows = list(_differing(path, *pair))
    if old is None and new in (None, "", [], {}, False):
        return []
    return rows if 0 < len(rows) <= _ROWS else [f"    {path}{_said(old, new)}"]


def _differing(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differing(f"{path}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differing(f"{path}[{at}]", one, other)
    elif old != new:
        yield f"    {visible(path)}{_said(old, new)}"


def _said(old: Any, new: Any) -> str:
    return f" = {_value(new)}" if old is None else f" = {_value(old)} -> {_value(new)}"


def _value(value: Any) -> str:
    if value in (HIDDEN, secret.LATER):
        return str(value)
    return _cut(visible(msgspec.json.encode(value).decode()), _VALUE)


def _tail(gone: Sequence[_Piece], short: int, more: str) -> str:
    """What was left out, counted, the worst first."""
    if not gone and not short:
        return ""
    kinds = Counter[str]()
    for piece in gone:
        kinds[piece.kind] += piece.size
    rows = [f"{count} {kind}" for kind, count in kinds.items()]
    said, room = [], _TAIL - _size(more) - _VALUE
    while rows and room > _size(rows[0]) + 12:
        said.append(rows.pop(0))
        room -= _size(said[-1]) + 1
    said += [f"{sum(kinds.values()) - _counted(said)} of other kinds"] if rows else []
    said += [f"the attributes of {short} above"] if short else []
    return f"Left out: {', '.join(said)}; {more}"


def _counted(rows: Sequence[str]) -> int:
    return sum(int(row.partition(" ")[0]) for row in rows)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _size(text: str) -> int:
    """Bytes of a line, its end too."""
    return len(text.encode()) + 1


def _fit(text: str, budget: int) -> str:
    raw = text.encode()
    return text if len(raw) <= budget else raw[:budget].decode(errors="ignore")
