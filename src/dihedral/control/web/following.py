"""A run's log on a page, and as it grows: by server-sent events, with a bar by resources.

Source  html.spec.whatwg.org/multipage/server-sent-events.html. A browser comes back by itself, also
        after the server was away, and says the last event that it has seen.
"""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.control.web import paper, shell, words
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Fault
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import OVER, Run, Status
from dihedral.ops.store.logs import Piece
from dihedral.ops.work import pipeline, watch

EVENTS = "text/event-stream"
# seconds until a sign of life, and how many a stream has: who comes back is asked again who he is
WAIT, STREAM = 15.0, 8
TAIL = 200_000  # characters of a log that a page has
LINE = 2_000
# how the lines of Terraform end that tell of a resource which is done
_DONE = re.compile(r": (?:Creation|Modifications|Destruction|Import) complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Log(Page):
    template: ClassVar[str] = "log.html"
    fragments: ClassVar = {"told": "_log.html"}
    run: str
    workspace: str
    lines: tuple[str, ...]
    left: int


async def read(request: Request) -> Response:
    story = await pipeline.see(edge.ops(request), edge.actor(request), _id(request))
    pieces = await watch.log(edge.ops(request), edge.actor(request), story.run.id)
    text, left = _tail(pieces)
    page = Log(run=story.run.id, workspace=story.workspace.name, lines=(text,), left=left)
    return await shell.show(request, page)


async def live(request: Request) -> Response:
    """Whoever asks may read the run: that is seen before the stream begins."""
    story = await pipeline.see(edge.ops(request), edge.actor(request), _id(request))
    said = request.headers.get("last-event-id", "")
    after = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else 0
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(request, story.run, after), media_type=EVENTS, headers=headers)


async def _events(request: Request, run: Run, seen: int) -> AsyncIterator[str]:
    """`start` is all that was said, in place of what is shown; `log` comes after it. `end` says
    that there is no more for now."""
    parts, actor, total, done = edge.ops(request), edge.actor(request), _total(run), 0
    after, status = 0, None
    for turn in range(STREAM):
        try:
            wait = WAIT if turn else 0
            heard = await watch.listen(parts, actor, run.id, after, status, wait)
        except Fault:
            return
        done, status = done + _done(heard.pieces), heard.run.status
        after = heard.pieces[-1].seq if heard.pieces else after
        news = [piece for piece in heard.pieces if piece.seq > seen]
        if news or not (turn or seen):
            text, _ = _tail(news)
            yield event("log" if turn or seen else "start", _shown(text), after)
        yield event("bar", _bar(heard.run, done, total))
        if status in OVER or status is Status.POLICY_CHECKED:  # its log was read after that
            yield event("end", "")
            return


def _tail(pieces: Iterable[Piece]) -> tuple[str, int]:
    """The end of what was said, and how many characters are before it."""
    text = "\n".join(piece.text.rstrip("\n") for piece in pieces)
    lines = (line if len(line) <= LINE else f"{line[:LINE]}…" for line in text.split("\n"))
    whole = "\n".join(lines)
    left = max(0, len(whole) - TAIL)
    return whole[left:], left


def _shown(text: str) -> str:
    return f"<span>{escape(words.inert(text, TAIL))}\n</span>" if text else "<span></span>"


def event(name: str, data: str, last: int | str = 0) -> str:
    told = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\n" + (f"id: {last}\n" if last else "") + told + "\n"


def _bar(run: Run, done: int, total: int) -> str:
    if run.status is not Status.APPLYING or not total:
        return ""
    at = min(done, total)
    return (
        f'<progress value="{at}" max="{total}" aria-label="Resources that are done"></progress>'
        f"<span>{at} of {words.many(total, 'resource')}</span>"
    )


def _done(pieces: Iterable[Piece]) -> int:
    return sum(len(_DONE.findall(piece.text)) for piece in pieces if piece.phase == "apply")


def _total(run: Run) -> int:
    counts = run.summary
    once = sum(int(counts.get(name, 0)) for name in ("create", "update", "delete"))
    return once + 2 * int(counts.get("replace", 0))


def _id(request: Request) -> RunId:
    return parse(RunId, request.path_params["run"])


doors = (
    paper.door("GET", "/runs/{run}/log", read, Action.RUN_READ, "What a run said"),
    Door(
        method="GET",
        path="/runs/{run}/log/live",
        handler=live,
        needs=Action.RUN_READ,
        summary="What a run says, as it says it",
        gives_media=EVENTS,
        page=True,
    ),
)
