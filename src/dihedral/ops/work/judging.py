"""What the gates say of a plan, and what becomes of the run because of it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import anyio.to_thread

from dihedral.domain.cost import Cost
from dihedral.domain.ids import Digest
from dihedral.domain.run import Fact, Run
from dihedral.domain.verdict import Decision, Ruling, Verdict
from dihedral.domain.workspace import Hold, Variable, Workspace
from dihedral.ops.rules import (
    blast,
    cost,
    decide,
    effect,
    explain,
    guard,
    numbers,
    owners,
    redact,
    terms,
)
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.blast import Around, Blast
from dihedral.ops.rules.numbers import Numbers
from dihedral.ops.work import infracost, mend
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


async def judge(
    ops: Ops,
    run: Run,
    workspace: Workspace,
    plan_json: bytes,
    before: Sequence[Verdict],
    variables: Sequence[Variable] = (),
) -> Judged:
    """`before` is what the guard said of the files; nothing sensitive of the plan, or of the
    workspace's `variables`, is in what comes back. Raises Invalid for a plan nobody can read."""
    theirs = None
    if ops.infracost:
        theirs = await infracost.estimate(ops.infracost, plan_json, plans.decode(plan_json))
    return await anyio.to_thread.run_sync(
        _judge, ops, run, workspace, plan_json, before, variables, theirs
    )


def _judge(
    ops: Ops,
    run: Run,
    workspace: Workspace,
    plan_json: bytes,
    before: Sequence[Verdict],
    variables: Sequence[Variable],
    theirs: Cost | None,
) -> Judged:
    """`theirs` is another estimator's cost, where there is one."""
    began = time.perf_counter()
    plan = plans.decode(plan_json)
    known = run.numbers.get("known", {})
    held = terms.read(workspace.terms, ops.terms)
    limits = replace(held.limits, auto_apply=workspace.auto_apply)
    priced = theirs or cost.estimate(plan, ops.book, ops.region)
    priced = cost.flag(priced, ops.now().date(), ops.price_age)
    rough = {t: how for t, how in known.items() if how != "modelled"}
    measured = blast.measure(plan, Around(rough=rough, own=owners.accounts(plan_json)))
    verdicts = [
        *before,
        replace(guard.recheck(plan_json, held.guard), gate="plan"),
        cost.judge(priced, limits),
        blast.judge(measured, limits),
        *_held(workspace),
    ]
    clear = redact.scrubber(plan, variables)
    decision = decide.decide(redact.everywhere(verdicts, clear), limits)
    nothing = plans.empty(plan)
    fact = _fact(run, decision, nothing=nothing)
    return Judged(
        fact=fact,
        effect=effect.digest(plan_json, f"{run.configuration} {run.inputs}"),
        verdicts=decision.verdicts,
        approvers=decision.approvers if fact is Fact.HELD else 0,
        reason="nothing to change" if nothing else decision.reason,
        summary={**asdict(plans.summary(plan)), "line": plans.line(plans.summary(plan))},
        numbers={
            **redact.everywhere(_shown(run, priced, measured), clear),
            "known": known,
            "terms": explain.basis(limits, [*measured.does, *explain.ALWAYS]),
        },
        seconds=round(time.perf_counter() - began, 3),
        unlocks=nothing and decision.ruling is not Ruling.DENY,
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
