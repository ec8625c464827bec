"""The page of one run, on which a person says yes or no; and its parts while it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.api import comments as said
from dihedral.control.api import story as stories
from dihedral.control.api.comments import CommentShape
from dihedral.control.api.standing import Standing, standing
from dihedral.control.api.story import StoryShape
from dihedral.control.web import changes, diff, figures, paper, shell
from dihedral.control.web import origin as origins
from dihedral.control.web.changes import Shown, Sought
from dihedral.control.web.diff import Diff
from dihedral.control.web.figures import Figure
from dihedral.control.web.origin import Origin
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Fault, Invalid
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import OVER, Status
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import explain
from dihedral.ops.rules.explain import Explanation
from dihedral.ops.work import agreement, comments, pipeline, versions
from dihedral.ops.work.pipeline import Story

PATH = "/runs/{run}"
LONGEST = 200  # characters that are searched for
NOTICES: Mapping[str, str] = {
    "approved": "Your yes is given.",
    "declined": "It is declined; nothing is applied.",
    "sent-back": "It is sent back, with what you asked for.",
    "withdrawn": "Your yes is taken back.",
    "canceled": "It is told to stop.",
    "replanned": "It is planned again.",
    "commented": "Your comment is kept.",
}
RULED: Mapping[Ruling, str] = MappingProxyType(
    {Ruling.ALLOW: "good", Ruling.ASK: "warn", Ruling.DENY: "bad"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Page):
    """`stamp` is what there is to see, `seen` what the reader has seen: where it is another, the
    page comes `anew` by itself, unless a person was asked, who may be about to answer. `shown` is
    None where there is no plan, and `trouble` says why; `why` is None where it cannot be told."""

    template: ClassVar[str] = "run.html"
    fragments: ClassVar = {"live": "_live.html", "changes": "_changes.html"}
    story: StoryShape
    stamp: str
    seen: str
    figures: tuple[Figure, ...] = ()
    standing: Standing | None = None
    why: Explanation | None = None
    shown: Shown | None = None
    trouble: str = ""
    files: Diff | None = None
    comments: list[CommentShape]
    origin: Origin | None = None
    notice: str = ""
    anew: bool = False
    tones: Mapping[Ruling, str] = field(default_factory=lambda: RULED)


async def read(request: Request) -> Response:
    part = paper.part(request, Review)
    story = await pipeline.see(edge.ops(request), edge.actor(request), _id(request))
    if part == "live":
        return await shell.show(request, _page(request, story))
    shown, trouble = await _shown(request, story)
    if part == "changes":
        page = _page(request, story, shown=shown, trouble=trouble)
        return await shell.show(request, page)
    return await shell.show(request, await _whole(request, story, shown, trouble))


async def _whole(request: Request, story: Story, shown: Shown | None, trouble: str) -> Review:
    parts, actor, run = edge.ops(request), edge.actor(request), story.run.id
    both = await versions.see(parts, actor, run)
    return _page(
        request,
        story,
        shown=shown,
        trouble=trouble,
        figures=figures.figures(story.run),
        standing=standing(story, actor, self_approval=parts.self_approval),
        why=await _why(request, story),
        files=await to_thread.run_sync(diff.diff, both.now, both.before),
        comments=[said.shape(one) for one in await comments.page(parts, actor, run)],
        origin=await origins.origin(request, story.run),
        notice=NOTICES.get(request.query_params.get("done", ""), ""),
    )


def _page(request: Request, story: Story, **more: Any) -> Review:
    given: dict[str, Any] = {"comments": [], **more}
    seen, stamp = request.query_params.get("seen", "")[:LONGEST], _stamp(story)
    asked = seen.partition(".")[0] == Status.POLICY_CHECKED
    return Review(
        story=stories.told(story),
        stamp=stamp,
        seen=seen,
        anew=bool(seen) and seen != stamp and not asked,
        **given,
    )


async def _shown(request: Request, story: Story) -> tuple[Shown | None, str]:
    """The sought part of the plan, or why there is none."""
    run = story.run
    if run.plan_json is None:
        return None, "" if run.status in OVER else "Terraform has not planned it yet."
    text, variables = await pipeline.planned(edge.ops(request), edge.actor(request), run.id)
    lost = (run.numbers.get("risk") or {}).get("lost", ())
    try:
        sought = _sought(request)
        return await to_thread.run_sync(changes.shown, text, variables, sought, lost), ""
    except Invalid as fault:
        return None, str(fault)


def _sought(request: Request) -> Sought:
    asked = request.query_params
    start = asked.get("start", "0")
    number = int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 0
    return Sought(asked.get("find", "").strip()[:LONGEST], number)


async def _why(request: Request, story: Story) -> Explanation | None:
    """None where the terms cannot be read any more: the page goes on without their words."""
    parts = edge.ops(request)
    try:
        agreed = await agreement.see(parts, edge.actor(request), story.workspace.id)
    except Fault:
        return None
    found = explain.explain(
        story.run,
        story.workspace,
        story.verdicts,
        story.approvals,
        agreed.terms,
        self_approval=parts.self_approval,
    )
    return explain.held(found, story.held)


def _stamp(story: Story) -> str:
    """What a reader would see other words of: status, effect, who said yes."""
    run = story.run
    return f"{run.status}.{(run.effect or '')[:12]}.{len(story.history)}"


def _id(request: Request) -> RunId:
    return parse(RunId, request.path_params["run"])


doors = (paper.door("GET", PATH, read, Action.RUN_READ, "A run, to be read and decided"),)
