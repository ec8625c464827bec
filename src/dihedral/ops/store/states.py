"""State versions, remembered. The newest of a workspace is its state; none is ever changed."""

from dihedral.domain.errors import NotFound
from dihedral.domain.ids import RunId, StateVersionId, WorkspaceId
from dihedral.domain.workspace import StateVersion
from dihedral.kit import sql
from dihedral.kit.db import Tx

Q = sql.load(__package__, "states.sql")


async def add(tx: Tx, version: StateVersion) -> None:
    await tx.do(
        Q["add"],
        id=version.id,
        workspace=version.workspace,
        lineage=version.lineage,
        serial=version.serial,
        content=version.content,
        resources=version.resources,
        run=version.run,
        actor=version.actor,
        note=version.note,
        created_at=version.created_at,
    )


async def current(tx: Tx, workspace: WorkspaceId) -> StateVersion | None:
    row = await tx.row(Q["current"], workspace=workspace)
    return None if row is None else StateVersion(**row)


async def find(tx: Tx, version: StateVersionId) -> StateVersion:
    """Raises NotFound."""
    row = await tx.row(Q["find"], id=version)
    if row is None:
        raise NotFound("state version", version)
    return StateVersion(**row)


async def page(
    tx: Tx, workspace: WorkspaceId, before: StateVersionId | None = None, size: int = 50
) -> list[StateVersion]:
    rows = await tx.rows(Q["page"], workspace=workspace, before=before, size=size)
    return [StateVersion(**row) for row in rows]


async def by_run(tx: Tx, run: RunId) -> list[StateVersion]:
    return [StateVersion(**row) for row in await tx.rows(Q["by_run"], run=run)]


async def before(tx: Tx, version: StateVersion) -> StateVersion | None:
    """The one that was current until it came."""
    row = await tx.row(Q["before"], workspace=version.workspace, id=version.id)
    return None if row is None else StateVersion(**row)
