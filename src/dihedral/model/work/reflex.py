"""The reflex on files: fit one from a table, see how it does on another, ask it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from dihedral.domain.errors import Invalid
from dihedral.model.rules import reflex, training, weights
from dihedral.model.rules.reflex import NONE, Answer, Checked, Example, Model
from dihedral.model.work import table

MOST_LABELS = 1000  # each costs half a megabyte of memory while it learns


@dataclass(frozen=True, slots=True)
class FitReport:
    rows: int
    labels: int
    outside: int  # rows without a label
    seconds: float
    margin_gate: float
    score_gate: float
    precision: float  # as stated
    checked: Checked  # by cross-validation
    size: int  # bytes of the model


@dataclass(frozen=True, slots=True)
class EvalReport:
    """Shares are None where there is no such row, the precisions also without an answer."""

    rows: int
    outside: int
    accuracy: float | None  # of the rows with a label, the ones whose first guess is right
    coverage: float | None  # of the rows with a label, the answered ones
    precision: float | None  # of the answered rows with a label, the right ones
    precision_with_outside: float | None  # of all answered rows, the right ones
    outside_recall: float | None  # of the rows without a label, the ones not answered
    microseconds: float  # per prediction


def fit_file(train: Path, out: Path, precision: float = training.PRECISION) -> FitReport:
    """Fits `train` and writes the model to `out`, whole or not at all. Raises Invalid."""
    examples = table.read(train)
    labels = len({label for _, label in examples} - {NONE})
    if labels > MOST_LABELS:
        raise Invalid(f"{train} has {labels:,} labels, at most {MOST_LABELS:,} can be told apart")
    if not out.parent.is_dir():
        raise Invalid(f"there is no directory {out.parent} to write {out.name} to: make it first")
    start = perf_counter()
    model = training.fit(examples, precision)
    seconds = perf_counter() - start
    data = weights.encode(model)
    _write(out, data)
    outside = sum(label == NONE for _, label in examples)
    gates = model.gates
    return FitReport(
        len(examples), labels, outside, seconds, gates.margin, gates.score, precision,
        model.checked, len(data),
    )  # fmt: skip


def eval_file(model: Path, test: Path) -> EvalReport:
    """How the model does on a table. Raises Invalid for either file."""
    return evaluate(load(model), table.read(test))


def ask_file(model: Path, text: str) -> Answer:
    return reflex.predict(load(model), text)


def evaluate(model: Model, examples: Sequence[Example]) -> EvalReport:
    start = perf_counter()
    answers = [reflex.predict(model, text) for text, _ in examples]
    spent = perf_counter() - start
    asked = [(answer, label) for answer, (_, label) in zip(answers, examples, strict=True)]
    ours = [(answer, label) for answer, label in asked if label != NONE]
    outside = [answer for answer, label in asked if label == NONE]
    given = [(answer, label) for answer, label in ours if answer.label is not None]
    right = sum(answer.label == label for answer, label in given)
    strayed = sum(answer.label is not None for answer in outside)
    return EvalReport(
        rows=len(asked),
        outside=len(outside),
        accuracy=_share(sum(a.nearest[0][0] == label for a, label in ours), len(ours)),
        coverage=_share(len(given), len(ours)),
        precision=_share(right, len(given)),
        precision_with_outside=_share(right, len(given) + strayed),
        outside_recall=_share(len(outside) - strayed, len(outside)),
        microseconds=1e6 * spent / len(asked),
    )


def load(path: Path) -> Model:
    """Raises Invalid if there is no such file, or it is not a model."""
    try:
        return weights.decode(path.read_bytes())
    except OSError as cause:
        raise Invalid(f"cannot read the model {path}: {cause.strerror}") from cause
    except Invalid as cause:
        raise Invalid(f"{path}: {cause}") from cause


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _write(out: Path, data: bytes) -> None:
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(out)
    except OSError as cause:
        draft.unlink(missing_ok=True)
        raise Invalid(f"cannot write the model to {out}: {cause.strerror}") from cause
