"""A fault as it goes over the wire: its status, and what may be said of it.

Source  RFC 9457 for problem details; a problem's `type` is a name, there is no page behind it.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.domain.actor import Actor
from dihedral.domain.errors import (
    Conflict,
    Fault,
    Forbidden,
    Hidden,
    Invalid,
    Nobody,
    NotFound,
    Over,
    OverBudget,
    Upstream,
)
from dihedral.domain.ids import ActorId
from dihedral.kit.db import Unavailable
from dihedral.ops.work import audit

NOBODY = ActorId("nobody")  # who asks and is not known
LONGEST, SHOWN = 4000, 200  # characters of a `detail`, and of what a call says of itself
# what a terminal or a reader obeys and nobody sees: controls, directions, halves of a sign
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_LOG = logging.getLogger("dihedral.edge")
CODES: Mapping[int, str] = {  # names of our own: those of `HTTPStatus` change with Python's release
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "request_entity_too_large",
    414: "request_uri_too_long",
    415: "unsupported_media_type",
    429: "too_many_requests",
    431: "request_header_fields_too_large",
}
PASSING = frozenset({408, 429})  # worth another try
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
class Problem:
    """What went wrong. `detail` says what, why and what next; `code` is stable; `retry` says
    whether the same call may succeed later; `request` is the call's id, for whoever can read the
    server's log. `over` is the budget that is in the way, where one is."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry: bool
    instance: str
    request: str
    over: Over | None = None


def inert(text: str, longest: int = SHOWN) -> str:
    """What somebody sent, fit to be shown: nothing that a screen obeys, and not all of a lot."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", cut)


def answer(
    request: Request, status: int, detail: str, code: str, *, retry: bool, over: Over | None = None
) -> Response:
    shown = Problem(
        type=f"urn:dihedral:fault:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=inert(detail, LONGEST),
        code=code,
        retry=retry,
        instance=inert(request.url.path),
        request=edge.trace(request),
        over=over,
    )
    return Response(edge.encode(shown), status, media_type="application/problem+json")


async def show_fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, Fault)
    if isinstance(fault, Nobody) and (limits := edge.rates(request)):
        try:
            limits.stranger(request)
        except HTTPException as often:  # it is not noted either: each note waits for all others
            return await show_http(request, often)
    if isinstance(fault, Nobody | Forbidden | Hidden):
        await _note_refusal(request, fault)
    status = next(STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS)
    if fault.__cause__ is not None:
        _LOG.info("%s %s: %s", *_called(request, fault), exc_info=fault)
    over = fault.over if isinstance(fault, OverBudget) else None
    response = answer(request, status, str(fault), fault.code, retry=fault.retry, over=over)
    if isinstance(fault, Nobody):
        response.headers["WWW-Authenticate"] = 'Bearer realm="dihedral"'
    return response


async def _note_refusal(request: Request, fault: Fault) -> None:
    """A stranger that is turned away before any door is no actor, and only logged."""
    door: edge.Door | None = getattr(request.state, "door", None)
    if door is None:
        _LOG.info("%s %s was turned away: %s", *_called(request, fault))
        return
    by = getattr(request.state, "actor", None) or Actor(NOBODY, trace=edge.trace(request))
    why = inert(fault.why if isinstance(fault, Hidden) else str(fault), LONGEST)
    try:
        await audit.refused(edge.ops(request), by, edge.action(door), inert(request.url.path), why)
    except Unavailable as cause:  # it stays refused
        _LOG.error("a refusal could not be noted: %s", cause)


def _called(request: Request, fault: Exception) -> tuple[str, str, str]:
    return request.method, inert(request.url.path), inert(str(fault), LONGEST)


async def show_unavailable(request: Request, fault: Exception) -> Response:
    _LOG.warning("%s %s: %s", *_called(request, fault))
    detail = "the database does not answer just now; the server's log says why. Try again"
    return answer(request, 503, detail, "unavailable", retry=True)


def show_ending(request: Request) -> Response:
    return answer(request, 503, "the server ends just now; ask again", "unavailable", retry=True)


async def show_http(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    status = HTTPStatus(fault.status_code)
    detail = fault.detail if fault.detail != status.phrase else _said(request, status)
    retry = status in PASSING
    response = answer(request, status, detail, CODES.get(status, "fault"), retry=retry)
    response.headers.update(fault.headers or {})
    return response


async def show_error(request: Request, error: Exception) -> Response:
    """What nobody foresaw. The server logs it whole; the caller learns only that it happened."""
    detail = (
        "this is a fault of Dihedral's own, not of what you asked; the server's log has it under"
        f" {edge.trace(request)}"
    )
    return answer(request, 500, detail, "internal", retry=False)


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    Fault: show_fault,
    Unavailable: show_unavailable,
    HTTPException: show_http,
}


def _said(request: Request, status: HTTPStatus) -> str:
    place = f"{request.method} {inert(request.url.path)}"
    return f"{place}: {status.description or status.phrase}; GET /openapi.json lists what there is"
