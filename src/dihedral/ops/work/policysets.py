"""The verbs of a policy set: set, see, remove, and load those that hold for a run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from anyio import to_thread

from dihedral.domain import right
from dihedral.domain.actor import Actor
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import Digest, ProjectId, WorkspaceId
from dihedral.domain.right import Action
from dihedral.kit import archive, blobs, tar
from dihedral.kit.blob import Sealed
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, policyset
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import policies as store
from dihedral.ops.store import projects
from dihedral.ops.store.policies import Kept, Scope, Version
from dihedral.ops.work import audit, permitted, policy, policygit, rego
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.policy import Policies
from dihedral.ops.work.policygit import Repository
from dihedral.ops.work.rego import Asked

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,89}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a set is to hold; `project` and `workspace` are names or ids."""

    scope: Scope = Scope.NAMED
    project: str = ""
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


@dataclass(frozen=True, slots=True)
class Holding:
    """A set that holds in a workspace. `kept` is None where it comes with the program, or is not
    there at all."""

    policies: PolicySet
    kept: Kept | None


async def put(
    ops: Ops, actor: Actor, name: str, files: Mapping[str, bytes], place: Place, source: Source
) -> Kept:
    """A set's files, the version that holds from now on. Raises Invalid, Forbidden, Conflict,
    NotFound (the project or the workspace)."""
    access.demand(actor, Action.POLICY_SET, right.Place(actor.organization))
    _check(name, place)
    kept_files = {path: body for path, body in files.items() if policyset.wanted(path)}
    made = policyset.read(kept_files, name)
    await to_thread.run_sync(_try, ops.policies, made)
    async with ops.db.tx() as tx:
        project, workspace = await _within(tx, actor, place)
        kept = Kept(
            organization=actor.organization,
            name=name,
            scope=place.scope,
            project=project,
            workspace=workspace,
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
        audit.noted(ops, tx, actor, "policy.set", name, reason=f"version {kept.version[:12]}")
    return kept


async def put_git(ops: Ops, actor: Actor, name: str, where: Repository, place: Place) -> Kept:
    """The same of files that are fetched, which who may not set them cannot have done. Raises what
    `put` does, and Upstream."""
    access.demand(actor, Action.POLICY_SET, right.Place(actor.organization))
    fetched = await policygit.fetch(where)
    source = Source(str(where), fetched.commit)
    return await put(ops, actor, name, fetched.files, place, source)


async def page(ops: Ops, actor: Actor) -> list[Kept]:
    """Sets by name."""
    access.demand_somewhere(actor, Action.POLICY_READ)
    async with ops.db.tx() as tx:
        return await store.page(tx, actor.organization)


async def see(ops: Ops, actor: Actor, name: str) -> Seen:
    """Raises NotFound."""
    access.demand_somewhere(actor, Action.POLICY_READ)
    async with ops.db.tx() as tx:
        kept = await store.find(tx, actor.organization, name)
        files = archive.unpack(await blobs.get(tx, ops.keyring, kept.content), archive.Limits())
        versions = await store.versions(tx, actor.organization, name)
        return Seen(kept, tuple(versions), tuple(sorted(files)))


async def drop(ops: Ops, actor: Actor, name: str) -> None:
    """Raises NotFound, Forbidden."""
    access.demand(actor, Action.POLICY_SET, right.Place(actor.organization))
    async with ops.db.tx() as tx:
        await store.drop(tx, actor.organization, name)
        audit.noted(ops, tx, actor, "policy.remove", name)


async def here(ops: Ops, actor: Actor, key: str, terms: Terms) -> list[Holding]:
    """What holds in a workspace with these terms, by name. Raises NotFound, Forbidden."""
    async with ops.db.tx() as tx:
        found = await permitted.workspace(tx, actor, key, Action.POLICY_READ)
        kept = {one.name: one for one in await store.holding(tx, found.place, terms.policies)}
        sets = await holding(ops, tx, found.place, terms)
    return [Holding(one, kept.get(one.name)) for one in sets]


async def holding(ops: Ops, tx: Tx, where: right.Place, terms: Terms) -> tuple[PolicySet, ...]:
    """The sets that hold for a run in a workspace: those set for all, for it, and those that its
    terms name. One that is not there, or not as it was put there, is broken, and so denies."""
    known = policy.built_in()
    kept = {one.name: one for one in await store.holding(tx, where, terms.policies)}
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
    said = (bool(place.project), bool(place.workspace))
    if said != (place.scope is Scope.PROJECT, place.scope is Scope.WORKSPACE):
        raise Invalid(
            "say the project or the workspace that it is to hold in, or --global, or none"
        )


async def _within(
    tx: Tx, actor: Actor, place: Place
) -> tuple[ProjectId | None, WorkspaceId | None]:
    if place.project:
        return await projects.find(tx, actor.organization, place.project), None
    if not place.workspace:
        return None, None
    held = await permitted.workspace(tx, actor, place.workspace, Action.WORKSPACE_READ)
    return None, held.id
