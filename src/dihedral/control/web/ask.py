"""Where people ask: words, what the reflex would make of them, and the conversations so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, edge, problem
from dihedral.control.api.requests import WORKSPACE, place
from dihedral.control.web import guess, paper, shell, steps
from dihedral.control.web.guess import Guess, Near
from dihedral.control.web.paper import Page
from dihedral.domain.conversation import LONGEST, Conversation
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.ids import ConversationId, parse
from dihedral.domain.request import Filled
from dihedral.domain.right import Action
from dihedral.model.work import conversations
from dihedral.model.work.conversations import Opening
from dihedral.model.work.mind import SUPERVISOR
from dihedral.ops.work import watch

PATH, SIZE, SPACES = address.ASK, 20, 200
LARGEST = 12 * LONGEST + paper.LONGEST  # bytes of a form: each sign may take twelve


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Page):
    """`guess` is None before anything is typed. `served` is whether a model is there to read what
    the reflex is not sure of. `known` are all blueprints."""

    template: ClassVar[str] = "ask.html"
    fragments: ClassVar = {"reflex": "_reflex.html"}
    text: str
    guess: Guess | None
    workspace: str
    workspaces: tuple[str, ...]
    known: tuple[Near, ...]
    served: bool
    may_say: bool
    mine: list[Conversation]
    older: str
    longest: int = LONGEST
    error: str = ""


async def read(request: Request) -> Response:
    if not await steps.begins(request):
        return await _page(request)
    found = await guess.guess(request, steps.EXAMPLE)
    return await _page(request, text=steps.EXAMPLE, found=found)


async def reading(request: Request) -> Response:
    """What the words would become. It is a form, so that no address has the words in it."""
    form = await paper.form(request, LARGEST)
    text, named = form.get("text", ""), form.get("blueprint", "")
    # who goes on typing after he chose a blueprint still means it; what he filled in stays where
    # his words say nothing
    given = guess.filled(edge.thinking(request).blueprints, form, form.get("shown", ""))
    words = bool(text.strip())
    found = await guess.guess(request, text, named, before=given) if words else None
    space = form.get("workspace", "")
    if paper.part(request, Ask):
        return await shell.show(request, _bare(text, found, space))
    return await _page(request, text=text, found=found, space=space)


async def start(request: Request) -> Response:
    form = await paper.form(request, LARGEST)
    text, space = form.get("text", ""), form.get("workspace", "")
    given = await _given(request, form)
    try:
        opening = Opening(
            text=text,
            workspace=await place(request, space or None, Action.CONVERSATION_SAY),
            plan_only="plan_only" in form,
            filled=given,
        )
        begun = await conversations.start(edge.mind(request), edge.actor(request), opening)
    except (Invalid, Conflict, NotFound) as fault:
        named = given.blueprint if given else ""
        found = await guess.guess(request, text, named, after=given) if text.strip() else None
        status = problem.STATUS[type(fault)]
        return await _page(request, status, text=text, found=found, space=space, error=str(fault))
    return paper.go(f"{PATH}/{begun.id}")


async def _page(
    request: Request,
    status: int = 200,
    *,
    text: str = "",
    found: Guess | None = None,
    space: str = "",
    error: str = "",
) -> Response:
    ops, actor, mind = edge.ops(request), edge.actor(request), edge.mind(request)
    asked = request.query_params
    before = parse(ConversationId, asked["before"]) if asked.get("before") else None
    mine = await conversations.page(mind, actor, before, SIZE)
    names = {one.workspace.name for one in await watch.estates(ops, actor, None, SPACES)}
    if shell.may(actor, Action.WORKSPACE_CREATE):
        names.add(WORKSPACE)  # it is made when it is first needed
    page = Ask(
        text=text,
        guess=found,
        workspace=space or asked.get("workspace", "") or WORKSPACE,
        workspaces=tuple(sorted(names)),
        known=tuple(map(guess.near, mind.thinking.blueprints.values())),
        served=await served(request),
        may_say=shell.may(actor, Action.CONVERSATION_SAY),
        mine=mine,
        older=f"{PATH}?before={mine[-1].id}" if len(mine) == SIZE else "",
        error=error,
    )
    return await shell.show(request, page, status)


def _bare(text: str, found: Guess | None, space: str) -> Ask:
    """Enough for the part that is shown while somebody types."""
    return Ask(
        text=text,
        guess=found,
        workspace=space,
        workspaces=(),
        known=(),
        served=False,
        may_say=True,
        mine=[],
        older="",
    )


async def _given(request: Request, form: Mapping[str, str]) -> Filled | None:
    """The blueprint that is proposed: the one that was pressed; or the one that is shown, unless it
    lacks something and a model is there to ask."""
    known = edge.thinking(request).blueprints
    if form.get("blueprint"):
        return guess.filled(known, form, form["blueprint"])
    shown = guess.filled(known, form, form.get("shown", ""))
    if shown is None:
        return None
    whole = guess.fields(known[shown.blueprint], guess.read(known, shown, form.get("text", "")))
    lacks = any(field.missing for field in whole)
    return None if lacks and await served(request) else shown


async def served(request: Request) -> bool:
    """Whether a model is there for whom people talk with."""
    mind, organization = edge.mind(request), edge.actor(request).organization
    try:
        spec = await mind.specs.current(organization, SUPERVISOR)
    except NotFound:
        return False
    return await mind.serves(organization, spec.needs.model)


doors = (
    paper.door("GET", PATH, read, Action.CONVERSATION_READ, "Ask, and what one asked before"),
    paper.door("POST", PATH, start, Action.CONVERSATION_SAY, "Begin a conversation"),
    paper.door(
        "POST",
        f"{PATH}/reading",
        reading,
        Action.CONVERSATION_SAY,
        "What the reflex would make of words; nothing is kept",
    ),
)
