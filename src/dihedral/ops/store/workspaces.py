"""Workspaces and their variables, remembered. Every variable's value is sealed, secret or not."""

from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal

from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import ActorId, OrganizationId, VariableId, WorkspaceId
from dihedral.domain.money import Money
from dihedral.domain.right import Place
from dihedral.domain.run import Fact, Status
from dihedral.domain.workspace import Category, Health, Hold, Lock, Variable, Workspace
from dihedral.kit import blob, keys, sql
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "workspaces.sql")


async def add(tx: Tx, workspace: Workspace) -> None:
    """Raises Conflict when the name is taken."""
    if not await tx.do(Q["add"], **_plain(workspace)):
        raise Conflict(f"there is a workspace {workspace.name} already")


async def find(tx: Tx, key: str, organization: OrganizationId | None = None) -> Workspace:
    """By id, or in an organization by id or name. Raises NotFound."""
    return _one(await tx.row(Q["find"], key=key, organization=organization), key)


async def lock(tx: Tx, key: str, organization: OrganizationId | None = None) -> Workspace:
    """The same, held until `tx` ends. Raises NotFound."""
    return _one(await tx.row(Q["lock"], key=key, organization=organization), key)


async def page(
    tx: Tx,
    organization: OrganizationId,
    sight: Sequence[WorkspaceId] | None,
    after: str | None = None,
    size: int = 50,
    owner: str | None = None,
) -> list[Workspace]:
    """By name; `sight` are those that may be seen, or None for all; of one owner, or all."""
    seen = {"organization": organization, "sight": None if sight is None else list(sight)}
    which = {"owner": owner, "after": after, "size": size}
    return [_workspace(row) for row in await tx.rows(Q["page"], **seen, **which)]


async def places(tx: Tx, organization: OrganizationId) -> list[Place]:
    """Every workspace of an organization."""
    rows = await tx.rows(Q["places"], organization=organization)
    return [Place(organization, row["project"], row["id"]) for row in rows]


async def names(
    tx: Tx, organization: OrganizationId, sight: Sequence[WorkspaceId] | None
) -> list[str]:
    """Of all those that may be seen."""
    seen = {"organization": organization, "sight": None if sight is None else list(sight)}
    return [row["name"] for row in await tx.rows(Q["names"], **seen)]


async def health(tx: Tx, ids: Sequence[WorkspaceId]) -> dict[WorkspaceId, Health]:
    """How each of them does."""
    return {row["id"]: _health(row) for row in await tx.rows(Q["health"], ids=list(ids))}


async def save(tx: Tx, workspace: Workspace) -> None:
    held = workspace.lock
    await tx.do(
        Q["save"],
        **_plain(workspace),
        lock_kind=held and held.kind,
        locked_by=held and held.by,
        lock_reason=held and held.reason,
        locked_at=held and held.at,
    )


async def drop(tx: Tx, workspace: WorkspaceId) -> None:
    await tx.do(Q["drop"], id=workspace)


async def set_variable(tx: Tx, keyring: Keyring, variable: Variable) -> VariableId:
    """The id that the variable has now: its old one where it was there before."""
    value = (variable.value or "").encode()
    row = await tx.row(
        Q["set"],
        id=variable.id,
        workspace=variable.workspace,
        key=variable.key,
        category=variable.category,
        hcl=variable.hcl,
        sensitive=variable.sensitive,
        description=variable.description,
        sealed=blob.seal(await keys.sealing(tx, keyring), value, _bound(variable)),
    )
    assert row is not None
    return VariableId(row["id"])


async def unset_variable(tx: Tx, workspace: WorkspaceId, category: Category, key: str) -> None:
    """Raises NotFound."""
    if not await tx.do(Q["unset"], workspace=workspace, category=category, key=key):
        raise NotFound("variable", key)


async def variables(tx: Tx, keyring: Keyring, workspace: WorkspaceId) -> list[Variable]:
    """With every value in clear, for a run. What is shown to people goes through `shown`."""
    found = await keys.rows(tx, keyring, Q["variables"], workspace=workspace)
    return [_variable(keyring, row) for row in found]


def shown(variable: Variable) -> Variable:
    """The variable as a person may see it."""
    return replace(variable, value=None) if variable.sensitive else variable


def bind(workspace: WorkspaceId, category: Category, key: str) -> bytes:
    return f"variable:{workspace}:{category}:{key}".encode()


def _bound(variable: Variable) -> bytes:
    return bind(variable.workspace, variable.category, variable.key)


def _plain(workspace: Workspace) -> dict[str, object]:
    return {f.name: getattr(workspace, f.name) for f in fields(workspace) if f.name != "lock"}


def _health(row: Row) -> Health:
    known = row["monthly"] is not None and not row["unpriced"]
    return Health(
        resources=row["resources"],
        run=row["run"],
        status=Status(row["run_status"]) if row["run"] else None,
        ended=Fact(row["run_ended"]) if row["run_ended"] else None,
        run_at=row["run_at"],
        monthly=Money(Decimal(row["monthly"]), row["currency"]) if row["monthly"] else None,
        whole=known,
        drift_at=row["drift_at"],
        drifted=row["drifted"] or 0,
        owned=row["owned"],
    )


def _one(row: Row | None, key: str) -> Workspace:
    if row is None:
        raise NotFound("workspace", key)
    return _workspace(row)


def _workspace(row: Row) -> Workspace:
    held = {k: row.pop(k) for k in ("lock_kind", "locked_by", "lock_reason", "locked_at")}
    lock = held["lock_kind"] and Lock(
        Hold(held["lock_kind"]), ActorId(held["locked_by"]), held["lock_reason"], held["locked_at"]
    )
    return Workspace(**row, lock=lock)


def _variable(keyring: Keyring, row: Row) -> Variable:
    sealed = row.pop("sealed")
    bare = Variable(**{**row, "category": Category(row["category"])})
    return replace(bare, value=blob.unseal(keyring, sealed, _bound(bare)).decode())
