"""Where the outside becomes typed: who asks, what for, and what a fault looks like on the wire.

Source  RFC 9457 for problem details; a problem's `type` is a name, there is no page behind it.
"""

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dihedral.domain.actor import Actor
from dihedral.domain.errors import (
    Conflict,
    Fault,
    Forbidden,
    Hidden,
    Invalid,
    Nobody,
    NotFound,
    OverBudget,
    Upstream,
)
from dihedral.domain.ids import ActorId
from dihedral.domain.right import Action
from dihedral.kit.db import Unavailable
from dihedral.model.work.requests import Thinking
from dihedral.ops.rules import access
from dihedral.ops.work import audit
from dihedral.ops.work.plane import Ops

T = TypeVar("T")
Body = TypeVar("Body")
Handler = Callable[[Request], Awaitable[object]]

ACTOR = "Dihedral-Actor"
NOBODY = ActorId("nobody")  # who asks and is not known
JSON_LIMIT = 1 << 20  # bytes of a JSON body
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_VERBS = {"GET": "read", "POST": "create", "PUT": "set", "PATCH": "update", "DELETE": "delete"}
_LOG = logging.getLogger("dihedral.edge")

STATUS: Mapping[type[Fault], int] = {
    Invalid: 422,
    Nobody: 401,
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    OverBudget: 402,
    Upstream: 502,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One method of one path: `asks` are its query, `takes` its body, `gives` its answer.

    `needs` is asked before anything is read, and again of the object, where that is loaded.
    A body that is not JSON has its media types in `media`; an answer that is not, in `gives_media`.
    A `page` is for people's eyes: not told of in the OpenAPI document, and its faults are pages.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    needs: Action | None  # what somebody must be allowed to; None: anybody may come in
    asks: type[Any] | None = None
    takes: Any = None
    media: tuple[str, ...] = ()
    gives: Any = None
    gives_media: str = "application/json"
    status: int = 200
    page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong. `detail` says what, why and what next; `code` is stable; `retry` says
    whether the same call may succeed later."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry: bool
    instance: str


def route(door: Door) -> Route:
    async def endpoint(request: Request) -> Response:
        request.state.door = door
        if door.needs is not None:
            request.state.actor = await request.app.state.login(request)
            access.demand_somewhere(request.state.actor, door.needs)
        return answer(await door.handler(request), door.status)

    return Route(door.path, endpoint, methods=[door.method], name=f"{door.method} {door.path}")


def answer(value: object, status: int = 200) -> Response:
    """A response as it is; anything else as JSON; None as an empty one."""
    if isinstance(value, Response):
        return value
    if value is None:
        return Response(status_code=status)
    return Response(encode(value), status, media_type="application/json")


def encode(value: object) -> bytes:
    return msgspec.json.encode(value, enc_hook=_plain)


def ops(request: Request) -> Ops:
    found: Ops = request.app.state.ops
    return found


def thinking(request: Request) -> Thinking:
    found: Thinking = request.app.state.thinking
    return found


def actor(request: Request) -> Actor:
    """Whoever asks, with all rights."""
    found: Actor = request.state.actor
    return found


def trace(request: Request) -> str:
    """The trace id of the call: of its `traceparent` (W3C Trace Context), or one made for it."""
    if not hasattr(request.state, "trace"):
        given = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
        request.state.trace = given[1] if given else secrets.token_hex(16)
    found: str = request.state.trace
    return found


def action(door: Door) -> str:
    """What a door does, as the audit log names it where somebody may not: what he must be allowed
    to; and at a door for anybody, what its path says."""
    if door.needs is not None:
        return door.needs
    _, *parts = door.path.strip("/").split("/")
    words = [part for part in parts if not part.startswith("{")] or ["server"]
    noun = words[0].removesuffix("s").replace("-", "")
    if door.method == "POST" and len(words) > 1:
        return f"{noun}.{words[-1].removesuffix('s')}"
    return f"{noun}.{_VERBS[door.method]}"


def source(request: Request) -> str:
    """Which face a proposal came through."""
    return "cli" if request.headers.get("user-agent", "").startswith("dihedral/") else "api"


async def read(request: Request, limit: int) -> bytes:
    """The whole body. Raises HTTPException 413 as soon as it is longer than `limit`."""
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) > limit:
            raise HTTPException(413, f"the body is larger than {limit:,} bytes; send less")
    return bytes(held)


async def body(request: Request, kind: type[Body]) -> Body:
    """The JSON body as a `kind`; no body at all reads as `{}`. Raises Invalid, HTTPException."""
    raw = await read(request, JSON_LIMIT)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and media != "application/json":
        raise HTTPException(415, "the body is JSON; say `Content-Type: application/json`")
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except msgspec.ValidationError as cause:
        raise Invalid(f"the body does not fit: {cause}") from cause
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise Invalid(f"the body is not JSON: {cause}") from cause


def query(request: Request, kind: type[T]) -> T:
    """The query parameters as a `kind`. Raises Invalid."""
    try:
        return msgspec.convert(dict(request.query_params), kind, strict=False)
    except msgspec.ValidationError as cause:
        raise Invalid(f"the query does not fit: {cause}") from cause


def problem(request: Request, status: int, detail: str, code: str, *, retry: bool) -> Response:
    shown = Problem(
        type=f"urn:dihedral:fault:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        retry=retry,
        instance=request.url.path,
    )
    return Response(encode(shown), status, media_type="application/problem+json")


async def show_fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Fault)
    if isinstance(fault, Nobody | Forbidden | Hidden):
        await _note_refusal(request, fault)
    status = next(STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS)
    if fault.__cause__ is not None:
        _LOG.info("%s %s: %s", request.method, request.url.path, fault, exc_info=fault)
    response = problem(request, status, str(fault), fault.code, retry=fault.retry)
    if isinstance(fault, Nobody):
        response.headers["WWW-Authenticate"] = 'Bearer realm="dihedral"'
    return response


async def _note_refusal(request: Request, fault: Fault) -> None:
    """A stranger that is turned away before any door is no actor, and only logged."""
    door: Door | None = getattr(request.state, "door", None)
    if door is None:
        _LOG.info("%s %s was turned away: %s", request.method, request.url.path, fault)
        return
    by = getattr(request.state, "actor", None) or Actor(NOBODY, trace=trace(request))
    why = fault.why if isinstance(fault, Hidden) else str(fault)
    try:
        await audit.refused(ops(request), by, action(door), request.url.path, why)
    except Unavailable as cause:  # it stays refused
        _LOG.error("a refusal could not be noted: %s", cause)


async def show_unavailable(request: Request, fault: Exception) -> Response:
    _LOG.warning("%s %s: %s", request.method, request.url.path, fault)
    return problem(request, 503, str(fault), "unavailable", retry=True)


async def show_http(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    status = HTTPStatus(fault.status_code)
    detail = fault.detail if fault.detail != status.phrase else _said(request, status)
    response = problem(request, status, detail, status.name.lower(), retry=False)
    response.headers.update(fault.headers or {})
    return response


async def show_error(request: Request, error: Exception) -> Response:
    """What nobody foresaw. The server logs it whole; the caller learns only that it happened."""
    detail = "this is a fault of Dihedral's own, not of what you asked; the server's log has it"
    return problem(request, 500, detail, "internal", retry=False)


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    Fault: show_fault,
    Unavailable: show_unavailable,
    HTTPException: show_http,
    Exception: show_error,
}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value))


def _said(request: Request, status: HTTPStatus) -> str:
    place = f"{request.method} {request.url.path}"
    return f"{place}: {status.description or status.phrase}; GET /openapi.json lists what there is"
