"""What each fact of a run is called in the audit log, and how it came out."""

from collections.abc import Mapping
from types import MappingProxyType

from dihedral.domain.audit import Outcome
from dihedral.domain.run import Fact

F = Fact
DONE, DENIED, FAILED = Outcome.DONE, Outcome.DENIED, Outcome.FAILED

# fmt: off
ACTS: Mapping[Fact, tuple[str, Outcome]] = MappingProxyType({
    F.CLAIMED:    ("run.claim",   DONE),
    F.PLANNED:    ("run.plan",    DONE),
    F.FINISHED:   ("run.finish",  DONE),
    F.CLEARED:    ("run.clear",   DONE),
    F.HELD:       ("run.hold",    DONE),
    F.DENIED:     ("run.judge",   DENIED),
    F.SECONDED:   ("run.approve", DONE),
    F.APPROVED:   ("run.approve", DONE),
    F.WITHDRAWN:  ("run.withdraw", DONE),
    F.EXPIRED:    ("run.expire",  DONE),
    F.REPLANNED:  ("run.replan",  DONE),
    F.DISCARDED:  ("run.discard", DONE),
    F.APPLIED:    ("run.apply",   DONE),
    F.REFUSED:    ("run.apply",   DENIED),
    F.BROKE:      ("run.work",    FAILED),
    F.LOST:       ("run.work",    FAILED),
    F.STOP_ASKED: ("run.stop",    DONE),
    F.CANCELED:   ("run.cancel",  DONE),
})
# fmt: on
