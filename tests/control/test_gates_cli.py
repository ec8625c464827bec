"""The gates as commands of their own: what they print, and how they end."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ops import plans
from tests.ops.plans import change

BUCKET: Any = {"after": {"bucket": "logs", "tags": {}}, "after_unknown": {"id": True}}
OPEN: Any = {
    "after": {
        "name": "open",
        "ingress": [
            {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
        ],
    }
}


def dihedral(*words: object, status: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dihedral", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def plan(tmp_path: Path, *changes: Any) -> Path:
    """A plan that says what it was made from, as the gate after the plan wants it."""
    written = plans.document(*changes)
    written.setdefault("configuration", {"root_module": {}})
    path = tmp_path / "plan.json"
    path.write_bytes(plans.text(written))
    return path


def test_a_directory_that_may_be_planned_ends_with_nought(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "terraform_data" "a" {}\n')
    assert "nothing that is not allowed" in dihedral("guard", tmp_path, status=0)


def test_a_directory_that_may_not_ends_with_four_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('\ndata "http" "x" {\n  url = "http://x"\n}\n')
    told = json.loads(dihedral("guard", tmp_path, "--json", status=4))
    assert told["ruling"] == "deny"
    assert told["findings"][0]["where"].startswith("main.tf:2")


def test_what_was_applied_last_is_compared_with(tmp_path: Path) -> None:
    for name, more in (("before", "lifecycle {\n    prevent_destroy = true\n  }"), ("after", "")):
        (tmp_path / name).mkdir()
        text = f'resource "terraform_data" "a" {{\n  {more}\n}}\n'
        (tmp_path / name / "main.tf").write_text(text)
    dihedral("guard", tmp_path / "after", status=0)
    said = dihedral("guard", tmp_path / "after", "--before", tmp_path / "before", status=4)
    assert "prevent_destroy" in said


def test_a_plan_that_opens_a_door_to_the_world_is_denied(tmp_path: Path) -> None:
    path = plan(tmp_path, change("aws_security_group.open", "create", **OPEN))
    told = json.loads(dihedral("inspect", path, "--json", status=4))
    rulings = {v["gate"]: v["ruling"] for v in told["verdicts"]}
    assert (rulings["blast"], rulings["policy"]) == ("deny", "deny")
    assert {"cost", "plan", "guard"} <= rulings.keys()


def test_terms_policies_and_usage_of_ones_own_count(tmp_path: Path) -> None:
    path = plan(tmp_path, change("aws_s3_bucket.logs", "create", **BUCKET))
    own = tmp_path / "own"
    own.mkdir()
    (own / "no.rego").write_text(
        'package main\ndeny[msg] { input.resource_changes[_].type == "aws_s3_bucket"; msg := "no" }'
    )
    said = dihedral("inspect", path, "--policy", own, status=4)
    assert "no" in said
    quiet = tmp_path / "quiet"
    quiet.mkdir()
    (quiet / "yes.rego").write_text('package main\ndeny[msg] { false; msg := "never" }')
    usage = tmp_path / "usage.yml"
    usage.write_text(
        "version: 0.1\nresource_usage:\n  aws_s3_bucket.logs:\n    standard:\n"
        "      storage_gb: 100000\n"
    )
    words = ("inspect", path, "--policy", quiet, "--json")
    plain = json.loads(dihedral(*words, status=0))
    dear = json.loads(dihedral(*words, "--usage", usage, status=3))
    assert float(dear["cost"]["likely"]) > float(plain["cost"]["likely"]) + 1000
    terms = tmp_path / "terms.yaml"
    terms.write_text("tiers: {create: {ruling: deny}}\n")
    dihedral(*words, "--terms", terms, status=4)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("inspect", "nowhere.json"), "nowhere.json cannot be read"),
        (("guard", "nowhere"), "nowhere cannot be read"),
        (("inspect", __file__), "not a plan as Terraform writes it"),
        (("guard", ".", "--terms", __file__), "test_gates_cli.py"),
    ],
)
def test_what_cannot_be_read_is_a_fault_that_says_so(words: tuple[str, ...], says: str) -> None:
    said = dihedral(*words, status=1)
    assert says in said
    assert "Traceback" not in said
