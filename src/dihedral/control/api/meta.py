"""What the server says of itself."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from dihedral import __version__
from dihedral.control import edge, openapi
from dihedral.control.edge import Door
from dihedral.ops.work import watch


@dataclass(frozen=True, slots=True)
class Health:
    """It answers only while the database does. `unfinished` runs wait for a worker or have one."""

    status: str
    version: str
    unfinished: int


async def health(request: Request) -> Health:
    return Health("ok", __version__, await watch.unfinished(edge.ops(request)))


async def document(request: Request) -> dict[str, Any]:
    return openapi.document(request.app.state.doors)


doors = (
    Door(
        method="GET",
        path="/v1/health",
        handler=health,
        needs=None,
        summary="Is it well?",
        gives=Health,
    ),
    Door(
        method="GET",
        path="/openapi.json",
        handler=document,
        needs=None,
        summary="This document",
        gives=dict[str, Any],
    ),
)
