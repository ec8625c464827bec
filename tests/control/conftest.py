"""The whole application in process, on a real PostgreSQL. Every answer is held against the shape
that the API promises for it."""

import asyncio
import io
import itertools
import tarfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from psycopg.conninfo import conninfo_to_dict
from starlette.applications import Starlette
from starlette.routing import Match, Route

from dihedral.control import app as apps
from dihedral.control import edge, login, mind
from dihedral.control.problem import Problem
from dihedral.control.settings import Settings
from dihedral.domain.blueprint import Blueprint
from dihedral.domain.ids import Digest, RunId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import MOVES, Fact, Status, move
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db, open_db
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.model.rules import training
from dihedral.model.rules.reflex import Model
from dihedral.model.work import blueprints, learn, live
from dihedral.model.work.providers.wires import Wires
from dihedral.model.work.requests import Thinking
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import runs
from dihedral.ops.work import audit, chronicle, pipeline, prices, workspaces
from dihedral.ops.work.desk import OpsDesk
from dihedral.ops.work.passwords import Passwords
from dihedral.ops.work.plane import Ops
from tests.actors import person
from tests.conftest import fresh, made

OWNER = f"{login.OWNER}of-the-tests"
URL = "http://127.0.0.1:7370"
EFFECT = Digest("e" * 64)
FILES = {"main.tf": b'resource "terraform_data" "one" {\n  input = "one"\n}\n'}


@dataclass(frozen=True, slots=True)
class World:
    app: Starlette
    ops: Ops

    def reached(self, **settings: Any) -> "World":
        """The same world through a front of its own."""
        state = self.app.state
        told = replace(state.settings, **settings)
        return World(apps.build(self.ops, state.thinking, told, OWNER), self.ops)

    def client(
        self, who: str = "ada", *, peer: str = "127.0.0.1", url: str = URL, **headers: str
    ) -> httpx.AsyncClient:
        headers = {edge.ACTOR: who, "authorization": f"Bearer {OWNER}", **headers}
        return self.calling(peer, url, headers)

    def bearing(self, token: str, **headers: str) -> httpx.AsyncClient:
        return self.calling("127.0.0.1", URL, {"authorization": f"Bearer {token}", **headers})

    def calling(self, peer: str, url: str, headers: Mapping[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(peer, 50000))
        return httpx.AsyncClient(
            transport=transport,
            base_url=url,
            headers=headers,
            event_hooks={"response": [self.hold]},
        )

    async def hold(self, answer: httpx.Response) -> None:
        """Fails when an answer is not of the shape that its door promises."""
        text = await answer.aread()
        if self.paged(answer):
            return
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            msgspec.json.decode(text, type=Problem)
            return
        door = self.door(answer.request)
        assert answer.status_code == door.status
        if door.gives is None and not door.page:
            assert text == b""
        elif door.gives_media != "application/json":
            assert answer.headers["content-type"].startswith(door.gives_media)
        else:
            msgspec.json.decode(text, type=door.gives)

    def paged(self, answer: httpx.Response) -> bool:
        """Whether it is a page that does not go well, or that leads on."""
        if answer.status_code == 303 or answer.headers.get("content-type", "").startswith(
            "text/html"
        ):
            return answer.status_code >= 300 and self.door(answer.request).page
        return False

    def door(self, request: httpx.Request) -> edge.Door:
        scope = {"type": "http", "method": request.method, "path": request.url.path}
        for route in self.app.routes:
            if route.matches(scope)[0] is Match.FULL:
                assert isinstance(route, Route)
                return next(
                    d for d in apps.DOORS if (d.method, d.path) == (request.method, route.path)
                )
        raise AssertionError(f"no door for {request.method} {request.url.path}")

    def later(self, gone: timedelta) -> "World":
        """The same, after so much time."""
        start = self.ops.now
        ops = replace(self.ops, now=lambda: start() + gone)
        thinking = replace(self.app.state.thinking, desk=OpsDesk(ops))
        return World(apps.build(ops, thinking, self.app.state.settings, OWNER), ops)

    async def workspace(self, name: str = "orders") -> str:
        await workspaces.add(self.ops, person("ada"), name)
        return name

    async def run(
        self, status: Status, by: str = "ada", files: Mapping[str, bytes] = FILES
    ) -> RunId:
        """A run that has come to a status by the shortest way, in a workspace of its own."""
        proposer = person(by)
        space = await workspaces.add(self.ops, proposer, f"space-{next(_count)}")
        made = await pipeline.propose(
            self.ops,
            proposer,
            Proposal(workspace=space.id, files=files, reason="one more", source="cli"),
        )
        await self.moved(made.id, status, by)
        return made.id

    async def moved(self, run: RunId, status: Status, by: str = "ada") -> None:
        """The run, brought to a status by the shortest way."""
        async with self.ops.db.tx() as tx:
            start = (await runs.find(tx, run)).status
        for fact in way(start, status):
            async with self.ops.db.tx() as tx:
                held = await runs.lock(tx, run)
                moved = replace(move(held, fact), effect=EFFECT)
                await chronicle.tell(self.ops, tx, moved, fact, person(by))


def way(start: Status, end: Status) -> tuple[Fact, ...]:
    """The shortest way through the table of moves."""
    ways: dict[Status, tuple[Fact, ...]] = {start: ()}
    todo = [start]
    for here in todo:
        for (at, fact), then in MOVES.items():
            if at is here and then not in ways:
                ways[then] = (*ways[here], fact)
                todo.append(then)
    return ways[end]


def packed(files: Mapping[str, bytes] = FILES) -> bytes:
    """A directory as somebody without our program would send it."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return held.getvalue()


@pytest.fixture(scope="session")
def known() -> Mapping[str, Blueprint]:
    return blueprints.load()


@pytest.fixture(scope="session")
def model(known: Mapping[str, Blueprint]) -> Model:
    """The reflex as it comes, trained once."""
    return training.fit(blueprints.lessons(known, blueprints.unsure()))


@pytest.fixture(scope="session")
def taught(cluster: str, model: Model) -> Iterator[str]:
    """The name of a database with a live reflex, for others to be made like: to write one takes
    as long as all else that a test needs."""
    with made(cluster) as dsn:
        asyncio.run(_teach(dsn, model))
        yield str(conninfo_to_dict(dsn)["dbname"])


async def _teach(dsn: str, model: Model) -> None:
    async with open_db(dsn, size=1) as db, db.tx() as tx:
        await learn.keep(tx, model, _now())


@pytest.fixture
def dsn(cluster: str, taught: str) -> Iterator[str]:
    """A fresh database, migrated and taught."""
    with fresh(cluster, taught) as dsn:
        yield dsn


@pytest.fixture
async def world(db: Db, tmp_path: Path, known: Mapping[str, Blueprint]) -> AsyncIterator[World]:
    async with Wires() as wires:
        yield await inhabited(db, known, tmp_path, wires)


async def inhabited(
    db: Db, known: Mapping[str, Blueprint], data: Path, wires: Wires | None = None
) -> World:
    ops = Ops(
        db=db,
        keyring=Keyring(bytes(32)),
        now=_now,
        mint=mint,
        terms=Terms(),
        book=prices.load(),
        signer=Signer.new(),
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)),
    )
    thinking = Thinking(
        db=db,
        desk=OpsDesk(ops),
        blueprints=known,
        live=live.Live(db, known, blueprints.unsure(), _now),
        now=_now,
        mint=mint,
        note=partial(audit.note, ops),
        models=mind.models(ops, wires or Wires()),
        files=mind.files(ops),
    )
    settings = Settings(data=data, max_configuration=1 << 20)
    return World(apps.build(ops, thinking, settings, OWNER), ops)


_count = itertools.count()


def _now() -> datetime:
    return datetime.now(UTC)
