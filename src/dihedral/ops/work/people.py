"""The verbs of people: make, look, change, let in and keep out."""

from dataclasses import dataclass, replace

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import ActorId, OrganizationId
from dihedral.domain.person import Person, new_id
from dihedral.domain.right import Action, Grant, Place, Role
from dihedral.domain.workspace import TEAM
from dihedral.kit.db import Tx
from dihedral.ops.rules import access
from dihedral.ops.store import logins, projects, sessions
from dihedral.ops.store import people as store
from dihedral.ops.store.people import Given
from dihedral.ops.work import audit, permitted
from dihedral.ops.work.plane import Ops

LONGEST = 200  # characters of a name or an address


@dataclass(frozen=True, slots=True)
class Seen:
    """A person, and what he was given in the looker's organization."""

    person: Person
    given: tuple[Given, ...]


async def add(ops: Ops, by: Actor, person: Person, role: Role) -> Person:
    """With a first role in the whole organization. Raises Invalid, Conflict, Forbidden."""
    place = Place(by.organization)
    access.demand(by, Action.PERSON_SET, place)
    access.demand_given(by, role, place)
    new_id(person.id)
    _check(person)
    async with ops.db.tx() as tx:
        await store.add(tx, person)
        await store.give(tx, _given(ops, by, person.id, Grant(role, place)))
        audit.noted(ops, tx, by, "person.create", person.id)
        audit.noted(ops, tx, by, "grant.set", person.id, reason=f"{role} in {by.organization}")
    return person


async def page(ops: Ops, by: Actor, after: str | None, size: int) -> list[Person]:
    """Of its organization, by id; in the server's own also who has no role anywhere."""
    access.demand(by, Action.PERSON_READ, Place(by.organization))
    async with ops.db.tx() as tx:
        homeless = by.organization == HOME
        return await store.page(tx, by.organization, after, size, homeless=homeless)


async def see(ops: Ops, by: Actor, key: str) -> Seen:
    """Raises NotFound, Forbidden."""
    async with ops.db.tx() as tx:
        found = await permitted.person(tx, by, key, Action.PERSON_READ)
        return Seen(found, tuple(await store.granted(tx, by.organization, found.id)))


async def change(
    ops: Ops, by: Actor, key: str, *, name: str | None = None, email: str | None = None
) -> Person:
    """Raises Invalid, NotFound, Forbidden."""
    async with ops.db.tx() as tx:
        held = await permitted.governed(tx, by, key)
        moved = replace(
            held,
            name=held.name if name is None else name,
            email=held.email if email is None else email,
        )
        _check(moved)
        await store.save(tx, moved)
        audit.noted(ops, tx, by, "person.update", held.id)
    return moved


async def disable(ops: Ops, by: Actor, key: str) -> Person:
    """Keep somebody out: every session and token of his ends at once, and for ever. Raises
    NotFound, Forbidden, Conflict (the last administrator of an organization)."""
    now = ops.now()
    async with ops.db.tx() as tx:
        held = await permitted.governed(tx, by, key)
        if held.disabled_at:
            return held
        run = sorted({g.place.organization for g in await store.grants(tx, held.id) if _runs(g)})
        for organization in run:
            await projects.hold(tx, organization)
        moved = replace(held, disabled_at=now)
        await store.save(tx, moved)
        for organization in run:
            await demand_run(tx, organization)
        ended = await sessions.revoke_all(tx, held.id, now)
        ended += await store.revoke_all(tx, held.id, now)
        await logins.uninvite(tx, held.id)
        reason = f"{ended} session{'s' * (ended != 1)} and tokens ended"
        audit.noted(ops, tx, by, "person.disable", held.id, reason=reason)
    return moved


async def enable(ops: Ops, by: Actor, key: str) -> Person:
    """Let somebody in again, with the roles and the password that he had. Raises NotFound,
    Forbidden."""
    async with ops.db.tx() as tx:
        held = await permitted.governed(tx, by, key)
        moved = replace(held, disabled_at=None)
        if held.disabled_at:
            await store.save(tx, moved)
            audit.noted(ops, tx, by, "person.enable", held.id)
    return moved


async def demand_run(tx: Tx, organization: OrganizationId) -> None:
    """Asked after a change, in its transaction, with the organization held. Raises Conflict."""
    if not await store.administrators(tx, organization):
        raise Conflict(
            "nobody could administer the organization any more: make somebody else an"
            " administrator first"
        )


async def demand_owner(tx: Tx, organization: OrganizationId, owner: str) -> None:
    """Of a workspace. Raises Invalid, in the same words for who is nobody and for who is somebody
    elsewhere."""
    if not await store.present(tx, organization, owner):
        raise Invalid(
            f"{owner} is nobody who has a role here and may come in, so cannot answer for a"
            " workspace; name somebody who does (`dihedral person list`), or a team as"
            f" {TEAM}{owner}"
        )


def _given(ops: Ops, by: Actor, holder: ActorId, grant: Grant) -> Given:
    return Given(holder=holder, grant=grant, given_by=by.id, given_at=ops.now())


def _runs(grant: Grant) -> bool:
    whole = grant.place.project is None and grant.place.workspace is None
    return grant.role is Role.ADMINISTRATOR and whole


def _check(person: Person) -> None:
    for what, text in (("name", person.name), ("e-mail address", person.email)):
        if len(text) > LONGEST or not text.isprintable():
            raise Invalid(f"the {what} has at most {LONGEST} characters, all of which print")
