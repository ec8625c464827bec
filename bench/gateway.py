"""What the gateway itself costs for each call of a model, with a provider that answers at once.

    python -m bench.gateway [--calls 2000] [--json]

«Alone» is routing, estimating, the breaker and the clock; «with the ledger» has the money held and
settled in PostgreSQL before and after, as every call has; sixteen conversations at once share
the round trips. A conversation is some twenty messages, 40 kB in all, with twelve tools.

Units   seconds of CPU of this process a call; PostgreSQL's own is not in it.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bench import parts, show
from dihedral.control.settings import Settings
from dihedral.control.wire import opened
from dihedral.domain.actor import HOME, SYSTEM, Actor
from dihedral.domain.conversation import Message, Speaker, Text
from dihedral.domain.ids import ConversationId, ReservationId, TurnId
from dihedral.domain.model import Ability, Endpoint, Needs, Price, Usage, Wire
from dihedral.domain.spend import Spend, Used
from dihedral.kit import mainloop
from dihedral.kit.log import Secret
from dihedral.model.rules.tool import Tool
from dihedral.model.work import models
from dihedral.model.work.asking import Asking
from dihedral.model.work.gateway import Gateway
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Question

ROUNDS = 5
TOOL = {"type": "object", "properties": {"name": {"type": "string", "description": "which one"}}}
ASKING = Asking(
    key="bench",
    conversation=ConversationId("cv-bench"),
    turn=TurnId("turn-bench"),
    agent="bench",
    needs=Needs(model="large"),
    system="You are measured. " * 100,
    messages=tuple(
        Message(Speaker.PERSON if n % 2 else Speaker.AGENT, (Text("so many words " * 140),))
        for n in range(20)
    ),
    tools=tuple(Tool(f"tool_{n}", "Does something. " * 10, TOOL) for n in range(12)),
)


class Instant:
    """A provider that has nothing to think about; with `pieces` of a stream."""

    def __init__(self, pieces: int = 0) -> None:
        self.pieces = pieces

    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        for _ in range(self.pieces):
            assert heard is not None
            heard(Delta("text", "word "))
        said = Message(Speaker.AGENT, (Text("yes"),))
        return Answer(
            message=said, usage=Usage(10_000, 2), finish="stop", upstream="", first=0.0, seconds=0.0
        )


class Nothing:
    """A ledger that keeps nothing."""

    async def reserve(self, actor: Actor, spend: Spend) -> ReservationId:
        return ReservationId("rsv-none")

    async def settle(self, reservation: ReservationId, used: Used) -> None:
        pass

    async def release(self, reservation: ReservationId) -> None:
        pass


async def measure(calls: int) -> Mapping[str, Any]:
    with parts.folder() as folder:
        async with opened(Settings(data=folder / "d")) as system:
            known = system.thinking.models
            await models.add(
                known,
                SYSTEM,
                {
                    "model": "large",
                    "wire": Wire.OPENAI,
                    "upstream": "instant",
                    "url": "http://127.0.0.1:1/v1",
                    "context": 1_000_000,
                    "price": Price(
                        input=Decimal(0),
                        output=Decimal(0),
                        as_of=known.now().date(),
                        source="bench",
                    ),
                    "abilities": frozenset(Ability),
                    "concurrency": 64,
                },
            )
            real = replace(known.gateway, providers=lambda wire: Instant())
            alone = replace(real, ledger=Nothing())
            chatty = replace(alone, providers=lambda wire: Instant(1000))
            found = {
                "alone": [await _each(alone, calls) for _ in range(ROUNDS)],
                "with the ledger": [await _each(real, calls // 10) for _ in range(ROUNDS)],
                "sixteen at once": [await _each(real, calls, wide=16) for _ in range(ROUNDS)],
            }
            silent = sum(found["alone"]) / ROUNDS
            found["a piece of a stream"] = [
                (await _each(chatty, calls // 20, heard=True) - silent) / 1000
                for _ in range(ROUNDS)
            ]
    return {name: show.spread([1e6 * x for x in rounds]) for name, rounds in found.items()}


async def _each(gateway: Gateway, calls: int, *, wide: int = 1, heard: bool = False) -> float:
    """Seconds of CPU a call, of so many conversations at once."""
    actor = replace(SYSTEM, organization=HOME)
    hear = (lambda delta: None) if heard else None
    left = iter(range(calls))

    async def talk(number: int) -> None:
        asking = replace(ASKING, conversation=ConversationId(f"cv-bench{number}"))
        await gateway.ask(actor, asking, hear)
        for _ in left:
            await gateway.ask(actor, asking, hear)

    before = time.process_time()
    await asyncio.gather(*(talk(number) for number in range(wide)))
    return (time.process_time() - before) / (calls + wide)


def main(words: list[str]) -> int:
    parser = show.parser("bench.gateway", __doc__)
    parser.add_argument("--calls", type=int, default=2000)
    asked = parser.parse_args(words)
    found = mainloop.run(measure(asked.calls))
    rows = [
        (name, f"{one['median']:8.1f} µs of CPU  ({one['min']:.1f} to {one['max']:.1f})")
        for name, one in found.items()
    ]
    show.show(found, rows, as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
