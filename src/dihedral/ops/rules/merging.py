"""Files that two people changed, each from the same beginning: what both did, or where they clash.

Shape   `base` is what both began from, `mine` a proposal's files, `now` what is applied meanwhile.
        A text that both changed is merged line by line by git, which marks what it leaves open in
        the form of `git merge-file --diff3`: mine, before, applied.
Source  git-scm.com/docs/git-merge-file
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from dihedral.ops.rules import hcl
from dihedral.ops.rules.hcl import Reader, Unreadable

Files = Mapping[str, bytes]
Lines = tuple[bytes, ...]

MARK = 7  # characters of a mark, at least
_MOST = 8  # clashes that are told one by one
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")  # as git has it: a carriage return ends none
_RUN = re.compile(rb"^([<|=>])\1*", re.MULTILINE)
_NAMED = frozenset({"resource", "data", "module", "variable", "output", "check"})
_FREE = frozenset({"locals", "moved", "import", "removed"})  # many of them may stand in a file


@dataclass(frozen=True, slots=True)
class Clash:
    """`mine` and `now` are the first and last lines on either side; empty for a file as a whole."""

    path: str
    why: str
    mine: tuple[int, int] | None = None
    now: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """`files` are those that are settled, `texts` what git is to merge."""

    files: Files
    texts: tuple[str, ...]
    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One that both changed, as git merged it, with marks of `size` characters."""

    path: str
    merged: bytes
    size: int
    mine: bytes
    now: bytes


@dataclass(frozen=True, slots=True)
class _Open:
    """What git left open."""

    mine: Lines
    before: Lines
    now: Lines


def sides(base: Files, mine: Files, now: Files) -> Sides:
    """Each file by itself: where only one side changed it, it is as that side has it."""
    files: dict[str, bytes] = {}
    texts: list[str] = []
    clashes: list[Clash] = []
    for path in sorted({*base, *mine, *now}):
        was, ours, theirs = base.get(path), mine.get(path), now.get(path)
        if ours in (was, theirs):
            kept = theirs
        elif theirs == was:
            kept = ours
        elif ours is None or theirs is None:
            how = ("removed here", "changed") if ours is None else ("changed here", "removed")
            clashes.append(Clash(path, f"is {how[0]}, and {how[1]} there"))
            continue
        elif b"\0" in b"".join((was or b"", ours, theirs)):
            clashes.append(Clash(path, "is no text, and is another here and there"))
            continue
        else:
            texts.append(path)
            continue
        if kept is not None:
            files[path] = kept
    return Sides(files, tuple(texts), tuple(clashes))


def mark(*texts: bytes) -> int:
    """How long git's marks must be, so that no line of these is taken for one."""
    return max([MARK, *(len(met[0]) + 1 for text in texts for met in _RUN.finditer(text))])


def settled(text: Text, reader: Reader) -> tuple[bytes, tuple[Clash, ...]]:
    """What git merged, whole; and where it is open. Blocks that both sides added to the end of a
    file, or to the same place in it, are no clash: both stay."""
    out: list[bytes] = []
    left: list[tuple[Lines, Lines, int, int]] = []
    ours: list[bytes] = []  # as it is with our side of all that is open
    theirs: list[bytes] = []
    for piece in _pieces(text.merged, text.size):
        if isinstance(piece, bytes):
            out.append(piece)
        elif (both := _both(text.path, piece, reader)) is not None:
            out.append(both)
        else:
            left.append((piece.mine, piece.now, len(ours), len(theirs)))
        ours += [piece] if isinstance(piece, bytes) else piece.mine
        theirs += [piece] if isinstance(piece, bytes) else piece.now
    if not left:
        return b"".join(out), ()
    mine, now = _Places.of(ours, text.mine), _Places.of(theirs, text.now)
    spans = ((mine.span(i, len(a)), now.span(j, len(b))) for a, b, i, j in left)
    clashes = (Clash(text.path, "is changed here and there", *span) for span in spans)
    return b"".join(out), tuple(clashes)


def told(clashes: Sequence[Clash]) -> str:
    """One clause for each file, and no more than somebody reads."""
    said = [_clause(clash) for clash in clashes[:_MOST]]
    if len(clashes) > _MOST:
        said.append(f"and {len(clashes) - _MOST} more")
    return "; ".join(said)


def _clause(clash: Clash) -> str:
    path = clash.path if clash.path.isprintable() else ascii(clash.path)
    where = f" at {_lines(clash.mine)} (applied: {_lines(clash.now)})" if clash.mine else ""
    return f"{path[:200]} {clash.why}{where}"


def _lines(span: tuple[int, int] | None) -> str:
    if span is None:
        return "nowhere"
    first, last = span
    return f"line {first}" if last <= first else f"lines {first} to {last}"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where lines of a merged text are in one side's own."""

    blocks: Sequence[tuple[int, int, int]]

    @classmethod
    def of(cls, merged: Sequence[bytes], own: bytes) -> "_Places":
        matcher = SequenceMatcher(None, merged, _LINE.findall(own))
        return cls([(m.a, m.b, m.size) for m in matcher.get_matching_blocks()])

    def span(self, at: int, size: int) -> tuple[int, int]:
        """The first and the last line, from 1, of so many at a place in the merged text."""
        a, b, _ = max(block for block in self.blocks if block[0] <= at or block is self.blocks[0])
        first = max(1, b + at - a + 1)
        return first, first + max(0, size - 1)


def _pieces(merged: bytes, size: int) -> Iterator[bytes | _Open]:
    """Lines that are settled as they are, and the open places between them."""
    marks = {sign.encode() * size: sign for sign in "<|=>"}
    parts, side = dict[str, list[bytes]](), ""
    for line in _LINE.findall(merged):
        sign = marks.get(line[:size], "")
        if sign == "<":
            side, parts = "<", {"<": [], "|": [], "=": []}
        elif sign == ">":
            yield _Open(*(tuple(parts[key]) for key in "<|="))
            side = ""
        elif sign:
            side = sign
        elif side:
            parts[side].append(line)
        else:
            yield line


def _both(path: str, piece: _Open, reader: Reader) -> bytes | None:
    """Both sides' blocks, the applied ones first; None where they are not apart."""
    if piece.before or not path.endswith(".tf"):
        return None
    try:
        now, mine = _blocks(piece.now, reader), _blocks(piece.mine, reader)
    except Unreadable:
        return None
    if now is None or mine is None:
        return None
    new = [(name, text) for name, text in mine if (name, text) not in now]
    taken = {name for name, _ in now}
    for (kind, labels), _ in new:
        if kind not in _NAMED | _FREE or (kind in _NAMED and (kind, labels) in taken):
            return None
    texts = [text.strip(b"\n") for _, text in (*now, *new)]
    first, last = piece.now[0] == b"\n", piece.now[-1] == b"\n"
    return b"\n" * first + b"\n\n".join(texts) + b"\n" * (1 + last)


def _blocks(
    lines: Sequence[bytes], reader: Reader
) -> list[tuple[tuple[str, tuple[str, ...]], bytes]] | None:
    """Each block's name and its text, with what stands before it; None where there is more."""
    text = b"".join(lines)
    found = hcl.read(text, reader).blocks
    if not found or hcl.attributes(text, reader):
        return None
    starts = [0, *(block.line - 1 for block in found[1:]), len(lines)]
    return [
        ((block.kind, block.labels), b"".join(lines[a:b]).strip(b"\n"))
        for block, (a, b) in zip(found, pairwise(starts), strict=True)
    ]
