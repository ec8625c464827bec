"""The verbs of a run. Each is the same four lines: lock, demand, move, record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import anyio.to_thread

from dihedral.domain.actor import Actor
from dihedral.domain.approval import Approval, misfit
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import ApprovalId, Digest, RunId, WorkspaceId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Fact, Run, Status, move
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.domain.workspace import Hold, Variable, Workspace, demand_unlocked
from dihedral.kit import blob, blobs, queue
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, bundle, guard, seal, terms
from dihedral.ops.store import approvals, logs, runs, workspaces
from dihedral.ops.work import audit, chronicle
from dihedral.ops.work.plane import Ops

ADVANCE = "advance"  # the one kind of work: do what the run's status says comes next


@dataclass(frozen=True, slots=True)
class Story:
    """A run with all that is known of it, for showing."""

    run: Run
    workspace: Workspace
    verdicts: list[Verdict]
    history: list[runs.Told]
    approvals: list[Approval]


async def propose(ops: Ops, actor: Actor, proposal: Proposal) -> Run:
    """A new run. The guard reads the files first: what it denies is kept, and never planned.

    Raises NotFound, Conflict (workspace locked), Invalid (nothing to plan).
    """
    async with ops.db.tx() as tx:
        workspace = await workspaces.find(tx, proposal.workspace)
        files = dict(proposal.files) or await _current(ops, tx, workspace.id)
    if not files:
        raise Invalid("there is no configuration: the proposal has no files, and none was applied")
    allowed = terms.read(workspace.terms, ops.terms).guard
    rules = replace(allowed, root=workspace.working_directory)
    verdict = await anyio.to_thread.run_sync(guard.read, files, rules)
    async with ops.db.tx() as tx:
        workspace = await workspaces.lock(tx, proposal.workspace)
        if not proposal.plan_only:
            demand_unlocked(workspace)
        run = Run(
            id=RunId(ops.mint("run")),
            workspace=workspace.id,
            proposer=actor.id,
            configuration=Digest(await blobs.put(tx, ops.keyring, bundle.encode(files))),
            created_at=ops.now(),
            message=proposal.reason,
            source=proposal.source,
            plan_only=proposal.plan_only,
            destroy=proposal.destroy,
            refresh_only=proposal.refresh_only,
            request=proposal.request,
            origin=proposal.origin,
        )
        await runs.add(tx, run)
        audit.noted(ops, tx, actor, "run.propose", run.id, workspace=run.workspace)
        await runs.judge(tx, run.id, [verdict])
        if verdict.ruling is Ruling.DENY:
            run = replace(move(run, Fact.DENIED), reason=f"guard: {verdict.reason}")
            run = await chronicle.tell(ops, tx, run, Fact.DENIED, actor, run.reason)
        else:
            await enqueue(tx, run)
    return run


async def approve(
    ops: Ops, actor: Actor, run: RunId, effect: str | None = None, comment: str = ""
) -> Run:
    """One person's yes to what the run would do. With enough of them it is confirmed.

    `effect` is the digest that the person read; where given it must be the run's own.
    Raises NotFound, Forbidden, Conflict.
    """
    async with ops.db.tx() as tx:
        held = await runs.lock(tx, run)
        workspace = await workspaces.lock(tx, held.workspace)
        how = access.may_approve(actor, held, self_approval=ops.self_approval)
        moved = move(held, Fact.APPROVED)
        demand_unlocked(workspace)
        if held.effect is None or (effect is not None and effect != held.effect):
            raise Conflict(f"{run} would do something else than what you read; show it again")
        given = Approval(
            id=ApprovalId(ops.mint("apv")),
            run=held.id,
            workspace=held.workspace,
            effect=held.effect,
            base_state=held.base_state,
            approver=actor.id,
            how=how,
            at=ops.now(),
            comment=comment,
        )
        given = replace(given, seal=blob.seal(ops.keyring, b"", seal.of_approval(given)))
        if not await approvals.add(tx, given):
            raise Conflict(f"you have approved {run} already; it waits for somebody else")
        audit.noted(ops, tx, actor, "run.approve", run, workspace=held.workspace, reason=comment)
        fitting = [a for a in await approvals.of_run(tx, run) if not misfit(a, held)]
        if len(fitting) < held.approvers:
            return held
        moved = await chronicle.tell(ops, tx, moved, Fact.APPROVED, actor, comment)
        if workspace.lock and workspace.lock.kind is Hold.MEND:
            await workspaces.save(tx, replace(workspace, lock=None))
        await enqueue(tx, moved)
    return moved


async def discard(ops: Ops, actor: Actor, run: RunId, comment: str = "") -> Run:
    """A person's no. Raises NotFound, Forbidden, Conflict."""
    async with ops.db.tx() as tx:
        held = await runs.lock(tx, run)
        access.may_discard(actor, held)
        moved = replace(move(held, Fact.DISCARDED), reason=comment or f"discarded by {actor.id}")
        moved = await chronicle.tell(ops, tx, moved, Fact.DISCARDED, actor, comment)
    return moved


async def cancel(ops: Ops, actor: Actor, run: RunId) -> Run:
    """Stop it: at once, or, while it applies, as soon as Terraform has ended in order.

    Raises NotFound, Forbidden, Conflict.
    """
    async with ops.db.tx() as tx:
        held = await runs.lock(tx, run)
        access.may_cancel(actor, held)
        fact = Fact.STOP_ASKED if held.status is Status.APPLYING else Fact.CANCELED
        moved = move(held, fact)
        if fact is Fact.CANCELED:
            moved = replace(moved, reason=f"canceled by {actor.id}")
        moved = await chronicle.tell(ops, tx, moved, fact, actor)
    return moved


async def see(ops: Ops, run: RunId) -> Story:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await runs.find(tx, run)
        return Story(
            run=found,
            workspace=await workspaces.find(tx, found.workspace),
            verdicts=await runs.verdicts(tx, run),
            history=await runs.history(tx, run),
            approvals=await approvals.of_run(tx, run),
        )


async def log(ops: Ops, run: RunId, after: int = 0) -> list[logs.Piece]:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        await runs.find(tx, run)
        return await logs.since(tx, ops.keyring, run, after)


async def artefact(ops: Ops, run: RunId, name: str) -> bytes:
    """The run's `plan_json`, `evidence` or `configuration`. Raises NotFound, Conflict."""
    async with ops.db.tx() as tx:
        found = await runs.find(tx, run)
        digest = getattr(found, name)
        if digest is None:
            raise Conflict(f"{run} is {found.status}; it has no {name.replace('_', ' ')} yet")
        return await blobs.get(tx, ops.keyring, digest)


async def planned(ops: Ops, run: RunId) -> tuple[bytes, list[Variable]]:
    """The run's plan JSON in clear, and the workspace's variables, whose values are to be hidden
    in it. Raises NotFound, Conflict."""
    text = await artefact(ops, run, "plan_json")
    async with ops.db.tx() as tx:
        found = await runs.find(tx, run)
        return text, await workspaces.variables(tx, ops.keyring, found.workspace)


async def current(ops: Ops, workspace: WorkspaceId) -> Mapping[str, bytes]:
    """The files that were applied last in the workspace; empty where nothing is."""
    async with ops.db.tx() as tx:
        return await _current(ops, tx, workspace)


async def enqueue(tx: Tx, run: Run) -> None:
    """Ask for work inside the transaction that moved the run, so that neither goes alone."""
    await queue.put(tx, ADVANCE, {"run": run.id}, lock=run.workspace)


async def _current(ops: Ops, tx: Tx, workspace: WorkspaceId) -> dict[str, bytes]:
    digest = await runs.current(tx, workspace)
    return bundle.decode(await blobs.get(tx, ops.keyring, digest)) if digest else {}
