"""The verbs of organizations and projects: make, look."""

import re

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Forbidden, Invalid, NotFound
from dihedral.domain.ids import OrganizationId, ProjectId
from dihedral.domain.right import Action, Grant, Place, Role
from dihedral.ops.rules import access
from dihedral.ops.store import people
from dihedral.ops.store import projects as store
from dihedral.ops.store.people import Given
from dihedral.ops.store.projects import Organization, Project
from dihedral.ops.work import audit
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.workspaces import DEFAULT

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
DESCRIPTION = 1000  # characters


async def organizations(ops: Ops, by: Actor) -> list[Organization]:
    """In which one has a role, by name; all, for who runs the server's own."""
    access.demand_somewhere(by, Action.ORGANIZATION_READ)
    async with ops.db.tx() as tx:
        found = await store.organizations(tx)
        held = {grant.place.organization for grant in await people.grants(tx, by.id)}
    if by.organization == HOME and not access.refusal(by, Action.ORGANIZATION_CREATE, Place(HOME)):
        return found
    return [one for one in found if one.id in held | {by.organization}]


async def add_organization(ops: Ops, by: Actor, name: str, administrator: str) -> Organization:
    """With a first project, and with who runs it. Raises Invalid, NotFound (the administrator),
    Conflict, Forbidden."""
    if by.organization != HOME:
        raise Forbidden("organizations are made by who runs the server's own")
    access.demand(by, Action.ORGANIZATION_CREATE, Place(HOME))
    _check(name)
    now = ops.now()
    made = Organization(id=OrganizationId(ops.mint("org")), name=name, created_at=now)
    first = Project(
        id=ProjectId(ops.mint("prj")),
        organization=made.id,
        name=DEFAULT,
        description="",
        created_at=now,
    )
    async with ops.db.tx() as tx:
        try:
            person = await people.find(tx, administrator or by.id)
        except NotFound as cause:
            raise Invalid(f"{cause}: say who is to run it (--administrator NAME)") from cause
        await store.add_organization(tx, made)
        await store.add(tx, first)
        grant = Grant(Role.ADMINISTRATOR, Place(made.id))
        await people.give(tx, Given(holder=person.id, grant=grant, given_by=by.id, given_at=now))
        audit.noted(ops, tx, by, "organization.create", name, reason=f"run by {person.id}")
        audit.noted(
            ops, tx, by, "grant.set", person.id, organization=made.id, reason=f"runs {name}"
        )
    return made


async def projects(ops: Ops, by: Actor) -> list[Project]:
    """Of one's organization, by name, in which one may read anything."""
    access.demand_somewhere(by, Action.PROJECT_READ)
    async with ops.db.tx() as tx:
        found = await store.page(tx, by.organization)
    everywhere = access.everywhere(by, Action.PROJECT_READ)
    return [
        one
        for one in found
        if everywhere or not access.refusal(by, Action.PROJECT_READ, Place(by.organization, one.id))
    ]


async def add_project(ops: Ops, by: Actor, name: str, description: str) -> Project:
    """Raises Invalid, Conflict, Forbidden."""
    access.demand(by, Action.PROJECT_CREATE, Place(by.organization))
    _check(name)
    if len(description) > DESCRIPTION:
        raise Invalid(f"a description has at most {DESCRIPTION} characters")
    made = Project(
        id=ProjectId(ops.mint("prj")),
        organization=by.organization,
        name=name,
        description=description,
        created_at=ops.now(),
    )
    async with ops.db.tx() as tx:
        await store.add(tx, made)
        audit.noted(ops, tx, by, "project.create", name)
    return made


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(f"{name!r} is no name: small letters, digits, - and _, 63 at most")
