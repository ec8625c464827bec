"""The cookies of browsers: read, and set on whatever the answer becomes, be it a fault.

Source  RFC 6265bis §4.1.3 for `__Host-`: only by TLS, only of this host, for all of its paths.
"""

from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dihedral.domain.errors import Forbidden
from dihedral.ops.work import sessions

SESSION, FLOW = "dihedral", "dihedral-flow"  # who is logged in; a login that is under way
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = "__Host-"
_SET = "cookies"  # of a call's state


class Cookies:
    """ASGI middleware: sends what `keep` and `drop` left for the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for line in scope.get("state", {}).get(_SET, {}).values():
                    headers.append("set-cookie", line)
            await send(message)

        await self._app(scope, receive, told)


def session(request: Request) -> str:
    """The secret of the browser's session, or nothing."""
    found = read(request, SESSION)
    return found if found.startswith(sessions.SECRET) else ""


def read(request: Request, name: str) -> str:
    return request.cookies.get(_named(request, name), "")


def keep(request: Request, value: str, name: str = SESSION, seconds: int | None = None) -> None:
    """Until the browser ends, or for so long. Scripts never see it."""
    line: SimpleCookie = SimpleCookie()
    full = _named(request, name)
    line[full] = value
    line[full]["path"] = "/"
    line[full]["httponly"] = True
    line[full]["samesite"] = "Lax"
    if secure(request):
        line[full]["secure"] = True
    if seconds is not None:
        line[full]["max-age"] = seconds
    _set(request)[full] = line[full].OutputString()


def drop(request: Request, name: str = SESSION) -> None:
    keep(request, "", name, 0)


def secure(request: Request) -> bool:
    """Whether the browser came by TLS, to us or to the proxy before us."""
    return bool(request.scope["scheme"] == "https")


def demand_own_page(request: Request) -> None:
    """For what changes something: the browser says which page asks, and `doors` has seen to it that
    it is none of another site. Raises Forbidden."""
    said = request.headers.get("sec-fetch-site") or request.headers.get("origin")
    if request.method not in SAFE and not said:
        raise Forbidden("a cookie counts only where the browser says that our own page asks")


def _named(request: Request, name: str) -> str:
    return f"{_HOST}{name}" if secure(request) else name


def _set(request: Request) -> dict[str, str]:
    if not hasattr(request.state, _SET):
        setattr(request.state, _SET, {})
    found: dict[str, str] = getattr(request.state, _SET)
    return found
