"""Who was given which role, in the organization or in a part of it; and what somebody has open,
sessions and tokens, which end here."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Invalid, NotFound
from dihedral.domain.ids import SessionId, TokenId, parse
from dihedral.domain.right import Action, Where
from dihedral.ops.store.people import Given
from dihedral.ops.work import apitokens, grants, sessions

PATH = "/grants"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants(Page):
    """`said` is what the list is narrowed to."""

    template: ClassVar[str] = "grants.html"
    given: tuple[Given, ...]
    said: dict[str, str]
    error: str = ""


async def read(request: Request) -> Response:
    names = ("holder", "project", "workspace")
    said = {name: request.query_params.get(name, "").strip()[:200] for name in names}
    where = Where(said["project"], said["workspace"])
    try:
        found = await grants.page(
            edge.ops(request), edge.actor(request), said["holder"] or None, where
        )
    except (Invalid, NotFound) as fault:
        return await shell.show(request, Grants(given=(), said=said, error=str(fault)))
    return await shell.show(request, Grants(given=tuple(found), said=said))


async def revoke(request: Request) -> Response:
    key = parse(TokenId, request.path_params["token"])
    return await _ended(request, apitokens.revoke(edge.ops(request), edge.actor(request), key))


async def end(request: Request) -> Response:
    key = parse(SessionId, request.path_params["session"])
    return await _ended(request, sessions.revoke(edge.ops(request), edge.actor(request), key))


async def _ended(request: Request, act: Awaitable[None]) -> Response:
    await act
    return paper.go(f"/people/{quote(request.path_params['person'], safe='')}?done=ended")


_ONE = "/people/{person}"
# fmt: off
doors = (
    paper.door("GET", PATH, read, Action.GRANT_READ, "Who was given which role"),
    paper.door("POST", f"{_ONE}/tokens/{{token}}/revoke", revoke, Action.PERSON_SET,
               "Revoke somebody's token"),
    paper.door("POST", f"{_ONE}/sessions/{{session}}/revoke", end, Action.PERSON_SET,
               "End somebody's session"),
)
# fmt: on
