"""Rotating keys: a new data key, everything sealed anew with it, and the old one destroyed.

Nobody stops for it. From the moment that the new key is there nothing is sealed with another
(`kit.keys`); then what the old ones sealed is moved, some rows in a transaction, never waiting for
one while others are held. Whoever is killed leaves nothing to mend: where it stood is in what is
left, and the next call goes on. A row that somebody changed does not become genuine by it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dihedral.domain.actor import HOME, SYSTEM, Actor
from dihedral.domain.approval import Approval
from dihedral.domain.errors import Conflict
from dihedral.domain.right import Action, Place
from dihedral.domain.workspace import Workspace
from dihedral.kit import blob, keys
from dihedral.kit.blob import Sealed
from dihedral.kit.db import Tx, Unavailable
from dihedral.kit.key import Key
from dihedral.kit.keys import Busy, Entry
from dihedral.ops.rules import access, chain, seal
from dihedral.ops.store import approvals, runs, sealed, workspaces
from dihedral.ops.work import audit, consent
from dihedral.ops.work.plane import Ops

UNTRUE = b""
"""In place of a seal that did not hold: it holds no more than before."""
PAUSE = 0.1  # seconds until what somebody held is looked at again
TRIES = 60  # for a moment in which nobody seals; each waits a second

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Use:
    """A key, whether it seals now, and how much is under it, by kind."""

    entry: Entry
    seals: bool
    holds: Mapping[str, int]


@dataclass(slots=True)
class Rotation:
    """How far it is. `damaged` can be opened by nobody, and keeps its key from being destroyed."""

    seals: str = ""
    moved: int = 0
    damaged: dict[str, list[str]] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)


async def rotate(
    ops: Ops, by: Actor, told: Callable[[Rotation], None] = lambda _: None
) -> Rotation:
    """Begins one, or goes on with one that was begun. Raises Forbidden, Conflict."""
    _demand(by)
    at = Rotation()

    async def begin() -> None:
        async with ops.db.tx() as tx:
            if made := await keys.renew(tx, ops.keyring):
                audit.noted(ops, tx, by, "key.rotate", made.id)

    await _patiently(begin)
    await _drain(ops, by, at, told)
    return at


async def go_on(ops: Ops) -> None:
    """With a rotation that somebody began and did not finish. Twice at once is harmless."""
    try:
        async with ops.db.tx() as tx:
            if not await keys.leaving(tx):
                return
        at = Rotation()
        await _drain(ops, SYSTEM, at, lambda _: None)
        _log.info("a rotation of keys is finished: %s sealed anew", at.moved)
    except (Unavailable, Conflict) as cause:
        _log.warning("a rotation of keys waits for the next start: %s", cause)


async def show(ops: Ops, by: Actor) -> list[Use]:
    """Every key that ever was, newest first. Raises Forbidden."""
    _demand(by)
    async with ops.db.tx() as tx:
        entries = await keys.every(tx)
        held = await sealed.left(tx, [entry.key_id for entry in entries])
    return [
        Use(e, e.kind == "data" and e.retired_at is None, held.get(e.key_id, {})) for e in entries
    ]


async def change_master(ops: Ops, by: Actor, new: Key) -> None:
    """Lets a further master key open everything. The one of before does so, too, until a process
    has started with the new one. Raises Forbidden, Conflict."""
    _demand(by)

    async def once() -> None:
        async with ops.db.tx() as tx:
            newest = (await keys.masters(tx))[-1]
            if newest == new.id:
                return
            if newest != ops.keyring.id:
                raise Conflict(
                    f"the master key is being changed to {newest} already: start the server with"
                    " that one, and then change it again"
                )
            await keys.rewrap(tx, ops.keyring, new)
            if any(e.kind == "master" and e.ended_at is None for e in await keys.every(tx)):
                raise Conflict(
                    "the master key itself sealed some content, before there were data keys: run"
                    " `dihedral key rotate` first"
                )
            audit.noted(ops, tx, by, "key.rotate_master", new.id)

    await _patiently(once)


async def _drain(ops: Ops, by: Actor, at: Rotation, told: Callable[[Rotation], None]) -> None:
    """Until nothing is left under the keys that are retired, and they are destroyed."""
    while True:
        async with ops.db.tx() as tx:
            leaving = await keys.leaving(tx)
            at.seals = (await keys.sealing(tx, ops.keyring)).id
        if not leaving:
            return
        before = at.moved
        for batch in batches(at):
            while count := await batch(ops, leaving):
                at.moved += count
                told(at)
        if await _ended(ops, by, at, leaving):
            return
        if before == at.moved:
            await asyncio.sleep(PAUSE)


Batch = Callable[[Ops, Sequence[str]], Awaitable[int]]


def batches(at: Rotation) -> list[Batch]:
    def content(kind: sealed.Kind) -> Batch:
        async def batch(ops: Ops, leaving: Sequence[str]) -> int:
            return await _content(ops, leaving, kind, at.damaged)

        return batch

    return [*map(content, sealed.CONTENT), _runs, _head]


async def _ended(ops: Ops, by: Actor, at: Rotation, leaving: Sequence[str]) -> bool:
    """Whether the keys are destroyed: if nothing is left under them. Raises Conflict when nothing
    but what is damaged is."""
    async with ops.db.tx() as tx:
        if await _left(tx, at, leaving):
            return False

    async def once() -> None:
        async with ops.db.tx() as tx:
            gone = [key for key in await keys.hold(tx) if key in leaving]
            if not await _left(tx, at, gone):
                await keys.end(tx, gone)
                at.ended += gone
                for key in gone:
                    audit.noted(ops, tx, by, "key.destroy", key)

    await _patiently(once)
    return True


async def _left(tx: Tx, at: Rotation, leaving: Sequence[str]) -> bool:
    """Whether there is more to move. Raises Conflict when there is nothing but what is damaged."""
    held = await sealed.left(tx, [*leaving, sealed.BARE])
    counts = [(kind, n) for kinds in held.values() for kind, n in kinds.items()]
    if counts and all(len(at.damaged.get(kind, ())) >= n for kind, n in counts):
        raise Conflict(_lost(at.damaged))
    return bool(counts)


async def _content(
    ops: Ops, leaving: Sequence[str], kind: sealed.Kind, damaged: dict[str, list[str]]
) -> int:
    """Some rows sealed anew; what cannot be opened is left as it is, and remembered."""
    async with ops.db.tx() as tx:
        key = await keys.sealing(tx, ops.keyring)
        found = await sealed.some(tx, kind, leaving, damaged.get(kind.name, ()))
        moved = []
        for one in found:
            try:
                again = blob.reseal(ops.keyring, key, one.sealed, one.bind)
            except Sealed as cause:
                _log.error("%s %s cannot be opened: %s", kind.name, one.id, cause)
                damaged.setdefault(kind.name, []).append(one.id)
            else:
                moved.append(replace(one, sealed=again))
        await sealed.move(tx, kind, moved)
    return len(found)


async def _runs(ops: Ops, leaving: Sequence[str]) -> int:
    """A run and its approvals at once: they are compared with each other."""
    async with ops.db.tx() as tx:
        key = await keys.sealing(tx, ops.keyring)
        found = await sealed.some_runs(tx, leaving)
        for name in found:
            run = await runs.find(tx, name)
            space = await workspaces.find(tx, run.workspace)
            true = await keys.genuine(tx, ops.keyring, run.seal, seal.of_run(run))
            moved = replace(run, inputs=await consent.renewed(ops, tx, space, run.inputs))
            tag = blob.seal(key, b"", seal.of_run(moved)) if true else run.seal and UNTRUE
            await sealed.move_run(tx, name, tag, moved.inputs)
            for old in await approvals.of_run(tx, name):
                await _approval(ops, tx, space, old)
    return len(found)


async def _approval(ops: Ops, tx: Tx, space: Workspace, old: Approval) -> None:
    key = await keys.sealing(tx, ops.keyring)
    true = await keys.genuine(tx, ops.keyring, old.seal, seal.of_approval(old))
    moved = replace(old, inputs=await consent.renewed(ops, tx, space, old.inputs))
    tag = blob.seal(key, b"", seal.of_approval(moved)) if true else UNTRUE
    await sealed.move_approval(tx, old.id, tag, moved.inputs)


async def _head(ops: Ops, leaving: Sequence[str]) -> int:
    async with ops.db.tx() as tx:
        key = await keys.sealing(tx, ops.keyring)
        if (found := await sealed.head(tx, leaving)) is None:
            return 0
        head, tag = found
        true = await keys.genuine(tx, ops.keyring, tag, chain.sealed(head))
        await sealed.move_head(tx, blob.seal(key, b"", chain.sealed(head)) if true else UNTRUE)
    return 1


async def _patiently(once: Callable[[], Awaitable[None]]) -> None:
    """Raises Conflict where there is never a moment in which nobody seals."""
    for _ in range(TRIES):
        try:
            return await once()
        except Busy:
            await asyncio.sleep(PAUSE)
    raise Conflict("something has been sealing for a minute without an end; try again later")


def _lost(damaged: Mapping[str, Sequence[str]]) -> str:
    named = "; ".join(f"{kind} {', '.join(ids[:5])}" for kind, ids in damaged.items() if ids)
    return (
        f"all but what nobody can open is sealed anew, so the old key stays: {named}. Restore it"
        " from a backup or remove it, and run `dihedral key rotate` again"
    )


def _demand(by: Actor) -> None:
    """The keys are the whole server's, and so are those who may replace them."""
    access.demand(by, Action.KEY_ROTATE, Place(HOME))
