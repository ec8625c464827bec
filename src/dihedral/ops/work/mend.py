"""When a worker dies, or comes back from the dead: what becomes of its run."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from dihedral.domain.actor import SYSTEM
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import RunId, WorkspaceId
from dihedral.domain.run import Fact, Run, Status, move
from dihedral.domain.workspace import Hold, Lock
from dihedral.kit.db import Tx
from dihedral.ops.store import runs, workspaces
from dihedral.ops.work import chronicle
from dihedral.ops.work import workspaces as estate
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.workspaces import Origin

_log = logging.getLogger(__name__)

Turn: TypeAlias = Callable[[Tx], Awaitable[None]]
"""Keeps a worker's turn until the transaction ends, or raises because another has it now."""


GATE = "mend"
CAREFULLY = ": read with care what this plan would create, some of it may exist"


class Fenced(Exception):
    """The run is in other hands, or over: whoever held it must let go."""


async def own(tx: Tx, claimed: Run) -> Run:
    """The run, locked, if it is still this worker's. Raises Fenced."""
    held = await runs.lock(tx, claimed.id)
    if held.lease != claimed.lease or held.status is not claimed.status:
        raise Fenced(claimed.id)
    return held


async def ours_to_tell(tx: Tx, claimed: Run) -> bool:
    """Whether a state that this worker made is to be kept: while the run is its own, and also when
    it was thought dead, as long as nobody has mended the workspace since."""
    held = await runs.lock(tx, claimed.id)
    if held.lease == claimed.lease and held.status is claimed.status:
        return True
    workspace = await workspaces.find(tx, held.workspace)
    mending = workspace.lock is not None and workspace.lock.reason == _lost(claimed.id)
    if not mending:
        _log.error("a state of %s came too late; it lies in the run's directory", claimed.id)
    return mending


async def finish(
    ops: Ops, claimed: Run, fact: Fact, *, reason: str = "", speed: Mapping[str, float]
) -> None:
    """The end of a step that this worker did: an apply that broke because somebody asked it to
    stop is canceled. Raises Fenced.
    """
    async with ops.db.tx() as tx:
        held = await own(tx, claimed)
        told = {line.fact for line in await runs.history(tx, held.id)}
        if fact is Fact.BROKE and Fact.STOP_ASKED in told:
            fact = Fact.CANCELED
        moved = replace(move(held, fact), reason=reason, speed={**held.speed, **speed})
        await chronicle.tell(ops, tx, moved, fact, SYSTEM, reason)


async def broke(ops: Ops, turn: Turn, run: RunId, reason: str) -> None:
    """A fault of our own. In mid-apply nobody knows what was done, so the workspace is held."""
    async with ops.db.tx() as tx:
        await turn(tx)
        held = await runs.lock(tx, run)
        try:
            moved = replace(move(held, Fact.BROKE), reason=reason)
        except Conflict:
            return
        await chronicle.tell(ops, tx, moved, Fact.BROKE, SYSTEM, reason)
        if held.status is Status.APPLYING:
            await _hold(ops, tx, held, reason)


async def lost_plan(ops: Ops, turn: Turn, run: RunId) -> None:
    """A plan changes nothing, so it is made again."""
    async with ops.db.tx() as tx:
        await turn(tx)
        held = await runs.lock(tx, run)
        moved = replace(move(held, Fact.LOST), lease=None)
        await chronicle.tell(ops, tx, moved, Fact.LOST, SYSTEM, "the worker died; planned again")


async def lost_apply(ops: Ops, turn: Turn, run: RunId, leftover: bytes | None) -> bool:
    """An apply is never begun again: the last state is kept, and the workspace is held. Whether
    nothing is left on this host that is not kept.

    `leftover` is the state file that the dead worker left on this host, if it did.
    """
    kept = True
    async with ops.db.tx() as tx:
        await turn(tx)
        held = await runs.lock(tx, run)
        note = "the worker died while it applied; the last state it saved is kept"
        if leftover is not None:
            try:
                await estate.keep(
                    ops, tx, held.workspace, leftover, Origin(SYSTEM, run, "salvaged")
                )
                note += ", with what it had not sent yet"
            except Invalid:
                _log.warning("run %s left a state file that cannot be read", run)
                kept = False
        moved = replace(move(held, Fact.LOST), reason=note, lease=None)
        await chronicle.tell(ops, tx, moved, Fact.LOST, SYSTEM, note)
        await _hold(ops, tx, held, _lost(run))
    return kept


async def release(ops: Ops, tx: Tx, workspace: WorkspaceId) -> None:
    """A new plan found nothing to change, so nothing is in doubt any more."""
    held = await workspaces.lock(tx, workspace)
    if held.lock and held.lock.kind is Hold.MEND:
        await workspaces.save(tx, replace(held, lock=None))


async def hold_again(ops: Ops, tx: Tx, run: Run) -> None:
    """The yes that was to mend the workspace is taken back, so it is held as it was before."""
    for verdict in await runs.verdicts(tx, run.id):
        workspace = await workspaces.lock(tx, run.workspace)
        if verdict.gate == GATE and workspace.lock is None:
            await _hold(ops, tx, run, verdict.reason.partition(CAREFULLY)[0])


def _lost(run: RunId) -> str:
    return f"the apply of {run} was lost"


async def _hold(ops: Ops, tx: Tx, run: Run, reason: str) -> None:
    workspace = await workspaces.lock(tx, run.workspace)
    held = Lock(Hold.MEND, SYSTEM.id, reason, ops.now())
    await workspaces.save(tx, replace(workspace, lock=held))
