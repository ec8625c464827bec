"""Reading what goes on: pages of runs and workspaces, and a log while it is written."""

import time
from dataclasses import dataclass

import anyio

from dihedral.domain.ids import RunId, StateVersionId, WorkspaceId
from dihedral.domain.run import OVER, Run, Status
from dihedral.domain.workspace import StateVersion, Workspace
from dihedral.ops.store import logs, runs, states
from dihedral.ops.store import workspaces as spaces
from dihedral.ops.work.plane import Ops

PAUSE = 1.0  # seconds between looks at a log, should nobody tell that it has grown


@dataclass(frozen=True, slots=True)
class Listed:
    run: Run
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class Heard:
    """The run as it was before its log was read, so that a run that is over has no more to say."""

    run: Run
    pieces: list[logs.Piece]


async def run_page(
    ops: Ops, workspace: str | None, status: Status | None, before: RunId | None, size: int
) -> list[Listed]:
    """Newest first; `workspace` by name or id. Raises NotFound."""
    async with ops.db.tx() as tx:
        within = (await spaces.find(tx, workspace)).id if workspace else None
        found = await runs.page(tx, within, status, before, size)
        named: dict[WorkspaceId, Workspace] = {}
        for run in found:
            if run.workspace not in named:
                named[run.workspace] = await spaces.find(tx, run.workspace)
    return [Listed(run, named[run.workspace]) for run in found]


async def workspace_page(ops: Ops, after: str | None, size: int) -> list[Workspace]:
    """By name, those that come after `after`."""
    async with ops.db.tx() as tx:
        return await spaces.page(tx, after, size)


async def listen(ops: Ops, run: RunId, after: int, seen: Status | None, wait: float) -> Heard:
    """What the log says after piece `after`. With nothing new it waits, until the status is another
    than `seen`, or `wait` seconds are over. Raises NotFound."""
    end = time.monotonic() + wait
    with ops.ear.waiting(run) as told:
        while True:
            told.clear()
            async with ops.db.tx() as tx:
                found = await runs.find(tx, run)
                pieces = await logs.since(tx, ops.keyring, run, after)
            news = pieces or found.status in OVER or (seen is not None and found.status is not seen)
            left = end - time.monotonic()
            if news or left <= 0:
                return Heard(found, pieces)
            with anyio.move_on_after(min(left, PAUSE)):
                await told.wait()


async def state_version(ops: Ops, version: StateVersionId) -> StateVersion:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        return await states.find(tx, version)


async def unfinished(ops: Ops) -> int:
    """How many runs a worker should be busy with. Raises Unavailable."""
    async with ops.db.tx() as tx:
        return len(await runs.unfinished(tx))
