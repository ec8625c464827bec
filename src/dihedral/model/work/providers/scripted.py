"""A model that is played: the endpoint's address is a file, and the file is a script.

A provider like the others, for tests and the demo: it takes time if the script says so, is busy,
breaks off and falls silent. Nothing leaves the machine and nothing is thought.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from dihedral.domain.conversation import Call, Message, Part, Speaker, Text, Thought
from dihedral.domain.errors import Invalid
from dihedral.domain.model import Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers import scriptfile
from dihedral.model.work.providers.faults import Busy, Down, Garbled, Refused
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Question
from dihedral.model.work.providers.script import Asked, Player, Say, Trip, Trouble


class Scripted:
    def __init__(self) -> None:
        self._players: dict[Path, tuple[int, Player]] = {}

    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        begun = time.perf_counter()
        asked = _asked(endpoint, question)
        say = self._player(endpoint)(asked)
        first: float | None = None
        try:
            async with asyncio.timeout(question.timeout):
                async for delta in _spoken(say):
                    first = time.perf_counter() - begun if first is None else first
                    if heard is not None:
                        heard(delta)
        except TimeoutError:
            raise Down(f"{endpoint.upstream} was not done after {question.timeout:g} s") from None
        return Answer(
            message=Message(Speaker.AGENT, tuple(_parts(say, asked))),
            usage=say.used,
            finish=say.ended,
            upstream=endpoint.upstream,
            first=first,
            seconds=time.perf_counter() - begun,
        )

    def _player(self, endpoint: Endpoint) -> Player:
        """Read again when the file changed. Raises Refused."""
        path = Path(endpoint.url)
        try:
            changed = path.stat().st_mtime_ns
            known = self._players.get(path)
            if known is None or known[0] != changed:
                known = self._players[path] = (changed, Player(scriptfile.read(path)))
        except OSError as cause:
            raise Refused(f"there is no script at {path}: {cause.strerror}") from None
        except Invalid as cause:
            raise Refused(f"the script at {path} cannot be read: {cause}") from None
        return known[1]


def _asked(endpoint: Endpoint, question: Question) -> Asked:
    return Asked(
        model=endpoint.upstream,
        system=question.system,
        messages=tuple(question.messages),
        tools=tuple(tool.name for tool in question.tools),
        schema=question.schema,
        most=question.most,
    )


async def _spoken(say: Say) -> AsyncIterator[Delta]:
    for number, delta in enumerate(_deltas(say)):
        if say.trip is not None and number == say.trip.after:
            await _trip(say.trip)
        if say.pace:
            await asyncio.sleep(say.pace)
        yield delta


def _deltas(say: Say) -> Iterator[Delta]:
    for kind, text in (("thought", say.thought), ("text", say.text)):
        for start in range(0, len(text), say.size):
            yield Delta(kind, text[start : start + say.size])
    for use in say.calls:
        yield Delta("tool", use.tool)
    if say.trip is not None:  # the end is a piece too: what trips after all others does so here
        yield Delta("text")


async def _trip(trip: Trip) -> None:
    match trip.trouble:
        case Trouble.BUSY:
            raise Busy(trip.message, float(trip.retry_after) if trip.retry_after else None)
        case Trouble.DOWN:
            raise Down(trip.message, spent=trip.after > 0)
        case Trouble.REFUSED:
            raise Refused(trip.message)
        case Trouble.HANG:
            await asyncio.sleep(86_400)
        case Trouble.CUT | Trouble.ENDED:
            raise Down(trip.message)
        case Trouble.GARBLED:
            raise Garbled(trip.message)


def _parts(say: Say, asked: Asked) -> Iterator[Part]:
    if say.thought:
        yield Thought(say.thought, say.signature, "scripted")
    if say.text:
        yield Text(say.text)
    for number, use in enumerate(say.calls):
        yield Call(use.id or f"call_{len(asked.messages)}_{number}", use.tool, use.written)
