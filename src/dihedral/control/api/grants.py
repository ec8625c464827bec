"""Grants over HTTP: who was given which role where."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.ids import ActorId, OrganizationId, ProjectId, WorkspaceId
from dihedral.domain.right import Action, Role, Where
from dihedral.ops.store.people import Given
from dihedral.ops.work import grants


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantShape:
    """In the whole organization, or in a project or a workspace of it. `source` is `direct`, or
    `group:NAME` of whoever logs people in."""

    holder: ActorId
    role: Role
    organization: OrganizationId
    project: ProjectId | None
    workspace: WorkspaceId | None
    source: str
    given_by: ActorId
    given_at: datetime


@dataclass(frozen=True, slots=True)
class GrantPage:
    items: list[GrantShape]
    next: str | None


class GrantQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`project` and `workspace` by name or id."""

    holder: str | None = None
    project: str = ""
    workspace: str = ""


class GrantAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """In place of what the holder was given there before. With neither `project` nor `workspace`,
    in the whole organization."""

    holder: str
    role: Role
    project: str = ""
    workspace: str = ""


class GrantGone(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    holder: str
    project: str = ""
    workspace: str = ""


async def page(request: Request) -> GrantPage:
    asked = edge.query(request, GrantQuery)
    where = Where(asked.project, asked.workspace)
    found = await grants.page(edge.ops(request), edge.actor(request), asked.holder, where)
    return GrantPage([shape(one) for one in found], None)


async def put(request: Request) -> GrantShape:
    asked = await edge.body(request, GrantAsked)
    where = Where(asked.project, asked.workspace)
    parts, actor = edge.ops(request), edge.actor(request)
    return shape(await grants.give(parts, actor, asked.holder, asked.role, where))


async def drop(request: Request) -> None:
    asked = edge.query(request, GrantGone)
    where = Where(asked.project, asked.workspace)
    await grants.take(edge.ops(request), edge.actor(request), asked.holder, where)


def shape(given: Given) -> GrantShape:
    place = given.grant.place
    return GrantShape(
        holder=given.holder,
        role=given.grant.role,
        organization=place.organization,
        project=place.project,
        workspace=place.workspace,
        source=given.source,
        given_by=given.given_by,
        given_at=given.given_at,
    )


doors = (
    Door(
        method="GET",
        path="/v1/grants",
        handler=page,
        needs=Action.GRANT_READ,
        summary="Who was given which role, in the organization or in a part of it",
        asks=GrantQuery,
        gives=GrantPage,
    ),
    Door(
        method="PUT",
        path="/v1/grants",
        handler=put,
        needs=Action.GRANT_SET,
        summary="Give somebody a role in a place",
        takes=GrantAsked,
        gives=GrantShape,
    ),
    Door(
        method="DELETE",
        path="/v1/grants",
        handler=drop,
        needs=Action.GRANT_SET,
        summary="Take somebody's role in a place",
        asks=GrantGone,
        status=204,
    ),
)
