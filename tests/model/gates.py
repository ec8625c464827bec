"""A gateway with real parts: PostgreSQL, a ledger that keeps sums, providers that tests play."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.conversation import Message, Speaker, Text
from dihedral.domain.errors import OverBudget
from dihedral.domain.ids import ConversationId, EndpointId, ReservationId, TurnId
from dihedral.domain.model import Endpoint, Hosting, Needs, Price, Usage, Wire
from dihedral.domain.spend import Spend, Used
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db
from dihedral.kit.log import Secret
from dihedral.kit.mint import mint
from dihedral.model.rules.retry import Backoff
from dihedral.model.store import endpoints
from dihedral.model.work.asking import Asking
from dihedral.model.work.calls import Patience
from dihedral.model.work.directory import Directory
from dihedral.model.work.gateway import Gateway
from dihedral.model.work.health import Health
from dihedral.model.work.providers.provider import Answer, Heard, Question
from tests.actors import person

ADA = person("ada")
DAY = date(2026, 9, 1)
PRICE = Price(input=Decimal(3), output=Decimal(15), as_of=DAY)
Play: TypeAlias = Callable[[Endpoint, Question, Heard], Awaitable[Answer]]


@dataclass(slots=True)
class Sums:
    """A ledger that keeps sums: `cap` is never passed by what is spent and held together."""

    cap: Decimal = Decimal(1000)
    spent: Decimal = Decimal(0)
    held: dict[ReservationId, Spend] = field(default_factory=dict)
    log: list[tuple[str, Spend]] = field(default_factory=list)
    known: dict[str, ReservationId] = field(default_factory=dict)
    highest: Decimal = Decimal(0)
    gate: asyncio.Event | None = None  # what settles waits for it
    settling: asyncio.Event = field(default_factory=asyncio.Event)

    async def reserve(self, actor: Actor, spend: Spend) -> ReservationId:
        await asyncio.sleep(0)
        if spend.key in self.known:
            return self.known[spend.key]
        money = spend.money or Decimal(0)
        if self.whole() + money > self.cap:
            raise OverBudget("the budget of the test is used up; `dihedral budget set` lifts it")
        name = ReservationId(mint("rsv"))
        self.known[spend.key] = name
        self.held[name] = spend
        self.highest = max(self.highest, self.whole())
        self.log.append(("reserved", spend))
        return name

    async def settle(self, reservation: ReservationId, used: Used) -> None:
        self.settling.set()
        await (self.gate.wait() if self.gate else asyncio.sleep(0))
        spend = self.held.pop(reservation)
        money = used.money or Decimal(0)
        assert spend.money is None or money <= spend.money
        assert used.usage.tokens <= spend.tokens
        self.spent += money
        self.log.append(("settled", spend))

    async def release(self, reservation: ReservationId) -> None:
        await asyncio.sleep(0)
        self.log.append(("released", self.held.pop(reservation)))

    def whole(self) -> Decimal:
        return self.spent + sum((s.money or Decimal(0) for s in self.held.values()), Decimal(0))

    @property
    def did(self) -> list[str]:
        return [what for what, _ in self.log]


@dataclass(slots=True)
class Player:
    """A provider that is a function, for each endpoint by what it calls its model."""

    plays: dict[str, Play]
    secrets: list[Secret | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        assert heard is not None
        self.secrets.append(secret)
        self.asked.append(endpoint.upstream)
        self.came.set()
        return await self.plays[endpoint.upstream](endpoint, question, heard)


@dataclass(slots=True)
class Clock:
    """Stands still, but for who pauses; so nothing in a test waits."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


@dataclass(slots=True)
class Yard:
    gateway: Gateway
    directory: Directory
    ledger: Sums
    player: Player
    clock: Clock

    async def add(self, upstream: str, play: Play, secret: str = "", **fields: Any) -> EndpointId:
        made = endpoint(upstream, **fields)
        async with self.directory.db.tx() as tx:
            ring = self.directory.keyring
            await endpoints.add(
                tx, ring, made, Secret(secret) if secret else None, self.clock.now()
            )
        self.directory.forget()
        self.player.plays[upstream] = play
        return made.id


def yard(db: Db, ring: Keyring, **over: Any) -> Yard:
    ledger, player, clock = Sums(), Player({}), Clock()
    directory = Directory(db, ring, clock.read)
    gateway = Gateway(
        ledger=ledger,
        directory=directory,
        health=Health(db, clock.now),
        providers=lambda wire: player,
        mint=mint,
        clock=clock.read,
        pause=clock.pause,
        chance=lambda: 0.5,
        patience=Patience(first=5.0, idle=5.0, whole=60.0),
        backoff=Backoff(),
    )
    for name, value in over.items():
        setattr(gateway, name, value)
    return Yard(gateway, directory, ledger, player, clock)


def endpoint(upstream: str, **fields: Any) -> Endpoint:
    plain: dict[str, Any] = {
        "id": EndpointId(f"ep-{next(_count):05}"),
        "organization": HOME,
        "model": "large",
        "hosting": Hosting.API,
        "wire": Wire.OPENAI,
        "upstream": upstream,
        "url": "http://127.0.0.1:1/v1",
        "price": PRICE,
    }
    return Endpoint(**plain | fields)


def asking(text: str = "hello", **fields: Any) -> Asking:
    needs: Mapping[str, Any] = fields.pop("needs", {})
    plain = Asking(
        key=f"turn-{next(_count)}/1",
        conversation=ConversationId("cv-1"),
        turn=TurnId("turn-1"),
        agent="supervisor",
        needs=Needs(model="large", **needs),
        system="You are a test.",
        messages=(Message(Speaker.PERSON, (Text(text),)),),
        most=100,
    )
    return replace(plain, **fields)


def answer(text: str = "hi") -> Answer:
    return Answer(
        message=Message(Speaker.AGENT, (Text(text),)),
        usage=Usage(10, 5),
        finish="stop",
        upstream="",
        first=0.2,
        seconds=0.3,
    )


def says(text: str = "hi", **fields: Any) -> Play:
    """Answers, always."""

    async def play(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        return replace(answer(text), **fields)

    return play


def fails(*faults: Exception, then: Play | None = None) -> Play:
    """Fails once with each, and then answers."""
    left = list(faults)

    async def play(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        if left:
            raise left.pop(0)
        return await (then or says())(endpoint, question, heard)

    return play


_count = itertools.count(1)
