"""The gateway: one question to a model, answered by whichever of its endpoints can and may.

Money is held before each try at the worst that it may come to. What becomes of it is known for an
answer (settled) and for a try that cost nothing (released). Where nobody knows, as after a stream
that was cut, a time-out or a cancelled ask, it stays held, and the ledger counts it as spent when
it is old: a provider may have charged for all of it.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.conversation import Message
from dihedral.domain.errors import Fault, Upstream
from dihedral.domain.ids import ConversationId, EndpointId, OrganizationId, ReservationId, TurnId
from dihedral.domain.model import Ability, Endpoint, Needs, Usage, Wire, cost
from dihedral.domain.ports import Ledger
from dihedral.domain.spend import Spend, Used
from dihedral.kit import log
from dihedral.model.rules import estimate, retry, route
from dihedral.model.rules.retry import Backoff
from dihedral.model.rules.route import Choice, Load, Placement
from dihedral.model.rules.tool import Tool
from dihedral.model.work.calls import Patience, call, done, told
from dihedral.model.work.directory import Listing, Page
from dihedral.model.work.health import Health
from dihedral.model.work.providers.faults import Busy, Down, Garbled, Refused
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Provider, Question

FAULTS = {Busy: "busy", Down: "down", Refused: "refused", Garbled: "garbled"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """`key` names the want for ever. The answer is held to `schema`, and has at most `most` tokens.
    `seconds` is the time that there is for all of it."""

    key: str
    conversation: ConversationId
    turn: TurnId
    agent: str
    team: str = ""
    needs: Needs
    system: str
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    schema: Mapping[str, Any] | None = None
    most: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """`outcome` is answered, busy, down, refused, garbled or resting; `said` is its fault."""

    endpoint: EndpointId
    outcome: str
    seconds: float
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came, from where and `why` from there; `first` is seconds until its first piece, of the
    try that answered, and `seconds` of the whole ask. `money` is None where no price is known."""

    message: Message
    usage: Usage
    money: Decimal | None
    endpoint: EndpointId
    upstream: str
    why: str
    tries: tuple[Try, ...]
    first: float | None
    seconds: float
    finish: str


class Unanswered(Upstream):
    """No endpoint answered; `tries` are all that were made."""

    def __init__(self, message: str, tries: Sequence[Try]) -> None:
        super().__init__(message)
        self.tries = tuple(tries)


@dataclass(slots=True, kw_only=True)
class Gateway:
    """`clock` counts seconds, `pause` waits, `chance` is from 0 to 1, `mint` makes a name."""

    ledger: Ledger
    directory: Listing
    health: Health
    providers: Callable[[Wire], Provider]
    mint: Callable[[str], str]
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    patience: Patience = field(default_factory=Patience)
    backoff: Backoff = field(default_factory=Backoff)

    async def ask(self, actor: Actor, asking: Asking, heard: Heard | None = None) -> Said:
        """`heard` is called with each piece as it comes.

        Raises OverBudget, Unanswered (after retries, by each endpoint that fits), Upstream (those
        that fit are left alone just now), Invalid (none fits, and why not).
        """
        page = await self.directory.page(actor.organization, asking.needs.model)
        size = estimate.size(asking.system, asking.messages, asking.tools, asking.schema)
        load = Load(size=size, most=asking.most, abilities=_abilities(asking))
        vigour = {e.id: self.health.vigour(e, page.latencies) for e in page.endpoints}
        placement = route.place(page.endpoints, vigour, asking.needs, load)
        if not placement.taken:
            known = await self.directory.names(actor.organization)
            raise route.unplaced(placement, asking.needs.model, known)
        try:
            return await _Ask(self, actor, asking, heard, page, placement, load).run()
        finally:
            await self.health.tell()

    async def room(self, organization: OrganizationId, asking: Asking) -> int | None:
        page = await self.directory.page(organization, asking.needs.model)
        return route.widest(page.endpoints, asking.needs, _abilities(asking))


@dataclass(slots=True)
class _Ask:
    """One question on its way through the endpoints."""

    gateway: Gateway
    actor: Actor
    asking: Asking
    heard: Heard | None
    page: Page
    placement: Placement
    load: Load
    tries: list[Try] = field(default_factory=list)
    spoken: int = 0  # the number of the try of which somebody heard a piece
    name: str = ""
    begun: float = 0.0

    async def run(self) -> Said:
        # a name of its own: what a process that died asked with the same key may have been charged,
        # and its reservation must not become ours
        self.name = f"{self.asking.key}/{self.gateway.mint('ask')}"
        self.begun = self.gateway.clock()
        for choice in self.placement.taken:
            if (said := await self._insist(choice)) is not None:
                return said
            if self.left() <= 0:
                break
        model = self.asking.needs.model
        why = "; ".join(f"{one.endpoint}: {one.said}" for one in self.tries)
        text = f"model {model} did not answer: {why}. Try again in a while"
        raise Unanswered(f"{text}; `dihedral model test {model}` tries each alone", self.tries)

    def left(self) -> float:
        """Seconds that the ask still has."""
        most = self.gateway.patience.whole
        if self.asking.seconds is not None:
            most = min(most, self.asking.seconds)
        return most - (self.gateway.clock() - self.begun)

    async def _insist(self, choice: Choice) -> Said | None:
        """The same endpoint, again while that makes sense; None: the next one."""
        gateway, endpoint = self.gateway, choice.endpoint
        place = gateway.health.place(endpoint)
        number = 0
        while True:
            number += 1
            try:
                async with asyncio.timeout(max(0.0, self.left())):
                    await place.acquire()
            except TimeoutError:
                why = f"all {endpoint.concurrency} calls that it takes at once were under way"
                self._note(endpoint, "busy", 0.0, why)
                return None
            try:
                came = await self._try(choice)
            finally:
                place.release()
            if came is None or isinstance(came, Said):
                return came
            asked = came.retry_after if isinstance(came, Busy) else None
            pause = retry.wait(gateway.backoff, number, gateway.chance(), asked, self.left())
            if isinstance(came, Refused) or pause is None:
                return None
            await gateway.pause(pause)

    async def _try(self, choice: Choice) -> Said | Fault | None:
        """What came; None where its breaker lets nobody through."""
        gateway, endpoint = self.gateway, choice.endpoint
        if why := gateway.health.refusal(endpoint.id):
            self._note(endpoint, "resting", 0.0, why)
            return None
        with gateway.health.entered(endpoint.id):
            reservation = await gateway.ledger.reserve(self.actor, self._spend(choice))
            begun = gateway.clock()
            try:
                answer = await self._called(choice)
            except (Busy, Down, Refused, Garbled) as fault:
                said = told(fault, self.page.secrets.get(endpoint.id))
                gateway.health.failed(endpoint.id, said, counts=isinstance(fault, Down | Garbled))
                self._note(endpoint, FAULTS[type(fault)], gateway.clock() - begun, said)
                if not fault.spent:
                    await done(gateway.ledger.release(reservation))
                return fault
            gateway.health.answered(endpoint.id, answer.first)
            return await self._settled(choice, reservation, answer, gateway.clock() - begun)

    async def _called(self, choice: Choice) -> Answer:
        asking, left = self.asking, max(0.0, self.left())
        question = Question(
            system=asking.system,
            messages=asking.messages,
            tools=asking.tools,
            schema=asking.schema,
            most=choice.most,
            timeout=left,
        )
        to = (choice.endpoint, self.page.secrets.get(choice.endpoint.id))
        provider = self.gateway.providers(choice.endpoint.wire)
        limits = replace(self.gateway.patience, whole=left)
        return await call(provider, to, question, self._hear, limits)

    async def _settled(
        self, choice: Choice, reservation: ReservationId, answer: Answer, seconds: float
    ) -> Said:
        gateway, price = self.gateway, choice.endpoint.price
        usage = answer.usage
        if not usage.tokens:
            usage = estimate.unseen(self.load.size, answer.message, choice.most)
        money = None if price is None else cost(price, usage)
        await done(gateway.ledger.settle(reservation, Used(usage, money)))
        before = "; ".join(f"{one.endpoint} was {one.outcome}" for one in self.tries)
        self._note(choice.endpoint, "answered", seconds, "")
        return Said(
            message=answer.message,
            usage=usage,
            money=money,
            endpoint=choice.endpoint.id,
            upstream=answer.upstream or choice.endpoint.upstream,
            why="; ".join(filter(None, [choice.why, before, self.placement.against])),
            tries=tuple(self.tries),
            first=answer.first,
            seconds=gateway.clock() - self.begun,
            finish=answer.finish,
        )

    def _spend(self, choice: Choice) -> Spend:
        asking, endpoint = self.asking, choice.endpoint
        return Spend(
            key=f"{self.name}/{len(self.tries) + 1}",
            conversation=asking.conversation,
            turn=asking.turn,
            agent=asking.agent,
            model=endpoint.model,
            endpoint=endpoint.id,
            money=choice.worst,
            currency=endpoint.price.currency if endpoint.price else "USD",
            tokens=self.load.size.most + choice.most,
            team=asking.team,
        )

    def _hear(self, delta: Delta) -> None:
        """What was heard of a try that failed is void, and whoever hears is told so."""
        if self.heard is None:
            return
        if self.spoken not in (0, len(self.tries) + 1):
            self.heard(Delta("again"))
        self.spoken = len(self.tries) + 1
        self.heard(delta)

    def _note(self, endpoint: Endpoint, outcome: str, seconds: float, said: str) -> None:
        made = Try(endpoint=endpoint.id, outcome=outcome, seconds=seconds, said=said)
        self.tries.append(made)
        log.event(
            _log,
            "model was asked",
            level=logging.DEBUG if outcome == "answered" else logging.WARNING,
            endpoint=endpoint.id,
            outcome=outcome,
            seconds=round(seconds, 3),
            turn=self.asking.turn,
            said=said,
        )


def _abilities(asking: Asking) -> frozenset[Ability]:
    """What the call itself takes, beside what the agent's file asks for."""
    tools = {Ability.TOOLS} if asking.tools else set()
    return frozenset(tools | ({Ability.SCHEMA} if asking.schema is not None else set()))
