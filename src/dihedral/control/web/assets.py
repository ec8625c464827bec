"""What pages are made of beside their words: the style sheet, scripts, the sign in the tab.

Each has the digest of its content in its path, so that a browser keeps it for good and never has an
old one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control.edge import Door
from dihedral.domain.errors import NotFound

KINDS: Mapping[str, str] = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
NAMES = ("dihedral.css", "dihedral.js", "dihedral.svg", "htmx.js", "sse.js")
FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}
MOST = 99  # that the sign counts


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    kind: str
    path: str


async def read(request: Request) -> Response:
    asset = assets().get(request.path_params["asset"])
    if asset is None or asset.path != request.url.path:
        raise NotFound("file", request.url.path)
    return Response(asset.body, media_type=asset.kind, headers=FOR_GOOD)


async def sign(request: Request) -> Response:
    """The sign with a number on it: of what waits for whoever looks."""
    count = request.path_params["count"]
    if not (count.isascii() and count.isdigit() and len(count) <= 2):
        raise NotFound("sign", count)
    return Response(_counted(int(count)), media_type=KINDS["svg"], headers=FOR_GOOD)


def path(name: str) -> str:
    """Where a page finds it."""
    return assets()[name].path


@cache
def assets() -> Mapping[str, Asset]:
    return {name: _asset(name) for name in NAMES}


def _asset(name: str) -> Asset:
    body = (files("dihedral.control.web") / "static" / name).read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(body, KINDS[name.rpartition(".")[2]], f"/static/{digest}/{name}")


def _counted(count: int) -> str:
    bare = assets()["dihedral.svg"].body.decode()
    if not count:
        return bare
    badge = (
        '<circle cx="22" cy="16" r="10" fill="#b3261e"/><text x="22" y="20.5" font-size="13"'
        ' font-weight="700" font-family="sans-serif" text-anchor="middle" fill="#fff">'
        f"{count}</text></svg>"
    )
    return bare.replace("</svg>", badge)


doors = (
    Door(
        method="GET",
        path="/static/{digest}/{asset}",
        handler=read,
        needs=None,
        summary="A file that pages are made of",
        gives_media="",
        page=True,
    ),
    Door(
        method="GET",
        path="/sign/{count}",
        handler=sign,
        needs=None,
        summary="The sign in the browser's tab, with a count",
        gives_media="image/svg+xml",
        page=True,
    ),
)
