"""The reflex as requests meet it: the live version of the database, kept at hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from dihedral.domain.blueprint import Blueprint
from dihedral.kit.db import Db, Tx
from dihedral.model.rules.reflex import Model
from dihedral.model.store.reflexes import Lesson
from dihedral.model.work import learn
from dihedral.model.work.learn import Learned


@dataclass(frozen=True, slots=True)
class Live:
    """Made of the blueprints' phrasings and of what no blueprint answers."""

    db: Db
    blueprints: Mapping[str, Blueprint]
    unsure: Sequence[str]
    now: Callable[[], datetime]

    async def model(self) -> Model:
        """The live model; trained, in seconds, where there is none yet."""
        return await learn.ready(self.db, self._phrasings(), self.unsure, self.now())

    async def teach(self, lesson: Lesson, noted: Callable[[Tx], None]) -> Learned:
        """`noted` is called in the transaction that keeps the lesson. Raises Invalid for an
        unknown blueprint, Conflict if the request has had its lesson."""
        return await learn.learn(self.db, self._phrasings(), self.unsure, lesson, noted)

    def _phrasings(self) -> dict[str, list[str]]:
        return {
            name: list(chain.from_iterable(blueprint.phrasings.values()))
            for name, blueprint in self.blueprints.items()
        }
