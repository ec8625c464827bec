"""A conversation's page as it goes on: by server-sent events, for who has scripts.

`saying` is what is being said right now, all of it each time, so that one who comes back misses
nothing; `news` has the page read itself anew, which it does with the rights of that moment; `end`
says that there is no more for now.
"""

import asyncio
import time
from collections.abc import AsyncIterator

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.control.web import conversation, following, talk, words
from dihedral.control.web.talk import LIVE, Saying
from dihedral.domain.conversation import Standing
from dihedral.domain.errors import Fault
from dihedral.domain.ids import ConversationId
from dihedral.domain.right import Action
from dihedral.model.work import conversations
from dihedral.model.work.conversations import Shown

LOOK, BEAT, LONGEST = 2.0, 10.0, 600.0  # seconds: between looks, to a sign of life, of one line
PAUSE = 0.2  # seconds between two words, so that fast models do not flood slow readers


async def live(request: Request) -> Response:
    """Whoever asks may read it: that is seen before the stream begins."""
    name = conversation.name(request)
    mind, actor = edge.mind(request), edge.actor(request)
    await conversations.see(mind, actor, name, oversees=conversation.oversees(request))
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    flow = _flow(request, name)
    return StreamingResponse(flow, media_type=following.EVENTS, headers=headers)


async def _flow(request: Request, name: ConversationId) -> AsyncIterator[str]:
    mind, still, end = edge.mind(request), 0.0, time.monotonic() + LONGEST
    seen, heard = "", ""
    with mind.ear.waiting(name) as told:
        while time.monotonic() < end:
            told.clear()
            try:
                shown = await _look(request, name)
            except Fault:
                return
            stamp, text = _stamp(shown), said(talk.saying(shown.live))
            news = [following.event("news", "")] if seen and stamp != seen else []
            news += [following.event("saying", text)] if text != heard else []
            seen, heard = stamp, text
            for event in news:
                yield event
            if shown.conversation.standing is not Standing.WORKING:
                yield following.event("news", "")  # what came between the page and this line
                yield following.event("end", "")
                return
            still = 0.0 if news else still + LOOK
            if still >= BEAT:
                still = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(PAUSE)
            try:
                async with asyncio.timeout(LOOK):
                    await told.wait()
            except TimeoutError:
                continue


async def _look(request: Request, name: ConversationId) -> Shown:
    mind, actor = edge.mind(request), edge.actor(request)
    return await conversations.show(mind, actor, name, oversees=conversation.oversees(request))


def said(now: Saying) -> str:
    """As it is shown: text, and what it is at."""
    if now.thinks:
        return str(Markup('<p class="hint">It thinks…</p>'))
    tool = Markup('<p class="hint">It uses {}…</p>').format(words.inert(now.tool, 80))
    text = Markup('<p class="text">{}</p>').format(words.inert(now.text, LIVE))
    return str((text if now.text else Markup("")) + (tool if now.tool else Markup("")))


def _stamp(shown: Shown) -> str:
    """What a reader would see more of."""
    held, turn = shown.conversation, shown.turns[-1] if shown.turns else None
    count = shown.said[-1].seq if shown.said else 0
    return f"{held.standing}.{count}.{len(shown.turns)}.{turn.outcome if turn else ''}"


doors = (
    Door(
        method="GET",
        path=f"{conversation.PATH}/live",
        handler=live,
        needs=Action.CONVERSATION_READ,
        summary="A conversation's page as it goes on",
        gives_media=following.EVENTS,
        page=True,
    ),
)
