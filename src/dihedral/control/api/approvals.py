"""What waits for a person, over HTTP; and taking a yes back, or having a plan made again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api import story
from dihedral.control.api.runs import No, Size
from dihedral.control.api.story import Named, SeatsShape, StoryShape
from dihedral.control.edge import Door
from dihedral.domain.ids import Digest, RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.verdict import Ruling
from dihedral.ops.work import pipeline, tally
from dihedral.ops.work.tally import Ask


class ApprovalsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`waiting` needs no value: those that wait are what there is to list."""

    waiting: str | None = None
    workspace: str | None = None
    after: str | None = None
    size: Size = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AskShape:
    """`age` is seconds since somebody was asked, `expires_in` those that are left. `why` is each
    gate's reason to ask; it is empty where only the workspace wants a person to confirm."""

    run: RunId
    workspace: Named
    waiting_since: datetime | None
    age: float
    expires_at: datetime | None
    expires_in: float | None
    proposer: str
    on_behalf_of: str | None
    source: str
    message: str
    seats: SeatsShape
    effect: Digest | None
    changes: str
    cost: str
    risk: str
    why: list[str]


@dataclass(frozen=True, slots=True)
class AskPage:
    items: list[AskShape]
    next: str | None


async def page(request: Request) -> AskPage:
    asked = edge.query(request, ApprovalsAsked)
    after = parse(RunId, asked.after) if asked.after else None
    found = await tally.waiting(
        edge.ops(request), edge.actor(request), asked.workspace, after, asked.size
    )
    last = found[-1].run.id if len(found) == asked.size else None
    return AskPage([shape(one) for one in found], last)


async def withdraw(request: Request) -> StoryShape:
    given = await edge.body(request, No)
    parts, run = edge.ops(request), _id(request)
    await pipeline.withdraw(parts, edge.actor(request), run, given.comment)
    return await story.seen(request, run)


async def replan(request: Request) -> StoryShape:
    parts = edge.ops(request)
    again = await pipeline.replan(parts, edge.actor(request), _id(request))
    return await story.seen(request, again.id)


def shape(ask: Ask) -> AskShape:
    run, began = ask.run, ask.run.waiting_since or ask.run.created_at
    lines: Any = run.numbers.get("lines") or {}
    return AskShape(
        run=run.id,
        workspace=Named(ask.workspace.id, ask.workspace.name, ask.workspace.simulated),
        waiting_since=run.waiting_since,
        age=_seconds(ask.now, began),
        expires_at=run.expires_at,
        expires_in=_seconds(run.expires_at, ask.now) if run.expires_at else None,
        proposer=run.proposer,
        on_behalf_of=run.on_behalf_of,
        source=run.source,
        message=run.message,
        seats=story.shape_seats(run, ask.seats),
        effect=run.effect,
        changes=str(run.summary.get("line", "")),
        cost=str(lines.get("cost", "")),
        risk=str(lines.get("risk", "")),
        why=[f"{v.gate}: {v.reason}" for v in ask.verdicts if v.ruling is Ruling.ASK],
    )


def _seconds(later: datetime, earlier: datetime) -> float:
    return max(0.0, round((later - earlier).total_seconds(), 1))


def _id(request: Request) -> RunId:
    return parse(RunId, request.path_params["run"])


_RUN = "/v1/runs/{run}"
doors = (
    Door(
        method="GET",
        path="/v1/approvals",
        handler=page,
        needs=Action.RUN_READ,
        summary="What waits for a person, the longest first",
        asks=ApprovalsAsked,
        gives=AskPage,
    ),
    Door(
        method="POST",
        path=f"{_RUN}/withdraw",
        handler=withdraw,
        needs=Action.RUN_WITHDRAW,
        summary="Take one's own yes back, until the apply has begun",
        takes=No,
        gives=StoryShape,
    ),
    Door(
        method="POST",
        path=f"{_RUN}/replan",
        handler=replan,
        needs=Action.RUN_REPLAN,
        summary="Plan its files again, laid over what was applied since",
        gives=StoryShape,
    ),
)
