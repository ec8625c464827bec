"""How well and how fast the reflex is: `python -m bench.reflex --train F.csv --test F.csv`.

Files have the columns text,label; an empty label is out of scope. Without arguments it measures on
the built-in blueprints' phrasings, by cross-validation and by language, and on the requests that
somebody else wrote for the tests.
"""

import argparse
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter, process_time

from dihedral.model.rules import crossing, training
from dihedral.model.rules.reflex import NONE, Example, Model
from dihedral.model.work import table
from dihedral.model.work.reflex import EvalReport, evaluate

REQUESTS = Path(__file__).parents[1] / "tests" / "model" / "fixtures" / "requests.csv"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--train", type=Path)
    words.add_argument("--test", type=Path)
    words.add_argument("--oos", type=Path, help="more test rows, all of them out of scope")
    words.add_argument("--precision", type=float, default=training.PRECISION)
    given = words.parse_args()
    if given.train and given.test:
        outside = [(text, NONE) for text, _ in table.read(given.oos)] if given.oos else []
        model = fit(table.read(given.train), given.precision)
        show("test", evaluate(model, table.read(given.test) + outside))
    elif given.train or given.test:
        words.error("--train and --test go together")
    else:
        built_in(given.precision)


def fit(examples: Sequence[Example], precision: float) -> Model:
    start, busy = perf_counter(), process_time()
    model = training.fit(examples, precision)
    wall, cpu = perf_counter() - start, process_time() - busy
    print(f"fit        {len(examples):,} rows, {len(model.labels)} labels, {wall:.2f} s", end="")
    print(f" ({cpu:.2f} s CPU), gates and all; checked {model.checked}")
    return model


def built_in(precision: float) -> None:
    spoken = phrasings()
    examples = [(text, label) for text, label, _ in spoken]
    model = fit(examples, precision)
    for name, asked in held_out(REQUESTS).items():
        show(f"other {name}", evaluate(model, asked))
    language = {text: tongue for text, _, tongue in spoken}
    answers = crossed(examples, precision)
    for name in ["all", *sorted(set(language.values()))]:
        rows = [a for a in answers if name in ("all", language[a[0]])]
        ours = [a for a in rows if a[1] != NONE]
        given = [a for a in ours if a[3]]
        strangers = [a for a in rows if a[1] == NONE]
        print(
            f"cross {name:<4} {len(rows):>5} rows  accuracy {share(a[2] for a in ours)}"
            f"  coverage {share(a[3] for a in ours)}  precision {share(a[2] for a in given)}"
            f"  out-of-scope recall {share(not a[3] for a in strangers)}"
        )


def phrasings() -> list[tuple[str, str, str]]:
    """Text, label and language of everything the built-in blueprints say."""
    from dihedral.model.work import blueprints

    return [
        (text, name, language)
        for name, blueprint in blueprints.load().items()
        for language, texts in blueprint.phrasings.items()
        for text in texts
    ] + [(text, NONE, "none") for text in blueprints.unsure()]


def crossed(examples: Sequence[Example], precision: float) -> list[tuple[str, str, bool, bool]]:
    """Text, label, whether the first guess is right and whether it is given, by unseen fold."""
    from dihedral.model.rules import reflex

    known, found = sorted(examples), []
    folds = crossing.sheet(known).folds
    for fold in sorted(set(folds)):
        held = [one for one, at in zip(known, folds, strict=True) if at == fold]
        seen = [one for one, at in zip(known, folds, strict=True) if at != fold]
        model = training.fit(seen, precision)
        for text, label in held:
            answer = reflex.predict(model, text)
            right = answer.nearest[0][0] == label
            found.append((text, label, right, answer.label is not None))
    return found


def held_out(path: Path) -> dict[str, list[Example]]:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, list[Example]] = {"all": [(row["text"], row["label"]) for row in rows]}
    for row in rows:
        found.setdefault(row["language"], []).append((row["text"], row["label"]))
    return found


def show(name: str, report: EvalReport) -> None:
    figures = {
        "accuracy": report.accuracy,
        "coverage": report.coverage,
        "precision": report.precision,
        "precision with out-of-scope": report.precision_with_outside,
        "out-of-scope recall": report.outside_recall,
    }
    said = "  ".join(
        f"{key} {'—' if value is None else f'{value:.1%}'}" for key, value in figures.items()
    )
    print(f"{name:<10} {report.rows:,} rows  {said}  {report.microseconds:.0f} µs a prediction")


def share(claims: Iterable[bool]) -> str:
    held = list(claims)
    return f"{sum(held) / len(held):.1%}" if held else "—"


if __name__ == "__main__":
    main()
