"""Evaluations: how the reflex does on requests that it had not seen. Agents have none yet, and the
page says so."""

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.right import Action
from dihedral.model.work import review

PATH = "/evaluations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations(Page):
    """Of the live reflex. `aims`, `reaches` and `answers` are shares of one; `shut` says that it is
    never sure."""

    template: ClassVar[str] = "evaluations.html"
    version: str
    labels: int
    lessons: int
    aims: float
    reaches: float
    answers: float
    shut: bool


async def read(request: Request) -> Response:
    found = await review.standing(edge.thinking(request))
    model = found.model
    page = Evaluations(
        version=model.digest,
        labels=sum(bool(label) for label in model.labels),
        lessons=found.lessons,
        aims=model.precision,
        reaches=model.checked.precision,
        answers=model.checked.coverage,
        shut=not (isfinite(model.gates.margin) and isfinite(model.gates.score)),
    )
    return await shell.show(request, page)


doors = (paper.door("GET", PATH, read, Action.REFLEX_READ, "How the reflex does"),)
