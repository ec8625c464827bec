"""Organizations and their projects over HTTP."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.ids import OrganizationId, ProjectId
from dihedral.domain.right import Action
from dihedral.ops.store.projects import Organization, Project
from dihedral.ops.work import tenancy


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationShape:
    id: OrganizationId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrganizationPage:
    items: list[OrganizationShape]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectShape:
    id: ProjectId
    organization: OrganizationId
    name: str
    description: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProjectPage:
    items: list[ProjectShape]
    next: str | None


class OrganizationAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`administrator` is who is to run it; without one, who asks."""

    name: str
    administrator: str = ""


class ProjectAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    description: str = ""


async def organizations(request: Request) -> OrganizationPage:
    found = await tenancy.organizations(edge.ops(request), edge.actor(request))
    return OrganizationPage([_organization(one) for one in found], None)


async def add_organization(request: Request) -> OrganizationShape:
    asked = await edge.body(request, OrganizationAsked)
    parts, actor = edge.ops(request), edge.actor(request)
    return _organization(
        await tenancy.add_organization(parts, actor, asked.name, asked.administrator)
    )


async def page(request: Request) -> ProjectPage:
    found = await tenancy.projects(edge.ops(request), edge.actor(request))
    return ProjectPage([_project(one) for one in found], None)


async def add(request: Request) -> ProjectShape:
    asked = await edge.body(request, ProjectAsked)
    parts, actor = edge.ops(request), edge.actor(request)
    return _project(await tenancy.add_project(parts, actor, asked.name, asked.description))


def _organization(one: Organization) -> OrganizationShape:
    return OrganizationShape(id=one.id, name=one.name, created_at=one.created_at)


def _project(one: Project) -> ProjectShape:
    return ProjectShape(
        id=one.id,
        organization=one.organization,
        name=one.name,
        description=one.description,
        created_at=one.created_at,
    )


doors = (
    Door(
        method="GET",
        path="/v1/organizations",
        handler=organizations,
        needs=Action.ORGANIZATION_READ,
        summary="Organizations that one belongs to, by name",
        gives=OrganizationPage,
    ),
    Door(
        method="POST",
        path="/v1/organizations",
        handler=add_organization,
        needs=Action.ORGANIZATION_CREATE,
        summary="Make an organization, and say who runs it",
        takes=OrganizationAsked,
        gives=OrganizationShape,
        status=201,
    ),
    Door(
        method="GET",
        path="/v1/projects",
        handler=page,
        needs=Action.PROJECT_READ,
        summary="Projects of the organization, by name",
        gives=ProjectPage,
    ),
    Door(
        method="POST",
        path="/v1/projects",
        handler=add,
        needs=Action.PROJECT_CREATE,
        summary="Make a project",
        takes=ProjectAsked,
        gives=ProjectShape,
        status=201,
    ),
)
