"""A turn, driven from its first want to its end.

A turn is a job of its conversation. Whoever has the job replays what the journal has, and goes on
from there; the kill switch, and a person who says stop, end it in the middle of anything. It waits
for money as a row: paused, with nobody at work.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from dihedral.domain.actor import Actor
from dihedral.domain.agent import Limits
from dihedral.domain.agentspec import TurnLimits
from dihedral.domain.conversation import (
    Conversation,
    Happening,
    Message,
    Speaker,
    Standing,
    Turn,
    move,
)
from dihedral.domain.errors import Conflict, Fault, NotFound, OverBudget
from dihedral.domain.ids import ConversationId, InstanceId, TurnId
from dihedral.domain.ports import Started
from dihedral.kit import background
from dihedral.kit.background import beside
from dihedral.kit.db import Tx
from dihedral.model.rules import loop, own, prompt
from dihedral.model.rules.loop import Ask, Bounds, End, Ending
from dihedral.model.store import conversations, journal, pieces
from dihedral.model.work.deed import Paused, Stopped
from dihedral.model.work.mind import CHANNEL, Mind
from dihedral.model.work.perform import Hand, Hold, Performer

N = TypeVar("N", int, Decimal)
PAUSE = 5.0  # seconds between looks whether somebody stopped it, should nobody tell
RENEW = 120.0  # seconds after which an agent at work is given more time


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a turn is driven with: `hold` keeps the job ours, `hand` hands work on; `least` and
    `via` are the limits and the instance of whoever handed this on, `line` the conversations,
    `asked_at` when a person said what it is about."""

    hold: Hold
    hand: Hand
    least: TurnLimits | None = None
    via: InstanceId | None = None
    line: tuple[ConversationId, ...] = ()
    asked_at: datetime | None = None


async def drive(mind: Mind, name: TurnId, charge: Charge) -> None:
    """Raises Stopped, Unavailable, Lost; all else is how it ended, and is kept."""
    async with mind.thinking.db.tx() as tx:
        turn = await conversations.turn(tx, name)
        conversation = await conversations.find(tx, turn.conversation)
    if turn.ended_at or conversation.standing is not Standing.WORKING:
        return
    try:
        performer, history, bounds = await _performer(mind, conversation, turn, charge)
    except (Conflict, NotFound) as fault:  # its agent is suspended, or is no more
        async with mind.thinking.db.tx() as tx:
            await charge.hold(tx)
            await close(mind, tx, turn, Happening.LIMITED, str(fault))
        return
    async with _renewed(performer):
        end = await _end(performer, history, bounds)
    await _finish(performer, end)


async def _end(performer: Performer, history: tuple[Message, ...], bounds: Bounds) -> End:
    """How it ended: by itself, by the kill switch, or for want of money or of an answer."""
    mind = performer.mind
    try:
        return await _first(
            _talked(performer, history, bounds),
            _over(mind, performer.instance),
            _watched(mind, performer.turn),
        )
    except (OverBudget, Paused) as fault:
        return End(ending=Ending.LIMITED, messages=(), which="budget", why=str(fault))
    except Fault as fault:
        return End(ending=Ending.FAILED, messages=(), why=str(fault))


async def _talked(performer: Performer, history: tuple[Message, ...], bounds: Bounds) -> End:
    talk = loop.turn(history, performer.tools, bounds)
    try:
        want = next(talk)
        while True:
            came = await (performer.ask(want) if isinstance(want, Ask) else performer.use(want))
            want = talk.send(came)
    except StopIteration as stop:
        end: End = stop.value
        return end
    except TimeoutError:
        return loop.limited((), bounds, "seconds")


async def _over(mind: Mind, instance: InstanceId) -> End:
    """The kill switch. A person lets the turn go on, once its agent may."""
    why = await mind.staff.over(instance)
    return End(ending=Ending.LIMITED, messages=(), which="agent", why=why)


async def _watched(mind: Mind, turn: Turn) -> End:
    """Until somebody stops it."""
    with mind.ear.waiting(turn.conversation) as told:
        while True:
            told.clear()
            async with mind.thinking.db.tx() as tx:
                held = await conversations.find(tx, turn.conversation)
                now = await conversations.turn(tx, turn.id)
            if held.standing is not Standing.WORKING or now.ended_at:
                raise Stopped(held.why or now.why)
            try:
                async with asyncio.timeout(PAUSE):
                    await told.wait()
            except TimeoutError:
                continue


async def _first(*works: Coroutine[Any, Any, End]) -> End:
    """Whichever ends first; the others are cancelled, and are over when this returns."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        await background.end(*tasks)


@asynccontextmanager
async def _renewed(performer: Performer) -> AsyncIterator[None]:
    """A call may take longer than an agent's time."""

    async def forever() -> None:
        while True:
            await asyncio.sleep(RENEW)
            await performer.refresh()

    async with beside(forever(), f"time of {performer.instance}"):
        yield


async def _performer(
    mind: Mind, conversation: Conversation, turn: Turn, charge: Charge
) -> tuple[Performer, tuple[Message, ...], Bounds]:
    """Raises Conflict, NotFound, Stopped."""
    organization = conversation.organization
    spec = await mind.specs.version(organization, turn.agent, turn.version)
    started = await _started(mind, conversation, turn, charge)
    delegates = [(n, (await mind.specs.current(organization, n)).purpose) for n in spec.delegates]
    async with mind.thinking.db.tx() as tx:
        said = await conversations.said(tx, mind.keyring, conversation.id)
        kept = await journal.kept(tx, mind.keyring, turn.id)
        above = await conversations.above(tx, conversation.id)
    # what the loop itself said before a crash, it will say again
    history = [k.message for k in said if k.turn != turn.id or k.message.by is Speaker.PERSON]
    performer = Performer(
        mind=mind,
        conversation=conversation,
        turn=replace(turn, instance=started.instance),
        spec=spec,
        instance=started.instance,
        actor=started.actor,
        team=await _team(mind, started.actor, conversation),
        hold=charge.hold,
        hand=charge.hand,
        system=prompt.system(spec, conversation, delegates, mind.thinking.now()),
        tools=own.told(spec.tools, spec.delegates, mind.tools),
        kept=kept,
        before=len(history),
        stored=len(said) - len(history),
        asked_at=charge.asked_at or turn.started_at,
        exchanges=tuple(k.turn for k in said if k.message.by is Speaker.PERSON),
        line=charge.line,
    )
    bounds = Bounds(
        limits=_least(spec.limits, started.limits, charge.least),
        allowance=turn.allowance,
        delegates=spec.delegates,
        above=above,
    )
    return performer, tuple(history), bounds


async def _started(mind: Mind, conversation: Conversation, turn: Turn, charge: Charge) -> Started:
    """The agent at work: the same instance after a crash. Raises Conflict, NotFound, Stopped."""
    if turn.instance:
        return await mind.staff.again(turn.instance)
    person = Actor(conversation.person, organization=conversation.organization)
    started = await mind.staff.start(person, turn.agent, charge.via)
    async with mind.thinking.db.tx() as tx:
        await charge.hold(tx)
        await conversations.save_turn(tx, replace(turn, instance=started.instance))
    return started


async def _team(mind: Mind, actor: Actor, conversation: Conversation) -> str:
    """The project of the workspace that it is about, where it is about one that is seen."""
    if conversation.workspace is None:
        return ""
    try:
        return (await mind.estate.find(actor, conversation.workspace)).project
    except NotFound:
        return ""


def _least(mine: TurnLimits, given: Limits, above: TurnLimits | None) -> TurnLimits:
    """The strictest of the file's, the agent's own, and what whoever hands the work on has left."""
    above = above or mine
    return replace(
        mine,
        seconds=_min(mine.seconds, given.seconds, above.seconds) or 0,
        rounds=_min(mine.rounds, given.calls, above.rounds) or 0,
        tokens=_min(mine.tokens, above.tokens),
        money=_min(mine.money, above.money),
        calls=min(mine.calls, above.calls),
    )


def _min(*limits: N | None) -> N | None:
    return min((limit for limit in limits if limit is not None), default=None)


async def _finish(performer: Performer, end: End) -> None:
    """Keeps how it ended. Of work that was handed on, what is limited but by money is told to who
    handed it on. Raises Stopped, Lost."""
    mind, handed = performer.mind, performer.conversation.parent is not None
    happened = {
        Ending.ANSWERED: Happening.ANSWERED,
        Ending.LIMITED: Happening.LIMITED,
        Ending.FAILED: Happening.FAILED,
    }[end.ending]
    if happened is Happening.LIMITED and handed and end.which != "budget":
        happened = Happening.FAILED
    async with mind.thinking.db.tx() as tx:
        await performer.mine(tx)
        if end.messages and happened is not Happening.LIMITED:
            await performer.keep(tx, end.messages)
        numbers = {**performer.numbers(), "which": end.which}
        turn = replace(
            performer.turn,
            rounds=performer.rounds,
            calls=performer.calls,
            runs=tuple(performer.runs),
            numbers=numbers,
        )
        await close(mind, tx, turn, happened, end.why)


async def close(mind: Mind, tx: Tx, turn: Turn, happened: Happening, why: str) -> None:
    """The turn is over, or, where it is limited, waits for a person."""
    now = mind.thinking.now()
    held = await conversations.lock(tx, turn.conversation)
    moved = replace(held, standing=move(held, happened), why="", updated_at=now)
    if happened is Happening.LIMITED:
        moved = replace(moved, why=why)
        ended = replace(turn, why=why)
    else:
        ended = replace(turn, ended_at=now, outcome=happened, why=why)
        await pieces.clear(tx, turn.conversation)
    await conversations.save_turn(tx, ended)
    await conversations.save(tx, moved)
    await tx.notify(CHANNEL, turn.conversation)
