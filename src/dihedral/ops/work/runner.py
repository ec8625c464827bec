"""A worker's part of a run: plan it, judge it, apply it, until it waits for a person or is over.

The queue lets one call of `advance` run at a time for a workspace. So a run that is found in the
middle of a step has lost its worker; `mend` says what becomes of it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from dihedral.domain.actor import SYSTEM
from dihedral.domain.errors import Fault, OverBudget
from dihedral.domain.ids import Digest, RunId
from dihedral.domain.run import OVER, Fact, Run, Status, move
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.domain.workspace import Workspace
from dihedral.kit import blob, blobs, keys, queue
from dihedral.kit.db import Tx, Unavailable, patiently
from dihedral.ops.rules import confine, guard, seal, terms
from dihedral.ops.store import approvals, readings, runs, states, workspaces
from dihedral.ops.work import (
    building,
    chronicle,
    consent,
    judging,
    leash,
    lending,
    mend,
    policysets,
    rebase,
    refusal,
    site,
)
from dihedral.ops.work.judging import Judged
from dihedral.ops.work.pipeline import ADVANCE
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.site import Broken, Worker

BEFORE = (guard.GATE, confine.GATE)  # gates that speak before there is a plan

_log = logging.getLogger(__name__)


async def advance(worker: Worker, run: RunId) -> None:
    """Do what comes next until nothing does, or it is held. Raises Unavailable while the database
    is away."""
    while True:
        try:
            if (step := await _next(worker, run)) is None:
                return
            await step(worker, run)
        except (mend.Fenced, queue.Lost):
            _log.info("%s was stopped, or is in other hands", run)
            return
        except leash.Held as held:
            _log.info("%s", held)
            return
        except Unavailable:
            raise
        except Fault as fault:  # such as terms that can no longer be read: the reason is for anyone
            await mend.broke(worker.ops, worker.turn, run, str(fault))
        except Exception:  # noqa: BLE001  the outermost loop: no run may stay in the middle
            _log.exception("run %s broke by a fault of ours", run)
            why = "an internal error; the worker's log has it"
            await mend.broke(worker.ops, worker.turn, run, why)


async def sweep(ops: Ops) -> None:
    """Ask for work for every run that somebody should be busy with, once those that have waited
    too long are over. Asking twice is harmless."""
    await consent.sweep(ops)
    async with ops.db.tx() as tx:
        for run, workspace in await runs.unfinished(tx):
            await queue.put(tx, ADVANCE, {"run": run}, lock=workspace, once=run)


async def plan(worker: Worker, run: RunId) -> None:
    """`pending` → `planned`, or what stopped it."""
    ops = worker.ops
    if not await rebase.caught_up(ops, worker.turn, run):
        return
    claimed, workspace = await _claim_plan(worker, run)
    allowed = terms.read(workspace.terms, ops.terms).hosts
    confined = await worker.cages.judge(claimed.proposer, workspace, allowed)
    if confined.ruling is Ruling.DENY:
        await _deny(ops, claimed, confined)
        return
    speed: dict[str, float] = {}
    try:
        async with site.opened(worker, claimed, workspace, "plan", speed) as here:
            made = await here.plan()
    except (Broken, Fault) as why:
        await mend.finish(ops, claimed, Fact.BROKE, reason=str(why), speed=speed)
        return
    async with ops.db.tx() as tx:
        held = await mend.own(tx, claimed)
        space = await workspaces.find(tx, held.workspace)
        now = await consent.inputs(ops, tx, space, like=held.inputs)
        moved = replace(
            move(held, Fact.PLANNED),
            inputs=now if now == held.inputs else _torn(held),
            plan_file=await _put(ops, tx, made.plan_file),
            plan_json=await _put(ops, tx, made.plan_json),
            lock_file=await _put(ops, tx, made.lock_file) if made.lock_file else None,
            tool=made.tool,
            speed={**held.speed, **speed},
            numbers={**held.numbers, "known": dict(made.known)},
        )
        await runs.hear(tx, moved.id, confined)
        await chronicle.tell(ops, tx, moved, Fact.PLANNED, SYSTEM)


async def judge(worker: Worker, run: RunId) -> None:
    """`planned` → what the gates decide."""
    ops = worker.ops
    async with ops.db.tx() as tx:
        held = await runs.find(tx, run)
        await leash.demand(tx, held)
        workspace = await workspaces.find(tx, held.workspace)
        before = [v for v in await runs.verdicts(tx, run) if v.gate in BEFORE]
        assert held.plan_json is not None
        text = await blobs.get(tx, ops.keyring, held.plan_json)
        read = judging.Read(
            plan=text,
            variables=await workspaces.variables(tx, ops.keyring, workspace.id),
            sets=await policysets.holding(
                ops, tx, workspace.place, terms.read(workspace.terms, ops.terms)
            ),
            reads=await lending.reads(ops, tx, held, text),
            read_by=await readings.read_by(tx, workspace.id),
            bound=await leash.bound(ops, tx, held),
            room=None if held.plan_only else await building.room(ops, tx, held),
        )
    judged = await judging.judge(ops, held, workspace, read, before)
    try:
        await _decided(worker, run, workspace, judged)
    except OverBudget as over:  # it is judged again, and told so
        _log.info("%s: somebody else took what was left meanwhile: %s", run, over)


async def _decided(worker: Worker, run: RunId, workspace: Workspace, judged: Judged) -> None:
    """Raises OverBudget."""
    ops = worker.ops
    async with ops.db.tx() as tx:
        await worker.turn(tx)
        fresh = await runs.lock(tx, run)
        if fresh.status is not Status.PLANNED:
            return
        await runs.judge(tx, run, judged.verdicts)
        moved = replace(
            move(fresh, judged.fact),
            effect=judged.effect,
            approvers=judged.approvers,
            summary=judged.summary,
            numbers=judged.numbers,
            reason=judged.reason,
            speed={**fresh.speed, "judge": judged.seconds},
        )
        key = await keys.sealing(tx, ops.keyring)
        moved = replace(moved, seal=blob.seal(key, b"", seal.of_run(moved)))
        await consent.judged(ops, tx, moved, judged.fact)
        if judged.unlocks and workspace.lock:
            await mend.release(ops, tx, workspace.id)


async def apply(worker: Worker, run: RunId) -> None:
    """`confirmed` → `applied`, refused, or what stopped it. Never done twice."""
    ops = worker.ops
    claimed, workspace = await _claim_apply(worker, run)
    if claimed.status in OVER:
        return
    fact, reason, speed = Fact.APPLIED, "", dict[str, float]()
    try:
        async with site.opened(worker, claimed, workspace, "apply", speed) as here:
            await here.apply()
    except (Broken, Fault) as why:
        fact, reason = Fact.BROKE, str(why)

    async def end() -> None:
        await mend.finish(ops, claimed, fact, reason=reason, speed=speed)

    await patiently(end, site.PATIENCE)  # what was done must not count as lost


async def _deny(ops: Ops, claimed: Run, verdict: Verdict) -> None:
    """A gate denies it before Terraform starts."""
    async with ops.db.tx() as tx:
        held = await mend.own(tx, claimed)
        await runs.hear(tx, held.id, verdict)
        why = f"{verdict.gate}: {verdict.reason}"
        moved = replace(move(held, Fact.DENIED), reason=why)
        await chronicle.tell(ops, tx, moved, Fact.DENIED, SYSTEM, why)


async def _next(worker: Worker, run: RunId) -> Callable[[Worker, RunId], Awaitable[None]] | None:
    async with worker.ops.db.tx() as tx:
        await worker.turn(tx)
        held = await runs.find(tx, run)
    return STEPS.get(held.status)


async def _lost_plan(worker: Worker, run: RunId) -> None:
    await mend.lost_plan(worker.ops, worker.turn, run)


async def _lost_apply(worker: Worker, run: RunId) -> None:
    async with worker.ops.db.tx() as tx:
        held = await runs.find(tx, run)
        workspace = await workspaces.find(tx, held.workspace)
    left = await site.leftover(worker.directory, held, workspace)
    if await mend.lost_apply(worker.ops, worker.turn, run, left):
        await site.clear(worker.directory, run)


STEPS: Mapping[Status, Callable[[Worker, RunId], Awaitable[None]]] = {
    Status.PENDING: plan,
    Status.PLANNING: _lost_plan,
    Status.PLANNED: judge,
    Status.CONFIRMED: apply,
    Status.APPLYING: _lost_apply,
}


async def _claim_plan(worker: Worker, run: RunId) -> tuple[Run, Workspace]:
    ops = worker.ops
    async with ops.db.tx() as tx:
        await worker.turn(tx)
        held = await runs.lock(tx, run)
        await leash.demand(tx, held)
        workspace = await workspaces.find(tx, held.workspace)
        base = await states.current(tx, workspace.id)
        moved = replace(
            move(held, Fact.CLAIMED),
            lease=ops.mint("lease"),
            base_state=base.content if base else None,
            inputs=await consent.inputs(ops, tx, workspace),
        )
        return await chronicle.tell(ops, tx, moved, Fact.CLAIMED, SYSTEM, worker.name), workspace


async def _claim_apply(worker: Worker, run: RunId) -> tuple[Run, Workspace]:
    """The run as it is now: being applied, or refused."""
    ops = worker.ops
    await worker.cages.find()  # the first time takes a moment, and a transaction should not
    async with ops.db.tx() as tx:
        await worker.turn(tx)
        held = await runs.lock(tx, run)
        workspace = await workspaces.lock(tx, held.workspace)
        held = await consent.settle(ops, tx, held)
        if held.status in OVER:
            return held, workspace
        await leash.demand(tx, held)
        allowed = terms.read(workspace.terms, ops.terms).hosts
        confined = await worker.cages.judge(held.proposer, workspace, allowed)
        why = confine.fits(await runs.verdicts(tx, run), confined)
        why = why or await refusal.reason(ops, tx, held, workspace)
        why = why or await leash.refusal(ops, tx, held)
        if why:
            moved = replace(move(held, Fact.REFUSED), reason=f"not applied: {why}")
            return await chronicle.tell(ops, tx, moved, Fact.REFUSED, SYSTEM, why), workspace
        await approvals.use(tx, run, ops.now())
        moved = replace(move(held, Fact.CLAIMED), lease=ops.mint("lease"))
        return await chronicle.tell(ops, tx, moved, Fact.CLAIMED, SYSTEM, worker.name), workspace


def _torn(run: Run) -> Digest:
    """Stands for variables that changed while they were planned with: equal to no others."""
    return Digest(f"{consent.TORN}{run.lease}")


async def _put(ops: Ops, tx: Tx, data: bytes) -> Digest:
    return Digest(await blobs.put(tx, ops.keyring, data))
