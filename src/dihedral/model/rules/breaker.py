"""A circuit breaker: an endpoint that fails again and again is left alone, and then tried once.

closed ──failures──► open ──time──► half-open ──answer──► closed
                      ▲                 │
                      └────failure──────┘     (for twice as long)
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

LIMIT = 5  # failures in a row until it opens
REST = timedelta(seconds=15)  # the first time
LONGEST = timedelta(minutes=5)


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """`failures` are in a row; `rests` how often it opened since it last answered. `probing`: a
    call is under way that decides whether it closes."""

    failures: int = 0
    until: datetime | None = None
    rests: int = 0
    probing: bool = False

    def state(self, now: datetime) -> State:
        if self.until is None:
            return State.CLOSED
        return State.OPEN if now < self.until else State.HALF_OPEN


def refusal(breaker: Breaker, now: datetime) -> str:
    """Why no call may go there now; empty where one may."""
    state = breaker.state(now)
    if state is State.OPEN and breaker.until is not None:
        left = max(1, round((breaker.until - now).total_seconds()))
        return f"it failed {breaker.failures} times in a row and is left alone for {left} s more"
    if state is State.HALF_OPEN and breaker.probing:
        return "it failed, and one call tries just now whether it answers again"
    return ""


def entered(breaker: Breaker, now: datetime) -> Breaker:
    """A call goes there; of one that is half-open it is the only one."""
    return replace(breaker, probing=breaker.state(now) is State.HALF_OPEN)


def answered(breaker: Breaker) -> Breaker:
    return Breaker()


def failed(breaker: Breaker, now: datetime) -> Breaker:
    """One more in a row; of one that is half-open a single one is enough."""
    failures = breaker.failures + 1
    if breaker.state(now) is State.OPEN:  # a call that began before it opened
        return replace(breaker, failures=failures, probing=False)
    if breaker.until is None and failures < LIMIT:
        return replace(breaker, failures=failures)
    rest = min(LONGEST, REST * 2 ** min(breaker.rests, 10))
    return Breaker(failures, now + rest, breaker.rests + 1)


def left(breaker: Breaker) -> Breaker:
    """A call ended that says nothing of the endpoint: it was cancelled, or wrong in itself."""
    return replace(breaker, probing=False)
