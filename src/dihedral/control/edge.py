"""Where the outside becomes typed: who asks, and what for."""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from dihedral.control.rates import Rates
from dihedral.domain.actor import Actor
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ActorId
from dihedral.domain.right import Action
from dihedral.model.work.mind import Mind
from dihedral.model.work.requests import Thinking
from dihedral.ops.rules import access
from dihedral.ops.work.plane import Ops

T = TypeVar("T")
Number = Annotated[int, Meta(ge=0, le=2**53)]  # of a record or a piece: what JSON holds exactly
Body = TypeVar("Body")
Handler = Callable[[Request], Awaitable[object]]

ACTOR = "Dihedral-Actor"
NOBODY = ActorId("nobody")  # who asks and is not known
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/v1/health", "/v1/ready"})  # asked by machines that know us by no name
JSON_LIMIT = 1 << 20  # bytes of a JSON body
PATIENCE, SLOWEST = 30.0, 1 << 16  # seconds for any body, and bytes a second for a large one
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NUL = re.compile(rb"\x00|(?<!\\)(?:\\\\)*\\u0000")  # as it is, or escaped
_NO_NAME = re.compile(r"[^a-z]")  # what an audited act's name has not
_VERBS = {"GET": "read", "POST": "create", "PUT": "set", "PATCH": "update", "DELETE": "delete"}
_LOG = logging.getLogger("dihedral.edge")


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
    also: tuple[int, ...] = ()  # of problems, beside those that its kind has: see `openapi`
    page: bool = False


def route(door: Door) -> Route:
    async def endpoint(request: Request) -> Response:
        request.state.door = door
        limits = rates(request)
        if door.needs is None:
            if limits and door.path not in PROBES:
                limits.public(request)
        else:
            request.state.actor = await request.app.state.login(request)
            if limits:
                limits.known(request.state.actor)
            access.demand_somewhere(request.state.actor, door.needs)
        response = answer(await door.handler(request), door.status)
        if limits and response.status_code == 401:  # a form that was filled in wrong
            limits.stranger(request)
        return response

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


def mind(request: Request) -> Mind:
    found: Mind = request.app.state.mind
    return found


def rates(request: Request) -> Rates | None:
    found: Rates | None = request.app.state.rates
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
    words = [_NO_NAME.sub("", part) for part in parts if not part.startswith("{")] or ["server"]
    noun = words[0].removesuffix("s")
    if door.method == "POST" and len(words) > 1:
        return f"{noun}.{words[-1].removesuffix('s')}"
    return f"{noun}.{_VERBS[door.method]}"


def source(request: Request) -> str:
    """Which face a proposal came through."""
    return "cli" if request.headers.get("user-agent", "").startswith("dihedral/") else "api"


async def read(request: Request, limit: int, patience: float = PATIENCE) -> bytes:
    """The whole body. Raises HTTPException 413 as soon as it is longer than `limit`, and 408 when
    it takes longer than `patience` and what a slow line takes for so much."""
    held = bytearray()
    try:
        async with asyncio.timeout(patience + limit / SLOWEST):
            async for chunk in request.stream():
                held += chunk
                if len(held) > limit:
                    raise HTTPException(413, f"the body is larger than {limit:,} bytes; send less")
    except TimeoutError:
        raise HTTPException(408, "the body did not come in time; send it again") from None
    except ClientDisconnect:
        raise HTTPException(400, "the body ended before it was whole") from None
    return bytes(held)


async def body(request: Request, kind: type[Body]) -> Body:
    """The JSON body as a `kind`; no body at all reads as `{}`. Raises Invalid, HTTPException."""
    raw = await read(request, JSON_LIMIT)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and media != "application/json":
        raise HTTPException(415, "the body is JSON; say `Content-Type: application/json`")
    if _NUL.search(raw):
        raise Invalid("the body holds the character NUL, which is no part of any text")
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


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value))
