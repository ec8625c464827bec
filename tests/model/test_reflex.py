"""The reflex: the same data give the same bits, it says when it is not sure, and it learns."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.errors import Invalid
from dihedral.model.rules import crossing, features, gates, perceptron, reflex, training, weights
from dihedral.model.rules.reflex import Model
from tests.model.examples import ALL, ROWS

PRINT = (
    "import hashlib\n"
    "from dihedral.model.rules import training, weights\n"
    "from tests.model.examples import ALL\n"
    "print(hashlib.sha256(weights.encode(training.fit(ALL))).hexdigest())"
)


@pytest.fixture(scope="module")
def model() -> Model:
    return training.fit(ALL)


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_same_data_give_the_same_bits_in_another_process(model: Model, seed: str) -> None:
    env = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", PRINT], env=env, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == hashlib.sha256(weights.encode(model)).hexdigest()


def test_the_order_of_the_rows_does_not_matter(model: Model) -> None:
    assert weights.encode(training.fit(ALL[::-1])) == weights.encode(model)


def test_one_row_more_is_another_digest(model: Model) -> None:
    assert model.digest == training.digest(ALL[::-1]) != training.digest([*ALL, ("x", "queue")])


@pytest.mark.parametrize(
    "text", ["a bucket for me", "建一个存储桶", "eine Warteschlange", "una cola"]
)
def test_what_is_like_the_examples_is_answered(model: Model, text: str) -> None:
    answer = reflex.predict(model, text)
    assert answer.label == answer.nearest[0][0] and answer.confidence > 0.5


@pytest.mark.parametrize("text", ["hello", "qwertz", "", " ", "\ud800", "今天天气怎么样", "🙂"])
def test_what_is_none_of_ours_is_not_answered_but_has_three_neighbours(
    model: Model, text: str
) -> None:
    answer = reflex.predict(model, text)
    assert answer.label is None
    assert {label for label, _ in answer.nearest} == {"bucket", "queue", "database"}


def test_an_answer_leads_its_rivals_by_its_margin(model: Model) -> None:
    answer = reflex.predict(model, "a queue for orders")
    scores = [score for _, score in answer.nearest]
    assert scores == sorted(scores, reverse=True) and answer.score == scores[0]
    assert answer.margin == pytest.approx(scores[0] - scores[1]) or answer.margin < scores[0]


def test_case_width_and_spacing_do_not_matter(model: Model) -> None:
    a, b = "Ein  BUCKET für\nRechnungen", "ein ｂｕｃｋｅｔ für rechnungen"
    assert reflex.predict(model, a) == reflex.predict(model, b)


def test_weights_are_the_mean_over_all_steps() -> None:
    """The running share gives what keeping every snapshot gives."""
    texts, classes = [text for text, _ in ROWS], [ord(label[0]) % 3 for _, label in ROWS]
    machine = perceptron.train([features.grams(text) for text in texts], classes, 3)
    ranked = [np.sort(machine.ranked(features.grams(text))) for text in texts]
    raw = np.zeros_like(machine.weights)
    total, due = np.zeros(raw.shape, np.float64), [0] * len(texts)
    for epoch in range(perceptron.EPOCHS):
        for i in perceptron.order(len(texts), epoch).tolist():
            if due[i] <= epoch:
                norm = np.sqrt(machine.gain[ranked[i]].sum())
                scores = raw[ranked[i]].sum(0) / norm
                own, rivals = classes[i], np.delete(np.arange(3), classes[i])
                rival = rivals[scores[rivals].argmax()]
                lead = scores[own] - scores[rival]
                move = perceptron.grained(machine.gain[ranked[i]] * np.float32(0.5 / norm))
                if lead < perceptron.MARGIN:
                    raw[ranked[i], own] += move
                    raw[ranked[i], rival] -= move
                elif lead >= perceptron.EASY * perceptron.MARGIN:
                    due[i] = epoch + 2
            total += raw
    mean = total / (perceptron.EPOCHS * len(texts))
    assert np.abs(mean - machine.weights).max() < 0.02


def test_an_accepted_lesson_reinforces_and_a_corrected_one_moves(model: Model) -> None:
    text = "somewhere for the nightly exports"
    before = reflex.predict(model, text)
    moved = reflex.predict(reflex.update(model, text, "queue"), text)
    held = reflex.predict(reflex.update(model, text, "bucket"), text)
    assert before.label != "queue" and moved.label == "queue" and moved.margin > 0.45
    assert held.label == "bucket" and held.margin >= before.margin
    assert reflex.predict(model, text) == before  # the old version is as it was


def test_lessons_replayed_are_lessons_learned_one_by_one(model: Model) -> None:
    lessons = [("parcels go here", "bucket"), ("worker inbox", "queue"), ("guten Abend", "")]
    grown = model
    for text, label in lessons:
        grown = reflex.update(grown, text, label)
    assert weights.encode(grown) == weights.encode(reflex.replay(model, lessons))


def test_a_lesson_for_a_label_it_never_saw_is_refused(model: Model) -> None:
    with pytest.raises(Invalid, match="never saw the label 'ship'"):
        reflex.update(model, "a ship", "ship")


def test_a_poisoned_version_fails_its_audition(model: Model) -> None:
    poison = [(text, "queue") for text, label in ROWS if label == "bucket"]
    heard = training.audition(model, ALL, [], poison)
    assert not heard.passed and heard.after < heard.before


def test_a_version_that_learned_nothing_new_passes(model: Model) -> None:
    assert training.audition(model, ALL, [], [("I need a bucket", "bucket")]).passed


def test_the_gates_keep_the_stated_precision() -> None:
    for precision in (0.8, 0.9, 0.97):
        checked = training.fit(ALL, precision).checked
        assert checked.precision >= precision and checked.coverage > 0


def test_without_enough_rows_the_gates_stay_shut() -> None:
    rows = [("a b c", "x"), ("d e f", "y"), ("a b c d", "y"), ("d e", "x")]
    shut = training.fit(rows, 0.99)
    assert shut.gates == gates.SHUT
    assert reflex.predict(shut, "a b c").label is None


@pytest.mark.parametrize(("rows", "why"), [([], "0 label"), ([("a", "x"), ("b", "")], "1 label")])
def test_nothing_to_choose_from_is_refused(rows: list[tuple[str, str]], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        training.fit(rows)


@pytest.mark.parametrize("precision", [0.0, 1.0, -1.0, 2.0, float("nan")])
def test_a_precision_out_of_reach_is_refused(precision: float) -> None:
    with pytest.raises(Invalid, match="precision"):
        training.fit(ALL, precision)


def test_folds_keep_the_same_words_together() -> None:
    rows = [*ALL, *[(f"  {text.upper()} ", label) for text, label in ALL]]
    sheet = crossing.sheet(rows)
    seen: dict[tuple[str, str], int] = {}
    for (text, label), fold in zip(sorted(rows), sheet.folds, strict=True):
        assert seen.setdefault((features.plain(text), label), fold) == fold


@given(st.text(max_size=200))
def test_any_text_has_buckets_each_once_and_in_range(text: str) -> None:
    found = features.grams(text)
    assert len(found) and (np.diff(found) > 0).all()
    assert found[0] >= 0 and found[-1] < features.SIZE


def test_buckets_are_pinned_since_stored_models_rely_on_them() -> None:
    text = "a Bucket für 东京"
    assert (
        hashlib.sha256(features.grams(text).astype("<i8").tobytes()).hexdigest()[:16]
        == "5ab3868c33bc43fe"
    )


@given(st.integers(1, 300), st.integers(0, 9))
def test_an_order_is_a_permutation(count: int, seed: int) -> None:
    assert sorted(perceptron.order(count, seed).tolist()) == list(range(count))


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=90))
def test_confidence_never_falls_with_what_was_measured(points: list[tuple[float, bool]]) -> None:
    measured = np.array([at for at, _ in points])
    right = np.array([was for _, was in points])
    found = gates.curve(measured, right, np.ones(len(points)))
    shares = [found.read(at) for at in np.linspace(-1, 4, 40)]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1


def test_bytes_come_back_bit_for_bit(model: Model) -> None:
    read = weights.decode(weights.encode(model))
    assert read.machine.weights.tobytes() == model.machine.weights.tobytes()
    assert read.machine.rank.tobytes() == model.machine.rank.tobytes()
    assert read.machine.gain.tobytes() == model.machine.gain.tobytes()
    assert (read.labels, read.gates, read.digest) == (model.labels, model.gates, model.digest)
    assert reflex.predict(read, "a bucket") == reflex.predict(model, "a bucket")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x05pickle", b"dihedral reflex\n"])
def test_a_foreign_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="reflex fit"):
        weights.decode(data)


def test_damage_anywhere_is_found(model: Model) -> None:
    data = weights.encode(model)
    for at in (17, 30, 200, len(data) // 2, len(data) - 1):
        broken = bytearray(data)
        broken[at] ^= 1
        with pytest.raises(Invalid):
            weights.decode(bytes(broken))
    with pytest.raises(Invalid, match="damaged"):
        weights.decode(data[:-7])
