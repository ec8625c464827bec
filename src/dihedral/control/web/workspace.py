"""One workspace: what exists in it, what it gives, with what it is planned, how it came there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.api import story
from dihedral.control.api.story import RunShape
from dihedral.control.edge import Door, Handler
from dihedral.control.web import holding, landscape, paper, shell, statelist
from dihedral.control.web import workspaces as listed
from dihedral.control.web.holding import Holds
from dihedral.control.web.landscape import Landscape
from dihedral.control.web.paper import Page
from dihedral.control.web.statelist import States
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.right import Action
from dihedral.domain.workspace import Category, Health, Variable, Workspace
from dihedral.ops.work import agreement, watch, workspaces
from dihedral.ops.work.watch import Which
from dihedral.ops.work.workspaces import Estate

VIEWS: Mapping[str, Action] = {
    "resources": Action.STATE_READ,
    "graph": Action.STATE_READ,
    "outputs": Action.STATE_READ,
    "variables": Action.VARIABLE_READ,
    "runs": Action.RUN_READ,
    "states": Action.STATE_READ,
    "limits": Action.TERMS_READ,
    "settings": Action.WORKSPACE_READ,
}
LISTED = 500  # addresses on one page
DONE = {
    "lock": "The workspace is locked: nothing is applied in it.",
    "unlock": "The workspace is unlocked.",
    "settings": "The settings are kept.",
    "terms": "The terms are kept: they count for every run that is judged from now on.",
    "variable": "The variable is kept.",
    "unset": "The variable is gone.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacePage(Page):
    """`view` is which part is shown; the others are empty then. `sought` narrows the resources to
    those whose address holds it, `left` counts those that were not listed. `may` are the acts that
    who looks may do here."""

    template: ClassVar[str] = "workspace.html"
    workspace: Workspace
    health: Health
    view: str
    views: tuple[str, ...]
    may: frozenset[str]
    addresses: tuple[str, ...] = ()
    land: Landscape | None = None
    holds: Holds | None = None
    sought: str = ""
    left: int = 0
    outputs: tuple[tuple[str, str], ...] = ()
    reads: Mapping[str, tuple[str, ...]]
    read_by: Mapping[str, tuple[str, ...]]
    variables: tuple[Variable, ...] = ()
    runs: tuple[RunShape, ...] = ()
    states: States | None = None
    older: str = ""
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _page(request, notice=DONE.get(request.query_params.get("done", ""), ""))


async def lock(request: Request) -> Response:
    filled = await paper.form(request)
    key, reason = _key(request), filled.get("reason", "").strip()[:1000]
    return await _done(request, "lock", workspaces.lock(*_who(request), key, reason))


async def unlock(request: Request) -> Response:
    return await _done(request, "unlock", workspaces.unlock(*_who(request), _key(request)))


async def change(request: Request) -> Response:
    filled = await paper.form(request)
    said: dict[str, Any] = {
        "description": filled.get("description", "").strip()[:4000],
        "auto_apply": filled.get("auto_apply") == "on",
    }
    if "owner" in filled:
        said["owner"] = filled["owner"].strip()
    act = workspaces.change(*_who(request), _key(request), **said)
    return await _done(request, "settings", act, "settings")


async def agree(request: Request) -> Response:
    """A document that cannot be kept comes back in its field."""
    await workspaces.which(*_who(request), _key(request), Action.TERMS_SET)
    filled = await paper.form(request)
    text = filled.get("terms", "").replace("\r\n", "\n")
    was = filled.get("was", "").replace("\r\n", "\n")
    try:
        await agreement.agree(*_who(request), _key(request), text, was)
    except (Invalid, Conflict) as fault:
        status = problem.STATUS[type(fault)]
        return await _page(request, status, "limits", error=str(fault), typed=text)
    return _gone(request, "terms", "limits")


async def set_variable(request: Request) -> Response:
    await workspaces.which(*_who(request), _key(request), Action.VARIABLE_SET)
    filled = await paper.form(request)
    act = workspaces.set_variable(
        *_who(request),
        _key(request),
        filled.get("key", "").strip(),
        filled.get("value", ""),
        category=_category(filled),
        hcl=filled.get("hcl") == "on",
        sensitive=filled.get("sensitive") == "on",
        description=filled.get("description", "").strip()[:4000],
    )
    return await _done(request, "variable", act, "variables")


async def unset_variable(request: Request) -> Response:
    await workspaces.which(*_who(request), _key(request), Action.VARIABLE_SET)
    filled = await paper.form(request)
    name = filled.get("key", "")
    act = workspaces.unset_variable(*_who(request), _key(request), name, _category(filled))
    return await _done(request, "unset", act, "variables")


async def _done(request: Request, done: str, act: Any, view: str = "") -> Response:
    """The page again after a form; with what was wrong where it could not be done."""
    try:
        await act
    except (Invalid, Conflict) as fault:
        return await _page(request, problem.STATUS[type(fault)], view, error=str(fault))
    return _gone(request, done, view)


def _gone(request: Request, done: str, view: str) -> Response:
    said = {"view": view, "done": done} if view else {"done": done}
    return paper.go(f"{_path(_key(request))}?{urlencode(said)}")


async def _page(
    request: Request,
    status: int = 200,
    view: str = "",
    *,
    notice: str = "",
    error: str = "",
    typed: str | None = None,
) -> Response:
    """`typed` is what was in the form of the view that could not be kept."""
    ops, actor = _who(request)
    found = await workspaces.see(ops, actor, _key(request))
    views = tuple(name for name, needs in VIEWS.items() if shell.may(actor, needs))
    view = view or request.query_params.get("view") or views[0]
    if view not in views:
        raise NotFound("page", view)
    health = (await watch.health(ops, [found.workspace.id]))[found.workspace.id]
    page = WorkspacePage(
        workspace=found.workspace,
        health=health,
        view=view,
        views=views,
        may=frozenset(act for act, needs in ACTS.items() if shell.may(actor, needs)),
        reads=found.reads,
        read_by=found.read_by,
        notice=notice,
        error=error,
        **await _shown(request, found, view, typed),
    )
    return await shell.show(request, page, status)


async def _shown(request: Request, found: Estate, view: str, typed: str | None) -> dict[str, Any]:
    """What one view adds."""
    (ops, actor), name = _who(request), found.workspace.name
    if view == "resources":
        return _resources(found, request.query_params.get("q", "").strip()[:200])
    if view == "graph":
        return {"land": landscape.drawn(found.held, request.query_params, _path(name))}
    if view == "limits":
        return {"holds": await holding.holds(request, name, typed)}
    if view == "outputs":
        return {"outputs": tuple((k, _text(v)) for k, v in sorted(found.outputs.items()))}
    if view == "variables":
        return {"variables": tuple(await workspaces.variables(ops, actor, name))}
    if view == "runs":
        runs = await watch.run_page(ops, actor, Which(name), None, 20)
        older = f"/runs?{urlencode({'workspace': name})}" if len(runs) == 20 else ""
        return {"runs": tuple(story.shape(r.run, r.workspace) for r in runs), "older": older}
    if view == "states":
        return await statelist.shown(request, found, _path(name))
    return {}


def _resources(found: Estate, sought: str) -> dict[str, Any]:
    fits = [one for one in found.addresses if sought.casefold() in one.casefold()]
    left = max(0, len(fits) - LISTED)
    return {"addresses": tuple(fits[:LISTED]), "sought": sought, "left": left}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _category(filled: Mapping[str, str]) -> Category:
    try:
        return Category(filled.get("category", ""))
    except ValueError:
        raise Invalid("a variable is of category terraform or env") from None


def _who(request: Request) -> tuple[Any, Any]:
    return edge.ops(request), edge.actor(request)


def _key(request: Request) -> str:
    key: str = request.path_params["workspace"]
    return key


def _path(name: str) -> str:
    return f"{listed.PATH}/{quote(name, safe='')}"


def _form(path: str, handler: Handler, needs: Action, summary: str) -> Door:
    return paper.door("POST", f"{_ONE}/{path}", handler, needs, summary)


_ONE = "/workspaces/{workspace}"
ACTS: Mapping[str, Action] = {
    "lock": Action.WORKSPACE_LOCK,
    "unlock": Action.WORKSPACE_UNLOCK,
    "update": Action.WORKSPACE_UPDATE,
    "variable": Action.VARIABLE_SET,
    "propose": Action.RUN_PROPOSE,
    "download": Action.STATE_DOWNLOAD,
}
doors = (
    paper.door("GET", _ONE, read, Action.STATE_READ, "A workspace"),
    _form("lock", lock, Action.WORKSPACE_LOCK, "Hold the workspace"),
    _form("unlock", unlock, Action.WORKSPACE_UNLOCK, "Let go of it"),
    _form("settings", change, Action.WORKSPACE_UPDATE, "Change its settings"),
    _form("terms", agree, Action.TERMS_SET, "Set its terms"),
    _form("variables", set_variable, Action.VARIABLE_SET, "Set a variable"),
    _form("variables/unset", unset_variable, Action.VARIABLE_SET, "Unset a variable"),
)
