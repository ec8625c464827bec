"""What waits for a person's yes, the longest first."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.api import approvals
from dihedral.control.api.approvals import AskShape
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.ops.work import tally

PATH, SIZE = "/inbox", 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox(Page):
    """`older` leads to those that were asked later, which come after."""

    template: ClassVar[str] = "inbox.html"
    fragments: ClassVar = {"waiting": "_waiting.html"}
    asks: list[AskShape]
    older: str = ""


async def read(request: Request) -> Response:
    if paper.part(request, Inbox) == "waiting":
        return await shell.show(request, Inbox(asks=[]))
    said = request.query_params.get("after", "")
    after = parse(RunId, said) if said else None
    found = await tally.waiting(edge.ops(request), edge.actor(request), None, after, SIZE)
    older = f"{PATH}?after={found[-1].run.id}" if len(found) == SIZE else ""
    return await shell.show(request, Inbox(asks=[approvals.shape(a) for a in found], older=older))


doors = (paper.door("GET", PATH, read, Action.RUN_READ, "What waits for a person"),)
