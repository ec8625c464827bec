"""Speed, cost and risk over time, in charts that are drawn here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import meters, paper, shell, words
from dihedral.control.web.meters import Held, Spent
from dihedral.control.web.paper import Page
from dihedral.domain.change import Level
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action
from dihedral.domain.run import Fact, Status
from dihedral.domain.spend import Scope
from dihedral.ops.work import budgets, overview
from dihedral.ops.work.overview import Overview

PATH, SPANS = "/overview", (7, 30, 90)
WIDE, TALL = 720, 160  # of the chart, in its own units
# fmt: off
KINDS: Mapping[str, tuple[Status, ...]] = {
    "applied": (Status.APPLIED,),
    "stopped": (Status.DISCARDED, Status.CANCELED, Status.POLICY_SOFT_FAILED),
    "failed":  (Status.ERRORED,),
}
# fmt: on
ENDS: Mapping[tuple[Status, Fact], str] = {
    (Status.ERRORED, Fact.REFUSED): "refused: not what was approved",
    (Status.ERRORED, Fact.LOST): "lost with its worker",
    (Status.ERRORED, Fact.BROKE): "failed in Terraform",
    (Status.POLICY_SOFT_FAILED, Fact.DENIED): "denied by a gate",
    (Status.DISCARDED, Fact.DISCARDED): "declined by a person",
    (Status.DISCARDED, Fact.EXPIRED): "expired: nobody answered",
    (Status.CANCELED, Fact.CANCELED): "canceled",
}
OTHER = "open"  # whatever is not over, or had nothing to apply
DONE = frozenset({Status.APPLIED, Status.PLANNED_AND_FINISHED})
WAYS: Mapping[str, str] = {
    "reflex": "by the reflex, without a model",
    "agents": "by agents",
    "people": "written by people",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a day's column: `kind` gives its colour, the rest is in the chart's units."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Share:
    """A row of a chart that lies down: `percent` of the longest."""

    label: str
    number: int
    percent: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage(Page):
    """`ended` counts how runs ended, by kind; `wrong` those of the `over` that were not applied, by
    why. Lead time that nobody accounts for is waiting: for a worker, or another run.
    `held` are budgets of the organization, and those that are nearly used up; `spent` is of one's
    own for who may not see that of all."""

    template: ClassVar[str] = "overview.html"
    days: int
    spans: tuple[int, ...]
    seen: Overview
    bars: tuple[Bar, ...]
    most: int
    ended: Mapping[str, int]
    wrong: tuple[Share, ...]
    over: int
    parts: tuple[Share, ...]
    levels: tuple[Share, ...]
    ways: tuple[Share, ...]
    blueprints: tuple[Share, ...]
    held: tuple[Held, ...]
    spent: tuple[Spent, ...]
    wide: int = WIDE
    tall: int = TALL


async def read(request: Request) -> Response:
    said = request.query_params.get("days", "30")
    if said not in {str(one) for one in SPANS}:
        raise Invalid(f"the overview is of {', '.join(map(str, SPANS))} days, not of {said!r}")
    seen = await overview.see(edge.ops(request), edge.actor(request), int(said))
    counted = [(day, kinds(counts)) for day, counts in seen.days]
    most = max((sum(one.values()) for _, one in counted), default=0)
    page = OverviewPage(
        days=int(said),
        spans=SPANS,
        seen=seen,
        bars=tuple(bars(counted, most)),
        most=most,
        ended={kind: sum(one[kind] for _, one in counted) for kind in (*KINDS, OTHER)},
        wrong=_wrong(seen),
        over=sum(seen.ends.values()),
        parts=_parts(seen),
        levels=_levels(seen),
        ways=_ways(seen),
        blueprints=shares(seen.blueprints),
        held=await _held(request),
        spent=await _spent(request, int(said)),
    )
    return await shell.show(request, page)


def kinds(counts: Mapping[Status, int]) -> dict[str, int]:
    """How many runs of a day ended in each way."""
    found = {kind: sum(counts.get(s, 0) for s in some) for kind, some in KINDS.items()}
    return {**found, OTHER: sum(counts.values()) - sum(found.values())}


def bars(days: Sequence[tuple[date, Mapping[str, int]]], most: int) -> Iterable[Bar]:
    """Columns of days, the pieces of each one upon the other; as high as the chart for `most`."""
    step = WIDE / max(1, len(days))
    for place, (day, counts) in enumerate(days):
        floor = float(TALL)
        for kind, count in counts.items():
            if count:
                height = count / most * TALL
                floor -= height
                title = f"{day:%-d %b}: {count} {kind}"
                yield Bar(kind, round(place * step, 2), round(floor, 2), round(step * 0.8, 2),
                          round(height, 2), title)  # fmt: skip


def shares(counts: Iterable[tuple[str, int]]) -> tuple[Share, ...]:
    """The largest first."""
    found = sorted(counts, key=lambda one: (-one[1], one[0]))
    most = max((count for _, count in found), default=0) or 1
    return tuple(Share(label, count, round(100 * count / most, 1)) for label, count in found)


async def _held(request: Request) -> tuple[Held, ...]:
    if not shell.may(edge.actor(request), Action.BUDGET_READ):
        return ()
    found = [meters.held(x) for x in await budgets.page(edge.ops(request), edge.actor(request))]
    whole = (one for one in found if one.budget.scope is Scope.ORGANIZATION)
    full = (x for x in found if x.budget.scope is not Scope.ORGANIZATION and _presses(x))
    return (*whole, *full)


def _presses(held: Held) -> bool:
    return any(one.tone != "good" for one in held.meters)


async def _spent(request: Request, days: int) -> tuple[Spent, ...]:
    ops, actor = edge.ops(request), edge.actor(request)
    if not shell.may(actor, Action.SPEND_READ):
        return ()
    since = ops.now() - timedelta(days=days)
    return meters.rows(await budgets.spent(ops, actor, "all", since, None))


def _levels(seen: Overview) -> tuple[Share, ...]:
    most = max((one.runs for one in seen.levels.values()), default=0) or 1
    rows = ((level, seen.levels[level]) for level in Level if level in seen.levels)
    return tuple(
        Share(level.value, one.runs, round(100 * one.runs / most, 1), f"{one.applied:,} applied")
        for level, one in rows
    )


def _ways(seen: Overview) -> tuple[Share, ...]:
    rows = shares((WAYS[way], one.runs) for way, one in seen.sources.items())
    applied = {WAYS[way]: one.applied for way, one in seen.sources.items()}
    return tuple(replace(row, note=f"{applied[row.label]:,} applied") for row in rows)


def _wrong(seen: Overview) -> tuple[Share, ...]:
    """In percent of all that is over."""
    over = sum(seen.ends.values()) or 1
    found: dict[str, int] = {}
    for (status, ended), runs in seen.ends.items():
        if status not in DONE:
            what = ENDS.get((status, ended), words.spaced(status))
            found[what] = found.get(what, 0) + runs
    rows = shares(found.items())
    return tuple(replace(row, note=f"{100 * row.number / over:.1f} %") for row in rows)


def _parts(seen: Overview) -> tuple[Share, ...]:
    """Where the lead time goes, in percent of all of it."""
    lead = seen.lead
    if not lead.whole:
        return ()
    rest = max(0.0, lead.whole - lead.models - lead.people - lead.work)
    some = (
        ("models and their tools", lead.models),
        ("Terraform and the gates", lead.work),
        ("people", lead.people),
        ("waiting", rest),
    )
    return tuple(
        Share(name, round(s), round(100 * s / lead.whole, 1), words.duration(s / lead.spans.count))
        for name, s in some
    )


doors = (paper.door("GET", PATH, read, Action.RUN_READ, "Speed, cost and risk over time"),)
