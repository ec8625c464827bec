"""What somebody may do with a run, and why not: its page and commands ask this.

It only says beforehand what the verbs decide again when they are asked.
"""

from dataclasses import dataclass

from dihedral.domain.actor import Actor
from dihedral.domain.approval import live
from dihedral.domain.errors import Forbidden
from dihedral.domain.right import Action
from dihedral.domain.run import Fact, Status, may
from dihedral.domain.workspace import Hold
from dihedral.ops.rules import access
from dihedral.ops.work.pipeline import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Each is why it cannot be done; empty where it can. `own` says that a yes of this person's
    counts already; where that is so there is nothing more to approve."""

    approve: str
    decline: str
    withdraw: str
    cancel: str
    replan: str
    comment: str
    own: bool


def standing(story: Story, actor: Actor, *, self_approval: bool) -> Standing:
    run, place = story.run, story.workspace.place
    own = any(a.approver == actor.id for a in live(story.approvals))
    return Standing(
        approve=_approve(story, actor, own, self_approval),
        decline=_unless(story, Fact.DISCARDED) or _stop(story, actor, Action.RUN_DISCARD),
        withdraw=_unless(story, Fact.WITHDRAWN)
        or access.refusal(actor, Action.RUN_WITHDRAW, place)
        or ("" if own else "you have said no yes that could be taken back"),
        cancel=_cancel(story, actor),
        replan=(_unless(story, Fact.REPLANNED) if run.ended is None else _over(story))
        or access.refusal(actor, Action.RUN_REPLAN, place),
        comment=access.refusal(actor, Action.RUN_COMMENT, place),
        own=own,
    )


def _approve(story: Story, actor: Actor, own: bool, self_approval: bool) -> str:
    run, space = story.run, story.workspace
    if why := _unless(story, Fact.APPROVED):
        return why
    if own:
        return "your yes is given; it waits for somebody else"
    if why := access.refusal(actor, Action.RUN_APPROVE, space.place):
        return why
    try:
        access.may_approve(actor, run, self_approval=self_approval)
    except Forbidden as fault:
        if actor.id not in (run.proposer, run.on_behalf_of):
            return str(fault)
        did = "proposed" if actor.id == run.proposer else "asked for"
        return f"You {did} this, so somebody else approves it."
    if space.lock and space.lock.kind is not Hold.MEND:
        return f"{space.name} is locked: {space.lock.reason or f'by {space.lock.by}'}"
    return f"it is held: {story.held}" if story.held else ""


def _cancel(story: Story, actor: Actor) -> str:
    if not (may(story.run, Fact.CANCELED) or may(story.run, Fact.STOP_ASKED)):
        return f"it is {story.run.status.replace('_', ' ')}"
    return _stop(story, actor, Action.RUN_CANCEL)


def _stop(story: Story, actor: Actor, action: Action) -> str:
    place = story.workspace.place
    try:
        access.demand(actor, action, place)
        access.may_stop(actor, action, story.run, place)
    except Forbidden as fault:
        return str(fault)
    return ""


def _over(story: Story) -> str:
    applied = story.run.status is Status.APPLIED
    return "it is applied; a new change is proposed anew" if applied else ""


def _unless(story: Story, fact: Fact) -> str:
    """Why its status does not let it."""
    return "" if may(story.run, fact) else f"it is {story.run.status.replace('_', ' ')}"
