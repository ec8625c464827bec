"""The verbs of a policy set: set, see, remove, and load those that hold for a run."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

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
from dihedral.ops.store import projects, workspaces
from dihedral.ops.store.policies import Judged, Kept, Scope, Version
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
    """Where its files come from; `revision` is a commit. `after` is the version that they are to
    follow, empty where they are to be the first; None: whichever there is."""

    name: str
    revision: str = ""
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A set, its versions, and the newest one as it is read; the names of its files, none where
    they cannot be."""

    kept: Kept
    versions: tuple[Version, ...]
    policies: PolicySet
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
        await _demand_after(tx, actor, name, source.after)
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


async def put_git(
    ops: Ops,
    actor: Actor,
    name: str,
    where: Repository,
    place: Place,
    after: str | None = None,
) -> Kept:
    """The same of files that are fetched, which who may not set them cannot have done. Raises what
    `put` does, and Upstream."""
    access.demand(actor, Action.POLICY_SET, right.Place(actor.organization))
    fetched = await policygit.fetch(where)
    source = Source(str(where), fetched.commit, after)
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
        policies, held = await _read(ops, tx, kept)
        versions = await store.versions(tx, actor.organization, name)
        return Seen(kept, tuple(versions), policies, tuple(sorted(held)))


async def files(ops: Ops, actor: Actor, name: str) -> Mapping[str, bytes]:
    """Those of the newest version, for who may read policies everywhere: they say what holds in
    workspaces that somebody else may not see. Raises NotFound, Forbidden."""
    access.demand(actor, Action.POLICY_READ, right.Place(actor.organization))
    if own := policy.built_in().get(name):
        texts = {**own.rego, **own.tests}
        return {path: text.encode() for path, text in sorted(texts.items())}
    async with ops.db.tx() as tx:
        kept = await store.find(tx, actor.organization, name)
        return dict(sorted((await _read(ops, tx, kept))[1].items()))


async def judged(ops: Ops, actor: Actor, name: str) -> list[Judged]:
    """The newest runs that the set was asked about and that it may read, newest first."""
    access.demand_somewhere(actor, Action.POLICY_READ)
    async with ops.db.tx() as tx:
        sight = await permitted.sight(tx, actor, Action.RUN_READ)
        return await store.judged(tx, actor.organization, name, sight)


async def named(ops: Ops, actor: Actor, sets: Iterable[Kept]) -> Mapping[str, str]:
    """By id, the names of the projects and workspaces in which these hold, where it may know
    them."""
    kept = tuple(sets)
    spaces = {one.workspace for one in kept if one.workspace}
    async with ops.db.tx() as tx:
        found = [await workspaces.find(tx, one) for one in sorted(spaces)]
        known = await projects.page(tx, actor.organization)
    places = {w.id: (w.name, w.place) for w in found} | {
        p.id: (p.name, right.Place(p.organization, p.id)) for p in known
    }
    return {
        key: name
        for key, (name, place) in places.items()
        if not access.refusal(actor, Action.WORKSPACE_READ, place)
    }


async def move(ops: Ops, actor: Actor, name: str, place: Place) -> Kept:
    """The same files hold elsewhere from now on. Raises Invalid, Forbidden, Conflict, NotFound."""
    access.demand(actor, Action.POLICY_SET, right.Place(actor.organization))
    _check(name, place)
    async with ops.db.tx() as tx:
        kept = await store.find(tx, actor.organization, name)
        project, workspace = await _within(tx, actor, place)
        moved = replace(kept, scope=place.scope, project=project, workspace=workspace)
        await store.move(tx, moved)
        where = workspace or project or ""
        reason = f"holds {place.scope}{where and ': '}{where}"
        audit.noted(ops, tx, actor, "policy.set", name, workspace=workspace or "", reason=reason)
    return moved


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
    found = {name: (await _read(ops, tx, one))[0] for name, one in kept.items()}
    for name in terms.policies:
        if name not in found:
            missing = PolicySet(name=name, broken=f"there is no policy set {name!r}")
            found[name] = known.get(name) or missing
    return tuple(found[name] for name in sorted(found))


async def _read(ops: Ops, tx: Tx, kept: Kept) -> tuple[PolicySet, Mapping[str, bytes]]:
    """The set with its files; what is not as it was put there is broken, and has none."""
    try:
        held = archive.unpack(await blobs.get(tx, ops.keyring, kept.content), archive.Limits())
        made = policyset.read(held, kept.name)
    except (KeyError, Sealed, archive.Refused, Invalid) as cause:
        why = f"it cannot be read: {cause}"
        return PolicySet(name=kept.name, version=kept.version, broken=why), {}
    if made.version != kept.version:
        why = "its files have changed"
        return PolicySet(name=kept.name, version=kept.version, broken=why), {}
    return made, held


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


async def _demand_after(tx: Tx, actor: Actor, name: str, after: str | None) -> None:
    """Raises Conflict where the files do not follow what they were to follow."""
    if after is None:
        return
    newest = await store.version(tx, actor.organization, name)
    if newest != after and not after:
        raise Conflict(f"there is a policy set {name} already; choose another name")
    if newest != after:
        raise Conflict(
            f"policy set {name} was set anew or removed since you looked"
            f" (`dihedral policy show {name}`); look at it again first"
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
