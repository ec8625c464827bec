"""Handing work on: another agent does it, in a conversation of its own."""

import hashlib
from collections.abc import Mapping
from typing import Any

from dihedral.domain.agentspec import TurnLimits
from dihedral.domain.audit import Outcome, act
from dihedral.domain.conversation import (
    Conversation,
    Happening,
    Message,
    Speaker,
    Standing,
    Text,
    Turn,
)
from dihedral.domain.errors import Forbidden, Hidden
from dihedral.domain.ids import ConversationId, TurnId, WorkspaceId
from dihedral.domain.right import Action
from dihedral.model.rules import calls
from dihedral.model.store import conversations
from dihedral.model.work.deed import Paused, Stopped
from dihedral.model.work.drive import Charge, drive
from dihedral.model.work.perform import Performer
from dihedral.model.work.took import Handed, money_of, usage_of


async def hand(
    above: Performer, arguments: Mapping[str, Any], key: str, left: TurnLimits
) -> Handed:
    """Another agent does it, in a conversation of its own, and its answer is the result. Its names
    are made of the key, so that who comes here again after a crash finds it."""
    mind, turn = above.mind, TurnId(_named("turn", key))
    agent, brief = str(arguments["agent"]), str(arguments.get("brief", "")).strip()
    if not brief:
        return Handed(
            text="the brief is empty: say what is wanted, and all one must know", failed=True
        )
    where = await _where(above, str(arguments.get("workspace", "")).strip())
    await _handed_on(above, turn, agent, (brief, where))
    try:
        await drive(mind, turn, _charge(above, left))
    except Stopped as stopped:
        return Handed(text=f"{agent} was stopped: {stopped}", failed=True)
    async with mind.thinking.db.tx() as tx:
        done = await conversations.turn(tx, turn)
        below = await conversations.find(tx, done.conversation)
        said = await conversations.said(tx, mind.keyring, done.conversation)
    if below.standing is Standing.PAUSED:
        raise Paused(below.why)
    usage, money = usage_of(done.numbers), money_of(done.numbers)
    answered = done.outcome is Happening.ANSWERED
    text = said[-1].message.text if answered else f"{agent} came to no answer: {done.why}"
    return Handed(text=text, failed=not answered, usage=usage, money=money)


def _charge(above: Performer, left: TurnLimits) -> Charge:
    line = (*above.line, above.conversation.id)
    return Charge(
        hold=above.hold,
        hand=hand,
        least=left,
        via=above.instance,
        line=line,
        asked_at=above.asked_at,
    )


async def _where(above: Performer, named: str) -> WorkspaceId | None:
    """The workspace that the work is about: the one that is named, or that of whoever hands it on.
    That one may not be seen is on the record. Raises NotFound, Forbidden."""
    if not named:
        return above.conversation.workspace
    thinking = above.mind.thinking
    try:
        return (await above.mind.estate.find(above.actor, named)).id
    except (Forbidden, Hidden) as fault:
        why = fault.why if isinstance(fault, Hidden) else str(fault)
        said = {"outcome": Outcome.DENIED, "reason": f"{why} ({above.conversation.id})"}
        tried = act(thinking.now(), above.actor, Action.WORKSPACE_READ, named[:100], **said)
        async with thinking.db.tx() as tx:
            thinking.note(tx, tried)
        raise


async def _handed_on(
    above: Performer, turn: TurnId, agent: str, work: tuple[str, WorkspaceId | None]
) -> None:
    """The conversation of those to whom work is handed, if it is not there. Raises NotFound."""
    mind, parent, (brief, where) = above.mind, above.conversation, work
    spec = await mind.specs.current(parent.organization, agent)
    now = mind.thinking.now()
    made = Conversation(
        id=ConversationId(_named("cv", turn)),
        organization=parent.organization,
        agent=agent,
        person=parent.person,
        workspace=where,
        title=brief[:80],
        standing=Standing.WORKING,
        parent=above.turn.id,
        created_at=now,
        updated_at=now,
    )
    first = Turn(
        id=turn, conversation=made.id, seq=1, agent=agent, version=spec.version, started_at=now
    )
    async with mind.thinking.db.tx() as tx:
        await above.mine(tx)
        if await conversations.add(tx, made, calls.mark(brief)):
            await conversations.add_turn(tx, first)
            words = Message(Speaker.PERSON, (Text(brief),))
            await conversations.keep(tx, mind.keyring, first, [words], now)


def _named(prefix: str, key: str) -> str:
    return f"{prefix}-{hashlib.sha256(key.encode()).hexdigest()[:24]}"
