"""The embedded engine: regorus, in a process of its own for each judgement, killed at its limit.

Nothing of one run is left for the next: what is kept is how the files of a set read (`regoread`).
The process starts as soon as the plan is there: while we price and measure that, it evaluates the
sets that do not ask for what we find.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import regoinput, regotree
from dihedral.ops.rules.policy import Answer, Said
from dihedral.ops.rules.policyset import PolicySet, Shape
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.work import regoasked
from dihedral.ops.work.rego import Asked, Limits, Trial
from dihedral.ops.work.regoasked import Wanted
from dihedral.ops.work.regodocuments import Documents, Needs
from dihedral.ops.work.regoengine import FOUND
from dihedral.ops.work.regoprocess import JUDGE, READER, Processes
from dihedral.ops.work.regoread import Files, Reading, Readings

PACKAGE = "gordon-to-regorus"
_READINGS = Readings()
_OURS = frozenset((*regoinput.KNOWN, *regoinput.FOUND))
_PRELUDE = regotree.prelude()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a child is asked of one set; `wanted` are the rules, by how it reads."""

    name: str
    files: Files
    data: Mapping[str, Any]
    shape: Shape
    wanted: Callable[[Reading], Sequence[Wanted]]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one part: a line for each rule that was wanted, or why there is none."""

    rules: Sequence[tuple[Wanted, Mapping[str, Any]]] = ()
    error: str = ""
    seconds: float = 0.0
    early: bool = False


class Embedded:
    """`rego.Engine`, with what comes in the package."""

    name = "regorus"

    def version(self) -> str:
        return metadata.version(PACKAGE)

    def begin(self, asked: Asked, limits: Limits) -> "Judging":
        parts = [
            Part(
                name=one.name,
                files=one.rego,
                data=asked.data_of(one),
                shape=one.shape,
                wanted=regoasked.by(one.queries),
            )
            for one in asked.sets
        ]
        return Judging(_Child("judge", parts, asked.input, limits))

    def tests(self, one: PolicySet, limits: Limits) -> tuple[Trial, ...]:
        part = Part(
            name=one.name,
            files={**one.rego, **one.tests},
            data=one.data,
            shape=one.shape,
            wanted=regoasked.tests,
        )
        with closing(_Child("test", [part], PolicyInput(plan=b""), limits)) as child:
            child.tell({})
            (told,) = child.said()
        if told.error:
            raise Invalid(f"the tests of {one.name} cannot be run: {told.error}")
        return tuple(_trial(one.name, rule, said) for rule, said in told.rules)


class Judging:
    """`rego.Judging`."""

    def __init__(self, child: "_Child") -> None:
        self._child = child
        self.tell, self.close = child.tell, child.close

    def answers(self) -> tuple[Answer, ...]:
        return tuple(
            Answer(
                part.name,
                tuple(_said(*rule) for rule in told.rules),
                told.error,
                told.seconds,
                told.early,
            )
            for part, told in zip(self._child.parts, self._child.said(), strict=True)
        )


class _Child:
    """The engine's process at one task: first a reader's, for sets that nobody has read."""

    def __init__(
        self, task: str, parts: Sequence[Part], input: PolicyInput, limits: Limits
    ) -> None:
        self.parts, self._task, self._input, self._limits = parts, task, input, limits
        self._told = 0.0
        self._readings: Sequence[Reading] = [Reading(died=True)] * len(parts)
        self._processes = Processes()
        self._begun = self._processes.submit(self._begin)
        self._out: Future[tuple[bytes, str]] | None = None

    def tell(self, found: Mapping[str, Any]) -> None:
        self._told = time.monotonic()
        self._out = self._processes.submit(lambda: self._end(found))

    def said(self) -> list[Told]:
        """What came of each part, within the limit."""
        assert self._out, "nothing was told"
        try:
            left = self._told + self._limits.seconds - time.monotonic()
            out, why = self._out.result(max(0.0, left))
            readings = self._readings
        except TimeoutError:
            self._processes.kill()
            out, _ = self._out.result()
            took = time.monotonic() - self._told
            why = f"it took longer than {self._limits.seconds:g} s ({took:.1f} s)"
            readings = [replace(r, error=why) if r.died else r for r in self._readings]
        lines = {line["set"]: line for line in map(json.loads, out.split(b"\n")[:-1])}
        return [
            _told(part, reading, lines.get(part.name), why)
            for part, reading in zip(self.parts, readings, strict=True)
        ]

    def close(self) -> None:
        self._processes.close()

    def _begin(self) -> None:
        """All that is known goes to the process, and those that need no more are asked."""
        self._readings = _READINGS.of([part.files for part in self.parts], self._read)
        documents = Documents(self._input.plan, _OURS)
        read = [
            (part, reading)
            for part, reading in zip(self.parts, self._readings, strict=True)
            if not reading.error
        ]
        told = documents.kinds((part.shape, reading.needs) for part, reading in read)
        kinds = {kind: at for at, kind in enumerate(dict.fromkeys(told))}
        head = {
            "task": self._task,
            "prelude": _PRELUDE,
            "sets": [
                _described(part, reading) | {"document": kinds[kind]}
                for (part, reading), kind in zip(read, told, strict=True)
            ],
            **self._bounds(),
        }
        known = self._input.known()
        texts = [documents.written(kind, known) for kind in kinds]
        self._processes.start(JUDGE, _message(head, texts))

    def _end(self, found: Mapping[str, Any]) -> tuple[bytes, str]:
        """The rest goes there, and all is read that it says."""
        try:
            self._begun.result()
        except msgspec.DecodeError as why:
            return b"", f"the plan cannot be read: {why}"
        names = list(found)
        return self._processes.finish(b"".join(_line(one) for one in (names, {FOUND: found})))

    def _read(self, sets: Sequence[Files]) -> tuple[bytes, str]:
        return self._processes.run(READER, _line({"sets": sets, **self._bounds()}))

    def _bounds(self) -> dict[str, Any]:
        return {"memory": self._limits.memory, "seconds": self._limits.seconds}


def _message(head: Mapping[str, Any], documents: Sequence[bytes]) -> list[bytes]:
    return [_line({**head, "documents": [len(one) for one in documents]}), *documents]


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _waits(needs: Needs) -> bool:
    """Whether a set could tell what is not told yet."""
    return needs is None or any(path[0] in regoinput.FOUND for path in needs)


def _described(part: Part, reading: Reading) -> dict[str, Any]:
    return {
        "name": part.name,
        "files": reading.files,
        "data": part.data,
        "paths": [rule.path for rule in part.wanted(reading)],
        "late": _waits(reading.needs),
    }


def _told(part: Part, reading: Reading, line: Mapping[str, Any] | None, why: str) -> Told:
    early = not _waits(reading.needs)
    if reading.error or line is None:
        return Told(error=reading.error or why, early=early)
    if "error" in line:
        return Told(error=line["error"], seconds=line["seconds"], early=early)
    rules = tuple(zip(part.wanted(reading), line["rules"], strict=True))
    return Told(rules, seconds=line["seconds"], early=early)


def _said(rule: Wanted, told: Mapping[str, Any]) -> Said:
    return Said(
        package=rule.package,
        rule=rule.name,
        at=rule.at,
        values=tuple(told.get("values", ())),
        error=told.get("error", ""),
    )


def _trial(name: str, rule: Wanted, told: Mapping[str, Any]) -> Trial:
    file, line = rule.at[0]
    return Trial(
        set=name,
        name=rule.path,
        at=f"{file}:{line}",
        passed=bool(told.get("values")) and told["values"][0] is not False,
        seconds=told["seconds"],
        error=told.get("error", ""),
    )
