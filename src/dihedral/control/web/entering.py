"""The pages by which somebody comes in and goes out: login, a link's welcome, logout."""

from dataclasses import dataclass, replace
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, cookies, edge, problem
from dihedral.control.web import paper
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Conflict, Invalid, Nobody
from dihedral.domain.right import Action
from dihedral.ops.rules import secrecy
from dihedral.ops.work import links, logins, sessions
from dihedral.ops.work.links import Answer
from dihedral.ops.work.logins import Tried
from dihedral.ops.work.oidc import Provider
from dihedral.ops.work.sessions import Browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Page):
    """`provider` is who else logs people in, or empty; `after` is where it leads."""

    template: ClassVar[str] = "login.html"
    provider: str
    after: str
    name: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome(Page):
    """`whose` is empty where the first administrator names himself."""

    template: ClassVar[str] = "welcome.html"
    key: str
    whose: str
    name: str = ""
    error: str = ""
    shortest: int = secrecy.SHORTEST


async def ask(request: Request) -> Response:
    return paper.show(_login(request, request.query_params.get("next", "")))


async def login(request: Request) -> Response:
    filled = await paper.form(request)
    after = filled.get("next", "")
    tried = Tried(
        filled.get("name", "").strip(),
        filled.get("password", ""),
        browser(request),
        cookies.session(request),
    )
    try:
        begun = await logins.login(edge.ops(request), tried)
    except Nobody as fault:
        page = replace(_login(request, after), name=tried.name[:64], error=str(fault))
        return paper.show(page, 401)
    cookies.keep(request, begun.secret)
    return paper.go(address.local(after))


async def welcome(request: Request) -> Response:
    key = request.query_params.get("key", "")
    whose = await links.look(edge.ops(request), key)
    return paper.show(Welcome(key=key, whose=whose or ""))


async def follow(request: Request) -> Response:
    filled = await paper.form(request)
    key, parts = filled.get("key", ""), edge.ops(request)
    whose = await links.look(parts, key)
    answer = Answer(
        filled.get("password", ""),
        browser(request),
        filled.get("name", ""),
        cookies.session(request),
    )
    try:
        begun = await links.follow(parts, key, answer)
    except (Invalid, Conflict) as fault:
        page = Welcome(key=key, whose=whose or "", name=answer.name[:64], error=str(fault))
        return paper.show(page, problem.STATUS[type(fault)])
    cookies.keep(request, begun.secret)
    return paper.go(address.HOME if whose else address.TOUR)


async def logout(request: Request) -> Response:
    actor = edge.actor(request)
    if actor.session:
        await sessions.revoke(edge.ops(request), actor, actor.session)
    cookies.drop(request)
    return paper.go("/logged-out")


async def logged_out(request: Request) -> Response:
    text = "This browser is logged out. Commands that you let in keep their own tokens."
    return paper.show(paper.Message("Logged out", text, "/login", "Log in again"))


def browser(request: Request) -> Browser:
    address = request.client.host if request.client else ""
    return Browser(address, request.headers.get("user-agent", ""), edge.trace(request))


def provider(request: Request) -> Provider | None:
    found: Provider | None = request.app.state.provider
    return found


def _login(request: Request, after: str) -> Login:
    known = provider(request)
    return Login(provider=known.name if known else "", after=address.local(after))


doors = (
    paper.door("GET", "/login", ask, None, "The login page"),
    paper.door("POST", "/login", login, None, "Log in with a password"),
    paper.door("GET", address.WELCOME, welcome, None, "The page of a link that sets a password"),
    paper.door("POST", address.WELCOME, follow, None, "Set a password by a link"),
    paper.door("POST", "/logout", logout, Action.SELF, "Log this browser out"),
    paper.door("GET", "/logged-out", logged_out, None, "The page after that"),
)
