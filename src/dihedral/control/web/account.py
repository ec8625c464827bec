"""The page of one's own account: sessions, API tokens, password, where one acts."""

from dataclasses import dataclass, field
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, edge, problem
from dihedral.control.edge import Door, Handler
from dihedral.control.web import paper, shell
from dihedral.control.web.entering import browser
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Forbidden, Invalid, Nobody
from dihedral.domain.ids import SessionId, TokenId, parse
from dihedral.domain.person import ApiToken, Session
from dihedral.domain.right import Action, Role
from dihedral.ops.rules import secrecy
from dihedral.ops.work import accounts, apitokens, logins, sessions
from dihedral.ops.work.accounts import Account
from dihedral.ops.work.apitokens import Wanted

NOTICES = {
    "password": "The password is changed. All other sessions are logged out.",
    "session": "The session is logged out.",
    "token": "The token is revoked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage(Page):
    """`secret` is a token that was just made, to be seen this once."""

    template: ClassVar[str] = "account.html"
    account: Account
    current: SessionId | None
    sessions: list[Session]
    tokens: list[ApiToken]
    roles: tuple[Role, ...] = tuple(Role)
    days: int = secrecy.TOKEN_DAYS
    most: int = secrecy.TOKEN_MOST
    shortest: int = secrecy.SHORTEST
    secret: str = field(default="", repr=False)
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _page(request, notice=NOTICES.get(request.query_params.get("done", ""), ""))


async def create(request: Request) -> Response:
    filled = await paper.form(request)
    try:
        role, days = Role(filled.get("role", "")), int(filled.get("days", ""))
    except ValueError:
        raise Invalid("a token has a role of the list, and a number of days") from None
    wanted = Wanted(filled.get("name", ""), role, filled.get("workspace", "").strip(), days)
    try:
        made = await apitokens.create(edge.ops(request), edge.actor(request), wanted)
    except Invalid as fault:
        return await _page(request, 422, error=str(fault))
    return await _page(request, secret=made.secret)


async def revoke(request: Request) -> Response:
    key = parse(TokenId, request.path_params["token"])
    await apitokens.revoke(edge.ops(request), edge.actor(request), key)
    return paper.go(f"{address.ACCOUNT}?done=token")


async def end(request: Request) -> Response:
    key = parse(SessionId, request.path_params["session"])
    await sessions.revoke(edge.ops(request), edge.actor(request), key)
    return paper.go(f"{address.ACCOUNT}?done=session")


async def change(request: Request) -> Response:
    filled = await paper.form(request)
    old, new = filled.get("old", ""), filled.get("new", "")
    actor = edge.actor(request)
    try:
        await logins.change_password(edge.ops(request), actor, old, new, browser(request))
    except (Invalid, Nobody) as fault:
        return await _page(request, problem.STATUS[type(fault)], error=str(fault))
    return paper.go(f"{address.ACCOUNT}?done=password")


async def move(request: Request) -> Response:
    filled = await paper.form(request)
    await sessions.move(edge.ops(request), edge.actor(request), filled.get("organization", ""))
    return paper.go(address.ACCOUNT)


async def _page(
    request: Request, status: int = 200, *, secret: str = "", notice: str = "", error: str = ""
) -> Response:
    parts, actor = edge.ops(request), edge.actor(request)
    if actor.session is None:
        raise Forbidden("this page is for a browser that logged in; programs ask /v1/account")
    page = AccountPage(
        account=await accounts.see(parts, actor),
        current=actor.session,
        sessions=await sessions.page(parts, actor),
        tokens=[one for one in await apitokens.page(parts, actor) if not one.revoked_at],
        secret=secret,
        notice=notice,
        error=error,
    )
    return await shell.show(request, page, status)


def _door(method: str, path: str, handler: Handler, summary: str) -> Door:
    return paper.door(method, f"{address.ACCOUNT}{path}", handler, Action.SELF, summary)


doors = (
    _door("GET", "", read, "One's own account"),
    _door("POST", "/tokens", create, "Make an API token"),
    _door("POST", "/tokens/{token}/revoke", revoke, "Revoke an API token"),
    _door("POST", "/sessions/{session}/revoke", end, "Log a session out"),
    _door("POST", "/password", change, "Change one's password"),
    _door("POST", "/organization", move, "Act in another organization"),
)
