"""Hostile configurations, judged by the guard, run with the guard off, and their plans judged."""

import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from dihedral.domain.verdict import Ruling, strictest
from dihedral.kit import beneath, process
from dihedral.kit.process import Limits
from dihedral.ops.rules import blast, guard, planjson
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.grants import GuardRules
from dihedral.ops.rules.limits import Limits as Tiers
from dihedral.ops.work import terraform, workdir
from dihedral.ops.work.sandbox import Caps, Room
from dihedral.ops.work.simulators import Simulator
from dihedral.ops.work.terraform import Step, Terraform
from dihedral.ops.work.tools import Tool, Tools
from dihedral.ops.work.workdir import Contents, Workdir
from tests.ops import hostile, yard
from tests.ops.cells import WAYS
from tests.ops.hostile import ESTATE, NO_PLAN, Case, Row
from tests.ops.yard import ANYWHERE, Yard

RULES, TIERS = GuardRules(), Tiers()
_TOOLS = Tools(os.environ["PATH"])
CELL = {Ruling.DENY: "deny", Ruling.ASK: "ask", Ruling.ALLOW: "-"}
SECONDS = 60.0
# what a terminal would obey, and what turns a line; the log may have none of it
_OBEYED = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True)
class Tried:
    """What was seen of one run in one cage. `faults` say where it was not held."""

    said: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    plan: bytes = field(default=b"", repr=False)
    states: list[bytes] = field(default_factory=list, repr=False)
    faults: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        reasons = [step.reason for step in self.steps]
        return "\n".join([*self.said, *reasons, self.plan.decode(errors="replace")])


@dataclass(frozen=True, slots=True)
class Bench:
    """Where cases are tried. `state` is the estate's."""

    yard: Yard
    tool: Tool
    simulator: Simulator
    state: bytes | None = None

    async def settled(self) -> "Bench":
        """The same, with the estate applied."""
        case = Case(name="estate", needs="simulator", files=hostile.files(ESTATE))
        work = workdir.prepare(self.yard.run, Contents(files=case.files, simulated=True))
        tried = Tried()
        async with self._terraform(case, next(iter(WAYS)), work, tried) as tf:
            await _go(tf, tried, SECONDS)
        assert tried.steps[-1].ok, tried.said
        return replace(self, state=tried.states[-1])

    async def attempt(self, case: Case, way: str) -> Tried:
        """The case with the guard off: planned, and applied where there is a plan."""
        tried, before = Tried(), self.yard.seen()
        contents = Contents(
            files={path: self.yard.named(text) for path, text in case.whole.items()},
            state=self.state if case.over else None,
            simulated=case.needs != "shell",
        )
        work = workdir.prepare(self.yard.run, contents)
        async with self._terraform(case, way, work, tried) as tf:
            await _go(tf, tried, 0 if case.over else case.caps.get("apply", SECONDS))
        tried.faults += [*self._got(tried, work), *self.yard.touched(before), *self.yard.reached()]
        tried.faults += self._unlike(case, tried)
        if not await process.gone(work.lock, 10):
            tried.faults.append("something of it lives on")
        workdir.remove(work.root)
        return tried

    @asynccontextmanager
    async def _terraform(
        self, case: Case, way: str, work: Workdir, tried: Tried
    ) -> AsyncIterator[Terraform]:
        simulated = case.needs != "shell"
        caps = {k: v for k, v in case.caps.items() if k not in ("seconds", "apply")}
        room = Room(work=work, tool=self.tool.program, simulated=simulated, cage=WAYS[way])
        room = replace(room, caps=replace(Caps(), **caps)) if caps else room
        tf = Terraform(
            tool=self.tool,
            workdir=work,
            env=workdir.environment(work, {}),
            on_line=lambda phase, line: tried.said.append(line),
            limits=Limits(seconds=case.caps.get("seconds", SECONDS), grace=1),
            simulated=simulated,
            enclose=room.enclose,
        )
        if case.needs != "simulator":
            yield tf
            return
        async with self.simulator.opened(case.name, work.root / "config") as opening:
            yield replace(tf, env=workdir.environment(work, {}, reattach=opening.reattach))

    def _got(self, tried: Tried, work: Workdir) -> Iterator[str]:
        left = yard.left(work.config)
        for name in self.yard.found_in([tried.text.encode(), *tried.states, *left]):
            yield f"it got {name}"
        for line in tried.said:
            if _OBEYED.search(line):
                yield f"a terminal would obey the log: {line!r}"

    def _unlike(self, case: Case, tried: Tried) -> Iterator[str]:
        """Where it did not go as it is told of the case. A script is said before it runs."""
        lines = [line for line in tried.said if "Executing: [" not in line]
        told = "\n".join([*lines, *(step.reason for step in tried.steps)])
        for wanted in filter(None, (case.proof, case.ends, case.says)):
            if not re.search(self.yard.named(wanted.encode()).decode(), told):
                yield f"nothing says {wanted!r}"
        if case.ends and tried.steps[-1].ok:
            yield "it was not ended"


async def _go(tf: Terraform, tried: Tried, seconds: float) -> None:
    """A plan, and `seconds` for an apply; none without."""
    tried.steps += await terraform.plan(tf)
    if not tried.steps[-1].ok:
        return
    step, text = await terraform.show(tf)
    tried.steps.append(step)
    if not step.ok:
        return
    tried.plan = text
    stored = tf.workdir.plan.read_bytes()

    async def keep(state: bytes) -> None:
        tried.states.append(state)

    if seconds:
        tf = replace(tf, limits=replace(tf.limits, seconds=min(seconds, tf.limits.seconds)))
        tried.steps += await terraform.apply(tf, keep)
        if tf.workdir.plan.read_bytes() != stored:
            tried.faults.append("the stored plan is another one")


async def observe(bench: Bench, case: Case) -> tuple[Row, list[Tried]]:
    """What stops it, and each run of it."""
    tried = [] if case.needs == "nothing" else [await bench.attempt(case, w) for w in case.ways]
    judged = {CELL[judge(one.plan)] if one.plan else NO_PLAN for one in tried} or {NO_PLAN}
    held = "ends" if case.ends else "holds" if case.proof else "-"
    log = "clean" if case.says else "-"
    plan = " or ".join(sorted(judged))
    return Row(case.name, CELL[guarded(case)], held, plan, log, case.tries), tried


def guarded(case: Case) -> Ruling:
    """What the guard says, with the rules that hold where nobody has written any."""
    before: Mapping[str, bytes] = hostile.files(ESTATE) if case.over else {}
    files = {path: ANYWHERE.named(text) for path, text in case.whole.items()}
    return guard.read(files, RULES, before).ruling


def judge(plan: bytes) -> Ruling:
    """What the gates say that read a plan for what it does."""
    measured = blast.measure(plans.of(planjson.read(plan)))
    return strictest([guard.recheck(plan, RULES), blast.judge(measured, TIERS)])


@asynccontextmanager
async def opened(place: Path, simulator: Simulator) -> AsyncIterator[Bench]:
    """A bench in a directory of its own; the caller closes the simulator."""
    tool = await _TOOLS.find("terraform")
    with yard.opened(place) as made:
        yield Bench(made, tool, simulator)


async def every(names: list[str]) -> list[Row]:
    """All of them, one after the other, each with what is wrong with it on the way."""
    place = Path(tempfile.mkdtemp())
    simulator = Simulator(place / "simulator")
    rows: list[Row] = []
    (place / "yard").mkdir()
    async with opened(place / "yard", simulator) as fresh:
        bench = await fresh.settled()
        for name in names:
            row, tried = await observe(bench, hostile.load(name))
            rows.append(row)
            print(row, *(fault for one in tried for fault in one.faults), sep="\n  ")
    await simulator.aclose()
    beneath.remove(place)
    return rows


def alone(*groups: str) -> list[str]:
    """Those that need no simulator."""
    return [name for name in hostile.names(*groups) if hostile.load(name).needs != "simulator"]


def simulated(*groups: str) -> list[str]:
    """The others: all of them share one simulator, which takes longer to start than they do."""
    return [name for name in hostile.names(*groups) if hostile.load(name).needs == "simulator"]


async def demand(bench: Bench, case: Case) -> None:
    """The case is stopped, by what the table says of it, and nothing was wrong on the way."""
    row, tried = await observe(bench, case)
    assert [fault for one in tried for fault in one.faults] == [], [one.said for one in tried]
    assert row.stopped, f"nothing stops {case.name}"
    assert row in hostile.rows(), "write the table anew: python -m tests.ops.hostile"
