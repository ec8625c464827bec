"""`DIHEDRAL_REGO=opa` at the command line: with the program, and without it."""

import json
import os
from pathlib import Path

import pytest

from tests.control.test_cli import dihedral
from tests.control.test_policy_cli import PLAN, policies
from tests.ops import opas


@pytest.fixture
def plan(tmp_path: Path) -> str:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN))
    return str(path)


def test_the_doctor_says_which_engine_and_whether_its_canary_sings(tmp_path: Path) -> None:
    found = os.pathsep.join([str(opas.put(tmp_path / "bin")), os.environ["PATH"]])
    done = dihedral("doctor", data=tmp_path, DIHEDRAL_REGO="opa", PATH=found)
    assert "opa 1.9.9; its canary does what it must" in done.stdout


def test_policies_are_checked_and_inspected_with_it(tmp_path: Path, plan: str) -> None:
    where = policies(tmp_path, "soft-mandatory")
    found = os.pathsep.join([str(opas.put(tmp_path / "bin")), os.environ["PATH"]])
    given = {"DIHEDRAL_REGO": "opa", "PATH": found}
    done = dihedral("policy", "check", plan, "--policy", where, data=tmp_path, **given)
    assert (done.returncode, "a network" in done.stdout) == (3, True), done.stderr
    done = dihedral("inspect", plan, "--policy", where, data=tmp_path, **given)
    assert "V-1: a network" in done.stdout


def test_without_it_everything_denies_and_the_doctor_says_what_to_do(
    tmp_path: Path, plan: str
) -> None:
    where, given = policies(tmp_path, "advisory"), {"DIHEDRAL_REGO": "opa", "PATH": str(tmp_path)}
    done = dihedral("policy", "check", plan, "--policy", where, data=tmp_path, **given)
    assert done.returncode == 4
    assert "opa is not on the PATH" in done.stdout
    done = dihedral("doctor", data=tmp_path, **given)
    assert "unset DIHEDRAL_REGO" in done.stdout
