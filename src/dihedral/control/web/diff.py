"""Files beside the ones before them, line by line, as far as a page has room."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

BYTES, LINES, SHOWN, FILES = 200_000, 4_000, 400, 50  # of a file; of both sides; of a diff; of all


@dataclass(frozen=True, slots=True)
class Line:
    """`sign` is +, -, a blank, or @ where lines are left out before it."""

    sign: str
    number: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """`how` is new, changed or removed; `why` says why no lines are shown, if none are."""

    path: str
    how: str
    added: int = 0
    taken: int = 0
    lines: tuple[Line, ...] = ()
    left: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """`same` names the files that are as they were, `left` counts files that are not listed."""

    files: tuple[FileDiff, ...]
    same: tuple[str, ...]
    first: bool
    left: int = 0


def diff(now: Mapping[str, bytes], before: Mapping[str, bytes]) -> Diff:
    differ = [path for path in sorted({*now, *before}) if now.get(path) != before.get(path)]
    files = tuple(_file(path, now.get(path), before.get(path)) for path in differ[:FILES])
    same = tuple(path for path in sorted(now) if now[path] == before.get(path))
    return Diff(files, same, not before, max(0, len(differ) - FILES))


def _file(path: str, now: bytes | None, before: bytes | None) -> FileDiff:
    how = "removed" if now is None else "new" if before is None else "changed"
    old, new = _lines(before), _lines(now)
    if old is None or new is None or len(old) + len(new) > LINES:
        sizes = len(now or b""), len(before or b"")
        return FileDiff(path=path, how=how, why=f"{sizes[1]:,} bytes before, {sizes[0]:,} now")
    lines = list(_differences(old, new))
    return FileDiff(
        path=path,
        how=how,
        added=sum(line.sign == "+" for line in lines),
        taken=sum(line.sign == "-" for line in lines),
        lines=tuple(lines[:SHOWN]),
        left=max(0, len(lines) - SHOWN),
    )


def _lines(body: bytes | None) -> list[str] | None:
    """None for what is no text, or too much of it."""
    if body is None:
        return []
    if len(body) > BYTES or b"\0" in body:
        return None
    try:
        return body.decode().splitlines()
    except UnicodeDecodeError:
        return None


def _differences(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    matched = difflib.SequenceMatcher(None, old, new)
    for number, group in enumerate(matched.get_grouped_opcodes(3)):
        if number:
            yield Line("@", None, "")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (Line(" ", j1 + n + 1, new[j1 + n]) for n in range(j2 - j1))
                continue
            yield from (Line("-", n + 1, old[n]) for n in range(i1, i2))
            yield from (Line("+", n + 1, new[n]) for n in range(j1, j2))
