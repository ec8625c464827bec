"""Turns as jobs."""

import logging
from datetime import datetime, timedelta

from dihedral.domain.conversation import Happening
from dihedral.domain.ids import ConversationId, TurnId
from dihedral.kit import queue
from dihedral.kit.db import Tx, Unavailable
from dihedral.model.store import conversations
from dihedral.model.work.drive import Charge, close, drive
from dihedral.model.work.handing import hand
from dihedral.model.work.mind import Mind
from dihedral.model.work.perform import Hold, Stopped

TURN = "turn"  # the job
QUEUE = "turns"  # of its own: a turn may wait for a run, and a run never waits for it
ABANDONED = timedelta(seconds=60)  # after which a process that read a person's words has died
TRIES = 3  # of a turn that breaks by a fault of ours

_log = logging.getLogger(__name__)


async def put(
    tx: Tx, conversation: ConversationId, turn: TurnId, after: datetime | None = None
) -> None:
    """Somebody will drive it; with `after` if nobody has by then."""
    args = {"turn": turn}
    await queue.put(tx, TURN, args, lock=conversation, after=after, queue=QUEUE)


async def advance(mind: Mind, name: TurnId, hold: Hold, attempt: int = 1) -> None:
    """A turn to its end, or to where it must wait. A fault of ours is tried again, and in the end
    told: nobody waits for ever. Raises Unavailable, Lost, and what broke."""
    try:
        if await _abandoned(mind, name, hold):
            return
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


async def _abandoned(mind: Mind, name: TurnId, hold: Hold) -> bool:
    """A turn that nobody gave to a model, or answered. What the reflex proposed, if it did, is
    there; so it is not done again."""
    async with mind.thinking.db.tx() as tx:
        turn = await conversations.turn(tx, name)
        if turn.ended_at or turn.version:
            return False
        await hold(tx)
        why = (
            "the server ended while it read this; see `dihedral run list` for whether it was"
            " proposed, and if not, say it again"
        )
        await close(mind, tx, turn, Happening.FAILED, why)
        return True
