"""The sessions of browsers, remembered. A session's secret is kept as its hash."""

from dataclasses import asdict, dataclass
from datetime import datetime

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, OrganizationId, SessionId
from dihedral.domain.person import Session
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "sessions.sql")


@dataclass(frozen=True, slots=True)
class Presented:
    """A session as its secret was shown at the door: the secret, its successor (`fresh`), or its
    predecessor (`former`). `next_at` is when a successor was handed out."""

    session: Session
    disabled: bool
    fresh: bool
    former: bool
    next_at: datetime | None


async def add(tx: Tx, session: Session, hash: bytes) -> None:
    known = asdict(session)
    known.pop("revoked_at")
    await tx.do(Q["add"], **known, hash=hash)


async def presented(tx: Tx, hash: bytes) -> Presented | None:
    row = await tx.row(Q["presented"], hash=hash)
    if row is None:
        return None
    said = {name: row.pop(name) for name in ("disabled", "is_next", "is_former", "next_at")}
    return Presented(
        Session(**row), said["disabled"], said["is_next"], said["is_former"], said["next_at"]
    )


async def seen(tx: Tx, session: SessionId, at: datetime) -> None:
    await tx.do(Q["seen"], id=session, at=at)


async def prepare(tx: Tx, session: SessionId, hash: bytes, at: datetime) -> bool:
    """A successor of its secret; not where one was handed out just now."""
    return bool(await tx.do(Q["prepare"], id=session, hash=hash, at=at))


async def rotate(tx: Tx, session: SessionId, hash: bytes, at: datetime) -> None:
    """The successor is the secret from now on."""
    await tx.do(Q["rotate"], id=session, hash=hash, at=at)


async def move(tx: Tx, session: SessionId, organization: OrganizationId) -> None:
    await tx.do(Q["move"], id=session, organization=organization)


async def find(tx: Tx, session: SessionId) -> Session:
    """Raises NotFound."""
    row = await tx.row(Q["find"], id=session)
    if row is None:
        raise NotFound("session", session)
    return Session(**row)


async def living(tx: Tx, person: ActorId, at: datetime, idle: datetime) -> list[Session]:
    """Newest first, without those that were not used since `idle`."""
    return [Session(**row) for row in await tx.rows(Q["living"], person=person, at=at, idle=idle)]


async def revoke(tx: Tx, session: SessionId, at: datetime) -> bool:
    """Whether it had not been already."""
    return bool(await tx.do(Q["revoke"], id=session, at=at))


async def revoke_all(tx: Tx, person: ActorId, at: datetime, but: SessionId | None = None) -> int:
    return await tx.do(Q["revoke_all"], person=person, at=at, but=but)


async def forget(tx: Tx, at: datetime) -> None:
    """What has been over for long."""
    await tx.do(Q["forget"], at=at)
