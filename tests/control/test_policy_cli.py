"""`dihedral policy check` and `test`, as a shell sees them. They need no server."""

import json
from pathlib import Path

import pytest

from tests.control.test_cli import dihedral

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "resource_changes": [
        {
            "address": "aws_vpc.a",
            "mode": "managed",
            "type": "aws_vpc",
            "name": "a",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["create"], "before": None, "after": {"x": 1}},
        }
    ],
}
RULE = """package main
import rego.v1
# METADATA
# custom: {id: V-1, level: LEVEL, remedy: use the shared one}
deny contains {"msg": "a network", "address": r.address} if {
    some r in input.resource_changes
    r.type == data.forbidden
}
"""
TESTS = """package main
import rego.v1
test_denies if count(deny) == 1 with input.resource_changes as [{"type": "t", "address": "a"}]
    with data.forbidden as "t"
"""


@pytest.fixture
def plan(tmp_path: Path) -> str:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN))
    return str(path)


def policies(tmp_path: Path, level: str, **files: str) -> str:
    where = tmp_path / "policies"
    where.mkdir()
    (where / "data.yaml").write_text("forbidden: aws_vpc\n")
    for name, text in {"a": RULE.replace("LEVEL", level), **files}.items():
        (where / f"{name}.rego").write_text(text)
    return str(where)


@pytest.mark.parametrize(
    ("level", "status"), [("advisory", 0), ("soft-mandatory", 3), ("hard-mandatory", 4)]
)
def test_the_exit_status_is_the_ruling(tmp_path: Path, plan: str, level: str, status: int) -> None:
    where = policies(tmp_path, level)
    done = dihedral("policy", "check", plan, "--policy", where, data=tmp_path)
    assert done.returncode == status, done.stderr
    for said in ("V-1", f"[{level}]", "aws_vpc.a", "a network", "→ use the shared one"):
        assert said in done.stdout


def test_data_of_a_file_wins_and_json_says_everything(tmp_path: Path, plan: str) -> None:
    where = policies(tmp_path, "hard-mandatory")
    (tmp_path / "more.json").write_text('{"forbidden": "aws_lake"}')
    words = ("policy", "check", plan, "--policy", where, "--data", str(tmp_path / "more.json"))
    done = dihedral(*words, "--json", data=tmp_path)
    told = json.loads(done.stdout)
    assert (done.returncode, told["ruling"], told["results"]) == (0, "allow", [])
    assert list(told["versions"]) == ["policies"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("PLAN", "--policy", "nowhere"), "no directory"),
        (("nowhere.json", "--policy", "."), "nowhere.json cannot be read"),
        (("PLAN", "--policy", ".", "--input", "sentinel"), "conftest, hcp, both"),
    ],
)
def test_what_cannot_be_checked_is_said(
    tmp_path: Path, plan: str, words: tuple[str, ...], says: str
) -> None:
    where = policies(tmp_path, "advisory")
    given = [{"PLAN": plan, ".": where}.get(word, word) for word in words]
    done = dihedral("policy", "check", *given, data=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(("more", "status"), [("", 0), ("test_fails if false\n", 1)])
def test_tests_of_a_set_pass_or_fail(tmp_path: Path, more: str, status: int) -> None:
    where = policies(tmp_path, "advisory", a_test=TESTS + more)
    done = dihedral("policy", "test", where, data=tmp_path)
    assert done.returncode == status, done.stderr
    assert "data.main.test_denies" in done.stdout
    assert f"1 of {1 + status} pass" in done.stdout
