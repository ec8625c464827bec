"""Requests over HTTP: a person's words in, the way that they take out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request as Call

from dihedral.control import edge
from dihedral.control.api.blueprints import SlotShape, shape_slot
from dihedral.control.edge import Door
from dihedral.domain.blueprint import Value
from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import RequestId, RunId, WorkspaceId, parse
from dihedral.domain.request import LONGEST, Request, Route
from dihedral.domain.right import Action
from dihedral.model.work import requests
from dihedral.model.work.requests import Way
from dihedral.ops.work import workspaces

WORKSPACE = "default"  # of a request that names none; made when it is first needed


@dataclass(frozen=True, slots=True)
class NearShape:
    """Scores compare within one request only."""

    blueprint: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestShape:
    """`route` is blueprint (there is a `run`), incomplete (`missing` is asked for) or unsure (the
    reflex abstains; `nearest` are the three that come closest)."""

    id: RequestId
    workspace: WorkspaceId
    actor: str
    text: str
    route: Route
    blueprint: str | None
    confidence: float
    nearest: list[NearShape]
    values: Mapping[str, Value]
    missing: list[SlotShape]
    run: RunId | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RequestPage:
    items: list[RequestShape]
    next: str | None


class Asked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    text: Annotated[str, Meta(max_length=LONGEST)]
    workspace: str | None = None
    plan_only: bool = False
    values: dict[str, Value] = {}


class Answered(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Values that were missing, and, where the reflex was not sure, the blueprint that is meant."""

    values: dict[str, Value] = {}
    blueprint: str | None = None
    plan_only: bool = False


class RequestsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    before: str | None = None
    size: Annotated[int, Meta(ge=1, le=200)] = 50


async def page(call: Call) -> RequestPage:
    asked = edge.query(call, RequestsAsked)
    before = parse(RequestId, asked.before) if asked.before else None
    found = await requests.page(edge.thinking(call), edge.actor(call), before, asked.size)
    last = found[-1].id if len(found) == asked.size else None
    return RequestPage([shape(r) for r in found], last)


async def add(call: Call) -> RequestShape:
    asked = await edge.body(call, Asked)
    workspace = await place(call, asked.workspace, Action.REQUEST_ASK)
    made = await requests.ask(
        edge.thinking(call),
        edge.actor(call),
        workspace,
        asked.text,
        asked.values,
        Way(plan_only=asked.plan_only),
    )
    return shape(made)


async def read(call: Call) -> RequestShape:
    return shape(await requests.see(edge.thinking(call), edge.actor(call), _id(call)))


async def answer(call: Call) -> RequestShape:
    given = await edge.body(call, Answered)
    answered = await requests.answer(
        edge.thinking(call),
        edge.actor(call),
        _id(call),
        given.values,
        given.blueprint,
        Way(plan_only=given.plan_only),
    )
    return shape(answered)


def shape(request: Request) -> RequestShape:
    return RequestShape(
        id=request.id,
        workspace=request.workspace,
        actor=request.actor,
        text=request.text,
        route=request.route,
        blueprint=request.blueprint,
        confidence=request.confidence,
        nearest=[NearShape(near.label, near.score) for near in request.nearest],
        values=request.values,
        missing=[shape_slot(slot) for slot in request.missing],
        run=request.run,
        created_at=request.created_at,
    )


async def place(call: Call, named: str | None, action: Action) -> WorkspaceId:
    """The workspace that somebody names to do that in, or the one for who names none, which is made
    when it is first needed, also by its name. Raises NotFound, Forbidden."""
    ops, actor = edge.ops(call), edge.actor(call)
    try:
        return (await workspaces.which(ops, actor, named or WORKSPACE, action)).id
    except NotFound:
        if named not in (None, WORKSPACE):
            raise
    try:
        return (await workspaces.add(ops, actor, WORKSPACE)).id
    except Conflict:  # somebody else was quicker
        return (await workspaces.which(ops, actor, WORKSPACE, action)).id


def _id(call: Call) -> RequestId:
    return parse(RequestId, call.path_params["request"])


_ONE = "/v1/requests/{request}"
doors = (
    Door(
        method="GET",
        path="/v1/requests",
        handler=page,
        needs=Action.REQUEST_READ,
        summary="Requests, newest first",
        asks=RequestsAsked,
        gives=RequestPage,
    ),
    Door(
        method="POST",
        path="/v1/requests",
        handler=add,
        needs=Action.REQUEST_ASK,
        summary="Ask for something in your own words",
        takes=Asked,
        gives=RequestShape,
        status=201,
    ),
    Door(
        method="GET",
        path=_ONE,
        handler=read,
        needs=Action.REQUEST_READ,
        summary="A request",
        gives=RequestShape,
    ),
    Door(
        method="POST",
        path=f"{_ONE}/answers",
        handler=answer,
        needs=Action.REQUEST_ASK,
        summary="Say what the request left out",
        takes=Answered,
        gives=RequestShape,
    ),
)
