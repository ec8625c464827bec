"""What is around every page of somebody who is logged in: where else to go, and who one is.

A noun that gets a page adds its row to `NAV`.
"""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, edge
from dihedral.control.web import assets, paper, steps
from dihedral.control.web.paper import Page
from dihedral.control.web.steps import Box
from dihedral.domain.actor import Actor
from dihedral.domain.errors import Fault, Forbidden
from dihedral.domain.right import Action
from dihedral.kit.db import Unavailable
from dihedral.ops.rules import access
from dihedral.ops.work import tally


@dataclass(frozen=True, slots=True)
class Row:
    """Where to, what it is called, its icon in `icons.html`, and what one must be allowed to."""

    path: str
    label: str
    icon: str
    needs: Action


# fmt: off
NAV = (
    Row("/ask",        "Ask",        "ask",       Action.CONVERSATION_READ),
    Row("/inbox",      "Inbox",      "inbox",     Action.RUN_READ),
    Row("/escalations", "Escalations", "warn", Action.ESCALATION_READ),
    Row("/runs",       "Runs",       "run",       Action.RUN_READ),
    Row("/workspaces", "Workspaces", "workspace", Action.WORKSPACE_READ),
    Row("/blueprints", "Blueprints", "blueprint", Action.BLUEPRINT_READ),
    Row("/agents",     "Agents",     "agent",     Action.AGENT_READ),
    Row("/models",     "Models",     "model",     Action.MODEL_READ),
    Row("/budgets",    "Budgets",    "budget",    Action.BUDGET_READ),
    Row("/policies",   "Policies",   "policy",    Action.POLICY_READ),
    Row("/evaluations", "Evaluations", "evaluation", Action.REFLEX_READ),
    Row("/people",     "People",     "person",    Action.PERSON_READ),
    Row("/audit",      "Audit",      "audit",     Action.AUDIT_READ),
    Row("/overview",   "Overview",   "overview",  Action.RUN_READ),
    Row(address.TOUR,  "Tour",       "tour",      Action.CONVERSATION_SAY),
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """`here` is the row that the page belongs to, `waiting` how many runs wait for who looks, and
    `tour` where that is in the tour, on pages that it leads over."""

    who: str
    organization: str
    rows: tuple[Row, ...]
    here: str
    waiting: int
    now: datetime
    tour: Box | None

    @property
    def sign(self) -> str:
        """The picture in the browser's tab."""
        return f"/sign/{min(self.waiting, assets.MOST)}"


async def show(request: Request, page: Page, status: int = 200) -> Response:
    """The page in its frame; where htmx asks for a part of it, that part alone."""
    around = await frame(request)
    if target := paper.part(request, type(page)):
        return paper.fragment(page, target, around)
    return paper.show(page, status, frame=around)


async def frame(request: Request) -> Frame:
    actor = edge.actor(request)
    path, rows = request.url.path, allowed(actor)
    known = (*(row.path for row in rows), address.ACCOUNT)
    here = (one for one in known if path == one or path.startswith(f"{one}/"))
    return Frame(
        who=actor.id,
        organization=actor.organization,
        rows=rows,
        here=next(here, ""),
        waiting=await _waiting(request, actor),
        now=edge.ops(request).now(),
        tour=await _tour(request),
    )


def allowed(actor: Actor) -> tuple[Row, ...]:
    """Where somebody may go."""
    return tuple(row for row in NAV if may(actor, row.needs))


async def home(request: Request) -> Response:
    rows = allowed(edge.actor(request))
    return paper.go(rows[0].path if rows else address.ACCOUNT)


async def _waiting(request: Request, actor: Actor) -> int:
    """None can be told of where the database does not answer; the page says so by itself."""
    if not may(actor, Action.RUN_APPROVE):
        return 0
    try:
        return await tally.asked(edge.ops(request), actor)
    except Unavailable:
        return 0


async def _tour(request: Request) -> Box | None:
    """It is in the way of no page, whatever cannot be told of it."""
    try:
        return await steps.box(request)
    except (Fault, Unavailable):
        return None


def may(actor: Actor, action: Action) -> bool:
    """Whether it may anywhere in its organization."""
    try:
        access.demand_somewhere(actor, action)
    except Forbidden:
        return False
    return True


doors = (paper.door("GET", address.HOME, home, Action.SELF, "Where one begins"),)
