"""The list of workspaces, with how each of them does; and a form that makes one."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.right import Action
from dihedral.ops.work import watch, workspaces
from dihedral.ops.work.watch import Seen

PATH, SIZE = "/workspaces", 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspaces(Page):
    """`may_add` is whether who looks may make one; `name` is what was filled in."""

    template: ClassVar[str] = "workspaces.html"
    seen: list[Seen]
    older: str
    may_add: bool
    name: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _page(request)


async def add(request: Request) -> Response:
    filled = await paper.form(request)
    name = filled.get("name", "").strip()
    settings = {"description": filled.get("description", "").strip()}
    limit = request.app.state.settings.apply_limit
    try:
        made = await workspaces.add(
            edge.ops(request), edge.actor(request), name, apply_limit=limit, **settings
        )
    except (Invalid, Conflict) as fault:
        return await _page(request, problem.STATUS[type(fault)], name=name, error=str(fault))
    return paper.go(f"{PATH}/{quote(made.name, safe='')}")


async def _page(
    request: Request, status: int = 200, *, name: str = "", error: str = ""
) -> Response:
    after = request.query_params.get("after") or None
    actor = edge.actor(request)
    found = await watch.estates(edge.ops(request), actor, after, SIZE)
    last = quote(found[-1].workspace.name, safe="") if len(found) == SIZE else ""
    page = Workspaces(
        seen=found,
        older=last and f"{PATH}?after={last}",
        may_add=shell.may(actor, Action.WORKSPACE_CREATE),
        name=name,
        error=error,
    )
    return await shell.show(request, page, status)


doors = (
    paper.door("GET", PATH, read, Action.WORKSPACE_READ, "Workspaces, by name"),
    paper.door("POST", PATH, add, Action.WORKSPACE_CREATE, "Make a workspace"),
)
