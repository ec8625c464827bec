"""The reflex over HTTP: what it is now, and lessons for it."""

from dataclasses import dataclass
from math import isfinite

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.ids import RequestId, parse
from dihedral.domain.right import Action
from dihedral.model.work import review


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflexShape:
    """`version` is the digest of what it was made of. A gate that is shut is null: then it is never
    sure. `checked` shares are of rows that it had not seen."""

    version: str
    labels: list[str]
    precision: float
    margin_gate: float | None
    score_gate: float | None
    checked_precision: float
    checked_coverage: float
    lessons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedShape:
    """Not `taken`: it would have cost precision, so the live version stays as it was."""

    taken: bool
    precision_before: float
    precision_after: float


class LessonAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`label` is the blueprint that was meant; empty: none of ours."""

    request: str
    label: str


async def read(request: Request) -> ReflexShape:
    found = await review.standing(edge.thinking(request))
    model = found.model
    return ReflexShape(
        version=model.digest,
        labels=[label for label in model.labels if label],
        precision=model.precision,
        margin_gate=_open(model.gates.margin),
        score_gate=_open(model.gates.score),
        checked_precision=model.checked.precision,
        checked_coverage=model.checked.coverage,
        lessons=found.lessons,
    )


async def teach(request: Request) -> LearnedShape:
    asked = await edge.body(request, LessonAsked)
    learned = await review.teach(
        edge.thinking(request),
        edge.actor(request),
        parse(RequestId, asked.request),
        asked.label,
    )
    return LearnedShape(
        taken=learned.taken, precision_before=learned.before, precision_after=learned.after
    )


def _open(gate: float) -> float | None:
    return gate if isfinite(gate) else None


doors = (
    Door(
        method="GET",
        path="/v1/reflex",
        handler=read,
        needs=Action.REFLEX_READ,
        summary="The live reflex: its gates, and how it does",
        gives=ReflexShape,
    ),
    Door(
        method="POST",
        path="/v1/reflex/lessons",
        handler=teach,
        needs=Action.REFLEX_TEACH,
        summary="Say what a request meant; it learns, unless that would cost precision",
        takes=LessonAsked,
        gives=LearnedShape,
        status=201,
    ),
)
