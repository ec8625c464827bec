"""The commands as a shell sees them: their help, their exit status, where their words go."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from dihedral.control import discovery
from dihedral.control.cli import here, main
from dihedral.domain.person import person_id

LATER = {"demo"}


def dihedral(*words: str, data: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIHEDRAL_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-m", "dihedral", *words],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**kept, "DIHEDRAL_DATA": str(data), **environ},
    )


def verbs(app: typer.Typer) -> Iterator[tuple[str, object]]:
    """Every command with its whole name."""
    todo = [("", get_command(app))]
    for name, command in todo:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name.strip(), command
        else:
            todo += [(f"{name} {key}", one) for key, one in inner.items()]


ALL = {name: command for name, command in verbs(main.app) if name not in LATER}


@pytest.mark.parametrize("name", ALL)
def test_every_verb_says_what_it_does_and_shows_an_example(name: str) -> None:
    command = ALL[name]
    assert getattr(command, "help", None), name
    epilog = getattr(command, "epilog", None) or ""
    assert epilog.startswith("Example: ") and f"dihedral {name}" in epilog, name


@pytest.mark.parametrize(
    "name",
    [n for n in ALL if n.rpartition(" ")[2] in ("list", "show", "plan", "log", "output", "doctor")],
)
def test_every_listing_and_showing_verb_speaks_json(name: str) -> None:
    names = {opt for p in getattr(ALL[name], "params", ()) for opt in p.opts}
    assert "--json" in names


def test_help_is_plain_and_needs_no_server(tmp_path: Path) -> None:
    done = dihedral("--help", data=tmp_path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert {"up", "ask", "run", "plan", "apply", "doctor"} <= set(done.stdout.split())


def test_without_a_server_a_command_says_how_to_start_one(tmp_path: Path) -> None:
    done = dihedral("run", "list", data=tmp_path)
    said = f"no server is running for {tmp_path}; start one with `dihedral up`\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_a_server_that_died_is_not_talked_to(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
    )
    (tmp_path / discovery.NAME).write_text(
        json.dumps({"url": "http://127.0.0.1:1", "pid": int(dead.stdout)})
    )
    with pytest.raises(discovery.NotRunning):
        discovery.find(tmp_path)


def test_an_announcement_is_private_and_goes_with_its_server(tmp_path: Path) -> None:
    server = discovery.Server("http://127.0.0.1:7", "a token")
    with discovery.announced(tmp_path / "deep", server):
        path = tmp_path / "deep" / discovery.NAME
        assert path.stat().st_mode & 0o777 == 0o600
        assert discovery.find(tmp_path / "deep") == server
        assert "a token" not in repr(server)
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"url": 1, "pid": "x"}', "\x00"])
def test_an_announcement_that_is_broken_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / discovery.NAME).write_text(text)
    with pytest.raises(discovery.NotRunning):
        discovery.find(tmp_path)


def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    done = dihedral("run", "list", data=tmp_path, DIHEDRAL_URL="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "does not answer" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("nothing",), 2),
        (("run", "show"), 2),
        (("run", "list", "--size", "many"), 2),
        (("version",), 0),
        (("settings", "--json"), 0),
    ],
)
def test_exit_status_of_what_needs_no_server(
    tmp_path: Path, words: tuple[str, ...], status: int
) -> None:
    assert dihedral(*words, data=tmp_path).returncode == status


def test_a_bad_setting_names_its_variable(tmp_path: Path) -> None:
    done = dihedral("settings", data=tmp_path, DIHEDRAL_PORT="http")
    assert done.returncode == 1
    assert done.stderr.startswith("DIHEDRAL_PORT is 'http'")


def test_an_address_that_others_reach_is_refused(tmp_path: Path) -> None:
    done = dihedral("up", "--host", "0.0.0.0", data=tmp_path)
    assert done.returncode == 1
    assert "can be reached by others" in done.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = dihedral("up", "--port", str(taken.getsockname()[1]), data=tmp_path)
    assert done.returncode == 1
    assert "is taken by another program" in done.stderr and "--port 0" in done.stderr


@pytest.mark.parametrize("verb", ["up", "worker"])
def test_a_database_that_is_down_at_start_is_said(tmp_path: Path, verb: str) -> None:
    words = (verb, "--port", "0") if verb == "up" else (verb,)
    done = dihedral(*words, data=tmp_path, DATABASE_URL="postgresql://u:hunter2@127.0.0.1:9/x")
    assert done.returncode == 1
    assert "database" in done.stderr and "see that it runs" in done.stderr
    assert "hunter2" not in done.stderr and "fault of Dihedral" not in done.stderr


@pytest.mark.parametrize(
    ("code", "status"), [("forbidden", 3), ("conflict", 1), ("not_found", 1), ("invalid", 1)]
)
def test_exit_status_of_what_the_server_refuses(tmp_path: Path, code: str, status: int) -> None:
    with answering(409, {"detail": "because", "code": code}) as url:
        done = dihedral("run", "approve", "run-1", data=tmp_path, DIHEDRAL_URL=url)
    assert (done.returncode, done.stderr) == (status, "because\n")


def test_json_is_the_api_s_own_bytes(tmp_path: Path) -> None:
    body: dict[str, object] = {"items": [], "next": None}
    with answering(200, body) as url:
        done = dihedral("run", "list", "--json", data=tmp_path, DIHEDRAL_URL=url)
    assert done.stdout == json.dumps(body) + "\n"


def test_colours_vanish_in_a_pipe(tmp_path: Path) -> None:
    item = {
        "id": "run-1", "workspace": {"name": "orders"}, "status": "errored", "reason": "",
        "message": "für 报告 " + "x" * 300, "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    with answering(200, {"items": [item], "next": None}) as url:
        done = dihedral("run", "list", data=tmp_path, DIHEDRAL_URL=url, FORCE_COLOR="")
    assert "\x1b" not in done.stdout
    assert "x" * 300 in done.stdout  # nothing is cut either


def test_what_is_missing_is_asked_for_by_flag_where_nobody_is_there(tmp_path: Path) -> None:
    slot = {"name": "owner", "kind": "owner", "question": "Who owns it?", "choices": []}
    request: dict[str, object] = {
        "id": "req-1", "route": "incomplete", "blueprint": "bucket", "run": None, "values": {},
        "nearest": [], "missing": [slot], "confidence": 0.9,
    }  # fmt: skip
    with answering(201, request) as url:
        done = dihedral("ask", "a bucket", data=tmp_path, DIHEDRAL_URL=url)
    assert done.returncode == 2
    assert "--set owner=OWNER" in done.stderr and "Who owns it?" in done.stderr


def test_not_sure_names_the_nearest_three(tmp_path: Path) -> None:
    near = [{"blueprint": b, "score": 1.0} for b in ("queue", "topic", "table")]
    request = {"id": "req-1", "route": "unsure", "blueprint": None, "run": None, "nearest": near}
    with answering(201, {**request, "items": []}) as url:  # nor are there any models
        done = dihedral("ask", "tea", data=tmp_path, DIHEDRAL_URL=url)
    assert done.returncode == 2
    assert "queue, topic, table" in done.stderr


@pytest.mark.parametrize(("text", "value"), [("3", 3), ("-1", -1), ("true", True), ("a=b", "a=b")])
def test_values_of_the_command_line(text: str, value: object) -> None:
    from dihedral.control.cli import ask

    assert ask.pairs([f"x={text}"]) == {"x": value}


def test_the_user_s_name_is_one_that_the_server_takes() -> None:
    assert person_id(here.user()) == here.user()


@contextmanager
def answering(status: int, body: object) -> Iterator[str]:
    """A server of one answer, to hear what a command makes of it."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
