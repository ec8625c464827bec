"""The reflex on the built-in blueprints: requests that another person wrote, in four languages."""

import csv
from pathlib import Path

import pytest

from dihedral.model.rules import training
from dihedral.model.rules.reflex import Model
from dihedral.model.work import blueprints, learn
from dihedral.model.work.reflex import evaluate

REQUESTS = Path(__file__).parent / "fixtures" / "requests.csv"


@pytest.fixture(scope="module")
def model() -> Model:
    texts = {name: sum(one.phrasings.values(), ()) for name, one in blueprints.load().items()}
    return training.fit(learn.examples(texts, blueprints.unsure()))


def requests(*languages: str) -> list[tuple[str, str]]:
    with REQUESTS.open(encoding="utf-8") as file:
        return [(r["text"], r["label"]) for r in csv.DictReader(file) if r["language"] in languages]


def test_it_routes_what_somebody_else_asks_and_is_not_wrong(model: Model) -> None:
    report = evaluate(model, requests("en", "de", "es", "zh"))
    assert report.rows == 60
    assert report.accuracy is not None and report.accuracy >= 0.85
    assert report.coverage is not None and report.coverage >= 0.6
    assert report.precision_with_outside is not None and report.precision_with_outside >= 0.95


@pytest.mark.parametrize("language", ["en", "de", "es", "zh"])
def test_no_language_is_left_out(model: Model, language: str) -> None:
    report = evaluate(model, requests(language))
    assert report.accuracy is not None and report.accuracy >= 0.75
