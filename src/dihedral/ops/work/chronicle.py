"""Where every move of a run is written down. When the move ends the run, so is its evidence."""

from dataclasses import asdict, replace

from dihedral.domain.ids import ActorId, Digest
from dihedral.domain.run import OVER, Fact, Run
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.ops.rules import evidence
from dihedral.ops.store import approvals, runs, states, workspaces
from dihedral.ops.work.plane import CHANNEL, Ops


async def tell(ops: Ops, tx: Tx, moved: Run, fact: Fact, by: ActorId, note: str = "") -> Run:
    """The run as it is kept now: `moved`, with its evidence if it is over."""
    await runs.record(tx, moved, fact, by, ops.now(), note)
    if moved.status in OVER:
        moved = replace(moved, evidence=await _evidence(ops, tx, moved))
        await runs.save(tx, moved)
    await tx.notify(CHANNEL, moved.id)
    return moved


async def _evidence(ops: Ops, tx: Tx, run: Run) -> Digest:
    story = evidence.compose(
        run,
        await workspaces.find(tx, run.workspace),
        await runs.verdicts(tx, run.id),
        [asdict(told) for told in await runs.history(tx, run.id)],
        await approvals.of_run(tx, run.id),
        await states.by_run(tx, run.id),
    )
    return Digest(await blobs.put(tx, ops.keyring, story))
