"""The verbs of a run. Each is the same four lines: lock, demand, move, record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dihedral.domain.actor import Actor
from dihedral.domain.approval import Approval, Ending, live, seats
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import Digest, RunId, WorkspaceId
from dihedral.domain.ports import Proposal
from dihedral.domain.right import Action
from dihedral.domain.run import OVER, Fact, Run, Status, anew, move, unplanned
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.domain.workspace import Hold, Variable, Workspace, demand_unlocked
from dihedral.kit import blobs, queue
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, bundle
from dihedral.ops.store import approvals, runs, workspaces
from dihedral.ops.work import (
    audit,
    chronicle,
    consent,
    leash,
    mend,
    permitted,
    proposals,
    rebase,
    sources,
)
from dihedral.ops.work.consent import Voice
from dihedral.ops.work.plane import Ops

ADVANCE = "advance"  # the one kind of work: do what the run's status says comes next


@dataclass(frozen=True, slots=True)
class Story:
    """A run with all that is known of it, for showing."""

    run: Run
    workspace: Workspace
    verdicts: list[Verdict]
    history: list[runs.Told]
    approvals: list[Approval]  # all of them, also those that ended
    seats: list[Approval]  # those that count now, one for each person
    held: str  # why it is not begun, where its agent is suspended


@dataclass(frozen=True, slots=True)
class Said:
    """A yes as it came in: to which effect, why, and through what."""

    effect: str | None
    comment: str
    channel: str


async def propose(ops: Ops, actor: Actor, proposal: Proposal) -> Run:
    """A new run. The guard reads the files first: what it denies is kept, and never planned. With
    a key that a proposal had before, that one's run, whatever became of it.

    Raises NotFound, Conflict (workspace locked), Invalid (nothing to plan).
    """
    async with ops.db.tx() as tx:
        workspace = await permitted.workspace(tx, actor, proposal.workspace, Action.RUN_PROPOSE)
        if earlier := await proposals.earlier(tx, actor, proposal):
            return earlier
        base = (await runs.current(tx, workspace.id)).configuration
        applied = await sources.stored(ops, tx, base)
        files = dict(proposal.files) or applied
    if not files:
        raise Invalid("there is no configuration: the proposal has no files, and none was applied")
    verdict = await sources.guarded(ops, workspace, files, applied)
    async with ops.db.tx() as tx:
        workspace = await workspaces.lock(tx, proposal.workspace)
        if earlier := await proposals.earlier(tx, actor, proposal):
            return earlier
        if not proposal.plan_only:
            demand_unlocked(workspace)
        configuration = Digest(await blobs.put(tx, ops.keyring, bundle.encode(files)))
        run = replace(proposals.run(ops, actor, proposal, configuration), base=base)
        await runs.add(tx, run, proposal.key)
        audit.noted(ops, tx, actor, "run.propose", run.id, workspace=run.workspace)
        return await _begin(ops, tx, actor, run, verdict)


async def approve(
    ops: Ops,
    actor: Actor,
    run: RunId,
    effect: str | None = None,
    comment: str = "",
    channel: str = "",
) -> Run:
    """One person's yes to what the run would do. With enough of them it is confirmed.

    `effect` is the digest that the person read; where given it must be the run's own, and it must
    be given once the run was planned again. Raises NotFound, Forbidden, Conflict.
    """
    async with ops.db.tx() as tx:
        held = await permitted.run_held(tx, actor, run, Action.RUN_APPROVE)
        moved = await consent.settle(ops, tx, held)
        if moved.ended is not Fact.EXPIRED:
            moved = await _agree(ops, tx, held, actor, Said(effect, comment, channel))
    if moved.ended is Fact.EXPIRED:
        raise Conflict(f"{run} {moved.reason}; plan it again: `dihedral run replan {run}`")
    return moved


async def withdraw(ops: Ops, actor: Actor, run: RunId, comment: str = "") -> Run:
    """Takes one's own yes back, until the apply has begun; a confirmed run waits again.

    Raises NotFound, Conflict.
    """
    async with ops.db.tx() as tx:
        held = await permitted.run_held(tx, actor, run, Action.RUN_WITHDRAW)
        moved = move(held, Fact.WITHDRAWN)
        given = live(await approvals.of_run(tx, run))
        mine = next((a for a in given if a.approver == actor.id), None)
        if mine is None:
            raise Conflict(f"{actor.id} has no approval of {run} to take back")
        why = comment or f"withdrawn by {actor.id}"
        await approvals.end(tx, mine.id, Ending.WITHDRAWN, why, ops.now())
        if held.status is Status.CONFIRMED:
            await mend.hold_again(ops, tx, held)
        return await chronicle.tell(ops, tx, moved, Fact.WITHDRAWN, actor, comment)


async def replan(ops: Ops, actor: Actor, run: RunId) -> Run:
    """Plan its files again: the run itself while it waits, a new one of the same proposer when it
    is over. Where something else was applied since they were written, they are laid over that.
    Approvals stay valid if it would still do the same.

    Raises NotFound, Forbidden, Conflict (locked, at work, applied, or no longer fitting), Upstream.
    """
    async with ops.db.tx() as tx:
        known = await permitted.run(tx, actor, run, Action.RUN_REPLAN)
        _demand_again(actor, known)
        workspace = await workspaces.find(tx, known.workspace)
        found = await rebase.read(ops, tx, known)
    files = await rebase.merged(found)
    verdict = await sources.guarded(ops, workspace, files, found.now)
    async with ops.db.tx() as tx:
        held = await permitted.run_held(tx, actor, run, Action.RUN_REPLAN)
        _demand_again(actor, held)
        held = await consent.settle(ops, tx, held)
        workspace = await workspaces.lock(tx, held.workspace)
        if not held.plan_only:
            demand_unlocked(workspace)
        over = held.status in OVER
        moved = held if over else unplanned(move(held, Fact.REPLANNED))
        moved = await rebase.renewed(ops, tx, moved, found, files)
        if over:
            again = anew(moved, RunId(ops.mint("run")), ops.now())
            await runs.add(tx, again)
            audit.noted(ops, tx, actor, "run.propose", again.id, workspace=again.workspace)
        else:
            why = await rebase.save(ops, tx, moved, found)
            again = await chronicle.tell(ops, tx, moved, Fact.REPLANNED, actor, why)
        return await _begin(ops, tx, actor, again, verdict)


async def discard(ops: Ops, actor: Actor, run: RunId, comment: str = "") -> Run:
    """A person's no. Raises NotFound, Forbidden, Conflict."""
    async with ops.db.tx() as tx:
        return await decline(ops, tx, actor, run, comment)


async def decline(ops: Ops, tx: Tx, actor: Actor, run: RunId, comment: str) -> Run:
    """The same, within what else is done with it."""
    held = await permitted.run_held(tx, actor, run, Action.RUN_DISCARD)
    where = (await workspaces.find(tx, held.workspace)).place
    access.may_stop(actor, Action.RUN_DISCARD, held, where)
    moved = replace(move(held, Fact.DISCARDED), reason=comment or f"discarded by {actor.id}")
    await consent.void(ops, tx, held, f"the run was discarded by {actor.id}")
    return await chronicle.tell(ops, tx, moved, Fact.DISCARDED, actor, comment)


async def cancel(ops: Ops, actor: Actor, run: RunId) -> Run:
    """Stop it: at once, or, while it applies, as soon as Terraform has ended in order.

    Raises NotFound, Forbidden, Conflict.
    """
    async with ops.db.tx() as tx:
        held = await permitted.run_held(tx, actor, run, Action.RUN_CANCEL)
        where = (await workspaces.find(tx, held.workspace)).place
        access.may_stop(actor, Action.RUN_CANCEL, held, where)
        fact = Fact.STOP_ASKED if held.status is Status.APPLYING else Fact.CANCELED
        moved = move(held, fact)
        if fact is Fact.CANCELED:
            moved = replace(moved, reason=f"canceled by {actor.id}")
            await consent.void(ops, tx, held, moved.reason)
        moved = await chronicle.tell(ops, tx, moved, fact, actor)
    return moved


async def see(ops: Ops, actor: Actor, run: RunId) -> Story:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.run(tx, actor, run, Action.RUN_READ)
        given = await approvals.of_run(tx, run)
        return Story(
            run=found,
            workspace=await workspaces.find(tx, found.workspace),
            verdicts=await runs.verdicts(tx, run),
            history=await runs.history(tx, run),
            approvals=given,
            seats=seats(given, found, ops.now()),
            held=await leash.held(tx, found),
        )


async def artefact(ops: Ops, actor: Actor, run: RunId, name: str) -> bytes:
    """The run's `plan_json`, `evidence` or `configuration`. Raises NotFound, Conflict."""
    async with ops.db.tx() as tx:
        found = await permitted.run(tx, actor, run, Action.RUN_READ)
        digest = getattr(found, name)
        if digest is None:
            raise Conflict(f"{run} is {found.status}; it has no {name.replace('_', ' ')} yet")
        return await blobs.get(tx, ops.keyring, digest)


async def planned(ops: Ops, actor: Actor, run: RunId) -> tuple[bytes, list[Variable]]:
    """The run's plan JSON in clear, and the workspace's variables, whose values are to be hidden
    in it. Raises NotFound, Conflict."""
    text = await artefact(ops, actor, run, "plan_json")
    async with ops.db.tx() as tx:
        found = await runs.find(tx, run)
        return text, await workspaces.variables(tx, ops.keyring, found.workspace)


async def current(ops: Ops, actor: Actor, workspace: WorkspaceId) -> Mapping[str, bytes]:
    """The files that were applied last there; empty where nothing is. Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.workspace(tx, actor, workspace, Action.RUN_READ)
        return await sources.current(ops, tx, found.id)


async def enqueue(tx: Tx, run: Run) -> None:
    """Ask for work inside the transaction that moved the run, so that neither goes alone."""
    await queue.put(tx, ADVANCE, {"run": run.id}, lock=run.workspace)


async def _agree(ops: Ops, tx: Tx, held: Run, actor: Actor, said: Said) -> Run:
    workspace = await workspaces.lock(tx, held.workspace)
    how = access.may_approve(actor, held, self_approval=ops.self_approval)
    moved = move(held, Fact.APPROVED)
    demand_unlocked(workspace)
    if why := await leash.held(tx, held):
        raise Conflict(f"{held.id} is held, so nobody can approve it: {why}")
    if held.effect is None or said.effect not in (None, held.effect):
        raise Conflict(f"{held.id} would do something else than what you read; show it again")
    if said.effect is None and await _replanned(tx, held):
        raise Conflict(
            f"{held.id} was planned again, so say what you have read: `dihedral run show {held.id}`"
            " has the digest, and `--effect DIGEST` sends it"
        )
    if not await consent.give(ops, tx, held, Voice(actor.id, how, said.comment, said.channel)):
        raise Conflict(f"you have approved {held.id} already; it waits for somebody else")
    given = seats(await approvals.of_run(tx, held.id), held, ops.now())
    if len(given) < held.approvers:
        partly = move(held, Fact.SECONDED)
        return await chronicle.tell(ops, tx, partly, Fact.SECONDED, actor, said.comment)
    moved = await chronicle.tell(ops, tx, moved, Fact.APPROVED, actor, said.comment)
    if workspace.lock and workspace.lock.kind is Hold.MEND:
        await workspaces.save(tx, replace(workspace, lock=None))
    await enqueue(tx, moved)
    return moved


def _demand_again(actor: Actor, run: Run) -> None:
    access.may_replan(actor, run)
    if run.status is Status.APPLIED:
        raise Conflict(f"{run.id} is applied; propose anew: `dihedral plan`")


async def _replanned(tx: Tx, run: Run) -> bool:
    return any(line.fact is Fact.REPLANNED for line in await runs.history(tx, run.id))


async def _begin(ops: Ops, tx: Tx, actor: Actor, run: Run, verdict: Verdict) -> Run:
    """A run that is to be planned: denied by the guard, or work for somebody."""
    await runs.judge(tx, run.id, [verdict])
    if verdict.ruling is not Ruling.DENY:
        await enqueue(tx, run)
        return run
    await consent.void(ops, tx, run, "the guard denies it now")
    denied = replace(move(run, Fact.DENIED), reason=f"guard: {verdict.reason}")
    return await chronicle.tell(ops, tx, denied, Fact.DENIED, actor, denied.reason)
