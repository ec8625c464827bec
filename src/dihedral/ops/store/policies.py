"""Policy sets, remembered: where each holds, and every version of its files, sealed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, Digest, OrganizationId, ProjectId, WorkspaceId
from dihedral.domain.right import Place
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "policies.sql")


class Scope(StrEnum):
    """Where a set holds."""

    GLOBAL = "global"  # in every workspace of its organization
    PROJECT = "project"  # in those of one project
    WORKSPACE = "workspace"  # in one
    NAMED = "named"  # where a workspace's terms name it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A set as it is now. `version` is the digest of its files, `content` that of their archive."""

    organization: OrganizationId
    name: str
    scope: Scope
    project: ProjectId | None
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
    name = {"organization": kept.organization, "name": kept.name}
    before = await tx.row(Q["newest"], **name)
    where = {"scope": kept.scope, "project": kept.project, "workspace": kept.workspace}
    await tx.do(Q["put"], **name, **where)
    if before is None or (before["version"], before["source"]) != (kept.version, kept.source):
        row = {k: v for k, v in asdict(kept).items() if k not in where}
        await tx.do(Q["add"], **row)


async def page(tx: Tx, organization: OrganizationId) -> list[Kept]:
    rows = await tx.rows(Q["newest"], organization=organization, name=None)
    return [_kept(row) for row in rows]


async def find(tx: Tx, organization: OrganizationId, name: str) -> Kept:
    """Raises NotFound."""
    row = await tx.row(Q["newest"], organization=organization, name=name)
    if row is None:
        raise NotFound("policy set", name)
    return _kept(row)


async def holding(tx: Tx, place: Place, names: Sequence[str]) -> list[Kept]:
    """What holds in a workspace whose terms name `names`."""
    rows = await tx.rows(Q["holding"], **asdict(place), names=list(names))
    return [_kept(row) for row in rows]


async def versions(tx: Tx, organization: OrganizationId, name: str) -> list[Version]:
    """The newest 50, newest first."""
    rows = await tx.rows(Q["versions"], organization=organization, name=name)
    return [Version(**row) for row in rows]


async def drop(tx: Tx, organization: OrganizationId, name: str) -> None:
    """Raises NotFound."""
    if not await tx.do(Q["drop"], organization=organization, name=name):
        raise NotFound("policy set", name)


def _kept(row: Row) -> Kept:
    return Kept(**{**row, "scope": Scope(row["scope"])})
