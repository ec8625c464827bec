"""What the gates cost: CPU of each on a plan, the memory of a process that runs them all, and how
long all of them take together, by the clock.

    python -m bench.gates [PLAN.json…] [--resources 10000] [--rounds 3] [--checkov PROGRAM] [--json]

Measures the plans that are named, then one that is made, of so many resources. Each round is a
process of its own, whose bytecode is compiled before. The policies are the sets that come along, in
a process of theirs, which counts too: its CPU, and its memory beside ours (too much by what both
share). By the clock counts the best round, since others may use the machine; it is that of
`gates.inspect`, where the policies run beside the other gates, and wants two cores. With
`--checkov` the same plans go through that program (in an environment of its own; it is told to
download nothing), and its CPU is set against that of our whole process, start included, and against
that of the gates alone, which is what a server spends that is up.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import anyio

from bench import parts, plans, show
from dihedral.domain.change import Plan
from dihedral.domain.verdict import Verdict
from dihedral.kit import garbage
from dihedral.ops.rules import (
    blast,
    compact,
    cost,
    decide,
    effect,
    guard,
    plan,
    planjson,
    redact,
    regoinput,
)
from dihedral.ops.rules.guard import GuardRules
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.planjson import Document
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.pricebook import PriceBook
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.rules.terms import Terms
from dihedral.ops.work import gates, policy, prices

SECONDS, MEGABYTES = 2.0, 400  # what ten thousand resources may take, by the clock
WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
TODAY = date(2026, 1, 1)
REGION = "us-east-1"
CHECKOV = ("--framework", "terraform_plan", "--skip-download", "--quiet", "--compact")


@dataclass(slots=True)
class Bag:
    """What a step finds, and leaves for those after it."""

    text: bytes
    book: PriceBook
    limits: Limits = field(default_factory=Limits)
    verdicts: list[Verdict] = field(default_factory=list)
    sets: Sequence[PolicySet] = ()
    document: Document | None = None
    plan: Plan | None = None
    input: PolicyInput | None = None

    @property
    def read(self) -> Document:
        assert self.document is not None
        return self.document

    @property
    def found(self) -> Plan:
        assert self.plan is not None
        return self.plan


def _read(bag: Bag) -> None:
    bag.document = planjson.read(bag.text)


def _plan(bag: Bag) -> None:
    bag.plan = plan.of(bag.read)


def _guard(bag: Bag) -> None:
    bag.verdicts.append(guard.recheck(bag.text, GuardRules()))


def _cost(bag: Bag) -> None:
    priced = cost.estimate(bag.found, bag.book, REGION)
    bag.verdicts.append(cost.judge(priced, bag.limits))
    bag.input = PolicyInput(plan=bag.text, cost=regoinput.cost(priced))


def _blast(bag: Bag) -> None:
    measured = blast.measure(bag.found)
    bag.verdicts.append(blast.judge(measured, bag.limits))
    assert bag.input is not None
    bag.input = replace(bag.input, blast=regoinput.blast(measured))


def _policy(bag: Bag) -> None:
    assert bag.input is not None
    judged = policy.judge(policy.embedded(), bag.sets, bag.input, str)
    bag.verdicts.append(judged.verdict)
    if failed := [result.message for result in judged.results if result.failed]:
        raise RuntimeError(failed[0])


def _decide(bag: Bag) -> None:
    decide.decide(bag.verdicts, bag.limits)


def _scrub(bag: Bag) -> None:
    clear = redact.scrubber(bag.found)
    bag.verdicts = redact.everywhere(bag.verdicts, clear)


# fmt: off
GATES: Mapping[str, Callable[[Bag], object]] = {  # in their order; a new gate is one more row
    "read":     _read,
    "plan":     _plan,
    "guard":    _guard,
    "cost":     _cost,
    "blast":    _blast,
    "policy":   _policy,
    "decide":   _decide,
    "effect":   lambda bag: effect.digest(bag.text),
    "summary":  lambda bag: plan.line(plan.summary(bag.found)),
    "scrub":    _scrub,
}
SHOWING: Mapping[str, Callable[[Bag], object]] = {  # only when somebody looks
    "compact":  lambda bag: compact.compact(bag.found, bag.verdicts),
    "redact":   lambda bag: redact.redact(bag.found),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of CPU by step; `whole` is the process with its start and its children, without the
    showing; `clock` is what all gates take by the clock. Bytes at most, of us and of a child."""

    gates: Mapping[str, float]
    showing: Mapping[str, float]
    whole: float
    clock: float
    bytes: int
    child: int


def once(path: Path) -> Took:
    """All gates on one plan, in this process. Memory is its peak before anything is shown."""
    bag = Bag(path.read_bytes(), prices.load(), sets=tuple(policy.built_in().values()))
    took = {name: _timed(step, bag) for name, step in GATES.items()}
    whole = _busy()
    us, child = (resource.getrusage(who).ru_maxrss * 1024 for who in WHO)
    showing = {name: _timed(step, bag) for name, step in SHOWING.items()}
    bag.document = bag.plan = None
    return Took(took, showing, whole, _clock(bag), us, child)


def _timed(step: Callable[[Bag], object], bag: Bag) -> float:
    began = _busy()
    step(bag)
    return _busy() - began


def _busy() -> float:
    """Seconds of CPU of this process, and of its children that have ended."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, WHO))


def _clock(bag: Bag) -> float:
    """All gates as a run goes through them."""
    judges = gates.Gates(
        terms=Terms(), book=bag.book, policies=policy.embedded(), sets=bag.sets, today=TODAY
    )
    began = perf_counter()
    anyio.run(gates.inspect, judges, gates.Subject(plan=bag.text))
    return perf_counter() - began


def measure(path: Path, rounds: int, checkov: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as bytecode:
        took = [_apart(path, bytecode) for _ in range(rounds + 1)][1:]  # the first compiles
    found: dict[str, Any] = {
        "bytes": path.stat().st_size,
        "gates": {name: _middle(t.gates[name] for t in took) for name in GATES},
        "all gates": _middle(sum(t.gates.values()) for t in took),
        "whole process": _middle(t.whole for t in took),
        "by the clock": round(min(t.clock for t in took), 3),
        "megabytes": round(_middle(t.bytes / 1e6 for t in took)),
        "megabytes of policies": round(_middle(t.child / 1e6 for t in took)),
        "showing": {name: _middle(t.showing[name] for t in took) for name in SHOWING},
    }
    if checkov:
        cpu, peak = _foreign(checkov, path)
        found["checkov"] = {"seconds": cpu, "megabytes": round(peak / 1e6)}
        found["times less"] = round(cpu / found["whole process"], 1)
        found["times less in a server"] = round(cpu / found["all gates"], 1)
    return found


def _apart(path: Path, bytecode: str) -> Took:
    words = [sys.executable, "-m", "bench.gates", "--once", str(path)]
    env = parts.environment(PYTHONPYCACHEPREFIX=bytecode)
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(words, env=env, capture_output=True, check=True)
    return Took(**json.loads(done.stdout))


def _foreign(program: str, path: Path) -> tuple[float, int]:
    """CPU and peak memory of checkov on the plan; what it finds does not matter here."""
    with tempfile.TemporaryFile() as out:
        started = subprocess.Popen(
            [program, "-f", str(path), *CHECKOV], stdout=out, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode not in (0, 1):
            out.seek(0)
            raise RuntimeError(out.read()[-2000:].decode(errors="replace"))
    return round(used.ru_utime + used.ru_stime, 2), used.ru_maxrss * 1024


def _middle(rounds: Iterator[float]) -> float:
    return round(median(rounds), 4)


@contextmanager
def _plans(named: Sequence[str], resources: int) -> Iterator[list[Path]]:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / f"made-{resources}.json"
        if resources:
            made.write_bytes(plans.made(resources))
        yield [*map(Path, named), *([made] if resources else [])]


def main(words: list[str]) -> int:
    parser = show.parser("bench.gates", __doc__)
    parser.add_argument("plans", nargs="*", metavar="PLAN.json")
    parser.add_argument("--resources", type=int, default=10_000, help="of the made plan; 0: none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkov", metavar="PROGRAM")
    parser.add_argument("--once", metavar="PLAN.json", help="one round of one plan, as JSON")
    asked = parser.parse_args(words)
    if asked.once:
        garbage.seldom()  # as the program does
        print(json.dumps(asdict(once(Path(asked.once)))))
        return 0
    with _plans(asked.plans, asked.resources) as paths:
        found = {path.name: measure(path, asked.rounds, asked.checkov) for path in paths}
    rows = [row for name, one in found.items() for row in _lines(name, one)]
    show.show(found, rows, as_json=asked.json)
    made = found.get("made-10000.json")
    return int(made is not None and _too_much(made))


def _too_much(one: Mapping[str, Any]) -> bool:
    both = one["megabytes"] + one["megabytes of policies"]
    return bool(one["by the clock"] > SECONDS or both > MEGABYTES)


def _lines(name: str, one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield name, f"{one['bytes'] / 1e6:.1f} MB"
    yield from ((f"  {step}", f"{cpu * 1000:.0f} ms") for step, cpu in one["gates"].items())
    clock, policies = one["by the clock"], one["megabytes of policies"]
    yield "  all gates", f"{one['all gates']:.2f} s CPU"
    yield "  by the clock", f"{clock:.2f} s at best (aim for 10,000 resources: {SECONDS:g} s)"
    yield "  whole process", f"{one['whole process']:.2f} s CPU"
    yield "  memory", f"{one['megabytes']} MB at most, and {policies} MB of the policies' process"
    shown = ", ".join(f"{step} {cpu * 1000:.0f} ms" for step, cpu in one["showing"].items())
    yield "  to show it", shown
    if "checkov" in one:
        theirs = one["checkov"]
        yield "  checkov", f"{theirs['seconds']} s CPU, {theirs['megabytes']} MB at most"
        less = f"{one['times less']} times less, {one['times less in a server']} in a server"
        yield "  we take", less


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
