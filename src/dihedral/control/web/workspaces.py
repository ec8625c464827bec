"""The list of workspaces, with how each of them does; and a form that makes one."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlencode

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
    """`may_add` is whether who looks may make one; `name` and `filled`, an owner, are what was
    filled in. `owner` is what the list is narrowed to, empty for all."""

    template: ClassVar[str] = "workspaces.html"
    seen: list[Seen]
    older: str
    may_add: bool
    owner: str
    name: str = ""
    filled: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _page(request)


async def add(request: Request) -> Response:
    filled = await paper.form(request)
    name, owner = filled.get("name", "").strip(), filled.get("owner", "").strip()
    settings = {"description": filled.get("description", "").strip()}
    if owner:
        settings["owner"] = owner
    limit = request.app.state.settings.apply_limit
    try:
        made = await workspaces.add(
            edge.ops(request), edge.actor(request), name, apply_limit=limit, **settings
        )
    except (Invalid, Conflict) as fault:
        status = problem.STATUS[type(fault)]
        return await _page(request, status, name=name, filled=owner, error=str(fault))
    return paper.go(f"{PATH}/{quote(made.name, safe='')}")


async def _page(
    request: Request, status: int = 200, *, name: str = "", filled: str = "", error: str = ""
) -> Response:
    after = request.query_params.get("after") or None
    owner = request.query_params.get("owner", "").strip()[:100]
    actor = edge.actor(request)
    found = await watch.estates(edge.ops(request), actor, after, SIZE, owner or None)
    page = Workspaces(
        seen=found,
        older=_older(owner, found[-1].workspace.name) if len(found) == SIZE else "",
        may_add=shell.may(actor, Action.WORKSPACE_CREATE),
        owner=owner,
        name=name,
        filled=filled,
        error=error,
    )
    return await shell.show(request, page, status)


def _older(owner: str, last: str) -> str:
    said = {"owner": owner, "after": last}
    return f"{PATH}?{urlencode({k: v for k, v in said.items() if v})}"


doors = (
    paper.door("GET", PATH, read, Action.WORKSPACE_READ, "Workspaces, by name"),
    paper.door("POST", PATH, add, Action.WORKSPACE_CREATE, "Make a workspace"),
)
