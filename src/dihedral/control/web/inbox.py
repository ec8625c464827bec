"""What waits for a person's yes, the longest first; those that reach nothing else can be approved
together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.api import approvals
from dihedral.control.api.approvals import AskShape
from dihedral.control.web import deciding, figures, paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.change import Level
from dihedral.domain.errors import Conflict, Fault
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.ops.work import pipeline, tally
from dihedral.ops.work.tally import Ask

PATH, SIZE = "/inbox", 40
LISTENS = 240.0  # seconds that a page listens in one go; then it comes back, and is asked who it is
FIELD = (
    "yes-"  # how the field of a run that is chosen begins; its value is the effect that was read
)


@dataclass(frozen=True, slots=True)
class Card:
    """`together` says that it may be approved with others, unopened."""

    ask: AskShape
    level: str
    tone: str
    together: bool


@dataclass(frozen=True, slots=True)
class Refused:
    run: RunId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox(Page):
    """`mine` are those that wait for who looks, not all that wait; `older` leads to those that were
    asked later, `live` is where the page is told of what changes."""

    template: ClassVar[str] = "inbox.html"
    fragments: ClassVar = {"waiting": "_waiting.html"}
    cards: tuple[Card, ...]
    mine: bool
    older: str = ""
    live: str = ""
    notice: str = ""
    refused: tuple[Refused, ...] = ()


async def read(request: Request) -> Response:
    if paper.part(request, Inbox) == "waiting":
        return await shell.show(request, Inbox(cards=(), mine=True))
    return await shell.show(request, await _page(request))


async def approve(request: Request) -> Response:
    """All that were chosen, each for itself: what one is refused for does not stop the others."""
    filled = await paper.form(request)
    chosen = {parse(RunId, k.removeprefix(FIELD)): v for k, v in filled.items() if k[:4] == FIELD}
    refused = []
    for run, effect in chosen.items():
        try:
            await _demand_contained(request, run)
            await deciding.approve(request, run, {**filled, "effect": effect})
        except Fault as fault:
            refused.append(Refused(run, str(fault)))
    if refused or not chosen:
        page = await _page(request, len(chosen) - len(refused), tuple(refused))
        return await shell.show(request, page, 409 if refused else 422)
    return paper.go(f"{PATH}?approved={len(chosen)}")


async def _demand_contained(request: Request, run: RunId) -> None:
    """Raises Conflict, NotFound."""
    story = await pipeline.see(edge.ops(request), edge.actor(request), run)
    if (story.run.numbers.get("risk") or {}).get("level") != Level.CONTAINED:
        raise Conflict(f"{run} reaches further than itself; open it, and read it")


async def _page(request: Request, done: int = 0, refused: tuple[Refused, ...] = ()) -> Inbox:
    asked, parts, actor = request.query_params, edge.ops(request), edge.actor(request)
    after = parse(RunId, asked["after"]) if asked.get("after") else None
    mine = not asked.get("all") and shell.may(actor, Action.RUN_APPROVE)
    seen = await tally.stamps(parts, actor, after, SIZE, mine=mine)  # before what it is of
    found = await (
        tally.inbox(parts, actor, after, SIZE)
        if mine
        else tally.waiting(parts, actor, None, after, SIZE)
    )
    shown = {one.run.id: seen[one.run.id] for one in found if one.run.id in seen}
    rest = "" if mine else "all=1&"
    return Inbox(
        cards=tuple(card(one, mine) for one in found),
        mine=mine,
        older=f"{PATH}?{rest}after={found[-1].run.id}" if len(found) == SIZE else "",
        live=place(shown, asked.get("after", ""), mine=mine),
        notice=_notice(asked.get("approved", "") or str(done)),
        refused=refused,
    )


def card(ask: Ask, mine: bool) -> Card:
    level = str((ask.run.numbers.get("risk") or {}).get("level", ""))
    together = mine and level == Level.CONTAINED and ask.run.effect is not None
    return Card(approvals.shape(ask), level, figures.TONES.get(level, "plain"), together)


def place(stamps: Mapping[RunId, str], after: str, *, mine: bool) -> str:
    """Where a page that shows these is told of what changes."""
    said = f"{PATH}/live?wait=1&seen={said_of(stamps)}" + ("" if mine else "&all=1")
    return said + (f"&after={after}" if after else "")


def said_of(stamps: Mapping[RunId, str]) -> str:
    return ",".join(f"{run}.{stamp}" for run, stamp in stamps.items())


def _notice(count: str) -> str:
    if not (count.isascii() and count.isdigit() and 0 < len(count) < 4 and int(count)):
        return ""
    return "Your yes is given." if count == "1" else f"Your yes is given to {int(count)} runs."


doors = (
    paper.door("GET", PATH, read, Action.RUN_READ, "What waits for a person"),
    paper.door("POST", f"{PATH}/approve", approve, Action.RUN_APPROVE, "Say yes to several runs"),
)
