"""Turns as jobs."""

import logging
from datetime import datetime, timedelta

from dihedral.domain.conversation import Happening
from dihedral.domain.ids import ConversationId, TurnId
from dihedral.kit import queue
from dihedral.kit.db import Tx, Unavailable
from dihedral.model.store import conversations
from dihedral.model.work.deed import Stopped
from dihedral.model.work.drive import Charge, close, drive
from dihedral.model.work.handing import hand
from dihedral.model.work.mind import Mind
from dihedral.model.work.perform import Hold

TURN = "turn"  # the job
QUEUE = "turns"  # of its own: a turn may wait for a run, and a run never waits for it
ABANDONED = "abandoned"  # the job that looks after one that is not driven yet
PATIENCE = timedelta(seconds=60)  # after which a process that read a person's words has died
TRIES = 3  # of a turn that breaks by a fault of ours

_log = logging.getLogger(__name__)


async def put(tx: Tx, conversation: ConversationId, turn: TurnId) -> None:
    """Somebody will drive it."""
    await queue.put(tx, TURN, {"turn": turn}, lock=conversation, queue=QUEUE)


async def watch(tx: Tx, turn: TurnId, since: datetime) -> None:
    """Should nobody have given it to a model, or answered it, somebody says so."""
    after = since + PATIENCE
    await queue.put(tx, ABANDONED, {"turn": turn}, after=after, queue=QUEUE)


async def advance(mind: Mind, name: TurnId, hold: Hold, attempt: int = 1) -> None:
    """A turn to its end, or to where it must wait. A fault of ours is tried again, and in the end
    told: nobody waits for ever. Raises Unavailable, Lost, and what broke."""
    try:
        await drive(mind, name, Charge(hold=hold, hand=hand))
    except Stopped as stopped:
        _log.info("%s goes no further: %s", name, stopped)
    except (Unavailable, queue.Lost):
        raise
    except Exception:
        if attempt < TRIES:
            raise
        _log.exception("%s broke", name)
        async with mind.thinking.db.tx() as tx:
            await hold(tx)
            turn = await conversations.turn(tx, name)
            why = "a fault of Dihedral's own ended this turn; it is in the server's log"
            await close(mind, tx, turn, Happening.FAILED, why)


async def abandoned(mind: Mind, name: TurnId, hold: Hold) -> None:
    """Ends a turn that nobody gave to a model, or answered. What the reflex proposed, if it did, is
    there; so it is not done again."""
    async with mind.thinking.db.tx() as tx:
        turn = await conversations.turn(tx, name)
        if turn.ended_at or turn.version:
            return
        await hold(tx)
        why = (
            "the server ended while it read this; see `dihedral run list` for whether it was"
            " proposed, and if not, say it again"
        )
        await close(mind, tx, turn, Happening.FAILED, why)
