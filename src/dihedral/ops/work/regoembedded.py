"""The embedded engine: regorus, in a process of its own for each judgement, killed at its limit.

Starting it and asking the canary costs some 0.1 s of CPU; nothing of one run is left for the next.
It starts as soon as the plan is there: while we price and measure that, it reads the policies and
the plan, and evaluates the sets that do not ask for what we find.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import dihedral
from dihedral.domain.errors import Invalid
from dihedral.ops.rules import policy, regoinput
from dihedral.ops.rules.policy import Answer, Said
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.work.rego import Asked, Limits, Trial

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from dihedral.ops.work import regochild; regochild.main()"
)
PACKAGE = "gordon-to-regorus"
_CACHE = ("-B",) if sys.dont_write_bytecode else ()
_ROOT = str(Path(dihedral.__file__).parents[1])


class Embedded:
    """`rego.Engine`, with what comes in the package."""

    name = "regorus"

    def version(self) -> str:
        return metadata.version(PACKAGE)

    def begin(self, asked: Asked, limits: Limits) -> "Judging":
        described = [_described(one, asked.data_of(one), one.rego) for one in asked.sets]
        request = {"task": "judge", "sets": described, "context": asked.input.known()}
        return Judging(_Child(request, asked.input.plan, limits), asked.sets)

    def tests(self, one: PolicySet, limits: Limits) -> tuple[Trial, ...]:
        described = _described(one, one.data, {**one.rego, **one.tests})
        request = {"task": "test", "sets": [described], "context": {}}
        with closing(_Child(request, b"", limits)) as child:
            child.tell({})
            told, why = child.said()
        found = told.get(one.name, {"error": why})
        if "error" in found:
            raise Invalid(f"the tests of {one.name} cannot be run: {found['error']}")
        return tuple(_trial(one.name, rule) for rule in found["rules"])


def _described(one: PolicySet, data: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    queries = one.queries
    return {
        "name": one.name,
        "files": dict(files),
        "data": data,
        "shape": one.shape,
        "words": policy.ASKED,
        "queries": None if queries is None else [(q.package, q.rule) for q in queries],
    }


class Judging:
    """`rego.Judging`."""

    def __init__(self, child: "_Child", sets: Sequence[PolicySet]) -> None:
        self._child, self._sets = child, sets
        self.tell, self.close = child.tell, child.close

    def answers(self) -> tuple[Answer, ...]:
        told, why = self._child.said()
        return tuple(_answer(one.name, told.get(one.name), why) for one in self._sets)


class _Child:
    """The engine's process, and one thread that writes to it and reads what it says."""

    def __init__(self, request: Mapping[str, Any], plan: bytes, limits: Limits) -> None:
        ours = {"known": regoinput.KNOWN, "found": regoinput.FOUND}
        bounds = {"memory": limits.memory, "seconds": limits.seconds}
        head = json.dumps({**request, **ours, **bounds, "plan": len(plan)}).encode() + b"\n"
        self._seconds, self._told = limits.seconds, 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-I", *_CACHE, "-c", _BOOT, _ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
        self._thread = ThreadPoolExecutor(1, "rego")
        self._thread.submit(self._write, head, plan)
        self._out: Future[bytes] | None = None

    def tell(self, found: Mapping[str, Any]) -> None:
        self._told = time.monotonic()
        last = json.dumps(found).encode() + b"\n"
        self._out = self._thread.submit(lambda: self._process.communicate(last)[0])

    def said(self) -> tuple[Mapping[str, Any], str]:
        """The lines that came, by set, and why no more did."""
        assert self._out, "nothing was told"
        try:
            out = self._out.result(max(0.0, self._told + self._seconds - time.monotonic()))
            why = _ended(self._process.returncode)
        except TimeoutError:
            self._kill()
            out = self._out.result()
            took = time.monotonic() - self._told
            why = f"it took longer than {self._seconds:g} s ({took:.1f} s)"
        return {line["set"]: line for line in _lines(out)}, why

    def close(self) -> None:
        self._kill()
        self._thread.submit(self._process.communicate)  # reaps it, and closes the pipes
        self._thread.shutdown()

    def _write(self, *pieces: bytes) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it ended early, and its status says why
            for piece in pieces:
                self._process.stdin.write(piece)
            self._process.stdin.flush()

    def _kill(self) -> None:
        """Nothing where it has ended, and been waited for."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _lines(out: bytes) -> Sequence[Mapping[str, Any]]:
    """Whole lines; what was cut off by the end is none."""
    return [json.loads(line) for line in out.split(b"\n")[:-1]]


def _ended(code: int) -> str:
    if code < 0:
        return f"the engine's process ended by {signal.Signals(-code).name}"
    return f"the engine's process ended with status {code}" if code else "it did not answer"


def _answer(name: str, told: Mapping[str, Any] | None, why: str) -> Answer:
    if told is None:
        return Answer(name, error=why)
    if "error" in told:
        return Answer(name, error=told["error"], seconds=told["seconds"])
    return Answer(name, tuple(map(_said, told["rules"])), seconds=told["seconds"])


def _said(rule: Mapping[str, Any]) -> Said:
    return Said(
        package=rule["package"],
        rule=rule["rule"],
        at=tuple((file, line) for file, line in rule["at"]),
        values=tuple(rule.get("values", ())),
        error=rule.get("error", ""),
    )


def _trial(name: str, rule: Mapping[str, Any]) -> Trial:
    file, line = rule["at"][0]
    return Trial(
        set=name,
        name=f"data.{rule['package']}.{rule['rule']}",
        at=f"{file}:{line}",
        passed=bool(rule.get("values")) and rule["values"][0] is not False,
        seconds=rule["seconds"],
        error=rule.get("error", ""),
    )
