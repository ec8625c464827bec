"""What the gates say of a plan, and what becomes of the run because of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dihedral.domain.cost import Cost
from dihedral.domain.ids import Digest
from dihedral.domain.run import Fact, Run
from dihedral.domain.verdict import Decision, Ruling, Verdict
from dihedral.domain.workspace import Hold, Variable, Workspace
from dihedral.ops.rules import (
    blast,
    building,
    cost,
    decide,
    explain,
    leash,
    numbers,
    readings,
    redact,
    regoinput,
    terms,
)
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.blast import Blast
from dihedral.ops.rules.building import Room
from dihedral.ops.rules.leash import Bound
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.numbers import Numbers
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.readings import Readings
from dihedral.ops.rules.terms import Terms
from dihedral.ops.work import gates, mend
from dihedral.ops.work.gates import Gates, Subject
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`unlocks`: nothing is to change, so a workspace that is held for mending is mended."""

    fact: Fact
    effect: Digest
    verdicts: Sequence[Verdict]
    approvers: int
    reason: str
    summary: Mapping[str, Any]
    numbers: Mapping[str, Any]
    seconds: float
    unlocks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the store holds of a run that is to be judged: its plan's JSON, in clear, the
    workspace's variables, the policy sets that hold there, what the configuration takes from
    other workspaces, what those that read this one take from it, the limits of its agent, and what
    is left for it in budgets."""

    plan: bytes = field(repr=False)
    variables: Sequence[Variable]
    sets: Sequence[PolicySet]
    reads: Readings
    read_by: Readings
    bound: Bound | None = None
    room: Room | None = None


async def judge(
    ops: Ops, run: Run, workspace: Workspace, read: Read, before: Sequence[Verdict]
) -> Judged:
    """`before` is what the gates before the plan said. Nothing sensitive of the plan, or of the
    workspace's variables, is in what comes back. Raises Invalid for a plan nobody can read."""
    began = time.perf_counter()
    held = terms.read(workspace.terms, ops.terms)
    found = await gates.inspect(_gates(ops, held, read.sets), _subject(run, workspace, read))
    shown = _shown(run, found.cost, found.blast)
    bounds = _bounds(read, shown)
    limits = _limits(held.limits, workspace, [one.gate for one in bounds])
    decision = decide.decide([*before, *found.verdicts, *bounds, *_held(workspace)], limits)
    nothing = plans.empty(found.plan)
    fact = _fact(run, decision, nothing=nothing)
    counts = plans.summary(found.plan)
    return Judged(
        fact=fact,
        effect=found.effect,
        verdicts=decision.verdicts,
        approvers=decision.approvers if fact is Fact.HELD else 0,
        reason="nothing to change" if nothing else decision.reason,
        summary={**asdict(counts), "line": plans.line(counts)},
        numbers={
            **redact.everywhere(shown, found.clear),
            "known": run.numbers.get("known", {}),
            "terms": explain.basis(limits, [*found.blast.does, *explain.ALWAYS]),
            "policies": found.versions,
            "reads": read.reads,
        },
        seconds=round(time.perf_counter() - began, 3),
        unlocks=nothing and decision.ruling is not Ruling.DENY,
    )


def _subject(run: Run, workspace: Workspace, read: Read) -> Subject:
    known = run.numbers.get("known", {})
    return Subject(
        plan=read.plan,
        variables=read.variables,
        rough={t: how for t, how in known.items() if how != "modelled"},
        elsewhere=readings.by_output(read.read_by),
        run=regoinput.run(run, workspace),
        actor=regoinput.actor(run),
        request=run.origin or None,
        bound=f"{run.configuration} {run.inputs}",
    )


def _bounds(read: Read, shown: Mapping[str, Any]) -> list[Verdict]:
    """What the limits of its agent say, where one proposed it, and the budgets that hold it."""
    agent = leash.judge(read.bound, leash.wants(shown)) if read.bound else None
    money = building.judge(read.room, shown) if read.room else None
    return [verdict for verdict in (agent, money) if verdict]


def _limits(held: Limits, workspace: Workspace, bounds: Sequence[str]) -> Limits:
    """A run is not decided before its agent's limits and its budgets have spoken, too."""
    return replace(held, auto_apply=workspace.auto_apply, gates=(*held.gates, *bounds))


def _gates(ops: Ops, held: Terms, sets: Sequence[PolicySet]) -> Gates:
    return Gates(
        terms=held,
        book=ops.book,
        policies=ops.policies,
        sets=sets,
        today=ops.now().date(),
        price_age=ops.price_age,
        region=ops.region,
        infracost=ops.infracost,
    )


def _shown(run: Run, priced: Cost, measured: Blast) -> Mapping[str, Any]:
    """Cost and risk as they are shown; speed is the run's own and goes on."""
    shown = numbers.show(Numbers(run.speed, priced, measured))
    return {name: shown[name] for name in ("cost", "risk")} | {
        "lines": {"cost": cost.line(priced), "risk": blast.line(measured)}
    }


def _fact(run: Run, decision: Decision, *, nothing: bool) -> Fact:
    if decision.ruling is Ruling.DENY:
        return Fact.DENIED
    if run.plan_only or nothing:
        return Fact.FINISHED
    return Fact.HELD if decision.must_ask else Fact.CLEARED


def _held(workspace: Workspace) -> list[Verdict]:
    """After a lost apply nobody knows what exists, so nothing goes without a person."""
    lock = workspace.lock
    if not lock or lock.kind is not Hold.MEND:
        return []
    return [Verdict(Ruling.ASK, mend.GATE, lock.reason + mend.CAREFULLY)]
