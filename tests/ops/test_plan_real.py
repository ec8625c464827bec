"""Real plans by the real Terraform: what the gates read is what it writes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from dihedral.domain.change import Plan
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import blast, effect, guard, plan
from dihedral.ops.rules.guard import GuardRules
from dihedral.ops.rules.limits import Limits

ROOT = """
variable "size" {
  type    = number
  default = 1
}
resource "terraform_data" "first" {
  input = { size = var.size, password = sensitive("correct-horse") }
}
module "next" {
  source = "./next"
  from   = terraform_data.first.output
}
output "id" { value = module.next.id }
"""
NEXT = """
variable "from" { type = any }
resource "terraform_data" "second" {
  count = 2
  input = var.from
}
output "id" { value = terraform_data.second[0].id }
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "next").mkdir()
    (tmp_path / "main.tf").write_text(ROOT)
    (tmp_path / "next" / "main.tf").write_text(NEXT)
    terraform(tmp_path, "init")
    return tmp_path


def terraform(directory: Path, *words: str) -> bytes:
    scrubbed = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"}
    quiet = [] if words[0] == "show" else ["-input=false"]
    done = subprocess.run(
        ["terraform", *words[:1], "-no-color", *quiet, *words[1:]],
        cwd=directory,
        env={**scrubbed, "CHECKPOINT_DISABLE": "1"},
        check=True,
        capture_output=True,
    )
    return done.stdout


def planned(directory: Path, *words: str) -> tuple[bytes, Plan]:
    terraform(directory, "plan", "-out=plan", *words)
    text = terraform(directory, "show", "-json", "plan")
    return text, plan.decode(text)


def test_planning_again_gives_the_same_effect_and_another_size_another(directory: Path) -> None:
    (one, first), (two, _) = planned(directory), planned(directory)
    assert json.loads(one)["timestamp"] and one != b""
    assert effect.digest(one) == effect.digest(two)
    other, _ = planned(directory, "-var=size=2")
    assert effect.digest(other) != effect.digest(one)
    assert plan.line(plan.summary(first)) == "3 to create, 1 to change in outputs"
    assert guard.recheck(two, GuardRules()).ruling is Ruling.ALLOW
    assert first.readers["terraform_data.first"] == {"module.next.terraform_data.second"}


def test_after_an_apply_the_plan_is_empty_and_a_destroy_asks(directory: Path) -> None:
    terraform(directory, "apply", "-auto-approve")
    text, found = planned(directory)
    assert plan.empty(found)
    assert guard.recheck(text, GuardRules()).ruling is Ruling.ALLOW
    _, gone = planned(directory, "-destroy")
    assert plan.line(plan.summary(gone)) == "3 to delete, 1 to change in outputs"
    assert blast.judge(blast.measure(gone), Limits()).ruling is Ruling.ASK


def test_what_the_guard_reads_is_what_terraform_would(directory: Path) -> None:
    files = {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*.tf")
    }
    assert guard.read(files, GuardRules()).ruling is Ruling.ALLOW
