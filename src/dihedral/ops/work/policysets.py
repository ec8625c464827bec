"""The verbs of a policy set: set, see, remove, and load those that hold for a run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from anyio import to_thread

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.errors import Conflict, Forbidden, Invalid
from dihedral.domain.ids import Digest, WorkspaceId
from dihedral.kit import archive, blobs, tar
from dihedral.kit.blob import Sealed
from dihedral.kit.db import Tx
from dihedral.ops.rules import policyset
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import policies as store
from dihedral.ops.store import workspaces
from dihedral.ops.store.policies import Kept, Scope, Version
from dihedral.ops.work import policy, rego
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.policy import Policies
from dihedral.ops.work.rego import Asked

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,89}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a set is to hold; `workspace` is a name or an id."""

    scope: Scope = Scope.NAMED
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where its files come from; `revision` is a commit."""

    name: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A set, its versions, and what is in the newest."""

    kept: Kept
    versions: tuple[Version, ...]
    files: tuple[str, ...]


async def put(
    ops: Ops, actor: Actor, name: str, files: Mapping[str, bytes], place: Place, source: Source
) -> Kept:
    """A set's files, the version that holds from now on. Raises Invalid, Forbidden, Conflict,
    NotFound (the workspace)."""
    _demand_person(actor)
    _check(name, place)
    kept_files = {path: body for path, body in files.items() if policyset.wanted(path)}
    made = policyset.read(kept_files, name)
    await to_thread.run_sync(_try, ops.policies, made)
    async with ops.db.tx() as tx:
        held = await workspaces.find(tx, place.workspace) if place.workspace else None
        kept = Kept(
            name=name,
            scope=place.scope,
            workspace=held.id if held else None,
            version=Digest(made.version),
            content=Digest(await blobs.put(tx, ops.keyring, tar.write(kept_files))),
            source=source.name,
            revision=source.revision,
            description=made.description,
            level=made.level,
            policies=len(made.rego),
            actor=actor.id,
            at=ops.now(),
        )
        await store.put(tx, kept)
    return kept


async def page(ops: Ops) -> list[Kept]:
    """Sets by name."""
    async with ops.db.tx() as tx:
        return await store.page(tx)


async def see(ops: Ops, name: str) -> Seen:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        kept = await store.find(tx, name)
        files = archive.unpack(await blobs.get(tx, ops.keyring, kept.content), archive.Limits())
        return Seen(kept, tuple(await store.versions(tx, name)), tuple(sorted(files)))


async def drop(ops: Ops, actor: Actor, name: str) -> None:
    """Raises NotFound, Forbidden."""
    _demand_person(actor)
    async with ops.db.tx() as tx:
        await store.drop(tx, name)


async def holding(ops: Ops, tx: Tx, workspace: WorkspaceId, terms: Terms) -> tuple[PolicySet, ...]:
    """The sets that hold for a run in a workspace: those set for all, for it, and those that its
    terms name. One that is not there, or not as it was put there, is broken, and so denies."""
    known = policy.built_in()
    kept = {one.name: one for one in await store.holding(tx, workspace, terms.policies)}
    found = {name: await _load(ops, tx, one) for name, one in kept.items()}
    for name in terms.policies:
        if name not in found:
            missing = PolicySet(name=name, broken=f"there is no policy set {name!r}")
            found[name] = known.get(name) or missing
    return tuple(found[name] for name in sorted(found))


async def _load(ops: Ops, tx: Tx, kept: Kept) -> PolicySet:
    try:
        files = archive.unpack(await blobs.get(tx, ops.keyring, kept.content), archive.Limits())
        made = policyset.read(files, kept.name)
    except (KeyError, Sealed, archive.Refused, Invalid) as cause:
        return PolicySet(name=kept.name, version=kept.version, broken=f"it cannot be read: {cause}")
    if made.version != kept.version:
        return PolicySet(name=kept.name, version=kept.version, broken="its files have changed")
    return made


def _try(policies: Policies, made: PolicySet) -> None:
    """Raises Invalid for a set that no engine could ask anything."""
    asked = Asked(sets=(made,), input=PolicyInput(plan=b"{}"))
    for answer in rego.answers(policies.engine, asked, policies.limits):
        if answer.error:
            raise Invalid(f"policy set {made.name} cannot be used: {answer.error}")
        if not answer.rules:
            raise Invalid(
                f"no rule in policy set {made.name} can object; name one deny, violation or warn"
            )


def _check(name: str, place: Place) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} is not a policy set's name: use lower-case letters, digits, - and _,"
            " beginning with a letter or digit, 90 at most"
        )
    if name in policy.built_in():
        raise Conflict(f"policy set {name} comes with the program; choose another name")
    if (place.scope is Scope.WORKSPACE) != bool(place.workspace):
        raise Invalid("say the workspace that it is to hold in, or --global, or neither")


def _demand_person(actor: Actor) -> None:
    if actor.kind is Kind.AGENT:
        raise Forbidden("only a person changes policies")
