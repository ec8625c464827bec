"""Who may knock: nobody but programs of this machine, as long as there is no login.

A page on the web can make the reader's browser call 127.0.0.1. Two things give it away: the `Host`
that it was called by (a name that was pointed here), and, for what changes something, the
`Sec-Fetch-Site` and `Origin` that browsers add and pages cannot remove.
"""

import ipaddress
from collections.abc import Collection, Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dihedral.control import edge
from dihedral.domain.errors import Forbidden, Invalid

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})
SAFELY: Mapping[str, str] = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Doors:
    """ASGI middleware: turns strangers away before anything is read. What is `public`, by path, may
    be read by the name `host`, too, under which others know this server."""

    def __init__(self, app: ASGIApp, host: str = "", public: Collection[str] = ()) -> None:
        self._app = app
        self._host = host
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        named = self._host if scope["path"] in self._public else ""
        why = refusal(scope["method"], Headers(scope=scope), named)
        if why:
            response = await edge.show_fault(Request(scope), Forbidden(why))
            return await response(scope, receive, send)

        async def guarded(message: Mapping[str, object]) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                assert isinstance(given, list)
                said = {name.lower() for name, _ in given}  # a door may say otherwise
                more = ((k.encode(), v.encode()) for k, v in SAFELY.items())
                given.extend((k, v) for k, v in more if k not in said)
            await send(dict(message))

        return await self._app(scope, receive, guarded)


def refusal(method: str, headers: Mapping[str, str], named: str = "") -> str:
    """Why a call is turned away; empty when it is not. `named` is a further name of ours."""
    host = headers.get("host", "")
    if not loopback(_bare(host)) and not (named and host.lower() == named):
        return f"the Host header says {host!r}; this server answers to localhost and 127.0.0.1 only"
    if method in SAFE:
        return ""
    site = headers.get("sec-fetch-site", "none")
    if site not in OWN_SITE:
        return f"a page of another site ({site}) may not change anything here"
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return f"a page of {origin} may not change anything here"
    return ""


def loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def demand_loopback(host: str) -> None:
    """Raises Invalid for an address that others can reach."""
    if not loopback(host):
        raise Invalid(
            f"{host} can be reached by others, and there is no login yet: listen on 127.0.0.1,"
            " and let people in through a tunnel (`ssh -L`)"
        )


def _bare(host: str) -> str:
    """`[::1]:7370` is `::1`, `localhost:7370` is `localhost`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
