"""A workspace's proposals as a Git history: the same history, and the same names, wherever it is
made, since all of it comes from what is stored.

Shape   a branch `proposal/RUN` for each proposal, from what was applied when it was made; where it
        was laid over what was applied since, that is a merge into it. `main` is what is applied. An
        apply moves `main` on to the proposal where nothing came in between, and
        is a merge else.
Source  git-scm.com/docs/git-fast-import
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dihedral.domain.ids import ActorId, Digest, RunId

MAIN = "refs/heads/main"
_US = "Dihedral <dihedral@dihedral.invalid>"
_NAME = re.compile(r"[\x00-\x1f<>\x7f]")
_MESSAGE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
# what git itself refuses, or some file system would take for its own
_REFUSED = re.compile(r"(^|/)(\.\.?|\.git|git~[0-9]+)?(/|$)|[\x00\\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What a run proposed, and when it was applied, where it was. `configuration` is None where all
    was to be destroyed; `versions` are what it proposed before, each until its time."""

    run: RunId
    by: ActorId
    on_behalf_of: ActorId | None
    reason: str
    source: str
    conversation: str
    configuration: Digest | None
    at: datetime
    applied_at: datetime | None
    versions: tuple[tuple[Digest | None, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """`mark` names it for those that come after it."""

    mark: int
    ref: str
    parents: tuple[int, ...]
    by: ActorId
    at: datetime
    message: str
    configuration: Digest | None


@dataclass(frozen=True, slots=True)
class Forward:
    """`main` is that commit from here on."""

    mark: int


Step = Commit | Forward


def steps(proposals: Sequence[Proposed]) -> Iterator[Step]:
    """What happened, in order."""
    moments = [moment for p in proposals for moment in _moments(p)]
    marks: dict[RunId, Commit] = {}
    head: int | None = None
    for mark, (at, applied, _, one, has) in enumerate(sorted(moments, key=lambda m: m[:3]), 1):
        if not applied:
            earlier = marks.get(one.run)
            parents = (earlier.mark if earlier else None, head)
            unlike = dict.fromkeys(parent for parent in parents if parent is not None)
            made = _proposal(mark, tuple(unlike), replace(one, configuration=has, at=at))
            marks[one.run] = made
            yield made
        elif head is None or head in marks[one.run].parents:
            head = marks[one.run].mark
            yield Forward(head)
        else:
            yield _merge(mark, (head, marks[one.run].mark), one, at)
            head = mark


def _moments(
    one: Proposed,
) -> Iterator[tuple[datetime, int, RunId, Proposed, Digest | None]]:
    """Each version from the end of the one before it, and the apply."""
    begins = one.at
    for has, until in one.versions:
        yield begins, 0, one.run, one, has
        begins = until
    yield begins, 0, one.run, one, one.configuration
    if one.applied_at:
        yield one.applied_at, 1, one.run, one, one.configuration


def blob(data: bytes, mark: int) -> bytes:
    return b"blob\nmark :%d\ndata %d\n%b\n" % (mark, len(data), data)


def commit(one: Commit, files: Mapping[str, int]) -> bytes:
    """`files` maps a path to its blob's mark."""
    text = f"{one.message}{_left_out(files)}".encode()
    stamp = f"{int(one.at.timestamp())} +0000"
    rows = [f"commit {one.ref}", f"mark :{one.mark}"]
    rows += [f"author {_person(one.by)} {stamp}", f"committer {_US} {stamp}", f"data {len(text)}"]
    head = "\n".join(rows).encode() + b"\n" + text + b"\n"
    first, *others = [f":{mark}" for mark in one.parents] or [""]
    after = [f"from {first}"] if first else []
    after += [f"merge {other}" for other in others]
    after += ["deleteall"]
    after += [
        f"M 100644 :{mark} {_quoted(path)}" for path, mark in sorted(files.items()) if fits(path)
    ]
    return head + "\n".join(after).encode() + b"\n\n"


def forward(one: Forward) -> bytes:
    return f"reset {MAIN}\nfrom :{one.mark}\n\n".encode()


def fits(path: str) -> bool:
    """Whether git takes a file of that path, and no file system takes it for something else."""
    return not _REFUSED.search(path)


def _proposal(mark: int, parents: tuple[int, ...], one: Proposed) -> Commit:
    return Commit(
        mark=mark,
        ref=f"refs/heads/proposal/{one.run}",
        parents=parents,
        by=one.by,
        at=one.at,
        message=_message(one.reason or f"A proposal through {one.source}", one),
        configuration=one.configuration,
    )


def _merge(mark: int, parents: tuple[int, ...], one: Proposed, at: datetime) -> Commit:
    return Commit(
        mark=mark,
        ref=MAIN,
        parents=parents,
        by=one.by,
        at=at,
        message=_message(f"Apply {one.run}", one),
        configuration=one.configuration,
    )


def _message(first: str, one: Proposed) -> str:
    told = {
        "Run": one.run,
        "Source": one.source,
        "Proposed-by": one.by,
        "On-behalf-of": one.on_behalf_of or "",
        "Conversation": one.conversation,
    }
    rows = "".join(f"{k}: {_NAME.sub('', v)}\n" for k, v in told.items() if v)
    return f"{_MESSAGE.sub('', first).strip()}\n\n{rows}"


def _left_out(files: Mapping[str, int]) -> str:
    refused = sorted(path for path in files if not fits(path))
    return "".join(f"Left-out: {_NAME.sub('', path)}\n" for path in refused)


def _person(who: ActorId) -> str:
    name = _NAME.sub("", who).strip() or "nobody"
    local = re.sub(r"[^A-Za-z0-9._+-]", "-", name)
    return f"{name} <{name if '@' in name and ' ' not in name else f'{local}@dihedral.invalid'}>"


def _quoted(path: str) -> str:
    inside = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'
