"""One simulator for all blueprints, kept running, and a directory where Terraform talks to it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dihedral.ops.work.sandbox import SELDOM

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Root:
    """A configuration on disk, and the environment in which Terraform finds the simulator."""

    path: Path
    env: Mapping[str, str]

    def write(self, files: Files) -> None:
        for name, body in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_bytes(body)

    def terraform(self, *words: str) -> subprocess.CompletedProcess[str]:
        words = (words[0], "-no-color", *words[1:])
        return subprocess.run(
            ["terraform", *words],
            cwd=self.path,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def done(self, *words: str, code: int = 0) -> str:
        """What Terraform printed; the test fails here if it ended otherwise."""
        ran = self.terraform(*words)
        assert ran.returncode == code, f"terraform {words}\n{ran.stdout}{ran.stderr}"
        return ran.stdout

    def plan(self) -> Any:
        """The plan's JSON, of a plan that is kept as `plan.bin`."""
        self.done("plan", "-input=false", "-out=plan.bin")
        return json.loads(self.done("show", "-json", "plan.bin"))


@dataclass(frozen=True, slots=True)
class Simulator:
    process: subprocess.Popen[str]
    env: Mapping[str, str]

    def open(self, directory: Path) -> Root:
        answer = self._ask({"open": {"id": str(directory), "directory": str(directory)}})
        reattach = json.dumps(answer["reattach"])
        return Root(directory, {**self.env, "TF_REATTACH_PROVIDERS": reattach})

    def close(self, root: Root) -> None:
        self._ask({"close": str(root.path)})

    def _ask(self, request: object) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    home = tmp_path_factory.mktemp("simulator")
    (home / "terraform.rc").write_text("disable_checkpoint = true\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    env = kept | {
        "DIHEDRAL_SIMULATOR_HOME": str(home),
        "TF_CLI_CONFIG_FILE": str(home / "terraform.rc"),
        "TF_IN_AUTOMATION": "1",
        **SELDOM,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "dihedral.simulator", "serve"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        yield Simulator(process, env)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


@pytest.fixture
def root(simulator: Simulator, tmp_path: Path) -> Iterator[Root]:
    """An empty directory with AWS already declared, so that the simulator knows what to serve."""
    (tmp_path / "versions_aws.tf").write_text(
        'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
    )
    opened = simulator.open(tmp_path)
    yield opened
    simulator.close(opened)
