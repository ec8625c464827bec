"""What the simulator's tests share: a kept-running simulator, and the real Terraform."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dihedral
from dihedral.ops.work.sandbox import SELDOM

HERE = Path(__file__).parent
SOURCE = Path(dihedral.__file__).parents[1]
Json = dict[str, Any]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The shell's, without what would lead Terraform or the simulator elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "AWS_", "DIHEDRAL"))}
    return {
        **kept,
        "PYTHONPATH": str(SOURCE),
        "DIHEDRAL_SIMULATOR_HOME": str(home),
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        **SELDOM,
        **more,
    }


def simulator(home: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dihedral.simulator", *words],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=60,
    )


@dataclass(frozen=True, slots=True)
class Terraform:
    """The real program, in one directory, with one environment."""

    directory: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["terraform", *words, "-no-color"],
            cwd=self.directory,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def __call__(self, *words: str, status: int = 0) -> str:
        """What it said; an assertion that it ended as expected."""
        done = self.run(*words)
        said = done.stdout + done.stderr
        assert done.returncode == status, f"terraform {' '.join(words)}: {said}"
        return said

    def plan(self) -> Json:
        """A plan as JSON, the resources that change by address."""
        self("plan", "-input=false", "-out=plan.bin")
        shown: Json = json.loads(self("show", "-json", "plan.bin"))
        return shown

    def state(self) -> Json:
        """The attributes of each resource, by address, without those of modules below."""
        shown = json.loads(self("show", "-json"))
        found = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return {one["address"]: one["values"] for one in found}

    def write(self, text: str, name: str = "main.tf") -> None:
        (self.directory / name).write_text(text)


def actions(plan: Json) -> dict[str, str]:
    """What a plan does, by address, without what it leaves alone."""
    found = {c["address"]: "/".join(c["change"]["actions"]) for c in plan["resource_changes"]}
    return {address: what for address, what in found.items() if what not in ("no-op", "read")}


@dataclass(frozen=True, slots=True)
class Simulator:
    process: "subprocess.Popen[str]"
    home: Path

    def ask(self, request: Json) -> Json:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: Json = json.loads(self.process.stdout.readline())
        return answer

    @contextmanager
    def opened(self, directory: Path, scenario: Json | None = None) -> Iterator[Terraform]:
        """Terraform in `directory`, attached to a world of its own."""
        asked = {"id": str(directory), "directory": str(directory), "scenario": scenario}
        answer = self.ask({"open": asked})
        assert "opened" in answer, answer
        reattach = json.dumps(answer["reattach"])
        try:
            yield Terraform(directory, environment(self.home, TF_REATTACH_PROVIDERS=reattach))
        finally:
            self.ask({"close": str(directory)})


@contextmanager
def running(home: Path) -> Iterator[Simulator]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dihedral.simulator", "serve"],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        yield Simulator(process, home)
        assert process.stdin
        process.stdin.close()
        assert process.wait(10) == 0


def copied(name: str, into: Path) -> Path:
    """A copy of one of the configurations in `cfg`."""
    return Path(shutil.copytree(HERE / "cfg" / name, into / name))
