"""What the server says of itself."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dihedral import __version__
from dihedral.control import openapi, problem
from dihedral.control.edge import Door
from dihedral.ops.work.readiness import Readiness


@dataclass(frozen=True, slots=True)
class Health:
    """It answers while the process does, whatever becomes of the database."""

    status: str
    version: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that it needs is well: `checks` are their names."""

    status: str
    checks: list[str]


async def health(request: Request) -> Health:
    return Health("ok", __version__)


async def ready(request: Request) -> Ready | Response:
    known: Readiness = request.app.state.readiness
    checks = await known.look()
    wrong = "; ".join(f"{check.name}: {check.wrong}" for check in checks if check.wrong)
    if wrong:
        return problem.answer(request, 503, f"not ready: {wrong}", "not_ready", retry=True)
    return Ready("ready", [check.name for check in checks])


async def document(request: Request) -> dict[str, Any]:
    return openapi.document(request.app.state.doors)


doors = (
    Door(
        method="GET",
        path="/v1/health",
        handler=health,
        needs=None,
        summary="Does the process answer?",
        gives=Health,
    ),
    Door(
        method="GET",
        path="/v1/ready",
        handler=ready,
        needs=None,
        summary="Can it work: database, key, policies, a worker?",
        gives=Ready,
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
