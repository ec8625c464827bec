"""Runs over HTTP. A handler reads, calls one verb, and shows; it decides nothing."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.api import story
from dihedral.control.api.story import (
    Configuration,
    FileShape,
    LogShape,
    PieceShape,
    PlanShape,
    RunPage,
    StoryShape,
)
from dihedral.control.edge import Door
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import RunId, parse
from dihedral.domain.ports import Proposal
from dihedral.domain.run import OVER, Status
from dihedral.domain.workspace import Variable
from dihedral.kit import archive, dsse
from dihedral.model.work import review
from dihedral.ops.rules import bundle, plan, redact
from dihedral.ops.work import pipeline, watch, workspaces

HEADS = 1 << 20  # bytes that packing may add
LONGEST_WAIT = 60.0  # seconds that one call may follow a log
PACKED = ("application/gzip", "application/zstd", "application/octet-stream")
Size = Annotated[int, Meta(ge=1, le=200)]
Words = Annotated[str, Meta(max_length=4000)]


class RunsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: str | None = None
    status: Status | None = None
    before: str | None = None
    size: Size = 50


class LogAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`status` is what the caller saw last: a call that waits ends when it is another."""

    after: Annotated[int, Meta(ge=0)] = 0
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 0.0
    status: Status | None = None


class EvidenceAsked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    signed: bool = False


class PlanAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    width: Annotated[int, Meta(ge=40, le=400)] = 100


class RunAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    plan_only: bool = False
    destroy: bool = False
    refresh_only: bool = False
    message: Words = ""


class Yes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`effect` is the digest that was read; another one in the run is a conflict."""

    effect: str | None = None
    comment: Words = ""


class No(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    comment: Words = ""


async def page(request: Request) -> RunPage:
    asked = edge.query(request, RunsAsked)
    before = parse(RunId, asked.before) if asked.before else None
    found = await watch.run_page(
        edge.ops(request), asked.workspace, asked.status, before, asked.size
    )
    last = found[-1].run.id if len(found) == asked.size else None
    return RunPage([story.shape(one.run, one.workspace) for one in found], last)


async def read(request: Request) -> StoryShape:
    return story.told(await pipeline.see(edge.ops(request), _id(request)))


async def log(request: Request) -> LogShape:
    asked = edge.query(request, LogAsked)
    heard = await watch.listen(
        edge.ops(request), _id(request), asked.after, asked.status, asked.wait
    )
    return LogShape(
        pieces=[PieceShape(p.seq, p.phase, p.text) for p in heard.pieces],
        next=heard.pieces[-1].seq if heard.pieces else asked.after,
        status=heard.run.status,
        over=heard.run.status in OVER,
        ended=heard.run.ended,
    )


async def read_plan(request: Request) -> PlanShape:
    asked = edge.query(request, PlanAsked)
    text, variables = await pipeline.planned(edge.ops(request), _id(request))
    return await to_thread.run_sync(_shown, text, variables, asked.width)


def _shown(text: bytes, variables: list[Variable], width: int) -> PlanShape:
    found = plan.decode(text)
    changes = redact.redact(found, variables)
    return PlanShape(
        summary=plan.line(plan.summary(found)),
        changes=changes,
        text=redact.rendered(changes, width),
    )


async def evidence(request: Request) -> Response:
    signed = edge.query(request, EvidenceAsked).signed
    parts = edge.ops(request)
    text = await pipeline.artefact(parts, _id(request), "evidence")
    story = text if signed else dsse.open_(text, parts.signer.public).payload
    return Response(story, media_type="application/json")


async def configuration(request: Request) -> Configuration:
    found = await pipeline.see(edge.ops(request), _id(request))
    files = bundle.decode(await pipeline.artefact(edge.ops(request), _id(request), "configuration"))
    return Configuration(
        found.run.configuration, [FileShape(path, len(body)) for path, body in files.items()]
    )


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


async def approve(request: Request) -> StoryShape:
    given = await edge.body(request, Yes)
    actor, run = edge.actor(request), _id(request)
    said = (given.effect, given.comment, edge.source(request))
    moved = await pipeline.approve(edge.ops(request), actor, run, *said)
    if moved.status is Status.CONFIRMED:
        await review.accepted(edge.thinking(request), actor, run)
    return await read(request)


async def discard(request: Request) -> StoryShape:
    given = await edge.body(request, No)
    await pipeline.discard(edge.ops(request), edge.actor(request), _id(request), given.comment)
    return await read(request)


async def cancel(request: Request) -> StoryShape:
    await pipeline.cancel(edge.ops(request), edge.actor(request), _id(request))
    return await read(request)


async def _propose(request: Request, asked: RunAsked, files: Mapping[str, bytes]) -> StoryShape:
    parts, actor = edge.ops(request), edge.actor(request)
    estate = await workspaces.see(parts, request.path_params["workspace"])
    proposal = Proposal(
        workspace=estate.workspace.id,
        files=files,
        reason=asked.message,
        source=edge.source(request),
        plan_only=asked.plan_only,
        destroy=asked.destroy,
        refresh_only=asked.refresh_only,
    )
    return story.told(
        await pipeline.see(parts, (await pipeline.propose(parts, actor, proposal)).id)
    )


def _id(request: Request) -> RunId:
    return parse(RunId, request.path_params["run"])


_RUN = "/v1/runs/{run}"
_OF = "/v1/workspaces/{workspace}"
doors = (
    Door(
        method="GET",
        path="/v1/runs",
        handler=page,
        summary="Runs, newest first",
        asks=RunsAsked,
        gives=RunPage,
    ),
    Door(method="GET", path=_RUN, handler=read, summary="A run's whole story", gives=StoryShape),
    Door(
        method="GET",
        path=f"{_RUN}/log",
        handler=log,
        summary="What the run says; with `wait`, as soon as it says something",
        asks=LogAsked,
        gives=LogShape,
    ),
    Door(
        method="GET",
        path=f"{_RUN}/plan",
        handler=read_plan,
        summary="What the run would change, without anything sensitive",
        asks=PlanAsked,
        gives=PlanShape,
    ),
    Door(
        method="GET",
        path=f"{_RUN}/evidence",
        handler=evidence,
        summary="The evidence of a run that is over; `signed`, in its envelope",
        asks=EvidenceAsked,
        gives=dict[str, Any],
    ),
    Door(
        method="GET",
        path=f"{_RUN}/configuration",
        handler=configuration,
        summary="The files that the run plans",
        gives=Configuration,
    ),
    Door(
        method="POST",
        path=f"{_RUN}/approve",
        handler=approve,
        summary="A person's yes to exactly this effect",
        takes=Yes,
        gives=StoryShape,
    ),
    Door(
        method="POST",
        path=f"{_RUN}/discard",
        handler=discard,
        summary="A person's no",
        takes=No,
        gives=StoryShape,
    ),
    Door(
        method="POST",
        path=f"{_RUN}/cancel",
        handler=cancel,
        summary="Stop the run; an apply ends in order first",
        gives=StoryShape,
    ),
    Door(
        method="POST",
        path=f"{_OF}/runs",
        handler=add,
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
        summary="Propose to destroy all that the workspace holds",
        takes=No,
        gives=StoryShape,
        status=201,
    ),
    Door(
        method="POST",
        path=f"{_OF}/refresh",
        handler=refresh,
        summary="Read the world into the state; change nothing in it",
        takes=No,
        gives=StoryShape,
        status=201,
    ),
)
