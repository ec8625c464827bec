"""The HTTP application: every door, behind the guard that knows strangers."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from dihedral.control import cookies, doors, edge, front, login, mind, problem, rates
from dihedral.control.api import (
    account,
    agentfiles,
    agents,
    approvals,
    audit,
    blast,
    blueprints,
    budgets,
    comments,
    conversations,
    escalations,
    events,
    explain,
    grants,
    identity,
    instances,
    keys,
    meta,
    metrics,
    models,
    people,
    policies,
    projects,
    proposals,
    reflex,
    repositories,
    requests,
    runs,
    spend,
    states,
    terms,
    variables,
    workspaces,
)
from dihedral.control.settings import Settings
from dihedral.control.web import faults, pages
from dihedral.domain.errors import Invalid
from dihedral.model.work.mind import Mind
from dihedral.model.work.requests import Thinking
from dihedral.ops.work import oidc
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.readiness import Readiness

DOORS = (
    *meta.doors,
    *identity.doors,
    *metrics.doors,
    *requests.doors,
    *runs.doors,
    *proposals.doors,
    *approvals.doors,
    *comments.doors,
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
    *people.doors,
    *grants.doors,
    *budgets.doors,
    *spend.doors,
    *account.doors,
    *projects.doors,
    *pages.doors,
    *repositories.doors,
    *keys.doors,
    *agents.doors,
    *agentfiles.doors,
    *instances.doors,
    *models.doors,
    *conversations.doors,
    *escalations.doors,
    *events.doors,
)

SILENCES = 3  # heartbeats after which a worker counts as dead


def build(
    ops: Ops,
    thinking: Thinking,
    settings: Settings,
    owner: str = "",
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
    minded: Mind | None = None,
) -> Starlette:
    """`owner` is the token of who owns the data directory; without one nobody does. `minded` hears
    of conversations, where it is given one that does."""
    known = front.front(settings)
    app = Starlette(
        routes=[edge.route(door) for door in DOORS],
        middleware=[
            Middleware(doors.Doors, known, identity.PUBLIC, faults.paged),
            Middleware(cookies.Cookies),
        ],
        exception_handlers=faults.handlers(problem.HANDLERS),
        lifespan=lifespan,
    )
    app.state.ops = ops
    app.state.thinking = thinking
    app.state.mind = minded or mind.mind(ops, thinking)
    app.state.settings = settings
    app.state.login = login.known
    app.state.provider = provider(settings)
    app.state.owner = owner
    app.state.solo = known.solo
    app.state.rates = rates.rates(known, settings)
    app.state.played = set()  # whom the owner has been since the start
    app.state.readiness = Readiness(ops, SILENCES * settings.heartbeat)
    app.state.doors = DOORS
    return app


def provider(settings: Settings) -> oidc.Provider | None:
    """Who logs people in beside us. Raises Invalid when half of it is said."""
    if bool(settings.oidc_issuer) != bool(settings.oidc_client_id):
        raise Invalid("DIHEDRAL_OIDC_ISSUER and DIHEDRAL_OIDC_CLIENT_ID go together; set both")
    if not settings.oidc_issuer:
        return None
    client = oidc.Client(
        issuer=settings.oidc_issuer,
        id=settings.oidc_client_id,
        secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
        claim=settings.oidc_groups_claim,
        groups=settings.oidc_groups,
    )
    return oidc.Provider(client)
