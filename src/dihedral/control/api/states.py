"""State versions over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.ids import Digest, RunId, StateVersionId, WorkspaceId, parse
from dihedral.domain.right import Action
from dihedral.domain.workspace import StateVersion
from dihedral.ops.work import watch, workspaces

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StateVersionShape:
    """`digest` is that of Terraform's own state file; `resources` counts instances."""

    id: StateVersionId
    workspace: WorkspaceId
    serial: int
    lineage: str
    digest: Digest
    resources: int
    run: RunId | None
    actor: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StatePage:
    items: list[StateVersionShape]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencesShape:
    """Against the state version before it: addresses, names of attributes and of outputs that
    differ, and no values."""

    created: tuple[str, ...]
    destroyed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    outputs: tuple[str, ...]


class StatesAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    before: str | None = None


class RollbackAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    state_version: str


async def page(request: Request) -> StatePage:
    asked = edge.query(request, StatesAsked)
    before = parse(StateVersionId, asked.before) if asked.before else None
    found = await workspaces.state_versions(
        edge.ops(request), edge.actor(request), request.path_params["workspace"], before
    )
    return StatePage([shape(v) for v in found], found[-1].id if len(found) == PAGE else None)


async def read(request: Request) -> StateVersionShape:
    return shape(await watch.state_version(edge.ops(request), edge.actor(request), _id(request)))


async def differences(request: Request) -> DifferencesShape:
    found = await watch.differences(edge.ops(request), edge.actor(request), _id(request))
    return DifferencesShape(
        created=found.created,
        destroyed=found.destroyed,
        changed=found.changed,
        outputs=found.outputs,
    )


async def download(request: Request) -> Response:
    version = _id(request)
    text = await workspaces.state_file(edge.ops(request), edge.actor(request), version)
    return Response(
        text,
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{version}.tfstate"'},
    )


async def rollback(request: Request) -> StateVersionShape:
    asked = await edge.body(request, RollbackAsked)
    made = await workspaces.rollback(
        edge.ops(request),
        edge.actor(request),
        request.path_params["workspace"],
        parse(StateVersionId, asked.state_version),
    )
    return shape(made)


def shape(version: StateVersion) -> StateVersionShape:
    return StateVersionShape(
        id=version.id,
        workspace=version.workspace,
        serial=version.serial,
        lineage=version.lineage,
        digest=version.content,
        resources=version.resources,
        run=version.run,
        actor=version.actor,
        note=version.note,
        created_at=version.created_at,
    )


def _id(request: Request) -> StateVersionId:
    return parse(StateVersionId, request.path_params["version"])


_OF = "/v1/workspaces/{workspace}"
_ONE = "/v1/state-versions/{version}"
doors = (
    Door(
        method="GET",
        path=f"{_OF}/state-versions",
        handler=page,
        needs=Action.STATE_READ,
        summary="State versions, newest first",
        asks=StatesAsked,
        gives=StatePage,
    ),
    Door(
        method="POST",
        path=f"{_OF}/rollback",
        handler=rollback,
        needs=Action.STATE_ROLLBACK,
        summary="Make an older state the current one; it changes what Terraform believes,"
        " not what exists",
        takes=RollbackAsked,
        gives=StateVersionShape,
        status=201,
    ),
    Door(
        method="GET",
        path=_ONE,
        handler=read,
        needs=Action.STATE_READ,
        summary="A state version",
        gives=StateVersionShape,
    ),
    Door(
        method="GET",
        path=f"{_ONE}/differences",
        handler=differences,
        needs=Action.STATE_READ,
        summary="How a state version differs from the one before it",
        gives=DifferencesShape,
    ),
    Door(
        method="GET",
        path=f"{_ONE}/download",
        handler=download,
        needs=Action.STATE_DOWNLOAD,
        summary="Terraform's own state file, secrets and all",
        gives=dict[str, Any],
    ),
)
