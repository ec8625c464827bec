"""The tour: a newcomer's first change, from words to evidence, and how far somebody is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.ids import ActorId, RunId
from dihedral.domain.run import OVER, Run, Status


class Step(StrEnum):
    """In their order."""

    ASK = "ask"  # say what is needed
    REFLEX = "reflex"  # see what was made of it, and correct that
    READ = "read"  # what would be done, and the three numbers
    APPROVE = "approve"
    WATCH = "watch"  # while it is applied
    EVIDENCE = "evidence"


AT_WORK = frozenset({Status.CONFIRMED, Status.APPLYING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """`read` is the run that its person said to have read."""

    person: ActorId
    began_at: datetime
    read: RunId | None = None
    ended_at: datetime | None = None


def step(tour: Tour, run: Run | None, *, asked: bool) -> Step:
    """Where it is, by what was asked since it began and the run that came of that. One that is over
    without being applied leads back to asking."""
    if run is None:
        return Step.REFLEX if asked else Step.ASK
    if run.status is Status.APPLIED:
        return Step.EVIDENCE
    if run.status in OVER:
        return Step.ASK
    if run.status in AT_WORK:
        return Step.WATCH
    return Step.APPROVE if tour.read == run.id else Step.READ
