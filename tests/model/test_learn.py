"""The live reflex on a real database: made once, reused, moved by lessons."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import anyio
import pytest

from dihedral.domain.errors import Conflict, Invalid
from dihedral.kit.db import Db
from dihedral.model.rules import reflex, weights
from dihedral.model.store import reflexes
from dihedral.model.store.reflexes import Lesson, Source
from dihedral.model.work import learn
from tests.model.examples import PHRASINGS, UNSURE

pytestmark = pytest.mark.anyio

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


async def ready(db: Db, phrasings: Mapping[str, Sequence[str]] = PHRASINGS) -> reflex.Model:
    return await learn.ready(db, phrasings, UNSURE, NOON)


def lesson(text: str, label: str, request: str = "req_1") -> Lesson:
    return Lesson(text, label, Source.CORRECTED, request, "ada", NOON)


async def versions(db: Db) -> list[tuple[int, bool]]:
    async with db.tx() as tx:
        rows = await tx.rows(b"SELECT version, live FROM reflex ORDER BY version")
    return [(row["version"], row["live"]) for row in rows]


async def test_it_is_made_once_and_reused_bit_by_bit(db: Db) -> None:
    first, second = await ready(db), await ready(db)
    assert await versions(db) == [(1, True)]
    assert weights.encode(first) == weights.encode(second)


async def test_other_examples_make_another_version(db: Db) -> None:
    await ready(db)
    model = await ready(db, {**PHRASINGS, "cat": ["a cat please", "feed the cat", "cats"]})
    assert "cat" in model.labels
    assert await versions(db) == [(1, False), (2, True)]


async def test_a_damaged_version_is_made_again(db: Db) -> None:
    first = await ready(db)
    async with db.tx() as tx:
        await tx.do(b"UPDATE reflex SET weights = substr(weights, 1, 100)")
    assert weights.encode(await ready(db)) == weights.encode(first)


async def test_a_lesson_moves_the_live_model_and_survives_a_restart(db: Db) -> None:
    text = "exports go here"
    await ready(db)
    learned = await learn.learn(db, PHRASINGS, UNSURE, lesson(text, "bucket"))
    assert learned.taken and learned.after >= learned.before
    assert reflex.predict(learned.model, text).nearest[0][0] == "bucket"
    assert reflex.predict(learned.model, text).margin > 0.45
    assert weights.encode(await ready(db)) == weights.encode(learned.model)


async def test_new_examples_keep_the_lessons(db: Db) -> None:
    text = "exports go here"
    await learn.learn(db, PHRASINGS, UNSURE, lesson(text, "bucket"))
    model = await ready(db, {**PHRASINGS, "cat": ["a cat please", "feed the cat", "cats"]})
    assert reflex.predict(model, text).nearest[0][0] == "bucket"


async def test_a_lesson_that_costs_precision_is_kept_but_not_taken(db: Db) -> None:
    live = await ready(db)
    for at, text in enumerate(PHRASINGS["bucket"]):
        learned = await learn.learn(db, PHRASINGS, UNSURE, lesson(text, "queue", f"req_{at}"))
        if not learned.taken:
            break
        live = learned.model
    assert not learned.taken and learned.after < learned.before
    assert weights.encode(await ready(db)) == weights.encode(live)
    async with db.tx() as tx:
        assert len(await reflexes.lessons(tx)) == at


async def test_a_request_teaches_once(db: Db) -> None:
    await learn.learn(db, PHRASINGS, UNSURE, lesson("exports go here", "bucket"))
    with pytest.raises(Conflict, match="req_1"):
        await learn.learn(db, PHRASINGS, UNSURE, lesson("exports go here", "bucket"))


async def test_a_label_without_examples_teaches_nothing(db: Db) -> None:
    with pytest.raises(Invalid, match="ship"):
        await learn.learn(db, PHRASINGS, UNSURE, lesson("a ship", "ship"))
    async with db.tx() as tx:
        assert await reflexes.lessons(tx) == []


async def test_of_lessons_at_once_none_is_lost(db: Db) -> None:
    texts = ["exports go here", "a place for scans", "keep the footage somewhere", "drop zone"]
    async with anyio.create_task_group() as group:
        for at, text in enumerate(texts):
            one = lesson(text, "bucket", f"req_{at}")
            group.start_soon(learn.learn, db, PHRASINGS, UNSURE, one)
    async with db.tx() as tx:
        kept = await tx.rows(b"SELECT text FROM lesson")
        taken = await reflexes.lessons(tx)
    assert sorted(row["text"] for row in kept) == sorted(texts)
    assert len(taken) >= 2
    model = await ready(db)
    assert weights.encode(model) == weights.encode(reflex.replay(await _base(db), taken))


async def _base(db: Db) -> reflex.Model:
    async with db.tx() as tx:
        row = await tx.row(b"SELECT weights FROM reflex ORDER BY version LIMIT 1")
    assert row is not None
    return weights.decode(bytes(row["weights"]))
