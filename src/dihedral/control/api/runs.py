"""Runs over HTTP. A handler reads, calls one verb, and shows; it decides nothing."""

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
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import OVER, Status
from dihedral.domain.workspace import Variable
from dihedral.kit import dsse
from dihedral.model.work import review
from dihedral.ops.rules import bundle, plan, redact
from dihedral.ops.work import pipeline, watch
from dihedral.ops.work.watch import Which

LONGEST_WAIT = 60.0  # seconds that one call may follow a log
Size = Annotated[int, Meta(ge=1, le=200)]
Words = Annotated[str, Meta(max_length=4000)]


class RunsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    workspace: str | None = None
    status: Status | None = None
    before: str | None = None
    size: Size = 50


class LogAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`status` is what the caller saw last: a call that waits ends when it is another."""

    after: edge.Number = 0
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 0.0
    status: Status | None = None


class EvidenceAsked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    signed: bool = False


class PlanAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    width: Annotated[int, Meta(ge=40, le=400)] = 100


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
        edge.ops(request),
        edge.actor(request),
        Which(asked.workspace, asked.status),
        before,
        asked.size,
    )
    last = found[-1].run.id if len(found) == asked.size else None
    return RunPage([story.shape(one.run, one.workspace) for one in found], last)


async def read(request: Request) -> StoryShape:
    return await story.seen(request, _id(request))


async def log(request: Request) -> LogShape:
    asked = edge.query(request, LogAsked)
    heard = await watch.listen(
        edge.ops(request),
        edge.actor(request),
        _id(request),
        asked.after,
        asked.status,
        asked.wait,
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
    text, variables = await pipeline.planned(edge.ops(request), edge.actor(request), _id(request))
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
    text = await pipeline.artefact(parts, edge.actor(request), _id(request), "evidence")
    story = text if signed else dsse.open_(text, parts.signer.public).payload
    return Response(story, media_type="application/json")


async def configuration(request: Request) -> Configuration:
    found = await pipeline.see(edge.ops(request), edge.actor(request), _id(request))
    files = bundle.decode(
        await pipeline.artefact(
            edge.ops(request), edge.actor(request), _id(request), "configuration"
        )
    )
    return Configuration(
        found.run.configuration, [FileShape(path, len(body)) for path, body in files.items()]
    )


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


def _id(request: Request) -> RunId:
    return parse(RunId, request.path_params["run"])


_RUN = "/v1/runs/{run}"
doors = (
    Door(
        method="GET",
        path="/v1/runs",
        handler=page,
        needs=Action.RUN_READ,
        summary="Runs, newest first",
        asks=RunsAsked,
        gives=RunPage,
    ),
    Door(
        method="GET",
        path=_RUN,
        handler=read,
        needs=Action.RUN_READ,
        summary="A run's whole story",
        gives=StoryShape,
    ),
    Door(
        method="GET",
        path=f"{_RUN}/log",
        handler=log,
        needs=Action.RUN_READ,
        summary="What the run says; with `wait`, as soon as it says something",
        asks=LogAsked,
        gives=LogShape,
    ),
    Door(
        method="GET",
        path=f"{_RUN}/plan",
        handler=read_plan,
        needs=Action.RUN_READ,
        summary="What the run would change, without anything sensitive",
        asks=PlanAsked,
        gives=PlanShape,
        also=(409,),
    ),
    Door(
        method="GET",
        path=f"{_RUN}/evidence",
        handler=evidence,
        needs=Action.RUN_READ,
        summary="The evidence of a run that is over; `signed`, in its envelope",
        asks=EvidenceAsked,
        gives=dict[str, Any],
        also=(409,),
    ),
    Door(
        method="GET",
        path=f"{_RUN}/configuration",
        handler=configuration,
        needs=Action.RUN_READ,
        summary="The files that the run plans",
        gives=Configuration,
        also=(409,),
    ),
    Door(
        method="POST",
        path=f"{_RUN}/approve",
        handler=approve,
        needs=Action.RUN_APPROVE,
        summary="A person's yes to exactly this effect",
        takes=Yes,
        gives=StoryShape,
    ),
    Door(
        method="POST",
        path=f"{_RUN}/discard",
        handler=discard,
        needs=Action.RUN_DISCARD,
        summary="A person's no",
        takes=No,
        gives=StoryShape,
    ),
    Door(
        method="POST",
        path=f"{_RUN}/cancel",
        handler=cancel,
        needs=Action.RUN_CANCEL,
        summary="Stop the run; an apply ends in order first",
        gives=StoryShape,
    ),
)
