"""Escalations, remembered: what an agent handed to a person."""

from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, ConversationId, EscalationId, OrganizationId
from dihedral.kit import blobs, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "escalations.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """`person` is with whom the agent talked, `closed_why` what whoever closed it said of it."""

    id: EscalationId
    key: str
    conversation: ConversationId
    agent: str
    person: ActorId
    reason: str
    at: datetime
    closed_at: datetime | None = None
    closed_by: ActorId | None = None
    closed_why: str = ""


async def add(tx: Tx, ring: Keyring, made: Escalation) -> bool:
    """Whether it is new: the same call again adds nothing."""
    added = await tx.do(
        Q["add"],
        id=made.id,
        key=made.key,
        conversation=made.conversation,
        agent=made.agent,
        person=made.person,
        reason=await blobs.put(tx, ring, made.reason.encode()),
        at=made.at,
    )
    return added == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Those that are open, or all; `after` is the last of the page before."""

    closed: bool = False
    after: EscalationId | None = None
    size: int = 50


async def page(
    tx: Tx, ring: Keyring, organization: OrganizationId, sought: Sought
) -> list[Escalation]:
    """The oldest first."""
    which = {"closed": sought.closed, "after": sought.after, "size": sought.size}
    rows = await tx.rows(Q["page"], organization=organization, **which)
    return [await _made(tx, ring, row) for row in rows]


async def lock(tx: Tx, ring: Keyring, organization: OrganizationId, name: str) -> Escalation:
    """Held until `tx` ends. Raises NotFound."""
    row = await tx.row(Q["lock"], organization=organization, id=name)
    if row is None:
        raise NotFound("escalation", name)
    return await _made(tx, ring, row)


async def close(tx: Tx, ring: Keyring, moved: Escalation) -> None:
    why = await blobs.put(tx, ring, moved.closed_why.encode()) if moved.closed_why else None
    await tx.do(Q["close"], id=moved.id, at=moved.closed_at, by=moved.closed_by, why=why)


async def _made(tx: Tx, ring: Keyring, row: Row) -> Escalation:
    why = await blobs.get(tx, ring, row["closed_why"]) if row["closed_why"] else b""
    reason = (await blobs.get(tx, ring, row["reason"])).decode()
    return Escalation(**{**row, "reason": reason, "closed_why": why.decode()})
