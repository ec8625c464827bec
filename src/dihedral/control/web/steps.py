"""Where somebody is in the tour: told by what he asked and what became of it, and shown as a box on
the pages that the tour leads over."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from dihedral.control import address, edge
from dihedral.control.api import standing
from dihedral.control.web import talk
from dihedral.domain.actor import Actor, Kind
from dihedral.domain.conversation import Conversation
from dihedral.domain.ids import ConversationId, RunId
from dihedral.domain.right import Action
from dihedral.domain.run import OVER, Run, Status
from dihedral.domain.tour import Step, Tour, step
from dihedral.model.work import conversations
from dihedral.ops.rules import access
from dihedral.ops.work import pipeline, tours

NONE_SAID = 2**62  # the number of a message after which nothing was said
LATELY = 5  # conversations
LEADS = (address.ASK, "/runs/", "/people")
EXAMPLE = (
    "Hi, the billing team needs a private bucket called invoices. Please keep deleted files for 90"
    " days. Owner is team-billing."
)
TITLES: Mapping[Step, str] = {
    Step.ASK: "Ask in your own words",
    Step.REFLEX: "See what the reflex made of it",
    Step.READ: "Read what it would do",
    Step.APPROVE: "Somebody says yes",
    Step.WATCH: "Watch it being applied",
    Step.EVIDENCE: "Find the evidence",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What somebody asked last since the tour began, and the run that came of it."""

    conversation: Conversation | None
    run: Run | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The step that it is at. `path` is the page that it leads to, and `here` that this is the one;
    `missed` is what the last run became where that is over without being applied. `barred` is why
    its person may not say yes to what waits; `alone` that one's own yes counts here."""

    step: Step
    path: str
    here: bool
    conversation: ConversationId | None
    run: RunId | None
    missed: Status | None
    planned: bool
    barred: str
    alone: bool
    may_invite: bool
    inviting: bool

    @property
    def number(self) -> int:
        return list(Step).index(self.step) + 1

    @property
    def title(self) -> str:
        return TITLES[self.step]


async def box(request: Request) -> Box | None:
    """None where no tour goes on, and on pages that it does not lead over."""
    path = request.url.path
    if not path.startswith(LEADS) or request.headers.get("hx-request") == "true":
        return None
    tour = await going(request)
    found = await at(request, tour) if tour else None
    return None if found and found.step is not Step.APPROVE and _inviting(path) else found


async def begins(request: Request) -> bool:
    """Whether a tour goes on in which nothing was asked yet."""
    tour = await going(request)
    return tour is not None and (await _found(request, tour)).conversation is None


async def going(request: Request) -> Tour | None:
    """The tour of who asks, as long as it is not over."""
    actor = edge.actor(request)
    if actor.kind is not Kind.PERSON:
        return None
    tour = await tours.see(edge.ops(request), actor)
    return tour if tour and tour.ended_at is None else None


async def at(request: Request, tour: Tour) -> Box:
    found = await _found(request, tour)
    run, talked = found.run, found.conversation
    now = step(tour, run, asked=talked is not None)
    if now is Step.READ and talked and request.url.path == f"{address.ASK}/{talked.id}":
        now = Step.REFLEX  # where its card is, what was made of the words comes first
    missed = run.status if run and run.status in OVER and now is Step.ASK else None
    path = _path(now, found)
    return Box(
        step=now,
        path=path,
        here=request.url.path in (path, f"{path}/reading"),  # what is typed is read there
        conversation=talked.id if talked else None,
        run=run.id if run else None,
        missed=missed,
        planned=run is not None and run.status is Status.POLICY_CHECKED,
        barred=await _barred(request, run) if run and now is Step.APPROVE else "",
        alone=edge.ops(request).self_approval,
        may_invite=_may_invite(edge.actor(request)),
        inviting=_inviting(request.url.path),
    )


async def _found(request: Request, tour: Tour) -> Found:
    mind, actor = edge.mind(request), edge.actor(request)
    lately = await conversations.page(mind, actor, None, LATELY)
    newest = next((one for one in lately if one.created_at >= tour.began_at), None)
    if newest is None:
        return Found(conversation=None, run=None)
    shown = await conversations.show(mind, actor, newest.id, after=NONE_SAID)
    by_turn = await talk.runs(edge.ops(request), actor, shown)
    own = [
        listed.run
        for some in by_turn.values()
        for listed in some
        if actor.id in (listed.run.proposer, listed.run.on_behalf_of)
    ]
    last = max(own, key=lambda run: run.created_at, default=None)
    return Found(conversation=newest, run=last)


async def _barred(request: Request, run: Run) -> str:
    ops, actor = edge.ops(request), edge.actor(request)
    story = await pipeline.see(ops, actor, run.id)
    return standing.standing(story, actor, self_approval=ops.self_approval).approve


def _path(now: Step, found: Found) -> str:
    if now is Step.ASK or found.conversation is None:
        return address.ASK
    if now is Step.REFLEX or found.run is None:
        return f"{address.ASK}/{found.conversation.id}"
    return f"/runs/{found.run.id}"


def _may_invite(actor: Actor) -> bool:
    return access.everywhere(actor, Action.PERSON_SET)


def _inviting(path: str) -> bool:
    return path.startswith("/people")
