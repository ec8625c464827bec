"""Workspaces over HTTP: settings, lock, and what exists in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api.states import StateVersionShape
from dihedral.control.api.states import shape as shape_state
from dihedral.control.edge import Door
from dihedral.domain.ids import WorkspaceId
from dihedral.domain.right import Action
from dihedral.domain.workspace import Hold, Workspace
from dihedral.ops.work import watch, workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class LockShape:
    kind: Hold
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceShape:
    """`apply_limit` in seconds; `tool_version` empty is whatever the worker has. `owner` is who
    answers for it, a person or `team:NAME`; empty: nobody."""

    id: WorkspaceId
    name: str
    description: str
    owner: str
    tool: str
    tool_version: str
    working_directory: str
    simulated: bool
    auto_apply: bool
    apply_limit: float
    lock: LockShape | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateShape:
    """`reads` are other workspaces with the outputs that it reads of them, `read_by` those that
    read its own; `*` is every output."""

    workspace: WorkspaceShape
    state_version: StateVersionShape | None
    resources: int
    reads: Mapping[str, tuple[str, ...]]
    read_by: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class WorkspacePage:
    items: list[WorkspaceShape]
    next: str | None


@dataclass(frozen=True, slots=True)
class Outputs:
    """By name; a sensitive one says so in place of its value."""

    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resources:
    addresses: tuple[str, ...]


class WorkspacesAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    owner: Annotated[str, Meta(max_length=100)] | None = None
    after: str | None = None
    size: Annotated[int, Meta(ge=1, le=200)] = 50


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What may be set; what is left out stays. `apply_limit` in seconds."""

    name: str | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET
    owner: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    tool: str | UnsetType = UNSET
    tool_version: str | UnsetType = UNSET
    working_directory: str | UnsetType = UNSET
    simulated: bool | UnsetType = UNSET
    auto_apply: bool | UnsetType = UNSET
    apply_limit: Annotated[float, Meta(gt=0, le=86400)] | UnsetType = UNSET


class NewWorkspace(Settings, frozen=True, kw_only=True):
    name: str


class DropAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    force: bool = False


class LockAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    reason: Annotated[str, Meta(max_length=1000)] = ""


async def page(request: Request) -> WorkspacePage:
    asked = edge.query(request, WorkspacesAsked)
    found = await watch.workspace_page(
        edge.ops(request), edge.actor(request), asked.after, asked.size, asked.owner
    )
    last = found[-1].name if len(found) == asked.size else None
    return WorkspacePage([shape(w) for w in found], last)


async def add(request: Request) -> WorkspaceShape:
    default = {"apply_limit": request.app.state.settings.apply_limit}
    asked = default | _settings(await edge.body(request, NewWorkspace))
    name = asked.pop("name")
    return shape(await workspaces.add(edge.ops(request), edge.actor(request), name, **asked))


async def read(request: Request) -> EstateShape:
    found = await workspaces.see(edge.ops(request), edge.actor(request), _key(request))
    return EstateShape(
        workspace=shape(found.workspace),
        state_version=shape_state(found.version) if found.version else None,
        resources=len(found.addresses),
        reads=found.reads,
        read_by=found.read_by,
    )


async def change(request: Request) -> WorkspaceShape:
    asked = _settings(await edge.body(request, Settings))
    parts, actor = edge.ops(request), edge.actor(request)
    return shape(await workspaces.change(parts, actor, _key(request), **asked))


async def drop(request: Request) -> None:
    asked = edge.query(request, DropAsked)
    await workspaces.drop(edge.ops(request), edge.actor(request), _key(request), force=asked.force)


async def lock(request: Request) -> WorkspaceShape:
    asked = await edge.body(request, LockAsked)
    parts, actor = edge.ops(request), edge.actor(request)
    return shape(await workspaces.lock(parts, actor, _key(request), asked.reason))


async def unlock(request: Request) -> WorkspaceShape:
    return shape(await workspaces.unlock(edge.ops(request), edge.actor(request), _key(request)))


async def outputs(request: Request) -> Outputs:
    return Outputs(
        (await workspaces.see(edge.ops(request), edge.actor(request), _key(request))).outputs
    )


async def resources(request: Request) -> Resources:
    return Resources(
        (await workspaces.see(edge.ops(request), edge.actor(request), _key(request))).addresses
    )


def shape(workspace: Workspace) -> WorkspaceShape:
    held = workspace.lock
    return WorkspaceShape(
        id=workspace.id,
        name=workspace.name,
        description=workspace.description,
        owner=workspace.owner,
        tool=workspace.tool,
        tool_version=workspace.tool_version,
        working_directory=workspace.working_directory,
        simulated=workspace.simulated,
        auto_apply=workspace.auto_apply,
        apply_limit=workspace.apply_limit.total_seconds(),
        lock=LockShape(kind=held.kind, by=held.by, reason=held.reason, at=held.at)
        if held
        else None,
        created_at=workspace.created_at,
    )


def _settings(asked: Settings) -> dict[str, Any]:
    given = {f: v for f in asked.__struct_fields__ if (v := getattr(asked, f)) is not UNSET}
    if "apply_limit" in given:
        given["apply_limit"] = timedelta(seconds=given["apply_limit"])
    return given


def _key(request: Request) -> str:
    key: str = request.path_params["workspace"]
    return key


_ONE = "/v1/workspaces/{workspace}"
doors = (
    Door(
        method="GET",
        path="/v1/workspaces",
        handler=page,
        needs=Action.WORKSPACE_READ,
        summary="Workspaces, by name",
        asks=WorkspacesAsked,
        gives=WorkspacePage,
    ),
    Door(
        method="POST",
        path="/v1/workspaces",
        handler=add,
        needs=Action.WORKSPACE_CREATE,
        summary="Make a workspace",
        takes=NewWorkspace,
        gives=WorkspaceShape,
        status=201,
    ),
    Door(
        method="GET",
        path=_ONE,
        handler=read,
        needs=Action.STATE_READ,
        summary="A workspace, by name or id",
        gives=EstateShape,
    ),
    Door(
        method="PATCH",
        path=_ONE,
        handler=change,
        needs=Action.WORKSPACE_UPDATE,
        summary="Change settings of a workspace",
        takes=Settings,
        gives=WorkspaceShape,
    ),
    Door(
        method="DELETE",
        path=_ONE,
        handler=drop,
        needs=Action.WORKSPACE_DELETE,
        summary="Forget a workspace that holds nothing",
        asks=DropAsked,
        status=204,
    ),
    Door(
        method="POST",
        path=f"{_ONE}/lock",
        handler=lock,
        needs=Action.WORKSPACE_LOCK,
        summary="Hold the workspace: nothing is applied in it",
        takes=LockAsked,
        gives=WorkspaceShape,
    ),
    Door(
        method="POST",
        path=f"{_ONE}/unlock",
        handler=unlock,
        needs=Action.WORKSPACE_UNLOCK,
        summary="Let go of it, whoever held it",
        gives=WorkspaceShape,
    ),
    Door(
        method="GET",
        path=f"{_ONE}/outputs",
        handler=outputs,
        needs=Action.STATE_READ,
        summary="Outputs of its current state",
        gives=Outputs,
    ),
    Door(
        method="GET",
        path=f"{_ONE}/resources",
        handler=resources,
        needs=Action.STATE_READ,
        summary="Addresses of what exists in it",
        gives=Resources,
    ),
)
