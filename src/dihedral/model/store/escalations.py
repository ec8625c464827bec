"""Escalations, remembered: what an agent handed to a person."""

from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.ids import ActorId, ConversationId
from dihedral.kit import blobs, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Tx

Q = sql.load(__package__, "escalations.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """`person` is with whom the agent talked."""

    key: str
    conversation: ConversationId
    agent: str
    person: ActorId
    reason: str
    at: datetime


async def add(tx: Tx, ring: Keyring, made: Escalation) -> bool:
    """Whether it is new: the same call again adds nothing."""
    added = await tx.do(
        Q["add"],
        key=made.key,
        conversation=made.conversation,
        agent=made.agent,
        person=made.person,
        reason=await blobs.put(tx, ring, made.reason.encode()),
        at=made.at,
    )
    return added == 1
