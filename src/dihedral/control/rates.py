"""How often somebody may ask, where others than one person reach the server.

An actor has a bucket; whoever is not known yet has that of his address, and a smaller one for what
was no valid login. A valid one never suffers from that, or anybody behind the same address could
lock all others out; a login form does. Kept in memory, so it holds for each process.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dihedral.control.front import Front
from dihedral.control.settings import Settings
from dihedral.domain.actor import Actor

MINUTE = 60.0


@dataclass(slots=True)
class Buckets:
    """A bucket for each key, of `rate` a minute and as many at once. Of more than `most` those are
    forgotten that were used longest ago, which are full again, or will be first."""

    rate: int
    most: int = 20_000
    _full: OrderedDict[str, float] = field(default_factory=OrderedDict)  # when each is full again

    def wait(self, key: str, now: float) -> float:
        """Seconds until it may be taken from; nothing where it may now."""
        empty = max(self._full.get(key, now), now) - now
        return max(0.0, empty + MINUTE / self.rate - MINUTE)

    def take(self, key: str, now: float) -> float:
        """The same, and takes from it where it may."""
        pause = self.wait(key, now)
        if not pause:
            self._full[key] = max(self._full.get(key, now), now) + MINUTE / self.rate
            self._full.move_to_end(key)
            while len(self._full) > self.most:
                self._full.popitem(last=False)
        return pause

    def __len__(self) -> int:
        return len(self._full)


@dataclass(frozen=True, slots=True)
class Rates:
    calls: Buckets
    strangers: Buckets
    clock: Callable[[], float] = time.monotonic

    def public(self, request: Request) -> None:
        """A call of a door that is open to all. Raises HTTPException."""
        key, now = address(request), self.clock()
        _demand(self.strangers.wait(key, now))
        _demand(self.calls.take(key, now))

    def known(self, actor: Actor) -> None:
        """A call of somebody. Raises HTTPException."""
        key = f"{actor.organization} {actor.id} {actor.on_behalf_of or ''}"
        _demand(self.calls.take(key, self.clock()))

    def stranger(self, request: Request) -> None:
        """A call that was no valid login. Raises HTTPException where there were too many."""
        _demand(self.strangers.take(address(request), self.clock()))


def rates(known: Front, settings: Settings) -> Rates | None:
    """None for a server that belongs to one person."""
    if known.solo:
        return None
    return Rates(Buckets(settings.rate), Buckets(settings.rate_strangers))


def address(request: Request) -> str:
    """Of an IPv6 address its network counts (/64), since who has one has all of it."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _demand(pause: float) -> None:
    if pause:
        seconds = math.ceil(pause)
        raise HTTPException(
            429,
            f"that is more than you may ask in a minute; go on after {seconds} s",
            {"Retry-After": str(seconds)},
        )
