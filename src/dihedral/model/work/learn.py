"""The live reflex: made from the blueprints' phrasings at first start, moved by reviews.

Whoever changes it holds a lock for as long as that takes, a second or so, so that of two lessons
at once the later builds on the earlier. Who asks it is never held up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread

from dihedral.domain.errors import Invalid
from dihedral.kit.db import Db, Tx
from dihedral.model.rules import reflex, training, weights
from dihedral.model.rules.reflex import NONE, Example, Model
from dihedral.model.store import reflexes
from dihedral.model.store.reflexes import Lesson, Version

Phrasings = Mapping[str, Sequence[str]]  # by label


@dataclass(frozen=True, slots=True)
class Learned:
    """The live model after a lesson; precision by cross-validation, without and with it."""

    model: Model
    taken: bool  # false: it would have cost precision, so the model is as it was
    before: float
    after: float


async def ready(db: Db, phrasings: Phrasings, unsure: Sequence[str], now: datetime) -> Model:
    """The live model. Made anew when the examples have changed, with all lessons that still fit.

    Raises Invalid for fewer than two labels.
    """
    async with db.tx() as tx:
        found = await _live(tx, examples(phrasings, unsure))
    if found is not None:
        return found
    async with db.tx() as tx:
        await reflexes.hold(tx)
        return await _ready(tx, examples(phrasings, unsure), now)


async def learn(
    db: Db,
    phrasings: Phrasings,
    unsure: Sequence[str],
    lesson: Lesson,
    noted: Callable[[Tx], None] = lambda _: None,
) -> Learned:
    """The lesson is kept in any case; it moves the live model only if no precision is lost. `noted`
    is told the transaction that keeps it.

    Raises Invalid for a label without examples, Conflict if the request has had its lesson.
    """
    known = examples(phrasings, unsure)
    async with db.tx() as tx:
        await reflexes.hold(tx)
        live = await _ready(tx, known, lesson.at)
        earlier = _fitting(live, await reflexes.lessons(tx))
        heard = await to_thread.run_sync(
            training.audition, live, known, earlier, [(lesson.text, lesson.label)]
        )
        await reflexes.teach(tx, lesson, heard.passed)
        noted(tx)
        if heard.passed:
            await keep(tx, heard.model, lesson.at)
    model = heard.model if heard.passed else live
    return Learned(model, heard.passed, heard.before, heard.after)


def examples(phrasings: Phrasings, unsure: Sequence[str]) -> list[Example]:
    ours = [(text, label) for label, texts in phrasings.items() for text in texts]
    return ours + [(text, NONE) for text in unsure]


async def _live(tx: Tx, known: Sequence[Example]) -> Model | None:
    """The live model, unless it was made of other examples or by a program that wrote otherwise."""
    row = await reflexes.live(tx)
    if row is None or row[0] != training.digest(known):
        return None
    try:
        return weights.decode(row[1])
    except Invalid:
        return None


async def _ready(tx: Tx, known: Sequence[Example], at: datetime) -> Model:
    found = await _live(tx, known)
    if found is not None:
        return found
    fresh = await to_thread.run_sync(training.fit, known)
    model = reflex.replay(fresh, _fitting(fresh, await reflexes.lessons(tx)))
    await keep(tx, model, at)
    return model


async def keep(tx: Tx, model: Model, at: datetime) -> None:
    """The model is the live one from now on."""
    data, gates = weights.encode(model), model.gates
    await reflexes.add(
        tx, Version(model.digest, model.precision, gates.margin, gates.score, data), at
    )


def _fitting(model: Model, lessons: Sequence[Example]) -> list[Example]:
    """Lessons whose label there still is: a blueprint may have been removed since."""
    return [lesson for lesson in lessons if lesson[1] in model.labels]
