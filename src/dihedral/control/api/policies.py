"""Policy sets over HTTP."""

import msgspec
from anyio import to_thread
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api.policyshapes import (
    PolicyFiles,
    PolicySetPage,
    PolicySetShape,
    PolicySetWhole,
    VersionShape,
    shape,
    shape_judged,
    shape_own,
)
from dihedral.control.edge import Door
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action
from dihedral.kit import archive
from dihedral.ops.store.policies import Scope
from dihedral.ops.work import policy, policysets
from dihedral.ops.work.policygit import Repository
from dihedral.ops.work.policysets import Place, Source

HEADS = 1 << 20  # bytes that packing may add
PACKED = ("application/gzip", "application/zstd", "application/octet-stream")


class PlaceGiven(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    scope: Scope = Scope.NAMED
    project: str = ""
    workspace: str = ""

    @property
    def place(self) -> Place:
        return Place(scope=self.scope, project=self.project, workspace=self.workspace)


class PlaceAsked(PlaceGiven, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`source` says where the files come from, in words."""

    source: str = "a directory"


class GitAsked(PlaceGiven, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`ref` is a branch, a tag or a commit; `directory` the set's place in the repository."""

    url: str
    ref: str = "HEAD"
    directory: str = ""


async def page(request: Request) -> PolicySetPage:
    kept = await policysets.page(edge.ops(request), edge.actor(request))
    own = [shape_own(name, one) for name, one in policy.built_in().items()]
    items = [*own, *map(shape, kept)]
    return PolicySetPage(sorted(items, key=lambda one: one.name), None)


async def read(request: Request) -> PolicySetWhole:
    parts, actor, name = edge.ops(request), edge.actor(request), _name(request)
    own = policy.built_in().get(name)
    seen = None if own else await policysets.see(parts, actor, name)
    judged = [shape_judged(one) for one in await policysets.judged(parts, actor, name)]
    if seen is None:
        assert own is not None
        files = sorted({*own.rego, *own.tests})
        shown = shape_own(own.name, own)
        return PolicySetWhole(
            policy_set=shown, versions=[], files=files, judged=judged, broken=own.broken
        )
    return PolicySetWhole(
        policy_set=shape(seen.kept),
        versions=[
            VersionShape(
                version=v.version, source=v.source, revision=v.revision, set_by=v.actor, set_at=v.at
            )
            for v in seen.versions
        ],
        files=list(seen.files),
        judged=judged,
        broken=seen.policies.broken,
    )


async def files(request: Request) -> PolicyFiles:
    held = await policysets.files(edge.ops(request), edge.actor(request), _name(request))
    return PolicyFiles({path: body.decode(errors="replace") for path, body in held.items()})


async def move(request: Request) -> PolicySetShape:
    asked = await edge.body(request, PlaceGiven)
    parts, actor = edge.ops(request), edge.actor(request)
    return shape(await policysets.move(parts, actor, _name(request), asked.place))


async def put(request: Request) -> PolicySetShape:
    asked = edge.query(request, PlaceAsked)
    limits = archive.Limits(bytes=request.app.state.settings.max_configuration)
    packed = await edge.read(request, limits.bytes + HEADS)
    try:
        files = await to_thread.run_sync(archive.unpack, packed, limits)
    except archive.Refused as cause:
        raise Invalid(f"the policy set is not taken: {cause}") from cause
    parts, actor = edge.ops(request), edge.actor(request)
    source = Source(asked.source[:500])
    return shape(await policysets.put(parts, actor, _name(request), files, asked.place, source))


async def put_git(request: Request) -> PolicySetShape:
    asked = await edge.body(request, GitAsked)
    where = Repository(url=asked.url, ref=asked.ref, directory=asked.directory)
    parts, actor = edge.ops(request), edge.actor(request)
    return shape(await policysets.put_git(parts, actor, _name(request), where, asked.place))


async def drop(request: Request) -> None:
    await policysets.drop(edge.ops(request), edge.actor(request), _name(request))


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
        summary="A policy set, its versions, the names of its files, and whom it judged",
        gives=PolicySetWhole,
    ),
    Door(
        method="GET",
        path=f"{_ONE}/files",
        handler=files,
        needs=Action.POLICY_READ,
        summary="What is in the files of a policy set",
        gives=PolicyFiles,
    ),
    Door(
        method="PUT",
        path=f"{_ONE}/place",
        handler=move,
        needs=Action.POLICY_SET,
        summary="Let a policy set hold elsewhere",
        takes=PlaceGiven,
        gives=PolicySetShape,
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
        also=(502,),
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
