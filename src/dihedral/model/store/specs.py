"""Versions of agents' files, remembered: each for ever, and which of them held when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, Digest, OrganizationId
from dihedral.kit import blobs, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "specs.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """`shipped`: it came with the program."""

    organization: OrganizationId
    name: str
    version: int
    digest: Digest
    shipped: bool
    applied_by: ActorId
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A version, and since when it held. `follows`: the program's next file takes its place."""

    version: Version
    by: ActorId
    at: datetime
    follows: bool


async def hold(tx: Tx, organization: OrganizationId, name: str) -> None:
    """Until `tx` ends nobody else adds or takes a version of that agent."""
    await tx.row(Q["hold"], organization=organization, name=name)


async def current(tx: Tx, organization: OrganizationId, names: Sequence[str]) -> dict[str, Taken]:
    """The versions that hold, by the names of those that have one."""
    rows = await tx.rows(Q["current"], organization=organization, names=list(names))
    return {row["name"]: _taken(row) for row in rows}


async def version(tx: Tx, organization: OrganizationId, name: str, number: int) -> Version:
    """Raises NotFound."""
    which = {"organization": organization, "name": name, "version": number}
    found = _maybe(await tx.row(Q["version"], **which))
    if found is None:
        raise NotFound(f"version {number} of agent", name)
    return found


async def by_digest(
    tx: Tx, organization: OrganizationId, name: str, digest: Digest
) -> Version | None:
    which = {"organization": organization, "name": name, "digest": digest}
    return _maybe(await tx.row(Q["by_digest"], **which))


async def add(tx: Tx, ring: Keyring, made: Version, content: bytes) -> int:
    """Its number; what `made` says of that does not count. Call `hold` first."""
    digest = await blobs.put(tx, ring, content)
    row = await tx.row(
        Q["add"],
        organization=made.organization,
        name=made.name,
        digest=digest,
        shipped=made.shipped,
        by=made.applied_by,
        at=made.applied_at,
    )
    assert row is not None
    return int(row["version"])


async def take(tx: Tx, taken: Taken) -> None:
    """It holds from now on. Call `hold` first."""
    made = taken.version
    which = {"organization": made.organization, "name": made.name, "version": made.version}
    await tx.do(Q["take"], **which, by=taken.by, at=taken.at, follows=taken.follows)


async def content(tx: Tx, ring: Keyring, digest: Digest) -> bytes:
    return await blobs.get(tx, ring, digest)


async def history(tx: Tx, organization: OrganizationId, name: str, size: int = 100) -> list[Taken]:
    """The last first."""
    rows = await tx.rows(Q["history"], organization=organization, name=name, size=size)
    return [_taken(row) for row in rows]


def _taken(row: Row) -> Taken:
    return Taken(_version(row), row["taken_by"], row["taken_at"], row["follows"])


def _maybe(row: Row | None) -> Version | None:
    return None if row is None else _version(row)


def _version(row: Row) -> Version:
    known: dict[str, Any] = {name: row[name] for name in Version.__dataclass_fields__}
    return Version(**known)
