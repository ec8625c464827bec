"""A whole server with its worker, as a process, and people who are logged in to it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from psycopg.conninfo import conninfo_to_dict

from dihedral.control import cookies, discovery, edge
from tests.conftest import ORDINARY, database, made
from tests.control.conftest import packed
from tests.control.logins import PASSWORD

SOURCE = Path(__file__).parents[2] / "src"
RESTS = ("policy_checked", "applied", "errored", "discarded", "canceled", "policy_soft_failed")
ENDS = (*RESTS, "planned_and_finished")


@dataclass
class Site:
    """`environment` is the server's; it can be ended and started again at the same address."""

    data: Path
    environment: Mapping[str, str]
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        words = [sys.executable, "-m", "dihedral", "up", "--port", str(self.port)]
        log = (self.data.parent / f"{self.data.name}.log").open("ab")
        with log:
            self.process = subprocess.Popen(words, env=dict(self.environment), stderr=log)
        end = time.monotonic() + 60
        while not (self.data / discovery.NAME).exists():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, f"it did not come up within a minute: {self.said()}"
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def said(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text("utf-8", "replace")[-4000:]

    def link(self) -> str:
        """The first administrator's, as it is printed where nobody has an account."""
        end = time.monotonic() + 60
        while not (found := re.search(r"http\S+/welcome\?key=\S+", self.said())):
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)
        return found[0]

    def client(self, who: str = "owner") -> httpx.Client:
        """The API, as somebody."""
        token = discovery.find(self.data).token
        headers = {"authorization": f"Bearer {token}", edge.ACTOR: who}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def session(self, who: str, role: str) -> str:
        """The secret of a session of a person with this role, who is made when first asked for."""
        if who not in self.sessions:
            with self.client() as api:
                body = {"id": who, "role": role}
                assert api.post("/v1/people", json=body).status_code == 201
                link = api.post(f"/v1/people/{who}/invitation").json()["url"]
            key = link.partition("key=")[2]
            own = {"sec-fetch-site": "same-origin", "origin": self.url}
            filled = {"key": key, "password": PASSWORD}
            answer = httpx.post(f"{self.url}/welcome", data=filled, headers=own, timeout=60)
            found = re.search(f"{cookies.SESSION}=([^;]+)", answer.headers["set-cookie"])
            assert found, answer.text
            self.sessions[who] = found[1]
        return self.sessions[who]

    def workspace(self, name: str, **settings: Any) -> str:
        with self.client("ada") as api:
            answer = api.post("/v1/workspaces", json={"name": name, **settings})
            assert answer.status_code == 201, answer.text
        return name

    def variable(self, workspace: str, key: str, value: str) -> None:
        """A sensitive one."""
        place = f"/v1/workspaces/{workspace}/variables/terraform/{key}"
        with self.client() as api:
            answer = api.put(place, json={"value": value, "sensitive": True})
            assert answer.status_code < 300, answer.text

    def propose(
        self, workspace: str, files: Mapping[str, str], message: str = "", by: str = "ada"
    ) -> str:
        """A run, which goes on by itself."""
        body = packed({name: text.encode() for name, text in files.items()})
        media = {"content-type": "application/gzip"}
        with self.client(by) as api:
            place = f"/v1/workspaces/{workspace}/runs"
            said = {"message": message}
            answer = api.post(place, content=body, headers=media, params=said)
            assert answer.status_code == 201, answer.text
        run: str = answer.json()["run"]["id"]
        return run

    def settled(self, run: str, *statuses: str) -> dict[str, Any]:
        """The run's story once it waits for a person, or is over."""
        wanted, end = statuses or ENDS, time.monotonic() + 120
        with self.client() as api:
            while time.monotonic() < end:
                story: dict[str, Any] = api.get(f"/v1/runs/{run}").json()
                status = story["run"]["status"]
                if status in wanted:
                    return story
                assert statuses == () or not story["run"]["over"], json.dumps(story)
                api.get(f"/v1/runs/{run}/log", params={"wait": 5, "status": status, "after": 2**50})
        raise AssertionError(f"{run} is {status}; {self.said()}")

    def waiting(self, workspace: str, files: Mapping[str, str], message: str = "") -> str:
        """A run of ada's that waits for somebody's yes."""
        run = self.propose(workspace, files, message)
        story = self.settled(run)
        assert story["run"]["status"] == "policy_checked", json.dumps(story["run"])
        return run

    def applied(self, workspace: str, files: Mapping[str, str], message: str = "") -> str:
        """A run of ada's that as many people as it takes said yes to."""
        run = self.waiting(workspace, files, message)
        for who in ("bo", "cy"):
            with self.client() as api:
                if api.get(f"/v1/runs/{run}").json()["run"]["status"] != "policy_checked":
                    break
            with self.client(who) as api:
                assert api.post(f"/v1/runs/{run}/approve", json={}).status_code == 200
        self.settled(run, "applied")
        return run


@contextmanager
def running(data: Path, like: Site | None = None, **more: str) -> Iterator[Site]:
    """At its first start; or with all that another has, which is stopped."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIHEDRAL_", "TF_", "AWS_"))}
    ours = {"PYTHONPATH": str(SOURCE), "DIHEDRAL_DATA": str(data)}
    with ExitStack() as stack:
        elsewhere = stack.enter_context(_database(like))
        site = Site(data, {**kept, **ours, **elsewhere, **more}, _free())
        if like:
            _copy(like.data, data)
            site.sessions.update(like.sessions)
        stack.callback(site.stop)
        site.start()
        yield site


@contextmanager
def _database(like: Site | None) -> Iterator[dict[str, str]]:
    if like is None or "DATABASE_URL" not in like.environment:
        with database() as told:
            yield told
        return
    name = str(conninfo_to_dict(like.environment["DATABASE_URL"])["dbname"])
    with made(ORDINARY, template=name) as dsn:
        yield {"DATABASE_URL": dsn}


def _copy(data: Path, to: Path) -> None:
    """Whoever owns a file, owns its copy: PostgreSQL does not run as root. Its address is the
    other's."""
    subprocess.run(["cp", "--archive", str(data), str(to)], check=True)
    (to / "postgres" / "address").unlink(missing_ok=True)


def _free() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port
