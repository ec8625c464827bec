"""What agents handed to people: those that are open, and each with what to do about it."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.api import escalations as api
from dihedral.control.web import conversation, paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.comment import LONGEST
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import EscalationId, parse
from dihedral.domain.right import Action
from dihedral.model.store.escalations import Escalation, Sought
from dihedral.model.work import escalations

PATH, SIZE = "/escalations", 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalations(Page):
    template: ClassVar[str] = "escalations.html"
    items: tuple[Escalation, ...]
    every: bool
    older: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPage(Page):
    """`opens` is whether who looks may read the conversation, `longest` in characters."""

    template: ClassVar[str] = "escalation.html"
    one: Escalation
    opens: bool
    longest: int = LONGEST
    notice: str = ""


async def read(request: Request) -> Response:
    asked, actor = request.query_params, edge.actor(request)
    every = bool(asked.get("all"))
    after = parse(EscalationId, asked["after"]) if asked.get("after") else None
    sought = Sought(closed=every, after=after, size=SIZE)
    found = await escalations.page(edge.mind(request), actor, sought)
    rest = "all=1&" if every else ""
    more = f"{PATH}?{rest}after={found[-1].id}" if len(found) == SIZE else ""
    return await shell.show(request, Escalations(items=tuple(found), every=every, older=more))


async def one(request: Request) -> Response:
    actor = edge.actor(request)
    found = await escalations.see(edge.mind(request), actor, api.name(request))
    opens = actor.id == found.person or conversation.oversees(request)
    notice = "It is closed." if request.query_params.get("done") == "close" else ""
    return await shell.show(request, EscalationPage(one=found, opens=opens, notice=notice))


async def close(request: Request) -> Response:
    filled, name = await paper.form(request), api.name(request)
    mind, actor = edge.mind(request), edge.actor(request)
    try:
        await escalations.close(mind, actor, name, filled.get("why", "")[:LONGEST])
    except Conflict as fault:
        page = paper.Message("It has changed", str(fault), f"{PATH}/{name}", "Read it again")
        return await shell.show(request, page, 409)
    return paper.go(f"{PATH}/{name}?done=close")


_ONE = f"{PATH}/{{escalation}}"
doors = (
    paper.door("GET", PATH, read, Action.ESCALATION_READ, "What agents handed to people"),
    paper.door("GET", _ONE, one, Action.ESCALATION_READ, "What an agent handed to a person"),
    paper.door("POST", f"{_ONE}/close", close, Action.ESCALATION_CLOSE, "Say that it is seen to"),
)
