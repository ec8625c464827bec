"""A configuration's whole life, led twice: by the product's commands, and by Terraform by hand."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dihedral.control import discovery
from dihedral.control.cli import following
from dihedral.control.cli.client import Client
from tests.conftest import database
from tests.simulator.running import SOURCE, Json, Terraform

WAITS = 3  # the exit status of an apply that nobody approves
HIDDEN = "(sensitive)"


@dataclass(frozen=True, slots=True)
class Life:
    """What was planned, by address; the outputs; what a new plan would do; how many
    resources are left after destroying it."""

    planned: Mapping[str, str]
    outputs: Mapping[str, Any]
    again: Mapping[str, str] = field(default_factory=dict)
    left: int = 0


@dataclass(frozen=True, slots=True)
class Up:
    """A running server: commands that talk to it, and its API for what is no command's concern."""

    environment: Mapping[str, str]

    def __call__(self, *words: str, status: int = 0) -> Any:
        """The command's answer, as JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "dihedral", *words, "--json"],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == status, f"dihedral {' '.join(words)}: {done.stderr[-4000:]}"
        return json.loads(done.stdout)

    def client(self, name: str = "ada") -> Client:
        return Client(discovery.find(Path(self.environment["DIHEDRAL_DATA"])), name)


@contextmanager
def up(data: Path, **more: str) -> Iterator[Up]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIHEDRAL_", "TF_", "AWS_"))}
    words = [sys.executable, "-m", "dihedral", "up", "--port", "0"]
    with ExitStack() as stack:
        elsewhere = {} if "DATABASE_URL" in more else stack.enter_context(database())
        environ = {**kept, "PYTHONPATH": str(SOURCE), "DIHEDRAL_DATA": str(data)}
        environ = {**environ, **elsewhere, **more}
        started = subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, text=True)
        process = stack.enter_context(started)
        end = time.monotonic() + 60
        while not (data / discovery.NAME).exists():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < end, "it did not come up within a minute"
            time.sleep(0.05)
        try:
            yield Up(environ)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def governed(up: Up, directory: Path, workspace: str) -> Life:
    place = (str(directory), "--workspace", workspace)
    planned = _planned(up, up("plan", *place))
    applied(up, up("apply", *place, status=WAITS))
    outputs = json.loads(up.client().get("workspaces", workspace, "outputs"))["outputs"]
    again = _planned(up, up("plan", *place))
    applied(up, up("apply", *place, "--destroy", status=WAITS))
    left = json.loads(up.client().get("workspaces", workspace))["resources"]
    return Life(planned, outputs, again, left)


def applied(up: Up, told: Json) -> None:
    """Approved by as many as it takes, none of them its proposer, and done."""
    run = told["run"]["id"]
    for number in range(told["run"]["approvers"]):
        up.client(f"person-{number}").post("runs", run, "approve", body={})
    assert following.follow(up.client(), run, lambda _: None).status == "applied"


def _planned(up: Up, told: Json) -> Mapping[str, str]:
    shown = json.loads(up.client().get("runs", told["run"]["id"], "plan"))
    return {c["address"]: c["action"] for c in shown["changes"] if c["kind"] != "drift"}


def by_hand(terraform: Terraform) -> Life:
    terraform("init", "-input=false")
    planned = _shown(terraform.plan())
    terraform("apply", "-input=false", "plan.bin")
    said = json.loads(terraform.run("output", "-json").stdout)
    again = _shown(terraform.plan())
    terraform("destroy", "-auto-approve")
    left = len(terraform("state", "list").split())
    outputs = {name: HIDDEN if one["sensitive"] else one["value"] for name, one in said.items()}
    return Life(planned, outputs, again, left)


def _shown(plan: Mapping[str, Any]) -> Mapping[str, str]:
    changes = {one["address"]: one["change"] for one in plan["resource_changes"]}
    changes |= {f"output.{name}": one for name, one in plan.get("output_changes", {}).items()}
    does = {address: "/".join(one["actions"]) for address, one in changes.items()}
    return {
        address: "replace" if "/" in what else what
        for address, what in does.items()
        if what != "no-op"
    }
