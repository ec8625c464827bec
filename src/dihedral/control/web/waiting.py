"""The inbox as it changes: by server-sent events, each for one row of it.

A row that somebody else decided says so, one that looks different comes anew, and of what came in
between the reader is told: it is not put under his fingers. What the page shows is in the stream's
address, and later in the last event's id, so that one who comes back misses nothing.
"""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.control.web import following, inbox, paper, shell, words
from dihedral.control.web.inbox import Card
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Fault, Forbidden, NotFound
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import Fact
from dihedral.ops.work import pipeline, tally
from dihedral.ops.work.pipeline import Story
from dihedral.ops.work.plane import MOVED

BEAT = 15.0  # seconds to a look when nobody moves a run
PAUSE = 1.0  # seconds between two looks, however much moves
# fmt: off
DID: Mapping[Fact, str] = {
    Fact.APPROVED: "approved it", Fact.DISCARDED: "declined it", Fact.CANCELED: "canceled it",
    Fact.REPLANNED: "has it planned again", Fact.SECONDED: "approved it; it needs another one",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Row(Page):
    template: ClassVar[str] = "_ask.html"
    card: Card


@dataclass(frozen=True, slots=True)
class Gone(Page):
    """`story` is None where the reader may not see the run any more."""

    template: ClassVar[str] = "_gone.html"
    run: RunId
    message: str
    story: Story | None
    by: str
    did: str


async def live(request: Request) -> Response:
    """Without `wait` it says what is to say now, and ends."""
    asked = request.query_params
    seen = _seen(request.headers.get("last-event-id") or asked.get("seen", ""))
    after = parse(RunId, asked["after"]) if asked.get("after") else None
    mine = not asked.get("all") and shell.may(edge.actor(request), Action.RUN_APPROVE)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    wait = asked.get("wait", "")
    end = time.monotonic() + (inbox.LISTENS if wait else 0)
    flow = _flow(request, seen, after, mine=mine, end=end)
    return StreamingResponse(flow, media_type=following.EVENTS, headers=headers)


async def _flow(
    request: Request, seen: dict[RunId, str], after: RunId | None, *, mine: bool, end: float
) -> AsyncIterator[str]:
    """At least one look; after `end` none more."""
    ops, actor, more = edge.ops(request), edge.actor(request), 0
    with ops.ear.waiting(MOVED) as told:
        while True:
            told.clear()
            try:
                now = await tally.stamps(ops, actor, after, inbox.SIZE, mine=mine)
                moved = [run for run, stamp in seen.items() if now.get(run) != stamp]
                rows = [(run, await _row(request, run, run in now, mine)) for run in moved]
            except Fault:
                return
            seen = {run: now[run] for run in seen if run in now}
            for run, text in rows:
                yield following.event(run, text, inbox.said_of(seen) or "-")
            if (new := len(now.keys() - seen.keys())) != more:
                more = new
                yield following.event("more", _more(more))
            yield ": still here\n\n"
            if time.monotonic() >= end:
                return
            await anyio.sleep(PAUSE)
            with anyio.move_on_after(BEAT):
                await told.wait()


async def _row(request: Request, run: RunId, waits: bool, mine: bool) -> str:
    if waits:
        ask = await tally.one(edge.ops(request), edge.actor(request), run)
        page = Row(inbox.card(ask, mine))
        return paper.rendered(page, page.template, await shell.frame(request))
    return await _gone(request, run)


async def _gone(request: Request, run: RunId) -> str:
    try:
        story = await pipeline.see(edge.ops(request), edge.actor(request), run)
    except (NotFound, Forbidden):
        return paper.rendered(Gone(run, run, None, "", ""), Gone.template)
    last = next((one for one in reversed(story.history) if one.fact in DID), None)
    by, did = (last.actor, DID[last.fact]) if last else ("", "")
    return paper.rendered(Gone(run, story.run.message or run, story, by, did), Gone.template)


def _more(count: int) -> str:
    if not count:
        return ""
    said = f"{words.many(count, 'run')} more {'waits' if count == 1 else 'wait'}."
    return f'<p class="notice">{said} <a href="">Show {"it" if count == 1 else "them"}</a></p>'


def _seen(said: str) -> dict[RunId, str]:
    """Raises Invalid, NotFound for what names no run."""
    parts = [one.partition(".") for one in said.split(",") if "." in one][: inbox.SIZE]
    return {parse(RunId, name): stamp for name, _, stamp in parts}


doors = (
    Door(
        method="GET",
        path=f"{inbox.PATH}/live",
        handler=live,
        needs=Action.RUN_READ,
        summary="What waits for a person, as it changes",
        gives_media=following.EVENTS,
        page=True,
    ),
)
