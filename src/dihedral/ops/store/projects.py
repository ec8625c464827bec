"""Organizations and their projects, remembered."""

from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import OrganizationId, ProjectId
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "projects.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    id: OrganizationId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    id: ProjectId
    organization: OrganizationId
    name: str
    description: str
    created_at: datetime


async def organizations(tx: Tx) -> list[Organization]:
    """By name."""
    return [Organization(**row) for row in await tx.rows(Q["organizations"])]


async def organization(tx: Tx, key: str) -> Organization:
    """By name or id. Raises NotFound."""
    row = await tx.row(Q["organization"], key=key)
    if row is None:
        raise NotFound("organization", key)
    return Organization(**row)


async def hold(tx: Tx, organization: OrganizationId) -> None:
    """Until `tx` ends: who changes its administrators waits for whoever does already."""
    await tx.rows(Q["hold"], id=organization)


async def called(tx: Tx, organization: OrganizationId) -> str:
    """An organization's name. Raises NotFound."""
    row = await tx.row(Q["called"], organization=organization)
    if row is None:
        raise NotFound("organization", organization)
    return str(row["name"])


async def add_organization(tx: Tx, made: Organization) -> None:
    """Raises Conflict when the name is taken."""
    fields = {"id": made.id, "name": made.name, "created_at": made.created_at}
    if not await tx.do(Q["add_organization"], **fields):
        raise Conflict(f"there is an organization {made.name} already")


async def page(tx: Tx, organization: OrganizationId) -> list[Project]:
    """By name."""
    return [Project(**row) for row in await tx.rows(Q["page"], organization=organization)]


async def find(tx: Tx, organization: OrganizationId, key: str) -> ProjectId:
    """By name or id. Raises NotFound."""
    row = await tx.row(Q["find"], organization=organization, key=key)
    if row is None:
        raise NotFound("project", key)
    return ProjectId(row["id"])


async def add(tx: Tx, made: Project) -> None:
    """Raises Conflict when the name is taken."""
    added = await tx.do(
        Q["add"],
        id=made.id,
        organization=made.organization,
        name=made.name,
        description=made.description,
        created_at=made.created_at,
    )
    if not added:
        raise Conflict(f"there is a project {made.name} already")
