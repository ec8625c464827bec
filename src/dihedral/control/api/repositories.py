"""A workspace's proposals as a Git repository, over HTTP."""

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.right import Action
from dihedral.ops.work import repository

MEDIA = "application/x-git-bundle"


async def read(request: Request) -> Response:
    named = request.path_params["workspace"]
    packed = await repository.packed(edge.ops(request), edge.actor(request), named)
    return Response(packed, media_type=MEDIA)


doors = (
    Door(
        method="GET",
        path="/v1/workspaces/{workspace}/repository",
        handler=read,
        needs=Action.REPOSITORY_READ,
        summary="All proposals as a Git bundle, from which `git clone` clones",
        gives=bytes,
        gives_media=MEDIA,
        also=(409, 502),
    ),
)
