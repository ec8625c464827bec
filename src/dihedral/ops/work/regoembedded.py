"""The embedded engine: regorus, in a process of its own for each judgement, killed at its limit.

Starting it and asking the canary costs some 0.13 s of CPU; nothing of one run is left for the next.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import dihedral
from dihedral.domain.errors import Invalid
from dihedral.ops.rules import policy
from dihedral.ops.rules.policy import Answer, Said
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.work.rego import Asked, Limits, Trial

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from dihedral.ops.work import regochild; regochild.main()"
)
_CACHE = ("-B",) if sys.dont_write_bytecode else ()
_ROOT = str(Path(dihedral.__file__).parents[1])


class Embedded:
    """`rego.Engine`, with what comes in the package."""

    name = "regorus"

    def answers(self, asked: Asked, limits: Limits) -> tuple[Answer, ...]:
        described = [_described(one, asked.data_of(one), one.rego) for one in asked.sets]
        request = {"task": "judge", "sets": described, "context": asked.input.context()}
        told, why = _ask(request, asked.input.plan, limits)
        return tuple(_answer(one.name, told.get(one.name), why) for one in asked.sets)

    def tests(self, one: PolicySet, limits: Limits) -> tuple[Trial, ...]:
        described = _described(one, one.data, {**one.rego, **one.tests})
        told, why = _ask({"task": "test", "sets": [described], "context": {}}, b"", limits)
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


def _ask(request: Mapping[str, Any], plan: bytes, limits: Limits) -> tuple[Mapping[str, Any], str]:
    """The lines that came, by set, and why no more did."""
    head = {**request, "plan": len(plan), "memory": limits.memory, "seconds": limits.seconds}
    given = json.dumps(head).encode() + b"\n" + plan
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-I", *_CACHE, "-c", _BOOT, _ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    try:
        out, _ = child.communicate(given, timeout=limits.seconds)
        why = _ended(child.returncode)
    except subprocess.TimeoutExpired:
        _kill(child)
        out, _ = child.communicate()
        why = f"it took longer than {limits.seconds:g} s ({time.monotonic() - began:.1f} s)"
    except BaseException:
        _kill(child)
        child.communicate()
        raise
    return {line["set"]: line for line in _lines(out)}, why


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


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
