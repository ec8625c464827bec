"""Cross-validation: every example is once asked of a machine that has not seen it.

What is none of ours comes from examples without a label and, since few people write any, from
each example asked with its own label hidden: it then reads like a request for something unknown.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np

from dihedral.domain.errors import Invalid
from dihedral.model.rules import features, perceptron
from dihedral.model.rules.gates import OUTSIDE, Doubles, Trials
from dihedral.model.rules.perceptron import Floats, Machine, Row
from dihedral.model.rules.reflex import NONE, Example, course

FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 4000

Each = Callable[..., Iterable[Any]]  # `map`, or an executor's
Lessons = Sequence[Example]

_LEAD, _SCORE, _RIGHT, _HIDDEN_LEAD, _HIDDEN_SCORE, _INSIDE = range(6)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Examples as numbers, in an order that is theirs and not the file's. `fresh` fills with the
    machines that learned all but a fold of them, and no lesson."""

    labels: tuple[str, ...]
    rows: list[Row]
    classes: list[int]
    folds: list[int]
    fresh: dict[int, Machine] = field(default_factory=dict)

    @property
    def none(self) -> int:
        """The column of what is none of ours, or -1."""
        return len(self.labels) - 1 if self.labels[-1] == NONE else -1


def sheet(examples: Sequence[Example]) -> Sheet:
    """Raises Invalid for fewer than two labels."""
    return _sheet(tuple(sorted(examples)))


@lru_cache(maxsize=2)  # every lesson is held against the same examples: the last, and a tool's
def _sheet(known: tuple[Example, ...]) -> Sheet:
    ours = sorted({label for _, label in known} - {NONE})
    if len(ours) < 2:
        raise Invalid(f"{len(ours)} label(s) leave nothing to choose: give examples of at least 2")
    labels = (*ours, NONE) if any(label == NONE for _, label in known) else tuple(ours)
    column = {label: i for i, label in enumerate(labels)}
    return Sheet(
        labels,
        [features.grams(text) for text, _ in known],
        [column[label] for _, label in known],
        _folds([(features.plain(text), label) for text, label in known]),
    )


def cross(sheet: Sheet, courses: Sequence[Lessons], each: Each) -> list[Trials]:
    """For each course of lessons, the answers to all rows by machines that had not seen them."""
    found = list(each(partial(_fold, sheet, courses), sorted(set(sheet.folds))))
    return [_trials(np.concatenate([fold[at] for fold in found])) for at in range(len(courses))]


def _folds(examples: Sequence[Example]) -> list[int]:
    """A fold for each: labels spread evenly, the same words always together."""
    count = FOLDS_OF_MANY if len(examples) > MANY else FOLDS
    dealt: Counter[str] = Counter()
    folds: dict[Example, int] = {}
    for i in perceptron.order(len(examples), 0).tolist():
        if examples[i] not in folds:
            folds[examples[i]] = dealt[examples[i][1]] % count
            dealt[examples[i][1]] += 1
    return [folds[example] for example in examples]


def _fold(sheet: Sheet, courses: Sequence[Lessons], fold: int) -> list[Doubles]:
    if fold not in sheet.fresh:
        sheet.fresh[fold] = _learned(sheet, fold)
    fresh = sheet.fresh[fold]
    asked = [i for i, at in enumerate(sheet.folds) if at == fold]
    found = []
    for lessons in courses:
        machine = perceptron.taught(fresh, course(sheet.labels, lessons)) if lessons else fresh
        found.append(np.array([_ask(sheet, machine, i) for i in asked]))
    return found


def _learned(sheet: Sheet, fold: int) -> Machine:
    seen = [i for i, at in enumerate(sheet.folds) if at != fold]
    rows, classes = [sheet.rows[i] for i in seen], [sheet.classes[i] for i in seen]
    return perceptron.train(rows, classes, len(sheet.labels))


def _ask(sheet: Sheet, machine: Machine, i: int) -> tuple[float, ...]:
    """One row's measures, `_LEAD` to `_INSIDE`."""
    scores, own = machine.scores(machine.ranked(sheet.rows[i])), sheet.classes[i]
    first, lead, score = _measure(scores, sheet.none)
    if own == sheet.none:
        return lead, score, False, np.nan, np.nan, False
    scores[own] = -np.inf
    _, hidden_lead, hidden_score = _measure(scores, sheet.none)
    return lead, score, first == own, hidden_lead, hidden_score, True


def _measure(scores: Floats, none: int) -> tuple[int, float, float]:
    """The first column, its lead (minus infinity if it is `none`: no answer) and its score."""
    (first, score), (_, second) = perceptron.best(scores, 2)
    return first, -np.inf if first == none else score - second, score


def _trials(measured: Doubles) -> Trials:
    """Rows, then the same with their labels hidden; `OUTSIDE` of all weight on what is not ours."""
    inside = measured[:, _INSIDE] > 0
    hidden = measured[inside]
    groups = [np.flatnonzero(inside), np.flatnonzero(~inside), np.arange(len(hidden)) + len(inside)]
    weight = np.zeros(len(inside) + len(hidden))
    outsiders = [group for group in groups[1:] if len(group)]
    weight[groups[0]] = (1 - OUTSIDE) / len(groups[0])
    for group in outsiders:
        weight[group] = OUTSIDE / len(outsiders) / len(group)
    never = np.zeros(len(hidden), np.bool_)
    return Trials(
        lead=np.concatenate([measured[:, _LEAD], hidden[:, _HIDDEN_LEAD]]),
        score=np.concatenate([measured[:, _SCORE], hidden[:, _HIDDEN_SCORE]]),
        right=np.concatenate([measured[:, _RIGHT] > 0, never]),
        weight=weight,
        inside=np.concatenate([inside, never]),
        hidden=np.concatenate([np.zeros(len(inside), np.bool_), ~never]),
    )
