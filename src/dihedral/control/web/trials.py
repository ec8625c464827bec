"""What endpoints said when somebody tried them, until he has read it.

It is kept in this process alone, the newest and for minutes: whoever reads the page again asks no
model again, and what is lost with the process is tried anew by a press of a button.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from dihedral.control.api.modelshapes import TrialShape
from dihedral.domain.actor import Actor
from dihedral.domain.ids import ActorId, OrganizationId

MOST, KEPT = 50, timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Kept:
    whose: tuple[OrganizationId, ActorId]
    trial: TrialShape
    at: datetime


class Trials:
    """Only who tried it finds it. `key` is of nobody's choice."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def keep(self, actor: Actor, key: str, trial: TrialShape, at: datetime) -> None:
        self._kept[key] = _Kept((actor.organization, actor.id), trial, at)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def find(self, actor: Actor, key: str, now: datetime) -> TrialShape | None:
        found = self._kept.get(key)
        if found is None or found.whose != (actor.organization, actor.id):
            return None
        if now - found.at > KEPT:
            del self._kept[key]
            return None
        return found.trial
