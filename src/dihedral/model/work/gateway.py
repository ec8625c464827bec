"""The gateway: one question to a model, answered by whichever of its endpoints can and may.

Money is held before each try at the worst that it may come to. What becomes of it is known for an
answer (settled) and for a try that cost nothing (released). Where nobody knows, as after a stream
that was cut, a time-out or a cancelled ask, it stays held, and the ledger counts it as spent when
it is old: a provider may have charged for all of it.

Where an endpoint hedges and is silent for long, the next one is asked as well, with its own money
held. Who is heard first answers; the other is cut off, and costs what any call does that is cut.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Fault, OverBudget
from dihedral.domain.ids import OrganizationId, ReservationId
from dihedral.domain.model import Wire, cost
from dihedral.domain.ports import Ledger
from dihedral.domain.spend import Spend, Used
from dihedral.kit import log
from dihedral.kit.db import Unavailable
from dihedral.model.rules import estimate, hedge, retry, route
from dihedral.model.rules.retry import Backoff
from dihedral.model.rules.route import Choice, Load, Placement
from dihedral.model.work.asking import Asking, Said, Try, Unanswered
from dihedral.model.work.calls import Patience, call, done, told
from dihedral.model.work.directory import Listing, Page
from dihedral.model.work.health import Health
from dihedral.model.work.providers.faults import OUTCOMES, Busy, Down, Garbled, Refused
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Provider, Question
from dihedral.model.work.race import Leg, Race

_log = logging.getLogger(__name__)


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
        load = Load(size=size, most=asking.most, abilities=asking.abilities)
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
        """Tokens that the widest endpoint has which fits; None where none does."""
        page = await self.directory.page(organization, asking.needs.model)
        return route.widest(page.endpoints, asking.needs, asking.abilities)


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
    made: int = 0  # calls, those among them that are under way
    hedged: str = ""  # what came of asking a second one beside a first, which is done once
    spoken: int = 0  # the number of the call of which somebody heard a piece
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
        raise Unanswered(self.asking.needs.model, self.tries)

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
                self._note(Leg(choice=choice, number=0), "busy", why)
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
        """What came, of it or of another that was asked beside it; None where its breaker lets
        nobody through."""
        firsts = self.gateway.health.firsts(choice.endpoint.id)
        after = None if self.hedged else hedge.delay(choice.endpoint.hedge, firsts)
        leg, race = self._leg(choice), Race()
        if after is None or self._spare(choice) is None:
            return await self._ran(leg, race)
        async with race.running():
            race.start(leg, self._ran(leg, race))
            if await race.silent(leg, after) and (spare := self._spare(choice)) is not None:
                self.hedged = (
                    f"{spare.endpoint.id} was asked as well, since nothing came of"
                    f" {choice.endpoint.id} for {after:.3g} s"
                )
                other = self._leg(spare, self.hedged)
                race.start(other, self._beside(other, race))
            return await race.outcome()

    def _leg(self, choice: Choice, beside: str = "") -> Leg:
        self.made += 1
        return Leg(choice=choice, number=self.made, beside=beside)

    def _spare(self, choice: Choice) -> Choice | None:
        """Who would be asked beside it."""
        taken, needs = self.placement.taken, self.asking.needs
        return hedge.spare(taken, choice, needs, self.gateway.health.free)

    async def _beside(self, leg: Leg, race: Race) -> Said | Fault | None:
        """A second call; where there is no money for both, the first goes on alone."""
        async with self.gateway.health.place(leg.choice.endpoint):
            try:
                return await self._ran(leg, race)
            except (OverBudget, Unavailable) as fault:
                if leg.begun is not None:
                    raise
                self.hedged = f"{leg.choice.endpoint.id} was not asked as well: {fault}"
                return None

    async def _ran(self, leg: Leg, race: Race) -> Said | Fault | None:
        """What came of one call; None where it was not made."""
        gateway, endpoint = self.gateway, leg.choice.endpoint
        if why := gateway.health.refusal(endpoint.id):
            self._note(leg, "resting", why)
            return None
        with gateway.health.entered(endpoint.id):
            reservation = await gateway.ledger.reserve(self.actor, self._spend(leg))
            if leg.lost:  # the other one was heard while money was held, and nothing was sent
                await done(gateway.ledger.release(reservation))
                return None
            leg.sent(gateway.clock())
            try:
                answer = await self._called(leg, race)
            except (Busy, Down, Refused, Garbled) as fault:
                leg.over = True
                if leg.lost:  # it was cut off, which is no fault of its own
                    return None
                said = told(fault, self.page.secrets.get(endpoint.id))
                gateway.health.failed(endpoint.id, said, counts=isinstance(fault, Down | Garbled))
                self._note(leg, OUTCOMES[type(fault)], said)
                if not fault.spent:
                    await done(gateway.ledger.release(reservation))
                return fault
            leg.over = True
            if leg.lost:
                return None
            self._won(leg, race)
            gateway.health.answered(endpoint.id, answer.first)
            return await self._settled(leg, reservation, answer)

    def _won(self, leg: Leg, race: Race) -> None:
        """It is heard first, so whoever was asked beside it is cut off."""
        for other in race.won(leg):
            waited = self.gateway.clock() - (other.begun or 0.0)
            self.gateway.health.outrun(other.choice.endpoint.id, waited)
            self._note(other, "outrun", f"{leg.choice.endpoint.id} was heard first")

    async def _called(self, leg: Leg, race: Race) -> Answer:
        asking, left, choice = self.asking, max(0.0, self.left()), leg.choice
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
        return await call(provider, to, question, partial(self._hear, leg, race), limits)

    async def _settled(self, leg: Leg, reservation: ReservationId, answer: Answer) -> Said:
        gateway, choice, price = self.gateway, leg.choice, leg.choice.endpoint.price
        usage = answer.usage
        if not usage.tokens:
            usage = estimate.unseen(self.load.size, answer.message, choice.most)
        money = None if price is None else cost(price, usage)
        before = "; ".join(f"{one.endpoint} was {one.outcome}" for one in self.tries)
        self._note(leg, "answered")
        await done(gateway.ledger.settle(reservation, Used(usage, money)))
        return Said(
            message=answer.message,
            usage=usage,
            money=money,
            endpoint=choice.endpoint.id,
            upstream=answer.upstream or choice.endpoint.upstream,
            why="; ".join(filter(None, [choice.why, before, self.hedged, self.placement.against])),
            tries=tuple(self.tries),
            first=answer.first,
            seconds=gateway.clock() - self.begun,
            finish=answer.finish,
        )

    def _spend(self, leg: Leg) -> Spend:
        asking, choice, endpoint = self.asking, leg.choice, leg.choice.endpoint
        return Spend(
            key=f"{self.name}/{leg.number}",
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

    def _hear(self, leg: Leg, race: Race, delta: Delta) -> None:
        """What was heard of a try that failed is void, and whoever hears is told so."""
        if leg.lost:
            return
        self._won(leg, race)
        if self.heard is None:
            return
        if self.spoken not in (0, leg.number):
            self.heard(Delta("again"))
        self.spoken = leg.number
        self.heard(delta)

    def _note(self, leg: Leg, outcome: str, said: str = "") -> None:
        endpoint = leg.choice.endpoint.id
        seconds = 0.0 if leg.begun is None else self.gateway.clock() - leg.begun
        said = "; ".join(filter(None, [leg.beside, said]))
        self.tries.append(Try(endpoint=endpoint, outcome=outcome, seconds=seconds, said=said))
        log.event(
            _log,
            "model was asked",
            level=logging.DEBUG if outcome in ("answered", "outrun") else logging.WARNING,
            endpoint=endpoint,
            outcome=outcome,
            seconds=round(seconds, 3),
            turn=self.asking.turn,
            said=said,
        )
