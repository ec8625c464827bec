"""What stands before every door: who may knock, how much they may say, and what every answer has.

A page on the web can make the reader's browser call us. Two things give it away: the `Host` that
it was called by (a name that was pointed here), and, for what changes something, the
`Sec-Fetch-Site` and `Origin` that browsers add and pages cannot remove.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dihedral.control import edge, front, problem
from dihedral.control.edge import SAFE
from dihedral.control.front import Caller, Front
from dihedral.domain.errors import Fault, Forbidden
from dihedral.kit import log

Show = Callable[[Request, Exception], Awaitable[Response]]
OWN_SITE = frozenset({"same-origin", "none"})
HEADERS = 100  # at most
TARGET = 48 << 10  # bytes of path and query: 4,000 signs of a message are 48,000 of them
REQUEST_ID = "dihedral-request-id"
HSTS = "max-age=31536000"
SAFELY: Mapping[str, str] = {  # unless a door says otherwise
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(),"
    " payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_LOG = logging.getLogger("dihedral.edge")


class Doors:
    """ASGI middleware, outside of all else. What is `public`, by path, may be read by the public
    URL's host, too, where nothing else may."""

    def __init__(
        self,
        app: ASGIApp,
        front: Front,
        public: Collection[str] = (),
        paged: Callable[[Show], Show] = lambda show: show,
    ) -> None:
        """`paged` makes pages of problems, where a page was asked for."""
        self._paged = paged
        self._app = app
        self._front = front
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope)
        with log.about(request=edge.trace(request)):
            told = _Told(request, send)
            try:
                self._admit(scope)
                await self._app(scope, receive, told)
            except asyncio.CancelledError:  # the server ends, and whoever waits comes back
                if not told.begun:
                    await problem.show_ending(request)(scope, receive, told)
                raise
            except (Fault, HTTPException) as fault:
                show = problem.show_fault if isinstance(fault, Fault) else problem.show_http
                await (await self._paged(show)(request, fault))(scope, receive, told)
            except Exception as error:
                _LOG.exception("%s %s", request.method, problem.inert(request.url.path))
                if told.begun:
                    raise
                shown = self._paged(problem.show_error)
                await (await shown(request, error))(scope, receive, told)

    def _admit(self, scope: Scope) -> None:
        """Who calls is, from here on, who stands behind the proxy. Raises Fault, HTTPException."""
        headers = Headers(scope=scope)
        if len(scope["headers"]) > HEADERS:
            raise HTTPException(431, f"the call has more than {HEADERS} headers; send fewer")
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > TARGET:
            raise HTTPException(414, f"the address is longer than {TARGET:,} bytes; shorten it")
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise HTTPException(400, "the address holds the character NUL, which names nothing")
        peer = scope["client"][0] if scope["client"] else ""
        caller = front.caller(peer, scope["scheme"], headers, self._front.proxies)
        scope["scheme"], scope["client"] = caller.scheme, (caller.address, 0)
        if not self._open(scope["path"], caller) and (
            why := refusal(self._front, caller, scope["method"], headers)
        ):
            raise Forbidden(why)

    def _open(self, path: str, caller: Caller) -> bool:
        """Whether it may be read by whoever comes, since it tells nothing that is not public."""
        if self._front.shared:
            return path in edge.PROBES
        return path in self._public and front.origin("https", caller.host) == self._front.origin


class _Told:
    """`send`, with what every answer has."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            said = {name.lower() for name, _ in message["headers"]}
            more = {**SAFELY, REQUEST_ID: edge.trace(self._request)}
            if self._request.scope["scheme"] == "https":
                more["strict-transport-security"] = HSTS
            plain = ((k.encode(), v.encode()) for k, v in more.items())
            added = [(k, v) for k, v in plain if k not in said]
            message = {**message, "headers": [*message["headers"], *added]}
        await self._send(message)


def refusal(known: Front, caller: Caller, method: str, headers: Mapping[str, str]) -> str:
    """Why a call is turned away; empty when it is not."""
    if caller.local:
        own = caller.origin
    elif not known.shared:
        return _strange(caller)
    elif front.origin("https", caller.host) != known.origin:
        return f"the Host header says {caller.host!r}; this server answers to {known.origin} only"
    elif caller.scheme != "https":
        return f"the call came in the clear; this server answers to {known.origin} only"
    else:
        own = known.origin
    if method in SAFE:
        return ""
    site = headers.get("sec-fetch-site", "none")
    if site not in OWN_SITE:
        return f"a page of another site ({site}) may not change anything here"
    said = headers.get("origin")
    if said is not None and said != own:
        return f"a page of {said} may not change anything here"
    return ""


def _strange(caller: Caller) -> str:
    if not caller.direct:
        return (
            "the call came by a proxy, and none is named: set DIHEDRAL_TRUSTED_PROXIES to its"
            " address, and DIHEDRAL_PUBLIC_URL to what people call"
        )
    return (
        f"the Host header says {caller.host!r}; this server answers to localhost and 127.0.0.1 only"
    )
