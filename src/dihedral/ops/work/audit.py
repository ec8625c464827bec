"""The audit log's verbs: note an act in the transaction that does it, note a refusal, prove it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.audit import Act, Head, Link, Outcome, act
from dihedral.domain.right import Action, Place
from dihedral.kit import blob, keys
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, chain
from dihedral.ops.store import audit
from dihedral.ops.store.audit import Kept, Which
from dihedral.ops.work.plane import Ops

BATCH = 1000  # records that are read at once


@dataclass(frozen=True, slots=True)
class Proof:
    """How far the chain holds, and what is wrong after that; nothing where `broken` is empty."""

    head: Head
    broken: str


def note(ops: Ops, tx: Tx, done: Act) -> None:
    """Kept if, and only if, `tx` commits. It is written last, since all records queue up."""

    async def write(tx: Tx) -> None:
        key = await keys.sealing(tx, ops.keyring)
        link = chain.link(await audit.hold(tx), done)
        head = Head(link.seq, link.hash)
        await audit.add(tx, link, blob.seal(key, b"", chain.sealed(head)))

    tx.last(write)


def noted(ops: Ops, tx: Tx, by: Actor, action: str, target: str, **rest: str) -> None:
    """`note` of something that this actor does now; `rest` are further fields of an `Act`."""
    note(ops, tx, act(ops.now(), by, action, target, **rest))


async def told(ops: Ops, by: Actor, action: str, target: str, **rest: str) -> None:
    """What somebody did that moves nothing else; in a transaction of its own."""
    async with ops.db.tx() as tx:
        noted(ops, tx, by, action, target, **rest)


async def refused(ops: Ops, by: Actor, action: str, target: str, reason: str) -> None:
    """What somebody may not do, and tried; in a transaction of its own, for theirs is undone."""
    async with ops.db.tx() as tx:
        noted(ops, tx, by, action, target, outcome=Outcome.DENIED, reason=reason)


async def page(ops: Ops, by: Actor, which: Which, size: int) -> list[Link]:
    """Newest first, of its organization. Reading the log is an act, too. Raises Forbidden."""
    access.demand(by, Action.AUDIT_READ, Place(by.organization))
    which = replace(which, organization=by.organization)
    async with ops.db.tx() as tx:
        found = await audit.page(tx, which, size)
        noted(ops, tx, by, "audit.read", "audit")
        return found


async def records(ops: Ops, by: Actor, after: int) -> list[Link]:
    """Oldest first, at most `BATCH`, of all organizations, or they would be no chain. Noted with
    the first of them, or none could ever be last. Raises Forbidden."""
    access.demand(by, Action.AUDIT_READ, Place(HOME))
    async with ops.db.tx() as tx:
        if after == 0:
            noted(ops, tx, by, "audit.export", "audit")
        return await audit.after(tx, after, BATCH)


async def each(ops: Ops, after: int = 0) -> AsyncIterator[list[Link]]:
    """All records in order, some at a time."""
    while True:
        async with ops.db.tx() as tx:
            links = await audit.after(tx, after, BATCH)
        if not links:
            return
        yield links
        after = links[-1].seq


async def head(ops: Ops) -> Head:
    async with ops.db.tx() as tx:
        return (await audit.kept(tx)).head


async def verify(ops: Ops, by: Actor) -> Proof:
    """Whether every record is as it was written, none is missing, and the newest are there. Raises
    Forbidden."""
    access.demand(by, Action.AUDIT_READ, Place(by.organization))
    async with ops.db.tx() as tx:
        kept = await audit.kept(tx)
        wrong = await _wrong(ops, tx, kept)
    told = kept.head
    reached = Head()
    async for links in each(ops):
        reached, broken = chain.follow(reached, [x for x in links if x.seq <= told.seq])
        if broken:
            return Proof(reached, broken)
        if reached.seq == told.seq:
            break
    if reached != told:
        wrong = wrong or f"record {told.seq} is not the one that the head names"
    return Proof(reached, wrong)


async def _wrong(ops: Ops, tx: Tx, kept: Kept) -> str:
    """What is wrong with the head: not the newest record's, or not written with the key."""
    if kept.newest != kept.head.seq:
        return f"the newest record is {kept.newest}, and {kept.head.seq} were written"
    if kept.seal is None:
        return "" if kept.head == Head() else "the log's head has no seal"
    if not await keys.genuine(tx, ops.keyring, kept.seal, chain.sealed(kept.head)):
        return "the log's head was not written with this server's key"
    return ""
