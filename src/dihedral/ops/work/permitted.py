"""Objects, loaded for somebody: to hold one is to have been allowed to.

What somebody may not even read is not there for him (NotFound); what he may read and not do is
Forbidden, with what it takes.
"""

from collections.abc import Sequence

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Hidden
from dihedral.domain.ids import RunId, StateVersionId, WorkspaceId
from dihedral.domain.person import Person
from dihedral.domain.right import Action, Place
from dihedral.domain.run import Run
from dihedral.domain.workspace import StateVersion, Workspace
from dihedral.kit.db import Tx
from dihedral.ops.rules import access
from dihedral.ops.store import people, runs, states, workspaces


async def workspace(tx: Tx, actor: Actor, key: str, action: Action) -> Workspace:
    """By name or id, in the actor's organization. Raises NotFound, Forbidden."""
    return _seen(actor, action, await workspaces.find(tx, key, actor.organization), key)


async def workspace_held(tx: Tx, actor: Actor, key: str, action: Action) -> Workspace:
    """The same, held until `tx` ends."""
    return _seen(actor, action, await workspaces.lock(tx, key, actor.organization), key)


async def run(tx: Tx, actor: Actor, key: RunId, action: Action) -> Run:
    """Raises NotFound, Forbidden."""
    found = await runs.find(tx, key)
    await _run_seen(tx, actor, action, found)
    return found


async def run_held(tx: Tx, actor: Actor, key: RunId, action: Action) -> Run:
    """The same, held until `tx` ends."""
    found = await runs.lock(tx, key)
    await _run_seen(tx, actor, action, found)
    return found


async def state_version(tx: Tx, actor: Actor, key: StateVersionId, action: Action) -> StateVersion:
    """Raises NotFound, Forbidden."""
    found = await states.find(tx, key)
    where = await workspaces.find(tx, found.workspace)
    access.demand_seen(actor, action, where.place, ("state version", key))
    return found


async def person(tx: Tx, actor: Actor, key: str, action: Action) -> Person:
    """Of its organization; of any, in the server's own. Raises NotFound, Forbidden."""
    access.demand(actor, action, Place(actor.organization))
    found = await people.find(tx, key)
    homes = {grant.place.organization for grant in await people.grants(tx, found.id)}
    if actor.organization != HOME and actor.organization not in homes:
        raise Hidden("person", key, f"{key} has no role in {actor.organization}")
    return found


async def governed(tx: Tx, actor: Actor, key: str) -> Person:
    """A person over whom it may decide, held until `tx` ends. Raises NotFound, Forbidden."""
    access.demand(actor, Action.PERSON_SET, Place(actor.organization))
    found = await people.lock(tx, key)
    access.demand_governed(actor, found.id, await people.grants(tx, found.id))
    return found


async def sight(
    tx: Tx, actor: Actor, action: Action = Action.WORKSPACE_READ
) -> Sequence[WorkspaceId] | None:
    """The workspaces that it may read, or do something else in; None for all of its
    organization."""
    if access.everywhere(actor, action):
        return None
    return await readable(tx, actor, action)


async def readable(
    tx: Tx, actor: Actor, action: Action = Action.WORKSPACE_READ
) -> list[WorkspaceId]:
    """The same, each of them."""
    return [
        place.workspace
        for place in await workspaces.places(tx, actor.organization)
        if place.workspace and not access.refusal(actor, action, place)
    ]


def _seen(actor: Actor, action: Action, found: Workspace, key: str) -> Workspace:
    access.demand_seen(actor, action, found.place, ("workspace", key))
    return found


async def _run_seen(tx: Tx, actor: Actor, action: Action, found: Run) -> None:
    where = await workspaces.find(tx, found.workspace)
    access.demand_seen(actor, action, where.place, ("run", found.id))
