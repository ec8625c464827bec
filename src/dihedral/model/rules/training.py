"""Makes a reflex from examples, and lets one that has learned more stand against the live one."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dihedral.domain.errors import Invalid
from dihedral.model.rules import crossing, features, perceptron
from dihedral.model.rules.crossing import Each, Lessons
from dihedral.model.rules.gates import OUTSIDE, Gates, Trials, choose, curve
from dihedral.model.rules.reflex import Checked, Example, Model, replay

PRECISION = 0.97


@dataclass(frozen=True, slots=True)
class Audition:
    """A version that has learned more; precision before and after, both at the live gates."""

    model: Model
    before: float
    after: float

    @property
    def passed(self) -> bool:
        return self.after >= self.before


def digest(examples: Iterable[Example]) -> str:
    """Names a set of examples, whatever their order, and the machine's own settings."""
    machine = (features.BITS, features.LONGEST, perceptron.EPOCHS, perceptron.MARGIN, OUTSIDE)
    return hashlib.sha256(repr((machine, sorted(examples))).encode("utf-8", "replace")).hexdigest()


def fit(examples: Sequence[Example], precision: float = PRECISION, each: Each = map) -> Model:
    """A model of the examples, its gates set. Raises Invalid for fewer than two labels."""
    if not 0 < precision < 1:
        raise Invalid(f"no gate keeps a precision of {precision:g}: state one between 0 and 1")
    sheet = crossing.sheet(examples)
    (trials,) = crossing.cross(sheet, [()], each)
    gates = choose(trials, precision)
    return Model(
        labels=sheet.labels,
        machine=perceptron.train(sheet.rows, sheet.classes, len(sheet.labels)),
        gates=gates,
        by_margin=curve(np.maximum(trials.lead, 0), trials.right, trials.weight),
        by_score=curve(trials.score, trials.right, trials.weight),
        precision=precision,
        checked=check(trials, gates),
        digest=digest(examples),
    )


def audition(
    live: Model, examples: Sequence[Example], learned: Lessons, new: Lessons, each: Each = map
) -> Audition:
    """`live`, which has `learned`, with the `new` lessons; it should go live only if it passed."""
    grown = replay(live, new)
    before, after = crossing.cross(crossing.sheet(examples), [learned, [*learned, *new]], each)
    return Audition(grown, _precision(before, live.gates), _precision(after, live.gates))


def _precision(trials: Trials, gates: Gates) -> float:
    """Of the answers to the examples as they are, the share of right ones."""
    given = trials.answered(gates) & ~trials.hidden
    return float(trials.right[given].mean()) if given.any() else 1.0


def check(trials: Trials, gates: Gates) -> Checked:
    answered, inside = trials.answered(gates), trials.inside
    right, given = trials.weight[answered & trials.right].sum(), trials.weight[answered].sum()
    refused = trials.weight[~answered & ~inside].sum() / max(trials.weight[~inside].sum(), 1e-12)
    return Checked(
        precision=float(right / given) if given else 1.0,
        coverage=float(answered[inside].mean()),
        outside=float(refused),
    )
