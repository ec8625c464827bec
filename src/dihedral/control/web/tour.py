"""The tour's own page: all its steps, which are done, and where it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, edge
from dihedral.control.web import paper, shell, steps
from dihedral.control.web.paper import Page
from dihedral.control.web.steps import Box
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.tour import Step
from dihedral.ops.work import tours

PATH = address.TOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class TourPage(Page):
    """`box` is None where no tour goes on."""

    template: ClassVar[str] = "tour.html"
    box: Box | None
    steps: tuple[Step, ...] = tuple(Step)
    titles: Mapping[Step, str] = field(default_factory=lambda: steps.TITLES)


async def read(request: Request) -> Response:
    going = await steps.going(request)
    box = await steps.at(request, going) if going else None
    return await shell.show(request, TourPage(box=box))


async def begin(request: Request) -> Response:
    await tours.begin(edge.ops(request), edge.actor(request))
    return paper.go(address.ASK)


async def have_read(request: Request) -> Response:
    filled = await paper.form(request)
    run = parse(RunId, filled.get("run", ""))
    await tours.read(edge.ops(request), edge.actor(request), run)
    return paper.go(f"/runs/{run}")


async def end(request: Request) -> Response:
    await tours.end(edge.ops(request), edge.actor(request))
    return paper.go(PATH)


doors = (
    paper.door("GET", PATH, read, Action.CONVERSATION_SAY, "The tour, and how far it is"),
    paper.door("POST", PATH, begin, Action.CONVERSATION_SAY, "Begin the tour, also anew"),
    paper.door("POST", f"{PATH}/read", have_read, Action.CONVERSATION_SAY, "Say what one read"),
    paper.door("POST", f"{PATH}/end", end, Action.CONVERSATION_SAY, "End the tour, or skip it"),
)
