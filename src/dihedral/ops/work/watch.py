"""Reading what goes on: pages of runs and workspaces, and a log while it is written."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import anyio
from anyio import to_thread

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Forbidden, NotFound
from dihedral.domain.ids import ActorId, RunId, StateVersionId, WorkspaceId
from dihedral.domain.right import Action
from dihedral.domain.run import OVER, Fact, Run, Status
from dihedral.domain.workspace import Health, StateVersion, Workspace
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.ops.rules import statediff
from dihedral.ops.rules.statediff import Differences
from dihedral.ops.store import logs, runs, states
from dihedral.ops.store import workspaces as spaces
from dihedral.ops.work import permitted
from dihedral.ops.work.plane import Ops

PAUSE = 1.0  # seconds between looks at a log, should nobody tell that it has grown


@dataclass(frozen=True, slots=True)
class Which:
    """All where nothing is said; `workspace` by name or id."""

    workspace: str | None = None
    status: Status | None = None
    proposer: ActorId | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    run: Run
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class Seen:
    workspace: Workspace
    health: Health


@dataclass(frozen=True, slots=True)
class Heard:
    """The run as it was before its log was read, so that a run that is over has no more to say."""

    run: Run
    pieces: list[logs.Piece]


async def run_page(
    ops: Ops, actor: Actor, which: Which, before: RunId | None, size: int
) -> list[Listed]:
    """Newest first, those that it may read. Raises NotFound."""
    async with ops.db.tx() as tx:
        sight = await within(tx, actor, which.workspace)
        sought = runs.Sought(which.status, which.proposer)
        found = await runs.page(tx, actor.organization, sight, sought, before, size)
        named: dict[WorkspaceId, Workspace] = {}
        for run in found:
            if run.workspace not in named:
                named[run.workspace] = await spaces.find(tx, run.workspace)
    return [Listed(run, named[run.workspace]) for run in found]


async def run_of_turns(ops: Ops, actor: Actor, turns: Collection[str]) -> list[tuple[str, Listed]]:
    """What these turns proposed, as it is now and as far as the actor may read it."""
    found: list[tuple[str, Listed]] = []
    async with ops.db.tx() as tx:
        for turn, key in await runs.of_turns(tx, turns):
            if listed := await _listed(tx, actor, key):
                found.append((turn, listed))
    return found


async def run_some(ops: Ops, actor: Actor, keys: Collection[RunId]) -> list[Listed]:
    """Those of these that the actor may read."""
    async with ops.db.tx() as tx:
        found = [await _listed(tx, actor, key) for key in keys]
    return [listed for listed in found if listed]


async def outcomes(
    ops: Ops, actor: Actor, proposer: ActorId
) -> Mapping[tuple[Status, Fact | None], int]:
    """How many of a proposer's runs, as far as the actor may read them, came to what."""
    async with ops.db.tx() as tx:
        sight = await permitted.sight(tx, actor)
        return await runs.outcomes(tx, actor.organization, sight, proposer)


async def _listed(tx: Tx, actor: Actor, key: RunId) -> Listed | None:
    try:
        run = await permitted.run(tx, actor, key, Action.RUN_READ)
    except (NotFound, Forbidden):
        return None
    return Listed(run, await spaces.find(tx, run.workspace))


async def within(tx: Tx, actor: Actor, workspace: str | None) -> Sequence[WorkspaceId] | None:
    """The one workspace that is asked for, or those that it may read; None for all. Raises
    NotFound."""
    if workspace is None:
        return await permitted.sight(tx, actor)
    return [(await permitted.workspace(tx, actor, workspace, Action.WORKSPACE_READ)).id]


async def workspace_page(
    ops: Ops, actor: Actor, after: str | None, size: int, owner: str | None = None
) -> list[Workspace]:
    """By name, those that it may read that come after `after`; of one owner, or all."""
    async with ops.db.tx() as tx:
        sight = await permitted.sight(tx, actor)
        return await spaces.page(tx, actor.organization, sight, after, size, owner)


async def estates(
    ops: Ops, actor: Actor, after: str | None, size: int, owner: str | None = None
) -> list[Seen]:
    """The same, with how each of them does."""
    async with ops.db.tx() as tx:
        sight = await permitted.sight(tx, actor)
        found = await spaces.page(tx, actor.organization, sight, after, size, owner)
        health = await spaces.health(tx, [one.id for one in found])
    return [Seen(one, health[one.id]) for one in found]


async def health(ops: Ops, ids: Sequence[WorkspaceId]) -> dict[WorkspaceId, Health]:
    """How workspaces do that were loaded for somebody."""
    async with ops.db.tx() as tx:
        return await spaces.health(tx, ids)


async def log(ops: Ops, actor: Actor, run: RunId, after: int = 0) -> list[logs.Piece]:
    """All that was said after piece `after`. Raises NotFound."""
    async with ops.db.tx() as tx:
        await permitted.run(tx, actor, run, Action.RUN_READ)
        return await logs.since(tx, ops.keyring, run, after)


async def listen(
    ops: Ops, actor: Actor, run: RunId, after: int, seen: Status | None, wait: float
) -> Heard:
    """What the log says after piece `after`. With nothing new it waits, until the status is another
    than `seen`, or `wait` seconds are over. Raises NotFound."""
    end = time.monotonic() + wait
    with ops.ear.waiting(run) as told:
        while True:
            told.clear()
            async with ops.db.tx() as tx:
                found = await permitted.run(tx, actor, run, Action.RUN_READ)
                pieces = await logs.since(tx, ops.keyring, run, after)
            news = pieces or found.status in OVER or (seen is not None and found.status is not seen)
            left = end - time.monotonic()
            if news or left <= 0:
                return Heard(found, pieces)
            with anyio.move_on_after(min(left, PAUSE)):
                await told.wait()


async def state_version(ops: Ops, actor: Actor, version: StateVersionId) -> StateVersion:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        return await permitted.state_version(tx, actor, version, Action.STATE_READ)


async def differences(
    ops: Ops, actor: Actor, version: StateVersionId, *, since: bool = False
) -> Differences:
    """What a state version has that the one before it had not, and the other way; or, `since`, what
    the current one has that it has not. No values. Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.state_version(tx, actor, version, Action.STATE_READ)
        old = found if since else await states.before(tx, found)
        newer = await states.current(tx, found.workspace) if since else found
        assert newer is not None  # there is one at least: `found`
        new = await blobs.get(tx, ops.keyring, newer.content)
        was = await blobs.get(tx, ops.keyring, old.content) if old else None
    return await to_thread.run_sync(statediff.between, was, new)
