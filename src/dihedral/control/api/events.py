"""A conversation as it goes on: server-sent events, for programs and for pages.

Shape   `message`   something was said; its id is the message's number
        `piece`     what is being said right now; its id is that of the last message, a point and
                    the piece's number. The message that comes after it has all of it
        `standing`  the conversation, where it is another than before
        `turn`      a turn, with its runs as they are on the record, where that is another
        `end`       it rests, is paused or stopped, and `until` is not `never`
A line ends after a while: whoever comes back, and says `Last-Event-ID` as browsers do, comes in
with the rights that he has then, and misses nothing.
Source  html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import StreamingResponse

from dihedral.control import edge
from dihedral.control.api import talk
from dihedral.control.edge import Door
from dihedral.domain.conversation import Standing
from dihedral.domain.ids import ConversationId, parse
from dihedral.domain.right import Action
from dihedral.model.work import conversations
from dihedral.ops.rules import access

BEAT = 10.0  # seconds after which a still line says that it is one
LONGEST = 600.0  # seconds of one line
LOOK = 2.0  # seconds between looks, should nobody tell
_ID = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?")
MEDIA = "text/event-stream"


class EventsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`after` is as `Last-Event-ID`, for who cannot send that."""

    after: Annotated[str, Meta(max_length=20)] = ""
    until: Literal["rest", "never"] = "rest"


@dataclass(frozen=True, slots=True)
class _Seen:
    """How far somebody has heard it."""

    message: int = 0
    piece: int = 0
    standing: str = ""
    turn: bytes = b""


async def events(call: Request) -> StreamingResponse:
    asked = edge.query(call, EventsAsked)
    name = parse(ConversationId, call.path_params["conversation"])
    actor, mind = edge.actor(call), edge.mind(call)
    oversees = access.everywhere(actor, Action.CONVERSATION_OVERSEE)
    await conversations.see(mind, actor, name, oversees=oversees)
    found = _ID.fullmatch(call.headers.get("last-event-id", "") or asked.after)
    seen = _Seen(int(found[1]), int(found[2] or 0)) if found else _Seen()
    flow = _flow(call, name, seen, oversees=oversees, rests=asked.until == "rest")
    # a proxy that gathers what it passes on would make a talk of it in fits and starts
    return StreamingResponse(flow, media_type=MEDIA, headers={"x-accel-buffering": "no"})


async def _flow(
    call: Request, name: ConversationId, seen: _Seen, *, oversees: bool, rests: bool
) -> AsyncIterator[bytes]:
    mind, still, end = edge.mind(call), 0.0, time.monotonic() + LONGEST
    with mind.ear.waiting(name) as told:
        while time.monotonic() < end:
            told.clear()
            shown = await conversations.show(
                mind, edge.actor(call), name, after=seen.message, oversees=oversees
            )
            news, seen = await _news(call, shown, seen)
            for event in news:
                yield event
            if rests and shown.conversation.standing is not Standing.WORKING:
                yield _event("end", talk.shape(shown.conversation))
                return
            still = 0.0 if news else still + LOOK
            if still >= BEAT:
                still = 0.0
                yield b": still here\n\n"
            try:
                async with asyncio.timeout(LOOK):
                    await told.wait()
            except TimeoutError:
                continue


async def _news(
    call: Request, shown: conversations.Shown, seen: _Seen
) -> tuple[list[bytes], _Seen]:
    news: list[bytes] = []
    for kept in shown.said:
        news.append(_event("message", talk.message(kept), str(kept.seq)))
        seen = replace(seen, message=kept.seq, piece=0)
    for piece in shown.live:
        if piece.seq > seen.piece:
            live = talk.LiveShape(piece.seq, piece.kind, piece.text)
            news.append(_event("piece", live, f"{seen.message}.{piece.seq}"))
            seen = replace(seen, piece=piece.seq)
    told = await talk.told(edge.ops(call), edge.actor(call), shown)
    standing = f"{told.conversation.standing} {told.conversation.why}"
    if standing != seen.standing:
        news.append(_event("standing", told.conversation))
        seen = replace(seen, standing=standing)
    if told.turns and (turn := _event("turn", told.turns[-1])) != seen.turn:
        news.append(turn)
        seen = replace(seen, turn=turn)
    return news, seen


def _event(kind: str, value: object, name: str = "") -> bytes:
    """JSON has no line breaks in it, so that it is one line of data."""
    head = f"id: {name}\n" if name else ""
    return f"{head}event: {kind}\n".encode() + b"data: " + edge.encode(value) + b"\n\n"


doors = (
    Door(
        method="GET",
        path="/v1/conversations/{conversation}/events",
        handler=events,
        needs=Action.CONVERSATION_READ,
        summary="A conversation as it goes on, as server-sent events",
        asks=EventsAsked,
        gives=bytes,
        gives_media=MEDIA,
    ),
)
