"""Two gates: an answer must lead clearly (margin), and fit well by itself (score).

The margin finds wrong answers best, the score finds requests that are none of ours. Both
thresholds come from answers to rows that the machine had not seen, and are the widest that keep
the stated precision. Too few rows to keep it at all: both gates stay shut.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTSIDE = 0.2  # of all requests, the share taken to be none of ours, whatever the rows hold
CUTS = 64
DEEPEST = 0.7  # the strictest threshold tried, as a quantile of what was measured

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gates:
    margin: float
    score: float


SHUT = Gates(float("inf"), float("inf"))


@dataclass(frozen=True, slots=True)
class Trials:
    """Answers to rows that were not learned from. Shape (n,) each."""

    lead: Doubles
    score: Doubles
    right: Bools
    weight: Doubles
    inside: Bools  # the row has a label
    hidden: Bools  # and it was asked with that label hidden, so nothing is right

    def answered(self, gates: Gates) -> Bools:
        return (self.lead >= gates.margin) & (self.score >= gates.score)


@dataclass(frozen=True, slots=True)
class Curve:
    """Of the answers that measured at least this much, near it, the share that was right."""

    at: tuple[float, ...]
    share: tuple[float, ...]

    def read(self, measured: float) -> float:
        """Between two measures, in proportion; beyond the ends, as at the end."""
        here = bisect_left(self.at, measured)
        if here == 0 or here == len(self.at):
            return self.share[min(here, len(self.at) - 1)]
        low, high = self.at[here - 1], self.at[here]
        part = (measured - low) / (high - low)
        return self.share[here - 1] + part * (self.share[here] - self.share[here - 1])


def choose(trials: Trials, precision: float) -> Gates:
    """The gates that answer most among those that keep `precision`; SHUT if none does."""
    leads, scores = _cuts(trials.lead), _cuts(trials.score)
    right = _above(trials, leads, scores, trials.weight * trials.right)
    given = _above(trials, leads, scores, trials.weight)
    kept = (given > 0) & (right >= precision * given)
    if not kept.any():
        return SHUT
    best = int(np.where(kept, right, -1.0).argmax())
    at, over = divmod(best, len(scores))
    return Gates(float(leads[at]), float(scores[over]))


def curve(measured: Doubles, right: Bools, weight: Doubles) -> Curve:
    """The share that is right as it rises with what was measured: pooled, so it never falls."""
    ranked = np.argsort(measured, kind="stable")
    blocks: list[tuple[float, float, float]] = []  # right, all, measured: each a weighted sum
    for part in np.array_split(ranked, min(CUTS, max(1, len(ranked) // 8))):
        share = weight[part]
        block = float(share[right[part]].sum()), float(share.sum()), float(share @ measured[part])
        blocks.append(block)
        while len(blocks) > 1 and _share(blocks[-2]) >= _share(blocks[-1]):
            last, before = blocks.pop(), blocks.pop()
            blocks.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    return Curve(tuple(b[2] / b[1] for b in blocks), tuple(_share(b) for b in blocks))


def _share(block: tuple[float, float, float]) -> float:
    return block[0] / block[1]


def _cuts(measured: Doubles) -> Doubles:
    real = measured[np.isfinite(measured)]
    if not len(real):
        return np.zeros(1)
    return np.unique(np.quantile(real, np.linspace(0, DEEPEST, CUTS)))


def _above(trials: Trials, leads: Doubles, scores: Doubles, weight: Doubles) -> Doubles:
    """The weight of what passes each pair of thresholds. Shape (len(leads), len(scores))."""
    table = np.zeros((len(leads) + 1, len(scores) + 1))
    at = np.searchsorted(leads, trials.lead, "right")
    over = np.searchsorted(scores, trials.score, "right")
    np.add.at(table, (at, over), weight)
    passed: Doubles = table[::-1, ::-1].cumsum(0).cumsum(1)[::-1, ::-1][1:, 1:]
    return passed
