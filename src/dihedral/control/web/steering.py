"""The forms of a conversation's page. Each leads back to the page."""

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.web import ask, conversation, guess, paper
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import RequestId, parse
from dihedral.domain.request import Filled
from dihedral.domain.right import Action
from dihedral.model.work import conversations, review

OPEN = 200  # characters of a value in what is said of it


async def say(request: Request) -> Response:
    form = await paper.form(request, ask.LARGEST)
    filled = guess.filled(edge.thinking(request).blueprints, form, form.get("blueprint", ""))
    text = form.get("text", "") or (_words(filled) if filled else "")
    mind, actor, name = edge.mind(request), edge.actor(request), conversation.name(request)
    try:
        await conversations.say(
            mind, actor, name, text, plan_only="plan_only" in form, filled=filled
        )
    except (Conflict, Invalid) as fault:
        return await _again(request, fault, filled)
    return _back(request)


async def stop(request: Request) -> Response:
    form = await paper.form(request)
    turn_only = "turn" in form
    try:
        await conversations.stop(
            edge.mind(request),
            edge.actor(request),
            conversation.name(request),
            turn_only=turn_only,
            oversees=conversation.oversees(request),
        )
    except Conflict as fault:
        return await _again(request, fault)
    return _back(request, "interrupted" if turn_only else "stopped")


async def resume(request: Request) -> Response:
    mind, actor, name = edge.mind(request), edge.actor(request), conversation.name(request)
    try:
        await conversations.resume(mind, actor, name, oversees=conversation.oversees(request))
    except Conflict as fault:
        return await _again(request, fault)
    return _back(request, "resumed")


async def teach(request: Request) -> Response:
    """Not this, that: the request of a proposal meant another blueprint, or none of ours."""
    form = await paper.form(request)
    about = parse(RequestId, form.get("request", ""))
    thinking, actor = edge.thinking(request), edge.actor(request)
    mind, name = edge.mind(request), conversation.name(request)
    await conversations.see(mind, actor, name, oversees=conversation.oversees(request))
    try:
        learned = await review.teach(thinking, actor, about, form.get("label", ""))
    except (Conflict, Invalid) as fault:
        return await _again(request, fault)
    return _back(request, "taught" if learned.taken else "kept")


async def _again(
    request: Request, fault: Conflict | Invalid, filled: Filled | None = None
) -> Response:
    status = problem.STATUS[type(fault)]
    return await conversation.show(request, status, error=str(fault), after=filled)


def _words(filled: Filled) -> str:
    """What the values say, as the person's words in the conversation."""
    said = ", ".join(f"{key} = {str(value)[:OPEN]}" for key, value in filled.values.items())
    return f"{filled.blueprint}: {said}"


def _back(request: Request, done: str = "") -> Response:
    after = f"?done={done}" if done else ""
    return paper.go(f"{ask.PATH}/{conversation.name(request)}{after}#end")


_SAY, _ONE = Action.CONVERSATION_SAY, conversation.PATH
doors = (
    paper.door("POST", _ONE, say, _SAY, "Say something in a conversation"),
    paper.door("POST", f"{_ONE}/stop", stop, _SAY, "Stop a conversation, or what it is at"),
    paper.door("POST", f"{_ONE}/resume", resume, _SAY, "Let a paused conversation go on"),
    paper.door("POST", f"{_ONE}/teach", teach, Action.REFLEX_TEACH, "Not this, that"),
)
