"""A fault as a page, where a page was asked for; elsewhere as it always is."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, cookies, edge
from dihedral.control.web import paper

Show = Callable[[Request, Exception], Awaitable[Response]]


def handlers(told: Mapping[Any, Show]) -> dict[Any, Show]:
    """Those of the API, with pages for pages."""
    return {kind: _paged(show) for kind, show in told.items()}


def _paged(show: Show) -> Show:
    async def shown(request: Request, fault: Exception) -> Response:
        response = await show(request, fault)
        door: edge.Door | None = getattr(request.state, "door", None)
        return _page(request, door, response) if door and door.page else response

    return shown


def _page(request: Request, door: edge.Door, response: Response) -> Response:
    if response.status_code == 401 and door.needs is not None:
        cookies.drop(request)
        query = f"?{request.url.query}" if request.url.query else ""
        after = f"{request.url.path}{query}" if request.method == "GET" else address.ACCOUNT
        return paper.go(paper.next_to("/login", after))
    problem = json.loads(bytes(response.body))
    where = (address.ACCOUNT, "To your account") if door.needs else ("/login", "To the login")
    page = paper.Message(problem["title"], problem["detail"], *where)
    return paper.show(page, response.status_code)
