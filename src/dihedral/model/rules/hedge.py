"""Hedging: a second endpoint is asked beside one of which nothing came for long.

It is off unless an endpoint's administrator says when: after a time, or once a call takes as long
as the slowest twentieth of those before it. Who is heard first answers; nobody is asked a second
time once a piece of an answer came.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from dihedral.domain.errors import Invalid
from dihedral.domain.model import Endpoint, Hedge, Needs
from dihedral.model.rules.route import Choice

OFF, SLOWEST = "off", "p95"
LEAST = 20  # calls, without which nobody knows a 95th percentile
KEPT = 100  # calls of which it is known
SHORTEST, LONGEST = 0.05, 120.0  # seconds
_TIME = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


def read(text: str) -> Hedge | None:
    """`off`, `p95`, or a time. Raises Invalid."""
    said = text.strip().lower()
    if said == OFF:
        return None
    if said == SLOWEST:
        return Hedge()
    found = _TIME.fullmatch(said)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not SHORTEST <= seconds <= LONGEST:
        raise Invalid(
            f"hedge is {OFF}, {SLOWEST}, or a time from {SHORTEST:g}s to {LONGEST:g}s, such as 2s,"
            f" after which another endpoint is asked as well; not {text[:40]!r}"
        )
    return Hedge(timedelta(seconds=seconds))


def written(hedge: Hedge | None) -> str:
    """As `read` takes it."""
    if hedge is None:
        return OFF
    return SLOWEST if hedge.after is None else f"{hedge.after.total_seconds():g}s"


def delay(hedge: Hedge | None, firsts: Sequence[float]) -> float | None:
    """Seconds of silence after which another is asked; None: never. `firsts` are seconds until the
    first piece of the endpoint's calls, as they were measured."""
    if hedge is None:
        return None
    if hedge.after is not None:
        return hedge.after.total_seconds()
    if len(firsts) < LEAST:
        return None
    return max(SHORTEST, sorted(firsts)[math.ceil(0.95 * len(firsts)) - 1])


def spare(
    taken: Sequence[Choice], asked: Choice, needs: Needs, free: Callable[[Endpoint], bool]
) -> Choice | None:
    """Who is asked beside `asked`: the next that is `free`, where both together keep to what one
    answer may cost."""
    for choice in taken[taken.index(asked) + 1 :]:
        if free(choice.endpoint):
            return choice if _affordable(asked, choice, needs) else None
    return None


def _affordable(asked: Choice, beside: Choice, needs: Needs) -> bool:
    if needs.max_cost is None:
        return True
    if asked.worst is None or beside.worst is None:
        return False
    return asked.worst + beside.worst <= needs.max_cost
