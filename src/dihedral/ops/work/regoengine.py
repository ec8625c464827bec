"""What the embedded engine's processes share: an engine, its words for an error, bounds."""

import resource
import signal
from collections.abc import Mapping
from typing import Any

import regorus

LONGEST = 16 << 20  # characters that one set may say
FOUND = "dihedral_found"  # where in `data` stands what comes late
FAILURES = (RuntimeError, ValueError, RecursionError)


def engine() -> Any:
    """An empty one, bounded."""
    engine = regorus.Engine()
    engine.set_gather_prints(True)
    engine.set_policy_length_config(max_col=1 << 20, max_file_bytes=LONGEST, max_lines=1 << 20)
    return engine


def cut(why: BaseException) -> str:
    """What an error says, and where: `a.rego:3:5: count requires …`."""
    text = str(why).partition("Stack backtrace")[0].strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    place = next((line[4:] for line in lines if line.startswith("--> ")), "")
    last = lines[-1] if lines else type(why).__name__
    said = next((line[7:] for line in lines if line.startswith("error: ")), last)
    return f"{place}: {said}" if place else said


def bound(request: Mapping[str, Any]) -> None:
    """What this process may have, whatever a policy does: `memory` bytes, `seconds` of CPU."""
    seconds = int(request["seconds"]) + 2
    for what, most in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def ended(code: int) -> str:
    """What became of a process that has this exit code."""
    if code < 0:
        return f"the engine's process ended by {signal.Signals(-code).name}"
    return f"the engine's process ended with status {code}" if code else "it did not answer"
