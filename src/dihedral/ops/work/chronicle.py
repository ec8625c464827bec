"""Where every move of a run is written down. When the move ends the run, so is its evidence."""

from dataclasses import asdict, replace

from dihedral.domain.actor import Actor
from dihedral.domain.audit import act
from dihedral.domain.ids import Digest
from dihedral.domain.run import OVER, Fact, Run
from dihedral.kit import blobs, dsse
from dihedral.kit.db import Tx
from dihedral.ops.rules import acts, evidence
from dihedral.ops.rules.evidence import Account
from dihedral.ops.store import approvals, audit, runs, states, workspaces
from dihedral.ops.work import building, lending
from dihedral.ops.work.audit import note as noted
from dihedral.ops.work.plane import CHANNEL, MOVED, Ops


async def tell(ops: Ops, tx: Tx, moved: Run, fact: Fact, by: Actor, note: str = "") -> Run:
    """The run as it is kept now: `moved`, with its evidence if it is over. Raises OverBudget."""
    at = ops.now()
    await runs.record(tx, moved, fact, by.id, at, note)
    await lending.done(tx, moved)
    await building.told(ops, tx, moved, fact)
    action, outcome = acts.ACTS[fact]
    where = {"workspace": moved.workspace, "outcome": outcome, "reason": note}
    noted(ops, tx, act(at, by, action, moved.id, **where))
    if moved.status in OVER:
        moved = replace(moved, evidence=await _evidence(ops, tx, moved))
        await runs.save(tx, moved)
    await tx.notify(CHANNEL, moved.id)
    await tx.notify(CHANNEL, MOVED)
    return moved


async def _evidence(ops: Ops, tx: Tx, run: Run) -> Digest:
    story = evidence.compose(
        Account(
            run=run,
            workspace=await workspaces.find(tx, run.workspace),
            verdicts=await runs.verdicts(tx, run.id),
            history=[asdict(told) for told in await runs.history(tx, run.id)],
            approvals=await approvals.of_run(tx, run.id),
            states=await states.by_run(tx, run.id),
            head=(await audit.kept(tx)).head,
            public=ops.signer.public,
        )
    )
    signed = dsse.sign(ops.signer, story, evidence.TYPE)
    return Digest(await blobs.put(tx, ops.keyring, signed))
