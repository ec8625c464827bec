"""One thing that a change opens, and when it is none because as much was open before."""

from collections.abc import Iterable
from dataclasses import dataclass

EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports `low` to `high` of a protocol; every protocol is `all`."""

    protocol: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Opening:
    """`tier` is one of `rules.limits`. `to` says for whom, `by` through what, where a wider one
    of the same would cover this."""

    what: str
    tier: str = "opens"
    ports: Ports | None = None
    to: str = ""
    by: str = ""


def new(after: Iterable[Opening], before: Iterable[Opening]) -> frozenset[Opening]:
    """What of `after` was not open before."""
    old = tuple(before)
    return frozenset(one for one in after if not any(covers(held, one) for held in old))


def covers(old: Opening, one: Opening) -> bool:
    """Whether who could come in by `one` could come in by `old` as well."""
    if old == one:
        return True
    if old.ports and one.ports:
        every = old.ports.protocol == "all"
        same = old.ports.protocol == one.ports.protocol
        inside = old.ports.low <= one.ports.low and one.ports.high <= old.ports.high
        return every or (same and inside)
    return bool(one.to) and old.by == one.by and old.to == EVERYBODY
