"""A workspace's terms: what they are, and the one place where they are set."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import anyio.to_thread

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.right import Action
from dihedral.domain.workspace import Workspace
from dihedral.kit.db import Tx
from dihedral.ops.rules import terms
from dihedral.ops.rules.terms import Moved, Terms
from dihedral.ops.store import workspaces as store
from dihedral.ops.work import audit, permitted
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class Agreed:
    """`moved` is what the last change moved: empty where terms are only read."""

    workspace: Workspace
    terms: Terms
    moved: tuple[Moved, ...] = ()


async def see(ops: Ops, actor: Actor, key: str) -> Agreed:
    """Raises NotFound; Invalid where the document that is kept can no longer be read."""
    async with ops.db.tx() as tx:
        found = await permitted.workspace(tx, actor, key, Action.TERMS_READ)
    return Agreed(found, await _read(ops, found.terms))


async def agree(ops: Ops, actor: Actor, key: str, text: str, was: str | None = None) -> Agreed:
    """A new document in place of the old; it counts for every run judged from now on.

    `was` is the document that the writer read: where it is another by now, nothing is lost.
    Raises NotFound, Forbidden, Conflict, Invalid; after any of them the old one holds.
    """
    held = await anyio.to_thread.run_sync(terms.check, text, ops.terms)
    async with ops.db.tx() as tx:
        found = await permitted.workspace_held(tx, actor, key, Action.TERMS_SET)
        if was is not None and was != found.terms:
            raise Conflict(
                f"the terms of {found.name} have changed since you read them;"
                f" read them again with `dihedral workspace terms {found.name} --own`"
            )
        before = await _before(ops, found)
        await _demand_lenders(tx, actor, set(held.guard.lenders) - set(before.guard.lenders))
        changed = replace(found, terms=text)
        await store.save(tx, changed)
        moved = terms.moved(before, held)
        _record(ops, tx, actor, changed, moved)
    return Agreed(changed, held, moved)


async def _demand_lenders(tx: Tx, actor: Actor, granted: Iterable[str]) -> None:
    """Nobody grants what they may not read themselves. Raises Invalid, Forbidden."""
    for name in sorted(granted):
        try:
            found = await permitted.workspace(tx, actor, name, Action.STATE_READ)
        except NotFound:
            found = None
        if found is None or found.name != name:  # an id is a key as well, but no grant
            named = await store.names(tx, actor.organization, await permitted.sight(tx, actor))
            near = difflib.get_close_matches(name, named, n=1, cutoff=0.5)
            meant = f"did you mean {near[0]}?" if near else "make it first"
            raise Invalid(f"guard.remote_states: there is no workspace {name!r}; {meant}")


def _record(ops: Ops, tx: Tx, actor: Actor, workspace: Workspace, moved: tuple[Moved, ...]) -> None:
    """Who moved which term, and which of them let more pass."""
    for one in moved:
        how = {True: "looser", False: "stricter", None: "changed"}[one.looser]
        said = {"workspace": workspace.id, "reason": f"{one.path} is {how}"}
        audit.noted(ops, tx, actor, "terms.set", workspace.name, **said)


async def _before(ops: Ops, found: Workspace) -> Terms:
    """What held until now; a document that cannot be read is not in the way of a better one."""
    try:
        return await _read(ops, found.terms)
    except Invalid:
        return ops.terms


async def _read(ops: Ops, text: str) -> Terms:
    return await anyio.to_thread.run_sync(terms.read, text, ops.terms)
