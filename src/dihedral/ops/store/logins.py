"""What somebody logs in with, remembered: passwords, identities elsewhere, links, codes, and how
often it failed. Each secret is kept as its hash."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from dihedral.domain.ids import ActorId, OrganizationId
from dihedral.domain.right import Role
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "logins.sql")


@dataclass(frozen=True, slots=True)
class Failures:
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`person` is None on the link of the first administrator, who names himself."""

    person: ActorId | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a command gets a token for; `challenge` is of whoever began (PKCE, S256)."""

    person: ActorId
    organization: OrganizationId
    challenge: str
    role: Role
    name: str
    expires_at: datetime


async def password(tx: Tx, person: str) -> str | None:
    row = await tx.row(Q["password"], person=person)
    return row["hash"] if row else None


async def set_password(tx: Tx, person: ActorId, hash: str, at: datetime) -> None:
    await tx.do(Q["set_password"], person=person, hash=hash, at=at)


async def failures(
    tx: Tx, keys: Sequence[bytes], at: datetime, forgotten: datetime
) -> Mapping[bytes, Failures]:
    """By key, each of them, held until `tx` ends; those before `forgotten` are."""
    await tx.do(Q["open"], keys=list(keys), at=at)
    rows = await tx.rows(Q["failures"], keys=list(keys), forgotten=forgotten)
    return {row["key"]: Failures(row["failures"], row["last_at"]) for row in rows}


async def count(tx: Tx, keys: Sequence[bytes], at: datetime, forgotten: datetime) -> None:
    """One more failure of each."""
    await tx.do(Q["count"], keys=list(keys), at=at, forgotten=forgotten)


async def clear(tx: Tx, key: bytes) -> None:
    await tx.do(Q["clear"], key=key)


async def uncount(tx: Tx, key: bytes) -> None:
    await tx.do(Q["uncount"], key=key)


async def forget(tx: Tx, at: datetime, forgotten: datetime) -> None:
    """Old failures, and codes that nobody came for."""
    await tx.do(Q["forget"], forgotten=forgotten)
    await tx.do(Q["old_codes"], at=at)


async def identity(tx: Tx, issuer: str, subject: str) -> ActorId | None:
    row = await tx.row(Q["identity"], issuer=issuer, subject=subject)
    return ActorId(row["person"]) if row else None


async def bind(tx: Tx, issuer: str, subject: str, person: ActorId, at: datetime) -> None:
    await tx.do(Q["bind"], issuer=issuer, subject=subject, person=person, at=at)


async def invite(
    tx: Tx, hash: bytes, invitation: Invitation, made_by: ActorId, made_at: datetime
) -> None:
    """In place of the person's link before."""
    await tx.do(Q["invite"], hash=hash, made_by=made_by, made_at=made_at, **asdict(invitation))


async def invitation(tx: Tx, hash: bytes) -> Invitation | None:
    """Held until `tx` ends, so that it is used once."""
    row = await tx.row(Q["invitation"], hash=hash)
    return Invitation(**row) if row else None


async def used(tx: Tx, hash: bytes) -> None:
    await tx.do(Q["used"], hash=hash)


async def uninvite(tx: Tx, person: ActorId) -> None:
    await tx.do(Q["uninvite"], person=person)


async def add_code(tx: Tx, hash: bytes, code: Code) -> None:
    await tx.do(Q["add_code"], hash=hash, **asdict(code))


async def take_code(tx: Tx, hash: bytes) -> Code | None:
    """It is gone from then on."""
    row = await tx.row(Q["take_code"], hash=hash)
    return Code(**{**row, "role": Role(row["role"])}) if row else None
