"""A fault as a page, where a page was asked for; elsewhere as it always is."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, cookies, edge
from dihedral.control.web import paper, shell

Show = Callable[[Request, Exception], Awaitable[Response]]


def handlers(told: Mapping[Any, Show]) -> dict[Any, Show]:
    """Those of the API, with pages for pages."""
    return {kind: paged(show) for kind, show in told.items()}


def paged(show: Show) -> Show:
    """The same, as a page where one was asked for."""

    async def shown(request: Request, fault: Exception) -> Response:
        response = await show(request, fault)
        door: edge.Door | None = getattr(request.state, "door", None)
        paged = door.page if door else "text/html" in request.headers.get("accept", "")
        return await _page(request, door, response) if paged else response

    return shown


async def _page(request: Request, door: edge.Door | None, response: Response) -> Response:
    if response.status_code == 401 and door and door.needs is not None:
        cookies.drop(request)
        if request.headers.get("hx-request") == "true":  # a part would be filled with the login
            return Response("", 401, {"hx-refresh": "true"}, paper.HTML)
        query = f"?{request.url.query}" if request.url.query else ""
        after = f"{request.url.path}{query}" if request.method == "GET" else address.HOME
        return paper.go(paper.next_to("/login", after))
    problem = json.loads(bytes(response.body))
    known = getattr(request.state, "actor", None) is not None
    page = paper.Message(problem["title"], problem["detail"], address.HOME, "Begin again")
    framed = known and response.status_code < 500  # what broke may break what is around it, too
    frame = await shell.frame(request) if framed else None
    return paper.show(page, response.status_code, frame=frame)
