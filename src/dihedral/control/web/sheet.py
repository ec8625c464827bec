"""The one style sheet, and the sign in the browser's tab."""

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control.edge import Door

AGE = {"cache-control": "max-age=3600"}


async def style(request: Request) -> Response:
    return Response(_file("dihedral.css"), media_type="text/css", headers=AGE)


async def sign(request: Request) -> Response:
    return Response(_file("dihedral.svg"), media_type="image/svg+xml", headers=AGE)


@cache
def _file(name: str) -> bytes:
    return (files("dihedral.control.web") / "static" / name).read_bytes()


doors = (
    Door(
        method="GET",
        path="/static/dihedral.css",
        handler=style,
        needs=None,
        summary="The style sheet of the pages",
        gives_media="text/css",
        page=True,
    ),
    Door(
        method="GET",
        path="/static/dihedral.svg",
        handler=sign,
        needs=None,
        summary="The sign in the browser's tab",
        gives_media="image/svg+xml",
        page=True,
    ),
)
