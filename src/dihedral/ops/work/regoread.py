"""What policy sets' files say, found out once: it is the same at every run, and takes longer than
most judgements.

A reading is kept by the digest of the files that it was made of, and by nothing else, so no run,
workspace or organization can be told from it. It is made by a process that knows no plan, one for
each set (`regoreader`). One that could not be made is made again when it is asked for.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from dihedral.ops.rules.regotree import Path
from dihedral.ops.work.regodocuments import Needs

Files = Mapping[str, str]
MOST = 32 << 20  # characters of all readings that are kept


@dataclass(frozen=True, slots=True)
class Ruled:
    """One definition of a rule in a set, and where."""

    package: str
    name: str
    file: str
    line: int
    function: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`files` go to the engine as they are: each with its name, whether it is of before 1.0, and
    its text in two forms. `error` says why there is nothing else, `died` that it ended whoever
    read it, or was not read at all."""

    files: Sequence[Sequence[Any]] = ()
    rules: tuple[Ruled, ...] = ()
    needs: Needs = frozenset()
    error: str = ""
    died: bool = False
    size: int = 0


class Readings:
    """Those that were used last, up to a size. Any thread may use it."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._lock = most, Lock()
        self._kept: OrderedDict[str, Reading] = OrderedDict()

    def of(
        self, sets: Sequence[Files], read: Callable[[Sequence[Files]], tuple[bytes, str]]
    ) -> list[Reading]:
        """One for each set. `read` asks the program: what it said, and why it said no more."""
        keys = [_digest(files) for files in sets]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        missing = {key: files for key, files in zip(keys, sets, strict=True) if key not in found}
        if missing:
            out, why = read(list(missing.values()))
            lines = out.split(b"\n")[:-1]
            for key, line in zip(missing, lines, strict=False):
                found[key] = self._made(key, line)
            for key in missing:
                found.setdefault(key, Reading(error=why, died=True))
        return [found[key] for key in keys]

    def _made(self, key: str, line: bytes) -> Reading:
        told = json.loads(line)
        if told.get("died"):
            return Reading(error=told["error"], died=True)
        made = _reading(told, len(line))
        with self._lock:
            self._kept[key] = made
            while sum(one.size for one in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
        return made


def _reading(told: Mapping[str, Any], size: int) -> Reading:
    if "error" in told:
        return Reading(error=told["error"], size=size)
    return Reading(
        files=told["files"],
        rules=tuple(Ruled(*rule) for rule in told["rules"]),
        needs=None if told["needs"] is None else frozenset(map(_path, told["needs"])),
        size=size,
    )


def _path(steps: Sequence[str]) -> Path:
    return tuple(steps)


def _digest(files: Files) -> str:
    """In the files' own order: it is that in which the engine is given them."""
    return hashlib.sha256(json.dumps(list(files.items())).encode()).hexdigest()
