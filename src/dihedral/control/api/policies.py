"""Policy sets over HTTP."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from anyio import to_thread
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action
from dihedral.kit import archive
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.store.policies import Kept, Scope
from dihedral.ops.work import policy, policysets
from dihedral.ops.work.policygit import Repository
from dihedral.ops.work.policysets import Place, Source

HEADS = 1 << 20  # bytes that packing may add
PACKED = ("application/gzip", "application/zstd", "application/octet-stream")
BUILT_IN = "built in"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySetShape:
    """`scope` is global (every workspace), project (those of one), workspace (one) or named (where
    terms name it). `version` is the digest of its files, and verdicts name it; `level` holds for
    policies that say none."""

    name: str
    scope: Scope
    project: str | None
    workspace: str | None
    version: str
    source: str
    revision: str
    description: str
    level: str
    policies: int
    set_by: str | None
    set_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionShape:
    version: str
    source: str
    revision: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySetWhole:
    policy_set: PolicySetShape
    versions: list[VersionShape]
    files: list[str]


@dataclass(frozen=True, slots=True)
class PolicySetPage:
    items: list[PolicySetShape]
    next: str | None


class PlaceAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`source` says where the files come from, in words."""

    scope: Scope = Scope.NAMED
    project: str = ""
    workspace: str = ""
    source: str = "a directory"


class GitAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`ref` is a branch, a tag or a commit; `directory` the set's place in the repository."""

    url: str
    ref: str = "HEAD"
    directory: str = ""
    scope: Scope = Scope.NAMED
    project: str = ""
    workspace: str = ""


async def page(request: Request) -> PolicySetPage:
    kept = await policysets.page(edge.ops(request), edge.actor(request))
    own = [shape_own(name, one) for name, one in policy.built_in().items()]
    items = [*own, *map(shape, kept)]
    return PolicySetPage(sorted(items, key=lambda one: one.name), None)


async def read(request: Request) -> PolicySetWhole:
    if own := policy.built_in().get(_name(request)):
        files = sorted({*own.rego, *own.tests})
        return PolicySetWhole(policy_set=shape_own(own.name, own), versions=[], files=files)
    seen = await policysets.see(edge.ops(request), edge.actor(request), _name(request))
    return PolicySetWhole(
        policy_set=shape(seen.kept),
        versions=[
            VersionShape(
                version=v.version, source=v.source, revision=v.revision, set_by=v.actor, set_at=v.at
            )
            for v in seen.versions
        ],
        files=list(seen.files),
    )


async def put(request: Request) -> PolicySetShape:
    asked = edge.query(request, PlaceAsked)
    limits = archive.Limits(bytes=request.app.state.settings.max_configuration)
    packed = await edge.read(request, limits.bytes + HEADS)
    try:
        files = await to_thread.run_sync(archive.unpack, packed, limits)
    except archive.Refused as cause:
        raise Invalid(f"the policy set is not taken: {cause}") from cause
    place = Place(scope=asked.scope, project=asked.project, workspace=asked.workspace)
    parts, actor = edge.ops(request), edge.actor(request)
    source = Source(asked.source[:500])
    return shape(await policysets.put(parts, actor, _name(request), files, place, source))


async def put_git(request: Request) -> PolicySetShape:
    asked = await edge.body(request, GitAsked)
    where = Repository(url=asked.url, ref=asked.ref, directory=asked.directory)
    place = Place(scope=asked.scope, project=asked.project, workspace=asked.workspace)
    parts, actor = edge.ops(request), edge.actor(request)
    return shape(await policysets.put_git(parts, actor, _name(request), where, place))


async def drop(request: Request) -> None:
    await policysets.drop(edge.ops(request), edge.actor(request), _name(request))


def shape(kept: Kept) -> PolicySetShape:
    return PolicySetShape(
        name=kept.name,
        scope=kept.scope,
        project=kept.project,
        workspace=kept.workspace,
        version=kept.version,
        source=kept.source,
        revision=kept.revision,
        description=kept.description,
        level=kept.level,
        policies=kept.policies,
        set_by=kept.actor,
        set_at=kept.at,
    )


def shape_own(name: str, one: PolicySet) -> PolicySetShape:
    return PolicySetShape(
        name=name,
        scope=Scope.NAMED,
        project=None,
        workspace=None,
        version=one.version,
        source=BUILT_IN,
        revision="",
        description=one.description,
        level=one.level,
        policies=len(one.rego),
        set_by=None,
        set_at=None,
    )


def _name(request: Request) -> str:
    name: str = request.path_params["policy_set"]
    return name


_ONE = "/v1/policy-sets/{policy_set}"
doors = (
    Door(
        method="GET",
        path="/v1/policy-sets",
        handler=page,
        needs=Action.POLICY_READ,
        summary="Policy sets, by name, with those that come with the program",
        gives=PolicySetPage,
    ),
    Door(
        method="GET",
        path=_ONE,
        handler=read,
        needs=Action.POLICY_READ,
        summary="A policy set, its versions and its files",
        gives=PolicySetWhole,
    ),
    Door(
        method="POST",
        path=_ONE,
        handler=put,
        needs=Action.POLICY_SET,
        summary="Set a policy set from files: a new version, which holds from now on",
        asks=PlaceAsked,
        media=PACKED,
        gives=PolicySetShape,
        status=201,
    ),
    Door(
        method="POST",
        path=f"{_ONE}/git",
        handler=put_git,
        needs=Action.POLICY_SET,
        summary="Set a policy set from a Git repository",
        takes=GitAsked,
        gives=PolicySetShape,
        status=201,
    ),
    Door(
        method="DELETE",
        path=_ONE,
        handler=drop,
        needs=Action.POLICY_SET,
        summary="Remove a policy set with all its versions",
        status=204,
    ),
)
