"""Policy sets, remembered: where each holds, and every version of its files, sealed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId, Digest, OrganizationId, ProjectId, RunId, WorkspaceId
from dihedral.domain.right import Place
from dihedral.domain.run import Fact, Status
from dihedral.domain.verdict import Ruling
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A run that a set was asked about, in that `version`: what all the sets that held for it came
    to, and who said yes all the same."""

    run: RunId
    workspace: str
    status: Status
    ended: Fact | None
    version: str
    ruling: Ruling
    reason: str
    overridden: tuple[ActorId, ...]
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


async def version(tx: Tx, organization: OrganizationId, name: str) -> str:
    """The newest one, held until `tx` ends; empty where there is no such set."""
    await tx.row(Q["hold"], organization=organization, name=name)
    row = await tx.row(Q["newest"], organization=organization, name=name)
    return str(row["version"]) if row else ""


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


async def move(tx: Tx, kept: Kept) -> None:
    """Where it holds, from now on. Raises NotFound."""
    where = {"scope": kept.scope, "project": kept.project, "workspace": kept.workspace}
    if not await tx.do(Q["move"], organization=kept.organization, name=kept.name, **where):
        raise NotFound("policy set", kept.name)


async def judged(
    tx: Tx,
    organization: OrganizationId,
    name: str,
    sight: Sequence[WorkspaceId] | None,
    size: int = 20,
) -> list[Judged]:
    """Newest first, of the newest 200 runs there; `sight` are workspaces that may be seen, or None
    for all."""
    which = {"organization": organization, "name": name, "size": size}
    rows = await tx.rows(Q["judged"], **which, sight=None if sight is None else list(sight))
    return [_judged(row) for row in rows]


async def drop(tx: Tx, organization: OrganizationId, name: str) -> None:
    """Raises NotFound."""
    if not await tx.do(Q["drop"], organization=organization, name=name):
        raise NotFound("policy set", name)


def _judged(row: Row) -> Judged:
    read = {
        "status": Status(row["status"]),
        "ended": row["ended"] and Fact(row["ended"]),
        "ruling": Ruling(row["ruling"]),
        "overridden": tuple(row["overridden"]),
    }
    return Judged(**{**row, **read})


def _kept(row: Row) -> Kept:
    return Kept(**{**row, "scope": Scope(row["scope"])})
