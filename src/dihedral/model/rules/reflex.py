"""The reflex: which of our labels a request means, or that it is not sure.

`training.fit` makes a model, `predict` asks it, `update` moves it after a review. A label that is
empty means none of ours. The weights are means over all steps of training, and a lesson counts
as if it had been known from the first of them: the mean of a path moved by x is the mean moved by
x, so neither the path nor a sum is kept, and one review weighs more than one step in a hundred
thousand would.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dihedral.domain.errors import Invalid
from dihedral.model.rules import features
from dihedral.model.rules.gates import Curve, Gates
from dihedral.model.rules.perceptron import Machine, Row, best, taught

NONE = ""
NEAREST = 3

Example = tuple[str, str]  # text, label


@dataclass(frozen=True, slots=True)
class Checked:
    """How the gates did on rows that were not learned from."""

    precision: float  # of the answers given, the right ones
    coverage: float  # of the rows with a label, the answered ones
    outside: float  # of the rows without one, the refused ones; without such rows, an estimate


@dataclass(frozen=True, slots=True)
class Model:
    labels: tuple[str, ...]  # sorted; NONE, where it was learned, comes last
    machine: Machine
    gates: Gates
    by_margin: Curve
    by_score: Curve
    precision: float  # as stated to `fit`
    checked: Checked
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    label: str | None  # None: not sure
    confidence: float  # the share of right ones among answers like this
    margin: float
    score: float
    nearest: tuple[tuple[str, float], ...]  # the best three, best first, with their scores


def predict(model: Model, text: str) -> Answer:
    """The label, if it leads clearly and fits well; always the nearest three."""
    machine = model.machine
    scores = machine.scores(machine.ranked(features.grams(text)))
    ranked = [(model.labels[at], score) for at, score in best(scores, NEAREST + 1)]
    (first, score), (_, second) = ranked[:2]
    margin, ours = score - second, first != NONE
    sure = ours and margin >= model.gates.margin and score >= model.gates.score
    chance = min(model.by_margin.read(margin), model.by_score.read(score)) if ours else 0.0
    nearest = tuple(one for one in ranked if one[0] != NONE)[:NEAREST]
    return Answer(first if sure else None, chance, margin, score, nearest)


def update(model: Model, text: str, label: str) -> Model:
    """The model after one review: accepted reinforces, corrected moves. Raises Invalid."""
    return replay(model, [(text, label)])


def replay(model: Model, lessons: Iterable[Example]) -> Model:
    """The model after these reviews, in their order. Raises Invalid for a label it never saw."""
    return replace(model, machine=taught(model.machine, course(model.labels, lessons)))


def course(labels: Sequence[str], lessons: Iterable[Example]) -> list[tuple[Row, int]]:
    """Lessons as numbers. Raises Invalid for a label that is not among `labels`."""
    known = {label: i for i, label in enumerate(labels)}
    steps = []
    for text, label in lessons:
        if label not in known:
            raise Invalid(f"the reflex never saw the label {label!r}: fit it again with examples")
        steps.append((features.grams(text), known[label]))
    return steps
