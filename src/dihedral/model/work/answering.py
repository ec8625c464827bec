"""What is answered without a model: what the reflex is sure of, what it still needs, and that
nobody else is here to ask. All of it is composed from the record."""

from collections.abc import Mapping
from dataclasses import dataclass

from dihedral.domain.actor import Actor
from dihedral.domain.blueprint import Slot, Value
from dihedral.domain.conversation import Conversation, Turn
from dihedral.domain.ids import RequestId, RunId
from dihedral.domain.request import LONGEST, Filled, Request, Route
from dihedral.model.rules import slots
from dihedral.model.store import conversations
from dihedral.model.work import requests
from dihedral.model.work.mind import SUPERVISOR, Mind
from dihedral.model.work.requests import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`request` still lacks something, which `text` asks for."""

    text: str
    run: RunId | None = None
    request: RequestId | None = None


async def reply(
    mind: Mind,
    actor: Actor,
    turn: Turn,
    text: str,
    *,
    plan_only: bool = False,
    filled: Filled | None = None,
) -> Reply | None:
    """None where a model answers. Raises what proposing raises."""
    async with mind.thinking.db.tx() as tx:
        conversation = await conversations.find(tx, turn.conversation)
    spec = await mind.specs.current(actor.organization, turn.agent)
    served = await mind.serves(actor.organization, spec.needs.model)
    if conversation.agent != SUPERVISOR:
        return None if served else _alone(f"agent {turn.agent}", spec.needs.model, "")
    way = Way(plan_only=plan_only, conversation=conversation.id, turn=turn.id)
    if filled:
        request = await _chosen(mind, actor, conversation, (text, filled), way)
        return _proposed(request) if request.run else _lacking(request)
    opens = turn.seq == 1 or conversation.request is not None
    if len(text) > LONGEST or (served and not opens):
        return None if served else _alone("what is longer", spec.needs.model, "")
    request = await _routed(mind, actor, conversation, text, way)
    if request.route is Route.BLUEPRINT:
        return _proposed(request)
    if served:
        return None
    if request.route is Route.INCOMPLETE:
        return _lacking(request)
    near = ", ".join(one.label for one in request.nearest)
    return _alone("what the reflex is not sure of", spec.needs.model, near)


async def _routed(
    mind: Mind, actor: Actor, conversation: Conversation, text: str, way: Way
) -> Request:
    """The request that is open, with what it lacked; or a new one."""
    thinking = mind.thinking
    if conversation.request:
        held = await requests.see(thinking, actor, conversation.request)
        if values := _given(held, text):
            return await requests.answer(thinking, actor, held.id, values, None, way)
    assert conversation.workspace is not None
    return await requests.ask(thinking, actor, conversation.workspace, text, {}, way)


async def _chosen(
    mind: Mind,
    actor: Actor,
    conversation: Conversation,
    asked: tuple[str, Filled],
    way: Way,
) -> Request:
    """Filled in by the person: the request that is open goes on with it, or a new one begins."""
    thinking, (text, filled) = mind.thinking, asked
    if conversation.request:
        held = await requests.see(thinking, actor, conversation.request)
        return await requests.answer(thinking, actor, held.id, filled.values, filled.blueprint, way)
    assert conversation.workspace is not None
    return await requests.fill(thinking, actor, conversation.workspace, text, filled, way)


def _given(request: Request, text: str) -> Mapping[str, Value]:
    """What the person's words say of what was missing. A single question is answered by them."""
    found: dict[str, Value] = {}
    for slot in request.missing:
        value = slots.read(text, slot.kind.value, slot.choices)
        if isinstance(value, str | int):
            found[slot.variable] = value
    if not found and len(request.missing) == 1 and _fits(request.missing[0], text):
        found[request.missing[0].variable] = text.strip()
    return found


def _fits(slot: Slot, text: str) -> bool:
    words = text.strip()
    return words in slot.choices if slot.choices else len(words.split()) == 1


def _proposed(request: Request) -> Reply:
    sure = f", {request.confidence:.0%} sure" if request.confidence else ""
    values = ", ".join(f"{name} = {value}" for name, value in request.values.items())
    text = f"That is the blueprint {request.blueprint}{sure}, with {values}. It is proposed as"
    return Reply(text=f"{text} {request.run}; no model was asked.", run=request.run)


def _lacking(request: Request) -> Reply:
    rows = [f"That is the blueprint {request.blueprint}. To propose it I need to know:"]
    for slot in request.missing:
        choices = f" ({' or '.join(slot.choices)})" if slot.choices else ""
        rows.append(f"- {slot.variable}: {slot.question}{choices}")
    return Reply(text="\n".join(rows), request=request.id)


def _alone(what: str, model: str, near: str) -> Reply:
    rows = [f"No model is here to read {what}: nothing serves {model!r} yet."]
    if near:
        rows.append(f"The blueprints that come nearest are {near}; say it in their words, or name")
        rows.append('one: `dihedral ask --blueprint NAME "…"`.')
    rows.append(f"`dihedral model add {model} …` adds a model, for all that is not plain.")
    return Reply(text="\n".join(rows))
