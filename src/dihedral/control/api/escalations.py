"""What agents handed to people, over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api.runs import Size
from dihedral.control.edge import Door
from dihedral.domain.comment import LONGEST
from dihedral.domain.ids import ConversationId, EscalationId, parse
from dihedral.domain.right import Action
from dihedral.model.store.escalations import Escalation, Sought
from dihedral.model.work import escalations


class EscalationsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Those that are open; with `all` also those that are closed."""

    all: bool = False
    after: str | None = None
    size: Size = 50


class Closing(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    why: Annotated[str, Meta(max_length=LONGEST)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationShape:
    """`reason` are the agent's words; `person` is with whom it talked."""

    id: EscalationId
    conversation: ConversationId
    agent: str
    person: str
    reason: str
    at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closed_why: str


@dataclass(frozen=True, slots=True)
class EscalationPage:
    items: list[EscalationShape]
    next: str | None


async def page(request: Request) -> EscalationPage:
    asked = edge.query(request, EscalationsAsked)
    after = parse(EscalationId, asked.after) if asked.after else None
    sought = Sought(closed=asked.all, after=after, size=asked.size)
    found = await escalations.page(edge.mind(request), edge.actor(request), sought)
    last = found[-1].id if len(found) == asked.size else None
    return EscalationPage([shape(one) for one in found], last)


async def read(request: Request) -> EscalationShape:
    return shape(await escalations.see(edge.mind(request), edge.actor(request), name(request)))


async def close(request: Request) -> EscalationShape:
    asked = await edge.body(request, Closing)
    mind, actor = edge.mind(request), edge.actor(request)
    return shape(await escalations.close(mind, actor, name(request), asked.why))


def shape(found: Escalation) -> EscalationShape:
    return EscalationShape(
        id=found.id,
        conversation=found.conversation,
        agent=found.agent,
        person=found.person,
        reason=found.reason,
        at=found.at,
        closed_at=found.closed_at,
        closed_by=found.closed_by,
        closed_why=found.closed_why,
    )


def name(request: Request) -> EscalationId:
    return parse(EscalationId, request.path_params["escalation"])


_ALL = "/v1/escalations"
_ONE = f"{_ALL}/{{escalation}}"
# fmt: off
doors = (
    Door(method="GET", path=_ALL, handler=page, needs=Action.ESCALATION_READ,
         summary="What agents handed to people, the oldest first", asks=EscalationsAsked,
         gives=EscalationPage),
    Door(method="GET", path=_ONE, handler=read, needs=Action.ESCALATION_READ,
         summary="What an agent handed to a person", gives=EscalationShape),
    Door(method="POST", path=f"{_ONE}/close", handler=close, needs=Action.ESCALATION_CLOSE,
         summary="Say that it is seen to", takes=Closing, gives=EscalationShape),
)
# fmt: on
