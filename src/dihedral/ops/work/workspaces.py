"""The verbs of a workspace: its settings, variables, lock and state versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import Digest, RunId, StateVersionId, VariableId, WorkspaceId
from dihedral.domain.right import Action
from dihedral.domain.workspace import (
    TEAM,
    Category,
    Hold,
    Lock,
    StateVersion,
    Variable,
    Workspace,
    check,
    check_key,
    demand_unlocked,
)
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, redact, state
from dihedral.ops.rules.readings import Readings
from dihedral.ops.rules.state import Held
from dihedral.ops.store import projects, readings, runs, states
from dihedral.ops.store import workspaces as store
from dihedral.ops.work import audit, people, permitted
from dihedral.ops.work.plane import Ops

SETTABLE = frozenset(f.name for f in fields(Workspace)) - {
    "id", "organization", "project", "created_at", "lock", "terms",
}  # fmt: skip
DEFAULT = "default"  # the project that every organization begins with


@dataclass(frozen=True, slots=True)
class Estate:
    """A workspace and what exists in it now; which outputs of others it `reads`, and they of it."""

    workspace: Workspace
    version: StateVersion | None
    held: tuple[Held, ...]
    outputs: Mapping[str, Any]
    reads: Readings
    read_by: Readings

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(one.address for one in self.held)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a state version comes from."""

    actor: Actor
    run: RunId | None = None
    note: str = ""


async def add(
    ops: Ops, actor: Actor, name: str, project: str = DEFAULT, **settings: Any
) -> Workspace:
    """`project` by name or id; who makes it owns it, where nobody else is named. Raises Invalid,
    Conflict (name taken), NotFound, Forbidden."""
    bare = Workspace(
        id=WorkspaceId(ops.mint("ws")),
        name=name,
        created_at=ops.now(),
        organization=actor.organization,
        owner=actor.id if actor.kind is Kind.PERSON else "",
    )
    made = _changed(bare, settings)
    async with ops.db.tx() as tx:
        made = replace(made, project=await projects.find(tx, actor.organization, project))
        access.demand(actor, Action.WORKSPACE_CREATE, replace(made.place, workspace=None))
        await _demand_owner(tx, actor, bare, made)
        await store.add(tx, made)
        _noted(ops, tx, actor, "workspace.create", made, _told({"owner"} & set(settings), made))
    return made


async def change(ops: Ops, actor: Actor, key: str, **settings: Any) -> Workspace:
    """Raises NotFound, Invalid, Conflict."""
    async with ops.db.tx() as tx:
        held = await permitted.workspace_held(tx, actor, key, Action.WORKSPACE_UPDATE)
        moved = _changed(held, settings)
        await _demand_owner(tx, actor, held, moved)
        await store.save(tx, moved)
        _noted(ops, tx, actor, "workspace.update", moved, _told(settings, moved))
    return moved


async def drop(ops: Ops, actor: Actor, key: str, *, force: bool = False) -> None:
    """Only an empty workspace goes, unless forced; none that others read. Raises NotFound,
    Conflict."""
    async with ops.db.tx() as tx:
        held = await permitted.workspace_held(tx, actor, key, Action.WORKSPACE_DELETE)
        version = await states.current(tx, held.id)
        if version and version.resources and not force:
            raise Conflict(
                f"workspace {held.name} still holds {version.resources} resources; destroy them"
                f" first (`dihedral workspace destroy {held.name}`) or force it, which forgets them"
            )
        if await runs.at_work(tx, held.id):
            raise Conflict(f"a run is at work in {held.name}; cancel it or wait")
        if readers := await readings.read_by(tx, held.id):
            raise Conflict(
                f"the outputs of workspace {held.name} are read by {', '.join(readers)}; apply a"
                " configuration there that does not read them, or delete these first"
            )
        await store.drop(tx, held.id)
        _noted(ops, tx, actor, "workspace.delete", held, "forced" if force else "")


async def which(ops: Ops, actor: Actor, key: str, action: Action) -> Workspace:
    """The workspace where somebody is about to do that. Raises NotFound, Forbidden."""
    async with ops.db.tx() as tx:
        return await permitted.workspace(tx, actor, key, action)


async def see(ops: Ops, actor: Actor, key: str) -> Estate:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.workspace(tx, actor, key, Action.STATE_READ)
        version = await states.current(tx, found.id)
        reads = await readings.reads(tx, found.id), await readings.read_by(tx, found.id)
        if version is None:
            return Estate(found, None, (), {}, *reads)
        read = state.decode(await blobs.get(tx, ops.keyring, version.content))
        clear = redact.outputs(await store.variables(tx, ops.keyring, found.id))
    return Estate(found, version, read.held, clear(state.shown(read.outputs)), *reads)


async def lock(ops: Ops, actor: Actor, key: str, reason: str) -> Workspace:
    """Raises NotFound, Conflict when it is locked already."""
    async with ops.db.tx() as tx:
        held = await permitted.workspace_held(tx, actor, key, Action.WORKSPACE_LOCK)
        if held.lock:
            raise Conflict(f"workspace {held.name} is locked by {held.lock.by} already")
        moved = replace(held, lock=Lock(Hold.PERSON, actor.id, reason, ops.now()))
        await store.save(tx, moved)
        _noted(ops, tx, actor, "workspace.lock", moved, reason)
    return moved


async def unlock(ops: Ops, actor: Actor, key: str) -> Workspace:
    """Only a person unlocks, whoever locked it. Raises NotFound, Forbidden, Conflict."""
    async with ops.db.tx() as tx:
        held = await permitted.workspace_held(tx, actor, key, Action.WORKSPACE_UNLOCK)
        if not held.lock:
            raise Conflict(f"workspace {held.name} is not locked")
        moved = replace(held, lock=None)
        await store.save(tx, moved)
        _noted(ops, tx, actor, "workspace.unlock", moved, held.lock.reason)
    return moved


async def set_variable(
    ops: Ops, actor: Actor, key: str, name: str, value: str, **settings: Any
) -> Variable:
    """Raises NotFound, Invalid."""
    async with ops.db.tx() as tx:
        held = await permitted.workspace_held(tx, actor, key, Action.VARIABLE_SET)
        variable = Variable(
            id=VariableId(ops.mint("var")), workspace=held.id, key=name, value=value, **settings
        )
        check_key(name, variable.category)
        known = await store.set_variable(tx, ops.keyring, variable)
        _noted(ops, tx, actor, "variable.set", held, name)
    return store.shown(replace(variable, id=known))


async def unset_variable(
    ops: Ops, actor: Actor, key: str, name: str, category: Category = Category.TERRAFORM
) -> None:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        held = await permitted.workspace_held(tx, actor, key, Action.VARIABLE_SET)
        await store.unset_variable(tx, held.id, category, name)
        _noted(ops, tx, actor, "variable.unset", held, name)


async def variables(ops: Ops, actor: Actor, key: str) -> list[Variable]:
    """As people may see them: a sensitive one has no value. Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.workspace(tx, actor, key, Action.VARIABLE_READ)
        return [store.shown(v) for v in await store.variables(tx, ops.keyring, found.id)]


async def state_versions(
    ops: Ops, actor: Actor, key: str, before: StateVersionId | None = None
) -> list[StateVersion]:
    """Newest first. Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.workspace(tx, actor, key, Action.STATE_READ)
        return await states.page(tx, found.id, before)


async def state_file(ops: Ops, actor: Actor, version: StateVersionId) -> bytes:
    """Terraform's own file, secrets and all; so reading it is an act. Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.state_version(tx, actor, version, Action.STATE_DOWNLOAD)
        audit.noted(ops, tx, actor, "state.read", version, workspace=found.workspace)
        return await blobs.get(tx, ops.keyring, found.content)


async def rollback(ops: Ops, actor: Actor, key: str, version: StateVersionId) -> StateVersion:
    """An older state made the current one again, as a new version with a higher serial.

    It changes what Terraform believes, not what exists: the next plan shows the difference.
    Raises NotFound, Conflict (locked, a run at work, or a state of another workspace).
    """
    async with ops.db.tx() as tx:
        held = await permitted.workspace_held(tx, actor, key, Action.STATE_ROLLBACK)
        demand_unlocked(held)
        if await runs.at_work(tx, held.id):
            raise Conflict(f"a run is at work in {held.name}; cancel it or wait")
        old, newest = await states.find(tx, version), await states.current(tx, held.id)
        if old.workspace != held.id or newest is None:
            raise Conflict(f"{version} is a state of another workspace")
        text = await blobs.get(tx, ops.keyring, old.content)
        renumbered = state.renumber(text, newest.serial + 1)
        _noted(ops, tx, actor, "state.rollback", held, f"to {version}")
        return await keep(
            ops, tx, held.id, renumbered, Origin(actor, note=f"rolled back to {version}")
        )


async def keep(
    ops: Ops,
    tx: Tx,
    workspace: WorkspaceId,
    text: bytes,
    origin: Origin,
) -> StateVersion:
    """A new state version, the current one from now on; the same content again adds none.

    Raises Invalid when `text` is no state file.
    """
    read = state.decode(text)
    content = Digest(await blobs.put(tx, ops.keyring, text))
    newest = await states.current(tx, workspace)
    if newest and newest.content == content:
        return newest
    version = StateVersion(
        id=StateVersionId(ops.mint("sv")),
        workspace=workspace,
        lineage=read.lineage,
        serial=read.serial,
        content=content,
        resources=read.resources,
        run=origin.run,
        actor=origin.actor.id,
        note=origin.note,
        created_at=ops.now(),
    )
    await states.add(tx, version)
    return version


def _changed(workspace: Workspace, settings: Mapping[str, Any]) -> Workspace:
    unknown = sorted(set(settings) - SETTABLE)
    if unknown:
        raise Invalid(f"a workspace has no {unknown[0]}; it has {', '.join(sorted(SETTABLE))}")
    if isinstance(limit := settings.get("apply_limit"), int | float):
        settings = {**settings, "apply_limit": timedelta(seconds=limit)}
    try:
        moved = replace(workspace, **settings)
        check(moved)
    except TypeError as cause:
        raise Invalid(f"a setting of the workspace has the wrong type: {cause}") from cause
    return moved


async def _demand_owner(tx: Tx, actor: Actor, was: Workspace, now: Workspace) -> None:
    """Asked where it changes, so that one who left stays named until then. Raises Invalid."""
    known = now.owner in ("", was.owner, actor.id) or now.owner.startswith(TEAM)
    if not known:
        await people.demand_owner(tx, actor.organization, now.owner)


def _told(names: Iterable[str], now: Workspace) -> str:
    """Which settings were given, and to whom it belongs by that."""
    said = (f"owner {now.owner or 'nobody'}" if one == "owner" else one for one in sorted(names))
    return ", ".join(said)


def _noted(
    ops: Ops, tx: Tx, actor: Actor, action: str, workspace: Workspace, reason: str = ""
) -> None:
    where = workspace.id
    audit.noted(ops, tx, actor, action, workspace.name, workspace=where, reason=reason)
