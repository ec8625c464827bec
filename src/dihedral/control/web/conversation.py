"""The page of one conversation; and its parts while an agent is at work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import ask, guess, paper, shell, talk
from dihedral.control.web.guess import Guess
from dihedral.control.web.paper import Page
from dihedral.control.web.talk import Saying, Told
from dihedral.domain.conversation import LONGEST, Conversation, Standing
from dihedral.domain.errors import Forbidden, NotFound
from dihedral.domain.ids import ConversationId, parse
from dihedral.domain.request import Filled
from dihedral.domain.right import Action
from dihedral.model.work import conversations, requests
from dihedral.model.work.conversations import Shown
from dihedral.ops.rules import access
from dihedral.ops.work import workspaces

PATH = f"{ask.PATH}/{{conversation}}"
NOTICES: Mapping[str, str] = {
    "stopped": "It is stopped, with all that was handed on from it.",
    "interrupted": "It ended what it did. Say something else.",
    "resumed": "It goes on.",
    "taught": "The reflex has learned it. Ask again, and it knows.",
    "kept": "Noted. The reflex stays as it was: to learn that would have cost it other answers.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk(Page):
    """`guess` is a blueprint's form for what is still missing, or the nearest blueprints where no
    model was there to answer. `space` is the workspace's name. `own`: only its person speaks in it;
    `may_steer`: who stops it, and lets it go on."""

    template: ClassVar[str] = "conversation.html"
    fragments: ClassVar = {"talk": "_talk.html", "cards": "_cards.html"}
    conversation: Conversation
    works: bool
    turns: tuple[Told, ...]
    saying: Saying
    guess: Guess | None
    space: str
    own: bool
    may_say: bool
    may_steer: bool
    labels: tuple[tuple[str, str], ...]
    longest: int = LONGEST
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await show(request)


async def show(
    request: Request, status: int = 200, *, error: str = "", after: Filled | None = None
) -> Response:
    """`after` is what was filled in where the form came back."""
    mind, actor = edge.mind(request), edge.actor(request)
    found = await conversations.show(mind, actor, name(request), oversees=oversees(request))
    own = found.conversation.person == actor.id
    offered = await _guess(request, found, after) if own else None
    page = Talk(
        conversation=found.conversation,
        works=found.conversation.standing is Standing.WORKING,
        turns=await talk.told(edge.ops(request), actor, found),
        saying=talk.saying(found.live),
        guess=offered,
        space=await _space(request, found) if offered else "",
        own=own,
        may_say=own and shell.may(actor, Action.CONVERSATION_SAY),
        may_steer=shell.may(actor, Action.CONVERSATION_SAY),
        labels=tuple((one.name, one.title) for one in mind.thinking.blueprints.values()),
        notice=NOTICES.get(request.query_params.get("done", ""), ""),
        error=error,
    )
    return await shell.show(request, page, status)


async def _guess(request: Request, found: Shown, after: Filled | None) -> Guess | None:
    """What the person can fill in himself, where no model answered the last turn."""
    held, last = found.conversation, found.turns[-1] if found.turns else None
    if held.standing is not Standing.RESTING or last is None or last.version or last.runs:
        return None
    if held.request:
        open_ = await requests.see(edge.thinking(request), edge.actor(request), held.request)
        known = Filled(open_.blueprint or "", open_.values)
        given = Filled(known.blueprint, {**known.values, **after.values}) if after else known
        return await guess.guess(request, open_.text, known.blueprint, after=given)
    asked = next((one for one in found.said if one.turn == last.id), None)
    return await guess.guess(request, asked.message.text) if asked else None


async def _space(request: Request, found: Shown) -> str:
    held = found.conversation.workspace
    if held is None:
        return ""
    ops, actor = edge.ops(request), edge.actor(request)
    try:
        return (await workspaces.which(ops, actor, held, Action.CONVERSATION_SAY)).name
    except (Forbidden, NotFound):
        return ""


def oversees(request: Request) -> bool:
    return access.everywhere(edge.actor(request), Action.CONVERSATION_OVERSEE)


def name(request: Request) -> ConversationId:
    return parse(ConversationId, request.path_params["conversation"])


doors = (paper.door("GET", PATH, read, Action.CONVERSATION_READ, "A conversation"),)
