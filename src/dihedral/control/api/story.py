"""A run as the API shows it. Fields are only ever added here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api.standing import standing
from dihedral.domain.approval import Approval
from dihedral.domain.ids import Digest, RunId, WorkspaceId
from dihedral.domain.run import OVER, Fact, Run, Status, may
from dihedral.domain.verdict import Finding, Ruling
from dihedral.domain.workspace import Workspace
from dihedral.ops.work import pipeline

# fmt: off
VERBS: Mapping[str, tuple[Fact, ...]] = {
    "approve": (Fact.APPROVED,),
    "discard": (Fact.DISCARDED,),
    "cancel":  (Fact.CANCELED, Fact.STOP_ASKED),
    "replan":  (Fact.REPLANNED,),
    "withdraw": (Fact.WITHDRAWN,),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Named:
    id: WorkspaceId
    name: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Numbers:
    """The three that every run leads with. Seconds by step; what is not known is null."""

    speed: Mapping[str, float]
    cost: Any
    risk: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunShape:
    """`may` are the verbs that its status allows; `effect` is what an approval binds to. `ended`
    is what ended it: a run that was `discarded` by a person is not one that `expired`."""

    id: RunId
    workspace: Named
    status: Status
    over: bool
    may: list[str]
    numbers: Numbers
    changes: Mapping[str, Any]
    effect: Digest | None
    proposer: str
    source: str
    message: str
    reason: str
    plan_only: bool
    destroy: bool
    refresh_only: bool
    request: str | None
    tool: str
    approvers: int
    created_at: datetime
    on_behalf_of: str | None
    replans: str | None
    ended: Fact | None
    waiting_since: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictShape:
    gate: str
    ruling: Ruling
    reason: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactShape:
    fact: Fact
    actor: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalShape:
    approver: str
    how: str
    effect: Digest
    comment: str
    at: datetime
    used_at: datetime | None
    id: str
    channel: str
    overrides: tuple[str, ...]
    expires_at: datetime | None
    carried_from: str | None
    ended_at: datetime | None
    ended_as: str | None
    ended_why: str


@dataclass(frozen=True, slots=True)
class SeatsShape:
    """How many people must say yes, how many did, and who."""

    needed: int
    given: int
    who: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryShape:
    """`held` says why the run is not begun, where its agent is suspended; `barred`, why whoever
    asks cannot say yes to it now."""

    run: RunShape
    verdicts: list[VerdictShape]
    approvals: list[ApprovalShape]
    history: list[FactShape]
    seats: SeatsShape
    held: str = ""
    barred: str = ""


@dataclass(frozen=True, slots=True)
class RunPage:
    items: list[RunShape]
    next: str | None


@dataclass(frozen=True, slots=True)
class PieceShape:
    seq: int
    phase: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogShape:
    """`next` is what to send as `after`; with `over` there is no more to come, and `ended` is what
    ended it."""

    pieces: list[PieceShape]
    next: int
    status: Status
    over: bool
    ended: Fact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShape:
    """`text` is the plan as a person reads it, `summary` its line. Nothing sensitive in any."""

    summary: str
    changes: list[dict[str, Any]]
    text: str


@dataclass(frozen=True, slots=True)
class FileShape:
    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Configuration:
    digest: Digest
    files: list[FileShape]


_APPROVAL = tuple(f.name for f in fields(ApprovalShape))


async def seen(request: Request, run: RunId) -> StoryShape:
    """Raises NotFound, Forbidden."""
    parts, actor = edge.ops(request), edge.actor(request)
    story = await pipeline.see(parts, actor, run)
    return told(story, standing(story, actor, self_approval=parts.self_approval).approve)


def shape(run: Run, workspace: Workspace) -> RunShape:
    return RunShape(
        id=run.id,
        workspace=Named(workspace.id, workspace.name, workspace.simulated),
        status=run.status,
        over=run.status in OVER,
        may=[verb for verb, facts in VERBS.items() if any(may(run, fact) for fact in facts)],
        numbers=Numbers(run.speed, run.numbers.get("cost"), run.numbers.get("risk")),
        changes=run.summary,
        effect=run.effect,
        proposer=run.proposer,
        source=run.source,
        message=run.message,
        reason=run.reason,
        plan_only=run.plan_only,
        destroy=run.destroy,
        refresh_only=run.refresh_only,
        request=run.request,
        tool=run.tool,
        approvers=run.approvers,
        created_at=run.created_at,
        on_behalf_of=run.on_behalf_of,
        replans=run.replans,
        ended=run.ended,
        waiting_since=run.waiting_since,
        expires_at=run.expires_at,
    )


def shape_seats(run: Run, given: Sequence[Approval]) -> SeatsShape:
    return SeatsShape(run.approvers, len(given), [a.approver for a in given])


def told(story: pipeline.Story, barred: str = "") -> StoryShape:
    return StoryShape(
        run=shape(story.run, story.workspace),
        verdicts=[
            VerdictShape(gate=v.gate, ruling=v.ruling, reason=v.reason, findings=v.findings)
            for v in story.verdicts
        ],
        approvals=[
            ApprovalShape(**{name: getattr(a, name) for name in _APPROVAL}) for a in story.approvals
        ],
        seats=shape_seats(story.run, story.seats),
        held=story.held,
        barred=barred,
        history=[
            FactShape(fact=h.fact, actor=h.actor, note=h.note, at=h.at) for h in story.history
        ],
    )
