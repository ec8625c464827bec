"""The one style sheet."""

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control.edge import Door

PATH = "/static/dihedral.css"


async def read(request: Request) -> Response:
    return Response(_sheet(), media_type="text/css", headers={"cache-control": "max-age=3600"})


@cache
def _sheet() -> bytes:
    return (files("dihedral.control.web") / "static" / "dihedral.css").read_bytes()


doors = (
    Door(
        method="GET",
        path=PATH,
        handler=read,
        needs=None,
        summary="The style sheet of the pages",
        gives_media="text/css",
        page=True,
    ),
)
