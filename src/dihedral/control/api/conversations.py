"""Conversations over HTTP. One's own; administrators read, stop and let go on those of others."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.api import talk
from dihedral.control.api.requests import place
from dihedral.control.api.runs import EvidenceAsked
from dihedral.control.api.talk import ConversationShape, TalkShape, WorkShape
from dihedral.control.edge import Door
from dihedral.domain.conversation import LONGEST
from dihedral.domain.ids import ConversationId, TurnId, parse
from dihedral.domain.right import Action
from dihedral.kit import dsse
from dihedral.model.work import conversations, testimony
from dihedral.model.work.conversations import Opening
from dihedral.model.work.mind import SUPERVISOR
from dihedral.ops.rules import access
from dihedral.ops.work import testimony as testimonies

Words = Annotated[str, Meta(max_length=LONGEST)]


@dataclass(frozen=True, slots=True)
class ConversationPage:
    items: list[ConversationShape]
    next: str | None


class ConversationBegun(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The first words; `agent` is whom they are for, `workspace` (a name or id) what about."""

    text: Words
    workspace: str | None = None
    agent: str = SUPERVISOR
    plan_only: bool = False


class Spoken(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    text: Words
    plan_only: bool = False


class ConversationsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`all` is of everybody, for administrators."""

    before: str | None = None
    size: Annotated[int, Meta(ge=1, le=200)] = 50
    all: bool = False


class TalkAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    after: Annotated[int, Meta(ge=0)] = 0


async def page(call: Request) -> ConversationPage:
    asked = edge.query(call, ConversationsAsked)
    before = parse(ConversationId, asked.before) if asked.before else None
    actor = edge.actor(call)
    oversees = asked.all and _oversees(call)
    found = await conversations.page(edge.mind(call), actor, before, asked.size, oversees=oversees)
    last = found[-1].id if len(found) == asked.size else None
    return ConversationPage([talk.shape(one) for one in found], last)


async def start(call: Request) -> ConversationShape:
    asked = await edge.body(call, ConversationBegun)
    opening = Opening(
        text=asked.text,
        workspace=await place(call, asked.workspace, Action.CONVERSATION_SAY),
        agent=asked.agent,
        plan_only=asked.plan_only,
    )
    return talk.shape(await conversations.start(edge.mind(call), edge.actor(call), opening))


async def read(call: Request) -> TalkShape:
    asked = edge.query(call, TalkAsked)
    shown = await conversations.show(
        edge.mind(call), edge.actor(call), _id(call), after=asked.after, oversees=_oversees(call)
    )
    return await talk.told(edge.ops(call), edge.actor(call), shown)


async def evidence(call: Request) -> Response:
    asked, parts, actor = edge.query(call, EvidenceAsked), edge.ops(call), edge.actor(call)
    told = await testimony.tell(edge.mind(call), actor, _id(call), oversees=_oversees(call))
    signed = await testimonies.sign(parts, actor, told)
    story = signed if asked.signed else dsse.open_(signed, parts.signer.public).payload
    return Response(story, media_type="application/json")


async def work(call: Request) -> WorkShape:
    turn = parse(TurnId, call.path_params["turn"])
    oversees = _oversees(call)
    found = await conversations.worked(
        edge.mind(call), edge.actor(call), _id(call), turn, oversees=oversees
    )
    return talk.worked(found)


async def say(call: Request) -> ConversationShape:
    mind, actor, name = edge.mind(call), edge.actor(call), _id(call)
    await conversations.see(mind, actor, name)  # before anything is said of what was sent
    asked = await edge.body(call, Spoken)
    said = await conversations.say(mind, actor, name, asked.text, plan_only=asked.plan_only)
    return talk.shape(said)


async def stop(call: Request) -> ConversationShape:
    found = await conversations.stop(
        edge.mind(call), edge.actor(call), _id(call), oversees=_oversees(call)
    )
    return talk.shape(found)


async def interrupt(call: Request) -> ConversationShape:
    found = await conversations.stop(
        edge.mind(call), edge.actor(call), _id(call), turn_only=True, oversees=_oversees(call)
    )
    return talk.shape(found)


async def resume(call: Request) -> ConversationShape:
    found = await conversations.resume(
        edge.mind(call), edge.actor(call), _id(call), oversees=_oversees(call)
    )
    return talk.shape(found)


def _oversees(call: Request) -> bool:
    return access.everywhere(edge.actor(call), Action.CONVERSATION_OVERSEE)


def _id(call: Request) -> ConversationId:
    return parse(ConversationId, call.path_params["conversation"])


_ALL = "/v1/conversations"
_ONE = f"{_ALL}/{{conversation}}"
# fmt: off
doors = (
    Door(method="GET", path=_ALL, handler=page, needs=Action.CONVERSATION_READ,
         summary="Conversations, the last that was spoken in first", asks=ConversationsAsked,
         gives=ConversationPage),
    Door(method="POST", path=_ALL, handler=start, needs=Action.CONVERSATION_SAY,
         summary="Begin a conversation with an agent", takes=ConversationBegun,
         gives=ConversationShape, status=201),
    Door(method="GET", path=_ONE, handler=read, needs=Action.CONVERSATION_READ,
         summary="A conversation: what was said, and what its runs are now", asks=TalkAsked,
         gives=TalkShape),
    Door(method="POST", path=f"{_ONE}/messages", handler=say, needs=Action.CONVERSATION_SAY,
         summary="Say something in it", takes=Spoken, gives=ConversationShape, status=201),
    Door(method="GET", path=f"{_ONE}/turns/{{turn}}", handler=work,
         needs=Action.CONVERSATION_READ, summary="What a turn wanted, and to whom it handed work",
         gives=WorkShape),
    Door(method="GET", path=f"{_ONE}/evidence", handler=evidence,
         needs=Action.CONVERSATION_READ,
         summary="The evidence of a conversation that rests; `signed`, in its envelope",
         asks=EvidenceAsked, gives=dict[str, Any], also=(409,)),
    Door(method="POST", path=f"{_ONE}/stop", handler=stop, needs=Action.CONVERSATION_SAY,
         summary="Stop a conversation, with all that was handed on from it",
         gives=ConversationShape),
    Door(method="POST", path=f"{_ONE}/interrupt", handler=interrupt,
         needs=Action.CONVERSATION_SAY,
         summary="End what it is at now; one may say something else", gives=ConversationShape),
    Door(method="POST", path=f"{_ONE}/resume", handler=resume, needs=Action.CONVERSATION_SAY,
         summary="Let a paused conversation go on", gives=ConversationShape),
)
# fmt: on
