"""The whole program as a person starts it: real processes, a real PostgreSQL, a real Terraform."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import KeySet

from dihedral.control import discovery
from tests.conftest import database
from tests.talks.terminal import typed

HELLO = """\
resource "terraform_data" "one" {
  input = "hello"
}
output "said" {
  value = terraform_data.one.output
}
"""
ORDERS = """\
data "terraform_remote_state" "network" {
  backend = "local"
  config  = { path = ".workspaces/network.tfstate" }
}
output "heard" {
  value = data.terraform_remote_state.network.outputs.said
}
"""
DENIED = 'data "external" "x" {\n  program = ["sh"]\n}\n'


class Up:
    """A running server, and commands that talk to it."""

    def __init__(self, data: Path, **more: str) -> None:
        self.data = data
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIHEDRAL_", "TF_"))}
        ours = {"DIHEDRAL_DATA": str(data), "DIHEDRAL_SELF_APPROVAL": "1"}
        self.environ = {**kept, **ours, **more}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dihedral", "up", "--port", "0"],
            env=self.environ,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + 60
        while not (data / discovery.NAME).exists():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < end, "it did not come up within a minute"
            time.sleep(0.1)

    def do(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "dihedral", *words],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def up(scratch: Path) -> Iterator[Up]:
    with database() as elsewhere:
        started = Up(scratch / "up", **elsewhere)
        yield started
        started.process.send_signal(signal.SIGTERM)
        started.process.communicate(timeout=30)


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    made = tmp_path / "Hello World"
    made.mkdir()
    (made / "main.tf").write_text(HELLO)
    return made


def test_a_directory_is_planned_approved_and_applied(up: Up, hello: Path) -> None:
    planned = up.do("plan", str(hello))
    waiting = up.do("apply", str(hello))
    applied = up.do("apply", str(hello), "--yes", "-m", "a greeting")
    again = up.do("apply", str(hello), "--json")
    said = up.do("output", "hello-world", "said")
    assert (planned.returncode, "1 to create" in planned.stdout) == (0, True), planned.stderr
    assert "workspace hello-world is new" in planned.stderr
    assert (waiting.returncode, "dihedral run approve" in waiting.stdout) == (3, True)
    assert (applied.returncode, "applied" in applied.stdout) == (0, True), applied.stderr
    assert json.loads(again.stdout)["run"]["status"] == "planned_and_finished"
    assert said.stdout == "hello\n"


def test_who_works_alone_is_asked_at_a_terminal(up: Up, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(HELLO)
    words = ("apply", str(tmp_path), "--workspace", "alone")
    seen = typed(words, up.environ, (r"Apply exactly this\? \[yes/no\]", "yes\n"))
    assert (seen.code, "applied" in seen.screen) == (0, True), seen.screen


def test_one_workspace_reads_another_and_both_say_so(up: Up, tmp_path: Path) -> None:
    network, orders = tmp_path / "network", tmp_path / "orders"
    for path, text in ((network, HELLO), (orders, ORDERS)):
        path.mkdir()
        (path / "main.tf").write_text(text)
    (tmp_path / "terms").write_text("guard: {remote_states: [{workspace: network}]}")
    first = up.do("apply", str(network), "--yes")
    denied = up.do("plan", str(orders))
    granted = up.do("workspace", "terms", "orders", "--set", str(tmp_path / "terms"))
    applied = up.do("apply", str(orders), "--yes")
    assert (first.returncode, denied.returncode, granted.returncode) == (0, 3, 0), granted.stderr
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "network (said)" in up.do("workspace", "show", "orders").stdout
    shown = json.loads(up.do("workspace", "show", "network", "--json").stdout)
    assert (shown["reads"], shown["read_by"]) == ({}, {"orders": ["said"]})
    refused = up.do("workspace", "delete", "network", "--force", "--yes")
    assert (refused.returncode, "read by orders" in refused.stderr) == (1, True), refused.stderr
    (network / "main.tf").write_text(HELLO.replace('"hello"', '"good day"'))
    run = json.loads(up.do("plan", str(network), "--json").stdout)["run"]["id"]
    felt = up.do("run", "blast", run).stdout
    drawn = up.do("run", "blast", run, "--svg", "-").stdout
    why = up.do("explain", run).stdout
    assert "output said is read by orders" in felt and "o   workspace.orders" in felt
    assert "workspace.orders: workspace would feel it" in drawn
    assert "is read by other workspaces  [tiers.elsewhere: ask]" in why
    assert "output.said (by orders)" in why


def test_what_a_gate_refuses_ends_with_three(up: Up, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(DENIED)
    done = up.do("plan", str(tmp_path), "--workspace", "denied")
    assert done.returncode == 3
    assert "external" in done.stdout and "deny" in done.stdout


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("main.txt", b"x", ""),
        ("main.tf", b"\xff\xfe", ""),
        ("main.tf", b'resource "x" {', "syntax"),
    ],
    ids=["no configuration", "not UTF-8", "broken"],
)
def test_bad_input_is_said_without_a_traceback(
    up: Up, tmp_path: Path, name: str, body: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(body)
    done = up.do("plan", str(tmp_path), "--workspace", "bad")
    assert done.returncode in (1, 3)
    assert says in done.stdout and "Traceback" not in done.stdout + done.stderr


def test_a_directory_that_is_not_there_is_said(up: Up, tmp_path: Path) -> None:
    done = up.do("plan", str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "cannot be sent" in done.stderr and "Traceback" not in done.stderr


def test_a_second_server_of_the_same_data_is_refused(up: Up) -> None:
    done = up.do("up", "--port", "0")
    assert done.returncode == 1
    assert "a server runs already" in done.stderr


def test_doctor_finds_the_server(up: Up) -> None:
    found = {line["what"]: line for line in json.loads(up.do("doctor", "--json").stdout)["items"]}
    assert found["server"]["said"].startswith("it runs: http://127.0.0.1:")
    assert found["database"]["state"] == "ok"


def test_discovery_and_keys_are_written_for_whoever_serves_them(up: Up, tmp_path: Path) -> None:
    done = up.do("identity", "export", str(tmp_path / "public"))
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "public" / ".well-known"
    told = json.loads((folder / "openid-configuration").read_text())
    assert told["issuer"] == discovery.find(up.data).url
    assert told["jwks_uri"] == f"{told['issuer']}/.well-known/jwks.json"
    known = KeySet.import_key_set(json.loads((folder / "jwks.json").read_text()))
    assert {key.alg for key in known.keys} == {"ES256", "RS256"}
    assert sorted(path.name for path in folder.iterdir()) == ["jwks.json", "openid-configuration"]
    assert f"belongs at {told['jwks_uri']}" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_server_that_is_told_to_end_leaves_nothing_behind(
    scratch: Path, number: signal.Signals
) -> None:
    started = Up(scratch / f"down-{number}")
    started.process.send_signal(number)
    _, said = started.process.communicate(timeout=30)
    assert started.process.returncode == 0, said
    assert "Traceback" not in said
    assert not (started.data / discovery.NAME).exists()
    assert not (started.data / "postgres" / "data" / "postmaster.pid").exists()
