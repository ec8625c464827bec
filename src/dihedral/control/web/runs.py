"""The list of runs."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.api import story
from dihedral.control.api.story import RunShape
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Invalid, NotFound
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import Status
from dihedral.ops.work import watch
from dihedral.ops.work.watch import Which

PATH, SIZE = "/runs", 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs(Page):
    """`workspace` and `status` are what the list is narrowed to, empty for all."""

    template: ClassVar[str] = "runs.html"
    fragments: ClassVar = {"runs": "_runs.html"}
    runs: list[RunShape]
    workspace: str
    status: str
    older: str
    error: str = ""
    statuses: tuple[Status, ...] = tuple(Status)


async def read(request: Request) -> Response:
    asked = request.query_params
    workspace, status = asked.get("workspace", "").strip(), asked.get("status", "")
    if status and status not in set(Status):
        raise Invalid(f"there is no status {status!r}")
    before = parse(RunId, asked["before"]) if asked.get("before") else None
    which = Which(workspace or None, Status(status) if status else None)
    found, error = [], ""
    try:
        found = await watch.run_page(edge.ops(request), edge.actor(request), which, before, SIZE)
    except NotFound as fault:
        error = str(fault)
    page = Runs(
        runs=[story.shape(one.run, one.workspace) for one in found],
        workspace=workspace,
        status=status,
        older=_older(workspace, status, found[-1].run.id) if len(found) == SIZE else "",
        error=error,
    )
    return await shell.show(request, page, 404 if error else 200)


def _older(workspace: str, status: str, last: RunId) -> str:
    said = {"workspace": workspace, "status": status, "before": last}
    return f"{PATH}?{urlencode({k: v for k, v in said.items() if v})}"


doors = (paper.door("GET", PATH, read, Action.RUN_READ, "Runs, newest first"),)
