"""What people say of the reflex's answers, and what it is now because of that."""

from dataclasses import dataclass

from dihedral.domain.actor import Actor
from dihedral.domain.audit import act
from dihedral.domain.ids import RequestId, RunId
from dihedral.kit import queue
from dihedral.kit.db import Tx
from dihedral.model.rules.reflex import Model
from dihedral.model.store import reflexes
from dihedral.model.store import requests as requests_store
from dihedral.model.store.reflexes import Lesson, Source
from dihedral.model.work import requests
from dihedral.model.work.learn import Learned
from dihedral.model.work.requests import Thinking

LEARN = "learn"  # the kind of work: one lesson, of a request whose run was approved


@dataclass(frozen=True, slots=True)
class Standing:
    """The live model, and how many lessons are in it."""

    model: Model
    lessons: int


async def standing(thinking: Thinking) -> Standing:
    model = await thinking.live.model()
    async with thinking.db.tx() as tx:
        return Standing(model, len(await reflexes.lessons(tx)))


async def accepted(thinking: Thinking, actor: Actor, run: RunId) -> None:
    """Somebody approved what came of a request, so its blueprint was right. The lesson itself takes
    seconds, so it is asked for here and learned by a worker."""
    async with thinking.db.tx() as tx:
        found = await requests_store.by_run(tx, run)
        if found and found.blueprint:
            lesson = {"request": found.id, "label": found.blueprint, "actor": actor.id}
            lesson["organization"] = actor.organization
            await queue.put(tx, LEARN, lesson, lock=LEARN, once=f"{LEARN} {found.id}")


async def teach(thinking: Thinking, actor: Actor, request: RequestId, label: str) -> Learned:
    """The request should have gone to `label`; an empty one means that no blueprint answers it.

    Raises NotFound, Invalid (no such blueprint), Conflict (the request has had its lesson).
    """
    found = await requests.see(thinking, actor, request)
    first = found.nearest[0].label if found.nearest else ""
    lesson = Lesson(
        text=found.text,
        label=label,
        source=Source.ACCEPTED if label == first else Source.CORRECTED,
        request=found.id,
        actor=actor.id,
        at=thinking.now(),
    )

    def noted(tx: Tx) -> None:
        done = act(thinking.now(), actor, "reflex.teach", request, reason=label or "none of ours")
        thinking.note(tx, done)

    return await thinking.live.teach(lesson, noted)
