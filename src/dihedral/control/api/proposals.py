"""Proposals over HTTP: files, a destroy or a refresh become a run of a workspace."""

from collections.abc import Mapping

import msgspec
from anyio import to_thread
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api import story
from dihedral.control.api.runs import No, Words
from dihedral.control.api.story import StoryShape
from dihedral.control.edge import Door
from dihedral.domain.errors import Invalid
from dihedral.domain.ports import Proposal
from dihedral.domain.right import Action
from dihedral.kit import archive
from dihedral.ops.work import pipeline, workspaces

HEADS = 1 << 20  # bytes that packing may add
PACKED = ("application/gzip", "application/zstd", "application/octet-stream")


class RunAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    plan_only: bool = False
    destroy: bool = False
    refresh_only: bool = False
    message: Words = ""


async def add(request: Request) -> StoryShape:
    asked = edge.query(request, RunAsked)
    limits = archive.Limits(bytes=request.app.state.settings.max_configuration)
    packed = await edge.read(request, limits.bytes + HEADS)
    try:
        files = await to_thread.run_sync(archive.unpack, packed, limits) if packed else {}
    except archive.Refused as cause:
        raise Invalid(f"the configuration is not taken: {cause}") from cause
    return await _propose(request, asked, files)


async def destroy(request: Request) -> StoryShape:
    asked = await edge.body(request, No)
    return await _propose(request, RunAsked(destroy=True, message=asked.comment), {})


async def refresh(request: Request) -> StoryShape:
    asked = await edge.body(request, No)
    return await _propose(request, RunAsked(refresh_only=True, message=asked.comment), {})


async def _propose(request: Request, asked: RunAsked, files: Mapping[str, bytes]) -> StoryShape:
    parts, actor = edge.ops(request), edge.actor(request)
    named = request.path_params["workspace"]
    workspace = await workspaces.which(parts, actor, named, Action.RUN_PROPOSE)
    proposal = Proposal(
        workspace=workspace.id,
        files=files,
        reason=asked.message,
        source=edge.source(request),
        plan_only=asked.plan_only,
        destroy=asked.destroy,
        refresh_only=asked.refresh_only,
    )
    made = await pipeline.propose(parts, actor, proposal)
    return await story.seen(request, made.id)


_OF = "/v1/workspaces/{workspace}"
doors = (
    Door(
        method="POST",
        path=f"{_OF}/runs",
        handler=add,
        needs=Action.RUN_PROPOSE,
        summary="Propose a configuration, packed; with no body, the one applied last",
        asks=RunAsked,
        media=PACKED,
        gives=StoryShape,
        status=201,
    ),
    Door(
        method="POST",
        path=f"{_OF}/destroy",
        handler=destroy,
        needs=Action.RUN_PROPOSE,
        summary="Propose to destroy all that the workspace holds",
        takes=No,
        gives=StoryShape,
        status=201,
    ),
    Door(
        method="POST",
        path=f"{_OF}/refresh",
        handler=refresh,
        needs=Action.RUN_PROPOSE,
        summary="Read the world into the state; change nothing in it",
        takes=No,
        gives=StoryShape,
        status=201,
    ),
)
