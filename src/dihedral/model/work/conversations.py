"""The verbs of a conversation: begun, spoken in, shown, stopped, and let go on.

The reflex reads what opens a conversation before any model does. What it is sure of is proposed at
once, with the rights of who said it, and answered by code; a model gets the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.audit import act
from dihedral.domain.conversation import (
    LONGEST,
    Conversation,
    Happening,
    Message,
    Speaker,
    Standing,
    Text,
    Turn,
    move,
)
from dihedral.domain.errors import Conflict, Fault, Forbidden, Hidden, Invalid
from dihedral.domain.ids import ConversationId, TurnId, WorkspaceId
from dihedral.domain.request import Filled
from dihedral.domain.testimony import Entry
from dihedral.kit.db import Tx
from dihedral.model.store import conversations, journal, pieces
from dihedral.model.store.conversations import Kept
from dihedral.model.store.pieces import Piece
from dihedral.model.work import turns
from dihedral.model.work.answering import Reply, reply
from dihedral.model.work.drive import close
from dihedral.model.work.mind import CHANNEL, SUPERVISOR, Mind

TITLE = 80  # characters
AT_WORK = (Standing.WORKING, Standing.PAUSED)
EXTENDS = frozenset({"rounds", "calls", "seconds", "tokens", "money"})  # limits of a turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """First words, whom they are for, and about what; `filled` is a blueprint that was chosen."""

    text: str
    workspace: WorkspaceId
    agent: str = SUPERVISOR
    plan_only: bool = False
    filled: Filled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A conversation with all that was said, and `live`, what is being said right now. `family` has
    each turn, also those to which work was handed, with the one of this conversation."""

    conversation: Conversation
    turns: list[Turn]
    said: list[Kept]
    live: list[Piece]
    family: Mapping[TurnId, TurnId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What a turn wanted, and the conversations to which it handed work."""

    turn: Turn
    wants: list[Entry]
    handed: list[Conversation]


async def start(mind: Mind, actor: Actor, opening: Opening) -> Conversation:
    """A new conversation, and the first turn of it. Raises Invalid, NotFound, Forbidden, and what
    proposing raises."""
    _demand_person(actor)
    text = _words(opening.text)
    await mind.specs.current(actor.organization, opening.agent)
    thinking, now = mind.thinking, mind.thinking.now()
    made = Conversation(
        id=ConversationId(thinking.mint("cv")),
        organization=actor.organization,
        agent=opening.agent,
        person=actor.id,
        workspace=opening.workspace,
        title=" ".join(text.split())[:TITLE],
        created_at=now,
        updated_at=now,
    )
    async with thinking.db.tx() as tx:
        await conversations.add(tx, made)
        where = {"workspace": opening.workspace, "reason": opening.agent}
        thinking.note(tx, act(now, actor, "conversation.start", made.id, **where))
    plan_only, filled = opening.plan_only, opening.filled
    return await say(mind, actor, made.id, text, plan_only=plan_only, filled=filled)


async def say(
    mind: Mind,
    actor: Actor,
    name: ConversationId,
    text: str,
    *,
    plan_only: bool = False,
    filled: Filled | None = None,
) -> Conversation:
    """Only its own person speaks in it; `filled` is a blueprint that was chosen. Raises NotFound,
    Forbidden, Invalid, Conflict (it is at work, paused, stopped), and what proposing raises."""
    turn = await _said(mind, actor, name, text)
    text = text.strip()
    try:
        answer = await reply(mind, actor, turn, text, plan_only=plan_only, filled=filled)
    except Fault as fault:
        async with mind.thinking.db.tx() as tx:
            await close(mind, tx, turn, Happening.FAILED, str(fault))
        raise
    async with mind.thinking.db.tx() as tx:
        if answer is None:
            spec = await mind.specs.current(actor.organization, turn.agent)
            await conversations.save_turn(tx, replace(turn, version=spec.version))
            await turns.put(tx, name, turn.id)
        else:
            await _answer(mind, tx, turn, answer)
        return await conversations.find(tx, name)


async def see(
    mind: Mind, actor: Actor, name: ConversationId, *, oversees: bool = False
) -> Conversation:
    """One's own; with `oversees` anybody's of the organization. Raises NotFound."""
    async with mind.thinking.db.tx() as tx:
        return await _seen(tx, actor, name, oversees=oversees)


async def show(
    mind: Mind, actor: Actor, name: ConversationId, *, after: int = 0, oversees: bool = False
) -> Shown:
    """With what was said after message `after`. Raises NotFound."""
    async with mind.thinking.db.tx() as tx:
        found = await _seen(tx, actor, name, oversees=oversees)
        return Shown(
            conversation=found,
            turns=await conversations.turns(tx, name),
            said=await conversations.said(tx, mind.keyring, name, after),
            live=await pieces.since(tx, mind.keyring, name),
            family=await conversations.family(tx, name),
        )


async def worked(
    mind: Mind, actor: Actor, name: ConversationId, turn: TurnId, *, oversees: bool = False
) -> Worked:
    """Raises NotFound."""
    async with mind.thinking.db.tx() as tx:
        await _seen(tx, actor, name, oversees=oversees)
        found = await conversations.turn(tx, turn)
        if found.conversation != name:
            raise Hidden("turn", turn, f"it is of {found.conversation}")
        wants = await journal.told(tx, turn)
        return Worked(turn=found, wants=wants, handed=await conversations.handed(tx, turn))


async def page(
    mind: Mind,
    actor: Actor,
    before: ConversationId | None = None,
    size: int = 50,
    *,
    oversees: bool = False,
) -> list[Conversation]:
    """One's own, or all of the organization; the last that was spoken in first."""
    whose = None if oversees else actor.id
    async with mind.thinking.db.tx() as tx:
        return await conversations.page(tx, actor.organization, whose, before, size)


async def stop(
    mind: Mind,
    actor: Actor,
    name: ConversationId,
    *,
    turn_only: bool = False,
    oversees: bool = False,
) -> Conversation:
    """For good, with all that was handed on from it; with `turn_only` what it is at now, and one
    may say something else. Raises NotFound, Forbidden, Conflict."""
    _demand_person(actor)
    happened = Happening.INTERRUPTED if turn_only else Happening.STOPPED
    thinking, why = mind.thinking, f"{actor.id} stopped it"
    async with thinking.db.tx() as tx:
        found = await _seen(tx, actor, name, oversees=oversees)
        now = thinking.now()
        for held in await conversations.below(tx, name):
            if held.id != name and held.standing not in AT_WORK:
                continue
            standing = move(held, happened if held.id == name else Happening.STOPPED)
            if turn := await conversations.open_turn(tx, held.id):
                over = replace(turn, ended_at=now, outcome=Happening.STOPPED, why=why)
                await conversations.save_turn(tx, over)
            stopped = replace(held, standing=standing, why=why, updated_at=now)
            await conversations.save(tx, stopped)
            await pieces.clear(tx, held.id)
            await tx.notify(CHANNEL, held.id)
            found = stopped if held.id == name else found
        thinking.note(tx, act(now, actor, "conversation.stop", name, reason=happened))
    return found


async def resume(
    mind: Mind, actor: Actor, name: ConversationId, *, oversees: bool = False
) -> Conversation:
    """What is paused goes on, with as much again of the limit that it had used up. Raises NotFound,
    Forbidden, Conflict."""
    _demand_person(actor)
    thinking = mind.thinking
    async with thinking.db.tx() as tx:
        found = await _seen(tx, actor, name, oversees=oversees)
        if found.parent:
            raise Conflict(f"{name} was handed on; resume the conversation that it is part of")
        now = thinking.now()
        for held in await conversations.below(tx, name):
            if held.id != name and held.standing is not Standing.PAUSED:
                continue
            resumed = replace(held, standing=move(held, Happening.RESUMED), why="", updated_at=now)
            await conversations.save(tx, resumed)
            turn = await conversations.open_turn(tx, held.id)
            assert turn is not None  # what is paused has one
            more = 1 if turn.numbers.get("which") in EXTENDS else 0
            again = replace(turn, instance=None, allowance=turn.allowance + more, why="")
            await conversations.save_turn(tx, again)
            if held.id == name:
                await turns.put(tx, name, turn.id)
                found = resumed
            await tx.notify(CHANNEL, held.id)
        thinking.note(tx, act(now, actor, "conversation.resume", name))
    return found


async def _said(mind: Mind, actor: Actor, name: ConversationId, text: str) -> Turn:
    """The person's words are kept, and a turn is begun: until it is known who answers, one without
    a model. Should this process die now, somebody says so. Raises NotFound, Forbidden, Conflict."""
    _demand_person(actor)
    thinking, now = mind.thinking, mind.thinking.now()
    async with thinking.db.tx() as tx:
        held = await _seen(tx, actor, name, held=True)
        moved = replace(held, standing=move(held, Happening.SAID), why="", updated_at=now)
        turn = Turn(
            id=TurnId(thinking.mint("turn")),
            conversation=name,
            seq=0,
            agent=held.agent,
            version=0,
            started_at=now,
        )
        await conversations.save(tx, moved)
        await conversations.add_turn(tx, turn)
        words = Message(Speaker.PERSON, (Text(_words(text)),))
        await conversations.keep(tx, mind.keyring, turn, [words], now)
        await turns.watch(tx, turn.id, now)
        await tx.notify(CHANNEL, name)
        return await conversations.turn(tx, turn.id)


async def _answer(mind: Mind, tx: Tx, turn: Turn, answer: Reply) -> None:
    """By code: no model was asked."""
    now = mind.thinking.now()
    held = await conversations.lock(tx, turn.conversation)
    await conversations.save(tx, replace(held, request=answer.request))
    words = Message(Speaker.AGENT, (Text(answer.text),))
    await conversations.keep(tx, mind.keyring, turn, [words], now)
    runs = (answer.run,) if answer.run else ()
    await close(mind, tx, replace(turn, runs=runs), Happening.ANSWERED, "")


async def _seen(
    tx: Tx, actor: Actor, name: ConversationId, *, oversees: bool = False, held: bool = False
) -> Conversation:
    """One's own; with `oversees` anybody's of the organization. Raises Hidden, NotFound."""
    found = await (conversations.lock if held else conversations.find)(tx, name)
    if found.organization != actor.organization:
        raise Hidden("conversation", name, "it is of another organization")
    if found.person != actor.id and not oversees:
        raise Hidden("conversation", name, f"it is of {found.person}, not of {actor.id}")
    return found


def _demand_person(actor: Actor) -> None:
    if actor.kind is not Kind.PERSON:
        raise Forbidden(
            "only a person speaks in a conversation; an agent hands work on in its turn"
        )


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise Invalid("there is nothing to answer: say what you need")
    if len(words) > LONGEST:
        raise Invalid(f"a message has at most {LONGEST:,} characters; this one has {len(words):,}")
    return words
