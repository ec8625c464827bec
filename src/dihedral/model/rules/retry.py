"""How long to wait before the same endpoint is asked again, and when not to.

Source  «Exponential Backoff And Jitter» (AWS Architecture Blog): full jitter, a wait from nothing
        up to a bound that doubles. What the provider asks for (`Retry-After`) is the least.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds. `tries` are of one endpoint in one ask, the first among them; `patience` is the
    longest wait that a provider may ask for."""

    first: float = 0.5
    longest: float = 20.0
    tries: int = 3
    patience: float = 60.0


def wait(
    backoff: Backoff, tries: int, chance: float, asked: float | None, left: float
) -> float | None:
    """Seconds until it is asked again, after `tries` that failed; None: it is not.

    `chance` is from 0 to 1. `left` is the time that the whole ask still has: a wait that would use
    it up leads nowhere, so the next endpoint is asked now.
    """
    if tries >= backoff.tries:
        return None
    bound = min(backoff.longest, backoff.first * (1 << (tries - 1)))
    pause = max(chance * bound, asked or 0.0)
    if (asked or 0.0) > backoff.patience or pause >= left:
        return None
    return pause
