"""A whole house: `dihedral up` as a process, people who speak to it over HTTP, and models that a
server on loopback plays in a real wire format."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from dihedral.control import discovery
from dihedral.domain.model import Wire
from tests.conftest import database
from tests.wire.endpoints import PATHS, SECRET
from tests.wire.script import Asked, Say, Use
from tests.wire.server import Server, playing

T = TypeVar("T")
PATIENCE = 90.0  # seconds that anything may take here, on a busy machine
WAITING, APPLIED, REFUSED = "policy_checked", "applied", "policy_soft_failed"


@dataclass(frozen=True, slots=True)
class House:
    """`server` plays the models; its `script` is whatever the test sets."""

    data: Path
    environ: Mapping[str, str]
    http: httpx.Client
    server: Server

    def get(self, *path: str, **query: Any) -> Any:
        return _read(self.http.get("/".join(("/v1", *path)), params=query))

    def post(self, *path: str, by: str = "", **body: Any) -> Any:
        head = {"Dihedral-Actor": by} if by else {}
        return _read(self.http.post("/".join(("/v1", *path)), json=body, headers=head))

    def do(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "dihedral", *words],
            env=dict(self.environ),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )

    def plays(
        self, script: Callable[[Asked], Say], wire: Wire = Wire.OPENAI, **fields: Any
    ) -> None:
        """These models are the only ones there are, from now on; `fields` are of both."""
        for old in self.get("models")["items"]:
            self.http.delete(f"/v1/models/{old['id']}").raise_for_status()
        self.server.script = script
        self.server.asked.clear()
        self.server.received.clear()
        for model in ("large", "small"):
            self.post("models", **{**_endpoint(model, wire, self.server.url), **fields})

    def room(self, name: str) -> str:
        """A workspace, made if it is not there."""
        if self.http.get(f"/v1/workspaces/{name}").status_code == 404:
            self.post("workspaces", name=name)
        return name

    def say(self, text: str, workspace: str = "", talk: str = "") -> Any:
        """The conversation as it is when it rests, or is paused."""
        if talk:
            self.post("conversations", talk, "messages", text=text)
        else:
            talk = self.post("conversations", text=text, workspace=self.room(workspace))["id"]
        return self.rests(talk)

    def rests(self, talk: str) -> Any:
        def there() -> Any:
            found = self.get("conversations", talk)
            return found if found["conversation"]["standing"] != "working" else None

        return until(there, f"{talk} rests")

    def run(self, name: str, *statuses: str) -> Any:
        """The run when it has come to one of these."""

        def there() -> Any:
            found = self.get("runs", name)["run"]
            return found if found["status"] in statuses else None

        return until(there, f"{name} is {' or '.join(statuses)}")

    def approve(self, name: str, by: str = "bo") -> Any:
        effect = self.get("runs", name)["run"]["effect"]
        self.post("runs", name, "approve", by=by, effect=effect, comment="")
        return self.run(name, APPLIED)

    def asked(self, model: str) -> list[Asked]:
        return [one for one in self.server.asked if one.model == f"{model}-1"]

    def bodies(self, model: str) -> list[bytes]:
        """What came over the wire for a model; which it is stands in the path or in the body."""
        pairs = zip(self.server.asked, self.server.received, strict=True)
        return [received.body for asked, received in pairs if asked.model == f"{model}-1"]


@contextmanager
def house(data: Path) -> Iterator[House]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIHEDRAL_", "TF_"))}
    with database() as given, playing(lambda asked: Say(text="?")) as server:
        environ = {**kept, "DIHEDRAL_DATA": str(data), "TERM": "xterm", **given}
        data.mkdir(parents=True, exist_ok=True)
        with (data / "up.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dihedral", "up", "--port", "0"],
                env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            found = until(lambda: _found(data, process), "the server is up")
            head = {"Authorization": f"Bearer {found.token}"}
            with httpx.Client(base_url=found.url, headers=head, timeout=PATIENCE) as http:
                yield House(data, environ, http, server)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def until(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.1)
    return found


def use(tool: str, **arguments: Any) -> Say:
    return Say(calls=(Use(tool=tool, arguments=arguments),))


def _found(data: Path, process: "subprocess.Popen[bytes]") -> discovery.Server | None:
    assert process.poll() is None, (data / "up.log").read_text("utf-8")
    try:
        return discovery.find(data)
    except discovery.NotRunning:
        return None


def _endpoint(model: str, wire: Wire, url: str) -> dict[str, Any]:
    return {
        "model": model,
        "wire": wire,
        "upstream": f"{model}-1",
        "url": url + PATHS.get(wire, ""),
        "hosting": "cluster",
        "region": "eu-central-1",
        "price": {"input": "1", "output": "4"},
        "context": 8_000 if model == "small" else 200_000,
        "most": 2_000,
        "abilities": ["tools", "streaming"],
        "secret": str(SECRET.reveal()),
    }


def _read(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None
