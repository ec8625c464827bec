"""Conversations, remembered: what was said once each, and each turn of work on it.

What was said is sealed and found by its digest, so that a conversation is a list of digests, and
grows by what is new in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.conversation import Conversation, Happening, Message, Standing, Turn
from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, ConversationId, Digest, OrganizationId, RunId, TurnId
from dihedral.domain.testimony import Worded
from dihedral.kit import blob, blobs, keys, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Row, Tx, json
from dihedral.model.store import messages

Q = sql.load(__package__, "conversations.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message in its place."""

    seq: int
    turn: TurnId
    message: Message
    at: datetime


async def add(tx: Tx, made: Conversation, brief: str = "") -> bool:
    """Whether it is new. `brief` is a digest of the words with which the work was handed on."""
    return bool(
        await tx.do(
            Q["add"],
            id=made.id,
            organization=made.organization,
            agent=made.agent,
            person=made.person,
            workspace=made.workspace,
            title=made.title,
            standing=made.standing,
            parent=made.parent,
            brief=brief,
            created_at=made.created_at,
            updated_at=made.updated_at,
        )
    )


async def find(tx: Tx, conversation: str) -> Conversation:
    """Raises NotFound."""
    return _one(await tx.row(Q["find"], id=conversation), conversation)


async def lock(tx: Tx, conversation: str) -> Conversation:
    """Held until `tx` ends. Raises NotFound."""
    return _one(await tx.row(Q["lock"], id=conversation), conversation)


async def page(
    tx: Tx,
    organization: OrganizationId,
    person: ActorId | None,
    before: ConversationId | None = None,
    size: int = 50,
) -> list[Conversation]:
    """Those that persons began, of one of them or of all; the last that was spoken in first."""
    which = {"organization": organization, "person": person}
    return [_made(row) for row in await tx.rows(Q["page"], **which, before=before, size=size)]


async def save(tx: Tx, moved: Conversation) -> None:
    await tx.do(
        Q["save"],
        id=moved.id,
        standing=moved.standing,
        why=moved.why,
        request=moved.request,
        updated_at=moved.updated_at,
    )


async def above(tx: Tx, conversation: ConversationId) -> tuple[tuple[str, str], ...]:
    """The agents, and digests of the briefs, by which the work came here, nearest first."""
    rows = await tx.rows(Q["above"], id=conversation)
    return tuple((row["agent"], row["brief"]) for row in rows)


async def below(tx: Tx, conversation: ConversationId) -> list[Conversation]:
    """It and all that was handed on from it, held until `tx` ends."""
    return [_made(row) for row in await tx.rows(Q["below"], id=conversation)]


async def handed(tx: Tx, turn: TurnId) -> list[Conversation]:
    """What a turn handed on, the first one first."""
    return [_made(row) for row in await tx.rows(Q["below_turn"], turn=turn)]


async def line(tx: Tx, turn: TurnId) -> list[tuple[ConversationId, TurnId]]:
    """The turns by which the work came to this one, the first one first; empty where it is none."""
    rows = await tx.rows(Q["line"], turn=turn)
    return [(ConversationId(row["conversation"]), TurnId(row["turn"])) for row in rows]


async def add_turn(tx: Tx, made: Turn) -> bool:
    """The conversation's next; whether it is new."""
    return bool(
        await tx.do(
            Q["add_turn"],
            id=made.id,
            conversation=made.conversation,
            agent=made.agent,
            version=made.version,
            started_at=made.started_at,
        )
    )


async def turn(tx: Tx, name: TurnId) -> Turn:
    """Raises NotFound."""
    row = await tx.row(Q["turn"], id=name)
    if row is None:
        raise NotFound("turn", name)
    return _turn(row)


async def turns(tx: Tx, conversation: ConversationId) -> list[Turn]:
    return [_turn(row) for row in await tx.rows(Q["turns"], conversation=conversation)]


async def open_turn(tx: Tx, conversation: ConversationId) -> Turn | None:
    row = await tx.row(Q["open_turn"], conversation=conversation)
    return None if row is None else _turn(row)


async def family(tx: Tx, conversation: ConversationId) -> dict[TurnId, TurnId]:
    """The turns of a conversation, and all to which they handed work, each with the one of this
    conversation that it belongs to."""
    rows = await tx.rows(Q["family"], conversation=conversation)
    return {TurnId(row["turn"]): TurnId(row["root"]) for row in rows}


async def save_turn(tx: Tx, turn: Turn) -> None:
    await tx.do(
        Q["save_turn"],
        id=turn.id,
        version=turn.version,
        instance=turn.instance,
        allowance=turn.allowance,
        ended_at=turn.ended_at,
        outcome=turn.outcome,
        why=turn.why,
        rounds=turn.rounds,
        calls=turn.calls,
        runs=list(turn.runs),
        numbers=json(dict(turn.numbers)),
    )


async def count(tx: Tx, conversation: ConversationId) -> int:
    """How many messages were said."""
    row = await tx.row(Q["count"], conversation=conversation)
    return int(row["messages"]) if row else 0


async def keep(tx: Tx, ring: Keyring, turn: Turn, said: Sequence[Message], at: datetime) -> None:
    """What was said in a turn, after all that was said before it."""
    seq = await count(tx, turn.conversation)
    for message in said:
        seq += 1
        digest = await blobs.put(tx, ring, messages.encode(message))
        await tx.do(
            Q["keep"],
            conversation=turn.conversation,
            seq=seq,
            turn=turn.id,
            speaker=message.by,
            digest=digest,
            at=at,
        )


async def said(tx: Tx, ring: Keyring, conversation: ConversationId, after: int = 0) -> list[Kept]:
    """What was said after message `after`, in order."""
    rows = await keys.rows(tx, ring, Q["said"], conversation=conversation, after=after)
    return [
        Kept(
            seq=row["seq"],
            turn=TurnId(row["turn"]),
            message=messages.decode(blob.unseal(ring, row["sealed"], row["digest"].encode())),
            at=row["at"],
        )
        for row in rows
    ]


async def worded(
    tx: Tx, ring: Keyring, conversation: ConversationId
) -> list[tuple[TurnId, Worded]]:
    """All that was said, in order, as it is kept; and in which turn."""
    rows = await keys.rows(tx, ring, Q["said"], conversation=conversation, after=0)
    return [
        (
            TurnId(row["turn"]),
            Worded(
                seq=row["seq"],
                content=blob.unseal(ring, row["sealed"], row["digest"].encode()),
                digest=Digest(row["digest"]),
                at=row["at"],
            ),
        )
        for row in rows
    ]


async def whole(tx: Tx, ring: Keyring, conversation: ConversationId, digest: str) -> str:
    """A result of this conversation's tools, all of it. Raises NotFound."""
    rows = await keys.rows(tx, ring, Q["whole"], conversation=conversation, digest=digest)
    if not rows:
        raise NotFound("result of this conversation", digest[:64])
    return blob.unseal(ring, rows[0]["sealed"], digest.encode()).decode()


def _one(row: Row | None, name: str) -> Conversation:
    if row is None:
        raise NotFound("conversation", name)
    return _made(row)


def _made(row: Row) -> Conversation:
    return Conversation(**{**row, "standing": Standing(row["standing"])})


def _turn(row: Row) -> Turn:
    outcome = Happening(row["outcome"]) if row["outcome"] else None
    runs = tuple(RunId(run) for run in row["runs"])
    return Turn(**{**row, "outcome": outcome, "runs": runs})
