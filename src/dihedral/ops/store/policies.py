"""Policy sets, remembered: where each holds, and every version of its files, sealed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, Digest, WorkspaceId
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "policies.sql")


class Scope(StrEnum):
    """Where a set holds."""

    GLOBAL = "global"  # in every workspace
    WORKSPACE = "workspace"  # in one
    NAMED = "named"  # where a workspace's terms name it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A set as it is now. `version` is the digest of its files, `content` that of their archive."""

    name: str
    scope: Scope
    workspace: WorkspaceId | None
    version: Digest
    content: Digest
    source: str
    revision: str
    description: str
    level: str
    policies: int
    actor: ActorId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    version: Digest
    source: str
    revision: str
    actor: ActorId
    at: datetime


async def put(tx: Tx, kept: Kept) -> None:
    """A new version, the one that holds from now on; the same files again add none."""
    before = await tx.row(Q["newest"], name=kept.name)
    await tx.do(Q["put"], name=kept.name, scope=kept.scope, workspace=kept.workspace)
    if before is None or (before["version"], before["source"]) != (kept.version, kept.source):
        row = {k: v for k, v in asdict(kept).items() if k not in ("scope", "workspace")}
        await tx.do(Q["add"], **row)


async def page(tx: Tx) -> list[Kept]:
    return [_kept(row) for row in await tx.rows(Q["newest"], name=None)]


async def find(tx: Tx, name: str) -> Kept:
    """Raises NotFound."""
    row = await tx.row(Q["newest"], name=name)
    if row is None:
        raise NotFound("policy set", name)
    return _kept(row)


async def holding(tx: Tx, workspace: WorkspaceId, names: Sequence[str]) -> list[Kept]:
    """What holds in a workspace whose terms name `names`."""
    rows = await tx.rows(Q["holding"], workspace=workspace, names=list(names))
    return [_kept(row) for row in rows]


async def versions(tx: Tx, name: str) -> list[Version]:
    """The newest 50, newest first."""
    return [Version(**row) for row in await tx.rows(Q["versions"], name=name)]


async def drop(tx: Tx, name: str) -> None:
    """Raises NotFound."""
    if not await tx.do(Q["drop"], name=name):
        raise NotFound("policy set", name)


def _kept(row: Row) -> Kept:
    return Kept(**{**row, "scope": Scope(row["scope"])})
