"""The HTTP application: every door, behind the guard that knows strangers."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware

from dihedral.control import doors, edge, login
from dihedral.control.api import (
    agents,
    approvals,
    audit,
    blast,
    blueprints,
    explain,
    identity,
    instances,
    keys,
    meta,
    metrics,
    policies,
    proposals,
    reflex,
    requests,
    runs,
    states,
    terms,
    variables,
    workspaces,
)
from dihedral.control.settings import Settings
from dihedral.model.work.requests import Thinking
from dihedral.ops.work.plane import Ops

DOORS = (
    *meta.doors,
    *identity.doors,
    *metrics.doors,
    *requests.doors,
    *runs.doors,
    *proposals.doors,
    *approvals.doors,
    *explain.doors,
    *blast.doors,
    *workspaces.doors,
    *terms.doors,
    *variables.doors,
    *states.doors,
    *blueprints.doors,
    *reflex.doors,
    *audit.doors,
    *policies.doors,
    *keys.doors,
    *agents.doors,
    *instances.doors,
)


def build(
    ops: Ops,
    thinking: Thinking,
    settings: Settings,
    owner: str = "",
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """`owner` is the token of who owns the data directory; without one nobody does."""
    host = urlsplit(settings.base).netloc.lower()
    app = Starlette(
        routes=[edge.route(door) for door in DOORS],
        middleware=[Middleware(doors.Doors, host, identity.PUBLIC)],
        exception_handlers=dict(edge.HANDLERS),
        lifespan=lifespan,
    )
    app.state.ops = ops
    app.state.thinking = thinking
    app.state.settings = settings
    app.state.login = login.known
    app.state.owner = owner
    app.state.solo = doors.loopback(settings.host)
    app.state.played = set()  # whom the owner has been since the start
    app.state.doors = DOORS
    return app
