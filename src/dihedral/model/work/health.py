"""How endpoints do, as this process sees it, and from time to time told to the database.

Breakers are each process's own: one that cannot reach an endpoint says nothing of the others. What
is kept is for people to look at, and for a new process to know how fast each one was.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dihedral.domain.ids import EndpointId
from dihedral.domain.model import Endpoint
from dihedral.kit.db import Db, Unavailable
from dihedral.model.rules import breaker, hedge
from dihedral.model.rules.breaker import Breaker, State
from dihedral.model.rules.route import Vigour
from dihedral.model.store import endpoints
from dihedral.model.store.endpoints import Measured

OFTEN = timedelta(seconds=5)  # between two times that the same process tells
NEWEST = 0.3  # how much the newest latency counts

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Seen:
    """Of one endpoint; the counts are since they were last told, `firsts` the newest latencies."""

    breaker: Breaker = field(default_factory=Breaker)
    latency: float | None = None
    firsts: deque[float] = field(default_factory=lambda: deque(maxlen=hedge.KEPT))
    answered: int = 0
    failed: int = 0
    failure: str = ""


@dataclass(slots=True)
class Health:
    """`now` is the clock. Nothing here waits for the database but `tell`; without one it tells
    nobody."""

    db: Db | None
    now: Callable[[], datetime]
    _seen: dict[EndpointId, Seen] = field(default_factory=dict)
    _places: dict[tuple[EndpointId, int], asyncio.Semaphore] = field(default_factory=dict)
    _told: datetime | None = None
    _changed: set[EndpointId] = field(default_factory=set)

    def vigour(self, endpoint: Endpoint, known: Mapping[EndpointId, float]) -> Vigour:
        """`known` are latencies of before, or of other processes."""
        seen = self._of(endpoint.id)
        if seen.latency is None:
            seen.latency = known.get(endpoint.id)
        why = breaker.refusal(seen.breaker, self.now())
        return Vigour(seen.latency, why, self.place(endpoint).locked())

    def place(self, endpoint: Endpoint) -> asyncio.Semaphore:
        """As many as the endpoint takes at once, from this process."""
        key = (endpoint.id, endpoint.concurrency)
        return self._places.setdefault(key, asyncio.Semaphore(endpoint.concurrency))

    def refusal(self, endpoint: EndpointId) -> str:
        return breaker.refusal(self._of(endpoint).breaker, self.now())

    def free(self, endpoint: Endpoint) -> bool:
        """Whether a call may go there, and would not wait for its place."""
        return not self.place(endpoint).locked() and not self.refusal(endpoint.id)

    @contextmanager
    def entered(self, endpoint: EndpointId) -> Iterator[None]:
        """A call is under way; what came of it is said within, or nothing is learned of it."""
        seen = self._of(endpoint)
        seen.breaker = breaker.entered(seen.breaker, self.now())
        try:
            yield
        finally:
            seen.breaker = breaker.left(seen.breaker)

    def answered(self, endpoint: EndpointId, first: float | None) -> None:
        seen = self._of(endpoint)
        seen.breaker = breaker.answered(seen.breaker)
        seen.answered += 1
        if first is not None:
            _took(seen, first)
        self._changed.add(endpoint)

    def outrun(self, endpoint: EndpointId, seconds: float) -> None:
        """It was cut off, since another was heard first: it would have taken longer than that,
        which is no news where it mostly does. Else it would never be known to have grown slow."""
        seen = self._of(endpoint)
        if seen.latency is not None and seconds > seen.latency:
            _took(seen, seconds)
            self._changed.add(endpoint)

    def firsts(self, endpoint: EndpointId) -> Sequence[float]:
        """Seconds until the first piece of the newest calls, as this process saw them."""
        return self._of(endpoint).firsts

    def failed(self, endpoint: EndpointId, why: str, *, counts: bool) -> None:
        """`counts`: the endpoint itself is to blame, so its breaker is told."""
        seen = self._of(endpoint)
        if counts:
            seen.breaker = breaker.failed(seen.breaker, self.now())
        seen.failed += 1
        seen.failure = why[:500]
        self._changed.add(endpoint)

    async def tell(self, *, always: bool = False) -> None:
        """What is new, if it is time again. A database that is away hears of it the next time."""
        now = self.now()
        early = self._told is not None and now - self._told < OFTEN
        if self.db is None or not self._changed or (early and not always):
            return
        changed, self._changed, self._told = self._changed, set(), now
        news = {endpoint: self._news(endpoint, now) for endpoint in changed}
        try:
            async with self.db.tx() as tx:
                await endpoints.measured(tx, news)
        except Unavailable as cause:
            self._changed |= changed
            _log.info("how endpoints do is told later: %s", cause)
            return
        for endpoint, told in news.items():
            seen = self._of(endpoint)
            seen.answered -= told.answered
            seen.failed -= told.failed

    def _news(self, endpoint: EndpointId, now: datetime) -> Measured:
        seen = self._of(endpoint)
        state = seen.breaker.state(now)
        return Measured(
            answered=seen.answered,
            failed=seen.failed,
            latency=seen.latency,
            breaker=state.value,
            until=None if state is State.CLOSED else seen.breaker.until,
            failure=seen.failure,
            at=now,
        )

    def _of(self, endpoint: EndpointId) -> Seen:
        return self._seen.setdefault(endpoint, Seen())


def _took(seen: Seen, first: float) -> None:
    old = first if seen.latency is None else seen.latency
    seen.latency = old + NEWEST * (first - old)
    seen.firsts.append(first)
