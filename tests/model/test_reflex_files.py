"""`dihedral reflex` on files: what it prints, how it exits, and what it says of a bad table."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dihedral.control.cli.reflex import app
from dihedral.domain.errors import Invalid
from dihedral.model.work import reflex, table
from tests.model.examples import ALL

GOOD = "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in ALL)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("reflex")
    (home / "train.csv").write_text(GOOD, "utf-8")
    reflex.fit_file(home / "train.csv", home / "model", 0.9)
    return home


def dihedral(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


def test_fit_then_eval_in_json(fitted: Path) -> None:
    code, out, _ = dihedral("fit", fitted / "train.csv", "--out", fitted / "m", "--json")
    assert code == 0
    assert json.loads(out).keys() >= {"rows", "labels", "seconds", "checked", "margin_gate"}
    code, out, _ = dihedral("eval", fitted / "m", fitted / "train.csv", "--json")
    report = json.loads(out)
    assert (code, report["rows"], report["outside"]) == (0, len(ALL), 12)
    assert report["accuracy"] > 0.95 and report["precision"] > 0.95
    assert report["microseconds"] > 0 and 0 <= report["outside_recall"] <= 1


def test_the_same_in_words(fitted: Path) -> None:
    code, out, _ = dihedral("fit", fitted / "train.csv", "--out", fitted / "m", "--precision", 0.9)
    assert code == 0 and "Learned 3 labels from 72 rows" in out
    code, out, _ = dihedral("eval", fitted / "m", fitted / "train.csv")
    assert code == 0 and "µs a prediction" in out


def test_ask(fitted: Path) -> None:
    code, out, _ = dihedral("ask", fitted / "model", "I need a bucket")
    assert code == 0 and out.startswith("bucket (")
    code, out, _ = dihedral("ask", fitted / "model", "xyzzy", "--json")
    assert code == 0 and json.loads(out)["label"] is None and len(json.loads(out)["nearest"]) == 3


def test_a_shut_gate_is_null_and_said(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("text,label\na b,x\nc d,y\na c,y\nd e,x\n", "utf-8")
    code, out, _ = dihedral("fit", tmp_path / "few.csv", "--out", tmp_path / "m", "--json")
    assert code == 0 and json.loads(out)["margin_gate"] is None
    code, out, _ = dihedral("fit", tmp_path / "few.csv", "--out", tmp_path / "m")
    assert "never be sure" in out


def test_what_makes_no_sense_exits_with_2_and_a_reason(fitted: Path) -> None:
    for words, why in (
        (("eval", fitted / "none", fitted / "train.csv"), "cannot read the model"),
        (("eval", fitted / "train.csv", fitted / "train.csv"), "not a reflex model"),
        (("ask", fitted / "model", " "), "the text is empty"),
        (("fit", fitted / "none.csv", "--out", fitted / "m"), "cannot read"),
        (("fit", fitted / "train.csv", "--out", fitted / "no" / "m"), "no directory"),
        (("fit", fitted / "train.csv", "--out", fitted / "m", "--precision", 7), "precision of 7"),
    ):
        code, _, err = dihedral(*words)
        assert (code, why in " ".join(err.split())) == (2, True), err


def test_help_shows_an_example() -> None:
    for verb in ("fit", "eval", "ask"):
        code, out, _ = dihedral(verb, "--help")
        assert code == 0 and f"dihedral reflex {verb}" in " ".join(out.split())


def read(tmp_path: Path, data: bytes) -> list[tuple[str, str]]:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    return table.read(path)


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"\xef\xbb\xbftext,label\r\na,x\r\n", [("a", "x")]),
        (b"id,Label, TEXT\n1,x,a\n\n2,,b\n", [("a", "x"), ("b", "")]),
        (b'text,label\n"a, ""b""\nc",x\n', [('a, "b"\nc', "x")]),
        ("text,label\n建一个队列,queue".encode(), [("建一个队列", "queue")]),
    ],
)
def test_a_table_is_read(tmp_path: Path, data: bytes, rows: list[tuple[str, str]]) -> None:
    assert read(tmp_path, data) == rows


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no examples"),
        (b"text,label\n", "no examples"),
        (b"text,category\na,x\n", "line 1: 0 columns 'label'"),
        (b"text,label,text\na,x,b\n", "line 1: 2 columns 'text'"),
        (b"text,label\na,x\nb\n", "line 3: 1 columns where"),
        (b"text,label\na,b,x\n", "line 2: 3 columns where"),
        (b"text,label\na,x\n  ,x\n", "line 3: the text is empty"),
        (b'text,label\na,x\n"b,x\n', "line 3: unexpected end"),
        (b"text,label\na,x\n\xff\xfe,x\n", "line 3: this is not UTF-8"),
        ("text,label\na,x\n".encode("utf-16"), "line 1: this is not UTF-8"),
        (b"text,label\n" + b"a" * 30_000 + b",x\n", "line 2: the text has more than 20,000"),
        (b"text,label\n" + b"a" * 200_000 + b",x\n", "line 2: field larger"),
    ],
)
def test_a_bad_table_says_where_and_why(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(tmp_path, data)


def test_a_directory_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot read"):
        table.read(tmp_path)


def test_a_failed_fit_leaves_the_old_model(fitted: Path) -> None:
    old = (fitted / "model").read_bytes()
    (fitted / "one.csv").write_text("text,label\na,x\n", "utf-8")
    with pytest.raises(Invalid, match="at least 2"):
        reflex.fit_file(fitted / "one.csv", fitted / "model", 0.9)
    assert (fitted / "model").read_bytes() == old
