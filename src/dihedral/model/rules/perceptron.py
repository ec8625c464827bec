"""Rosenblatt's machine with a margin and averaged weights: numbers in, numbers out.

A row is the buckets of a text, a class is a column. A row whose class does not lead every other by
`MARGIN` moves the weights: up for its class, down for the best of the others. What comes back is
the mean of the weights over all steps. Every push is a multiple of `GRAIN`, so sums are exact and
the same rows give the same bits on every machine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from dihedral.model.rules import features

EPOCHS = 8
MARGIN = 1.0
STEP = 0.5
EASY = 1.25  # a row that leads by this many margins sits the next epoch out
HEARD = 0.5  # a lesson moves the weights just so far that it leads by this
GRAIN = np.float32(2**-12)

Row = NDArray[np.intp]
Floats = NDArray[np.float32]
Pushes = Sequence[tuple[int, int, int]]  # which row, against which class, and the steps then left


def order(count: int, seed: int) -> NDArray[np.intp]:
    """A permutation of `count` things from splitmix64: ours, so no library can change it."""
    key = np.arange(count, dtype=np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        key = (key ^ (key >> np.uint64(shift))) * np.uint64(factor)
    return np.argsort(key ^ (key >> np.uint64(31)), kind="stable")


@dataclass(frozen=True, slots=True)
class Machine:
    """What was learned. The commonest buckets come first, so that they share cache lines; row 0
    stands for every bucket that was never seen, and stays zero."""

    rank: NDArray[np.intp]  # the row of each bucket; shape (features.SIZE,)
    gain: Floats  # how fast a row learns: rare n-grams say more; shape (rows,), 64ths from 1 up
    weights: Floats  # shape (rows, classes)

    def ranked(self, row: Row) -> Row:
        found: Row = self.rank.take(row)
        return found

    def scores(self, ranked: Row) -> Floats:
        """How well each class fits. Shape (classes,)."""
        total: Floats = np.add.reduce(self.weights.take(ranked, 0), 0)
        total *= _norm(self.gain, ranked)
        return total


def train(rows: Sequence[Row], classes: Sequence[int], width: int) -> Machine:
    """A machine with mean weights. `classes` holds a column for each row."""
    seen = np.bincount(np.concatenate(rows), minlength=features.SIZE)
    used = np.argsort(-seen, kind="stable")[: np.count_nonzero(seen)]
    gain = np.concatenate([[0], seen[used]])
    gain = np.rint(64 * np.log((len(rows) + 1) / (gain + 1))) / 64 + 1
    blank = machine(used, gain.astype(np.float32), np.zeros((len(used) + 1, width), np.float32))
    mean = _train([np.sort(blank.ranked(row)) for row in rows], classes, blank)
    return replace(blank, weights=mean)


def machine(used: NDArray[np.integer], gain: Floats, weights: Floats) -> Machine:
    """A machine whose rows, from 1 on, are the buckets `used`."""
    rank = np.zeros(features.SIZE, np.intp)
    rank[used] = np.arange(1, len(used) + 1)
    return Machine(rank, gain, weights)


def taught(machine: Machine, lessons: Iterable[tuple[Row, int]]) -> Machine:
    """The machine after lessons, in their order: each is pushed until it leads by `HEARD`."""
    course = list(lessons)
    grown = _grown(machine, [row for row, _ in course])
    for row, own in course:
        ranked = grown.ranked(row)
        step = _step(grown.gain, ranked)
        for _ in range(EPOCHS):
            scores = grown.scores(ranked)
            best = scores[own]
            scores[own] = -np.inf
            rival = int(scores.argmax())
            short = HEARD - (best - scores[rival])
            if short <= 0:
                break
            _push(grown.weights, ranked, grained(step * np.float32(short / MARGIN)), own, rival)
    return grown


def grained(move: Floats) -> Floats:
    whole: Floats = np.rint(move / GRAIN) * GRAIN
    return whole


def best(scores: Floats, count: int) -> list[tuple[int, float]]:
    """The columns of the highest scores, best first, with their scores; of equals the first."""
    left, found = scores.copy(), []
    for _ in range(min(count, len(left))):
        column = int(left.argmax())
        found.append((column, float(left[column])))
        left[column] = -np.inf
    return found


def _train(rows: Sequence[Row], classes: Sequence[int], blank: Machine) -> Floats:
    raw, width = blank.weights.copy(), blank.weights.shape[1]
    flat, first = raw.reshape(-1), [row * width for row in rows]
    norms = [_norm(blank.gain, row) for row in rows]
    moves = [grained(step) for step in _steps(blank.gain, rows, norms)]
    due = [0] * len(rows)
    pushes: list[tuple[int, int, int]] = []
    left = len(rows) * EPOCHS
    for epoch in range(EPOCHS):
        for i in order(len(rows), epoch).tolist():
            left -= 1
            if due[i] > epoch:
                continue
            own = classes[i]
            fits = np.add.reduce(raw.take(rows[i], 0), 0)
            best = fits[own]
            fits[own] = -np.inf
            rival = int(fits.argmax())
            lead = (best - fits[rival]) * norms[i]
            if lead < MARGIN:
                flat[first[i] + own] += moves[i]
                flat[first[i] + rival] -= moves[i]
                pushes.append((i, rival, left))
            elif lead >= EASY * MARGIN:
                due[i] = epoch + 2
    return _mean(rows, classes, blank, pushes)


def _mean(rows: Sequence[Row], classes: Sequence[int], blank: Machine, pushes: Pushes) -> Floats:
    """The mean over all steps: each push, a row's and against a rival, counts for the share of the
    steps that were `left` after it. All at once, which is the same, since the sums are exact."""
    mean = np.zeros_like(blank.weights)
    if not pushes:
        return mean
    total = len(rows) * EPOCHS
    norms = [_norm(blank.gain, row) for row in rows]
    steps = _steps(blank.gain, rows, norms)
    sizes = [len(rows[i]) for i, _, _ in pushes]
    shares = np.array([left / total for _, _, left in pushes], np.float32)
    moves = grained(np.concatenate([steps[i] for i, _, _ in pushes]) * np.repeat(shares, sizes))
    first = np.concatenate([rows[i] for i, _, _ in pushes]) * mean.shape[1]
    for sign, columns in (
        (1, [classes[i] for i, _, _ in pushes]),
        (-1, [rival for _, rival, _ in pushes]),
    ):
        at = first + np.repeat(np.array(columns), sizes)
        added = np.bincount(at, moves, mean.size).reshape(mean.shape)
        mean += (sign * added).astype(np.float32)
    return mean


def _norm(gain: Floats, ranked: Row) -> float:
    return 1 / sqrt(np.add.reduce(gain.take(ranked)))


def _steps(gain: Floats, rows: Sequence[Row], norms: Sequence[float]) -> list[Floats]:
    """How far one push of each row moves each weight."""
    return [gain.take(row) * (norm * STEP) for row, norm in zip(rows, norms, strict=True)]


def _step(gain: Floats, ranked: Row) -> Floats:
    """How far one push moves each weight, so that the row's lead grows by one margin."""
    return gain.take(ranked) * (_norm(gain, ranked) * STEP)


def _push(weights: Floats, ranked: Row, move: Floats, up: int, down: int) -> None:
    flat, first = weights.reshape(-1), ranked * weights.shape[1]
    flat[first + up] += move
    flat[first + down] -= move


def _grown(machine: Machine, rows: Sequence[Row]) -> Machine:
    """A copy with a row of its own for each bucket in `rows`, as if they had come one by one."""
    first, width = machine.weights.shape
    rank, count = machine.rank.copy(), first
    for row in rows:
        fresh = row[rank[row] == 0]
        rank[fresh] = np.arange(count, count + len(fresh))
        count += len(fresh)
    return Machine(
        rank,
        np.concatenate([machine.gain, np.full(count - first, machine.gain[0])]),
        np.concatenate([machine.weights, np.zeros((count - first, width), np.float32)]),
    )
