"""Version constraints as Terraform writes them: `~> 5.1, != 5.3.0`.

Shape   a constraint is one range of versions without some of them; every clause narrows it.
        A version with a pre-release part is allowed only where a clause names it with `=`.
Source  developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

import re
from collections.abc import Set
from dataclasses import dataclass, field, replace

Version = tuple[int, ...]
_CLAUSE = re.compile(r"\s*(=|!=|>=|<=|~>|>|<|)\s*v?(\d+(?:\.\d+){0,2})(-[0-9A-Za-z.-]+)?\s*")
VAGUE = re.compile(r"~>\s*v?\d+\s*(?:,|$)")  # a pessimistic clause of one part
_END: Version = (10**9, 0, 0)
_LONGEST = 500  # letters, of a constraint


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` up to `high`, without it; `but` are versions left out, `exact` is a pre-release.

    Beyond the third part of a version comes a fourth, of ours: 1 is «just after».
    """

    low: Version = (0, 0, 0, 0)
    high: Version = _END
    but: Set[Version] = field(default_factory=frozenset)
    exact: str = ""

    @property
    def one(self) -> bool:
        """Whether this is exactly one version."""
        return bool(self.exact) or (self.high == (*self.low[:3], 1) and self.low[3:] == (0,))


def parse(text: str) -> Range | None:
    """The range that all clauses leave; None for what is no constraint."""
    if len(text) > _LONGEST:
        return None
    found = Range()
    for clause in text.split(","):
        met = _CLAUSE.fullmatch(clause)
        if met is None:
            return None
        sign, number, extra = met[1], met[2], met[3] or ""
        if extra and sign not in ("", "="):
            return None
        found = _narrow(found, sign, number, extra)
    return found


def within(inner: Range, outer: Range) -> bool:
    """Whether every version that `inner` leaves is one that `outer` leaves."""
    if inner.exact or outer.exact:
        return inner.exact == outer.exact and inner.low == outer.low
    left = {v for v in outer.but if inner.low <= (*v, 0) < inner.high}
    return inner.low >= outer.low and inner.high <= outer.high and left <= inner.but


def _narrow(found: Range, sign: str, number: str, extra: str) -> Range:
    given = tuple(map(int, number.split(".")))
    full = (*given, 0, 0)[:3]
    low, high = found.low, found.high
    if sign == "!=":
        return replace(found, but=found.but | {full})
    if sign in ("", "="):
        exact = f"{number}{extra}" if extra else found.exact
        return replace(found, low=max(low, (*full, 0)), high=min(high, (*full, 1)), exact=exact)
    if sign == "~>":
        return replace(found, low=max(low, (*full, 0)), high=min(high, _next(given)))
    if sign in (">", ">="):
        return replace(found, low=max(low, (*full, int(sign == ">"))))
    return replace(found, high=min(high, (*full, int(sign == "<="))))


def _next(given: Version) -> Version:
    """`~> 5.1` ends before 6, `~> 5.1.2` before 5.2, and `~> 5` nowhere: programs differ in it."""
    kept = given[:-1]
    return (*kept[:-1], kept[-1] + 1, 0, 0)[:3] if kept else _END
