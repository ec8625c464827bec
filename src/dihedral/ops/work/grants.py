"""The verbs of grants: give a role in a place, take it, look."""

from collections.abc import Collection
from dataclasses import dataclass

from dihedral.domain.actor import SYSTEM, Actor
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ActorId
from dihedral.domain.right import Action, Grant, Place, Role, Where
from dihedral.kit.db import Tx
from dihedral.ops.rules import access
from dihedral.ops.store import people as store
from dihedral.ops.store import projects
from dihedral.ops.store.people import Given
from dihedral.ops.work import audit, people, permitted
from dihedral.ops.work.plane import Ops

GROUP = "group:"


@dataclass(frozen=True, slots=True)
class _Spot:
    """`place` as a grant names it, and `within` all that it is in, where rights are asked."""

    place: Place
    within: Place
    name: str


async def page(ops: Ops, by: Actor, holder: str | None, where: Where) -> list[Given]:
    """Of the organization, or of one workspace. Raises NotFound, Forbidden."""
    async with ops.db.tx() as tx:
        spot = await _spot(tx, by, where, Action.GRANT_READ)
        who = ActorId(holder) if holder else None
        found = await store.granted(tx, by.organization, who, spot.place.workspace)
    return [one for one in found if spot.place.project in (None, one.grant.place.project)]


async def give(ops: Ops, by: Actor, holder: str, role: Role, where: Where) -> Given:
    """In place of what the holder was given there directly. Raises Invalid, NotFound, Forbidden,
    Conflict (the last administrator)."""
    async with ops.db.tx() as tx:
        spot = await _spot(tx, by, where, Action.GRANT_SET)
        access.demand_given(by, role, spot.within)
        person = await store.find(tx, holder)
        before = await _hold(tx, person.id, spot.place)
        made = Given(
            holder=person.id,
            grant=Grant(role, spot.place),
            given_by=by.id,
            given_at=ops.now(),
        )
        await store.give(tx, made)
        await _demand_run(tx, spot.place, before)
        workspace = spot.place.workspace or ""
        reason = f"{role} in {spot.name}"
        audit.noted(ops, tx, by, "grant.set", person.id, workspace=workspace, reason=reason)
    return made


async def take(ops: Ops, by: Actor, holder: str, where: Where) -> None:
    """What was given directly; what comes of a group goes with the group. Raises NotFound,
    Forbidden, Conflict (the last administrator)."""
    async with ops.db.tx() as tx:
        spot = await _spot(tx, by, where, Action.GRANT_SET)
        before = await _hold(tx, ActorId(holder), spot.place)
        if before:
            access.demand_given(by, before, spot.within)
        await store.take(tx, ActorId(holder), spot.place)
        await _demand_run(tx, spot.place, before)
        workspace = spot.place.workspace or ""
        audit.noted(
            ops, tx, by, "grant.remove", holder, workspace=workspace, reason=f"in {spot.name}"
        )


async def renew(ops: Ops, tx: Tx, holder: ActorId, wanted: Collection[tuple[str, Grant]]) -> None:
    """What groups give at a login, each a source and its grant; what they do not give any more
    goes. What was given directly stays."""
    sources = {(source, grant.place): grant.role for source, grant in wanted}
    organizations = {grant.place.organization for _, grant in wanted} | {
        grant.place.organization for grant in await store.grants(tx, holder)
    }
    for organization in sorted(organizations):
        for old in await store.granted(tx, organization, holder):
            known = sources.get((old.source, old.grant.place))
            if old.source.startswith(GROUP) and known is None:
                await store.take(tx, holder, old.grant.place, old.source)
                _renewed(ops, tx, "grant.remove", holder, (old.source, old.grant))
            elif known is old.grant.role:
                del sources[old.source, old.grant.place]
    for (source, place), role in sources.items():
        grant = Grant(role, place)
        given = Given(
            holder=holder, grant=grant, source=source, given_by=SYSTEM.id, given_at=ops.now()
        )
        await store.give(tx, given)
        _renewed(ops, tx, "grant.set", holder, (source, grant))


def _renewed(ops: Ops, tx: Tx, action: str, holder: ActorId, told: tuple[str, Grant]) -> None:
    source, grant = told
    place = grant.place
    where = place.workspace or place.project or place.organization
    reason = f"{grant.role} in {where} by {source}"
    audit.noted(ops, tx, SYSTEM, action, holder, organization=place.organization, reason=reason)


async def _spot(tx: Tx, by: Actor, where: Where, action: Action) -> _Spot:
    """Raises Invalid, NotFound, Forbidden."""
    whole = Place(by.organization)
    if where.project and where.workspace:
        raise Invalid("say a project or a workspace: a workspace is in one project already")
    if where.workspace:
        found = await permitted.workspace(tx, by, where.workspace, action)
        return _Spot(Place(by.organization, None, found.id), found.place, found.name)
    if where.project:
        access.demand_somewhere(by, Action.PROJECT_READ)
        project = await projects.find(tx, by.organization, where.project)
        place = Place(by.organization, project)
        access.demand(by, action, place)
        return _Spot(place, place, where.project)
    access.demand(by, action, whole)
    return _Spot(whole, whole, by.organization)


async def _hold(tx: Tx, holder: ActorId, place: Place) -> Role | None:
    """What somebody was given there; the organization is held where it may lose who runs it."""
    if place.project is None and place.workspace is None:
        await projects.hold(tx, place.organization)
    return await store.held(tx, holder, place)


async def _demand_run(tx: Tx, place: Place, before: Role | None) -> None:
    whole = place.project is None and place.workspace is None
    if whole and before is Role.ADMINISTRATOR:
        await people.demand_run(tx, place.organization)
