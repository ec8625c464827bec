"""Every door, tried by everybody: what comes of it is in `access.txt`, and is held against it.

A new door is in the table by itself. `ok` is whatever is no refusal: also a conflict, or words that
make no sense. Everything is undone after each call, so that no cell changes another.

    ACCESS_REWRITE=1 pytest tests/control/test_matrix.py    writes the file anew; read the diff
"""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import psycopg
import pytest

from dihedral.control import app as apps
from dihedral.control import mind
from dihedral.control.edge import Door
from dihedral.control.web import assets
from dihedral.control.web.paper import FORM
from dihedral.domain.actor import HOME, SYSTEM
from dihedral.domain.audit import Outcome
from dihedral.domain.ids import ConversationId, EscalationId
from dihedral.domain.model import Wire
from dihedral.domain.right import Action, Place
from dihedral.domain.run import Status
from dihedral.domain.spend import Scope
from dihedral.kit.db import Db, Tx
from dihedral.model.store import escalations
from dihedral.model.store.escalations import Escalation
from dihedral.model.work import conversations, models, requests
from dihedral.model.work.conversations import Opening
from dihedral.model.work.providers.wires import Wires
from dihedral.ops.rules import access
from dihedral.ops.store import audit as records
from dihedral.ops.work import (
    apitokens,
    budgets,
    instances,
    pipeline,
    policysets,
    sessions,
    workspaces,
)
from dihedral.ops.work.apitokens import Wanted
from dihedral.ops.work.budgets import Slot
from dihedral.ops.work.desk import OpsDesk
from dihedral.ops.work.policysets import Source
from dihedral.ops.work.sessions import Browser
from dihedral.ops.work.workspaces import Origin
from tests.actors import hired, person
from tests.control.conftest import World, packed
from tests.control.principals import Principal, everybody

pytestmark = pytest.mark.anyio

FILE = Path(__file__).with_name("access.txt")
ADA = person("ada")
MORE = {"Asked": ("workspace",)}  # fields of a body that need not be said, and lead elsewhere then
OUTSIDE = frozenset({
    "nobody", "expired token", "revoked token", "disabled", "former owner", "suspended", "resumed",
    "wrong key", "alg none", "HS256", "audience", "expired", "replay",
})  # fmt: skip
AGENTS = frozenset({"agent", "handed on", "for roleless"})
HOMELESS = frozenset({"roleless", "for roleless"})
REFUSALS = (401, 403, 404)
STATE = b'{"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": []}'
AGENT = (
    "apiVersion: dihedral/v1\nkind: Agent\nmetadata: {name: drafter}\n"
    "spec: {purpose: drafts, prompt: You draft., model: small}\n"
)
REGO = {"main.rego": b'package main\n\ndeny contains "no" if input.never\n'}


class Undone:
    """A database in one transaction, in which all others are nested: whoever holds it undoes it."""

    def __init__(self, conn: psycopg.AsyncConnection[Any]) -> None:
        self._conn = conn

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        async with self._conn.transaction():
            tx = Tx(self._conn)
            yield tx
            await tx.finish()


async def furnished(world: World) -> dict[str, Any]:
    """What each parameter of a path, and each field of a body, is filled with."""
    ops = world.ops
    run = await world.run(Status.POLICY_CHECKED)
    space = (await pipeline.see(ops, ADA, run)).workspace
    await workspaces.set_variable(ops, ADA, space.id, "region", "eu-central-1")
    async with ops.db.tx() as tx:
        state = await workspaces.keep(ops, tx, space.id, STATE, Origin(ADA, run, "a test"))
    asked = await requests.ask(world.app.state.thinking, ADA, space.id, "something else", {})
    await policysets.put(ops, ADA, "baseline", REGO, policysets.Place(), Source("a test"))
    await hired(ops, "drafter")
    capped = await budgets.put(ops, ADA, Slot(scope=Scope.PERSON), {"tokens": 1})
    await world.app.state.thinking.files.apply(ADA, {"drafter.yaml": AGENT})
    running = await instances.start(ops, SYSTEM, "drafter", "ada")
    opening = Opening(text="something else", workspace=space.id)
    talk = await conversations.start(world.app.state.mind, ADA, opening)
    (turn,) = (await conversations.show(world.app.state.mind, ADA, talk.id)).turns
    escalated = await escalation(world, talk.id)
    script = {"model": "large", "wire": Wire.SCRIPTED, "upstream": "no-such-script"}
    await models.add(world.app.state.thinking.models, ADA, script)
    token = await apitokens.create(ops, ADA, Wanted("a test"))
    async with ops.db.tx() as tx:
        session = await sessions.begin(ops, tx, ADA.id, "a test", Browser("127.0.0.1"))
    return {
        "run": run,
        "workspace": space.id,
        "category": "terraform",
        "key": "region",
        "version": state.id,
        "state_version": state.id,
        "request": asked.id,
        "blueprint": "private-bucket",
        "label": "no-such",  # so that the reflex need not learn, which takes a second
        "policy_set": "baseline",
        "agent": "drafter",
        "number": "1",
        "files": {"fresh.yaml": AGENT.replace("drafter", "fresh")},
        "model": "large",
        "wire": "openai",
        "upstream": "small:3b",
        "budget": capped.budget.id,
        "scope": "person",
        "conversation": talk.id,
        "escalation": escalated.id,
        "turn": turn.id,
        "result": "0" * 64,
        "instance": running.instance.id,
        "name": "fresh",
        "digest": assets.path("dihedral.css").split("/")[2],
        "asset": "dihedral.css",
        "count": "3",
        "text": "",
        "comment": "smaller disks do",
        "value": "eu-west-1",
        "url": "file:///nowhere",
        "person": "ada",
        "holder": "ada",
        "role": "viewer",
        "id": "fresh",
        "token": token.token.id,
        "session": session.session.id,
        "code": "none",
        "verifier": "none",
    }


async def escalation(world: World, talk: ConversationId) -> Escalation:
    made = Escalation(
        id=EscalationId("esc-1"), key="turn-1:1", conversation=talk, agent="triage",
        person=ADA.id, reason="a customer is in danger", at=world.ops.now(),
    )  # fmt: skip
    async with world.ops.db.tx() as tx:
        await escalations.add(tx, world.ops.keyring, made)
    return made


async def test_who_comes_in_where(world: World) -> None:
    ops = world.ops
    filled = await furnished(world)
    elsewhere = await workspaces.add(ops, ADA, "elsewhere")
    everyone = await everybody(ops, Place(HOME, workspace=elsewhere.id))
    async with ops.db.tx() as outer:
        undone = cast(Db, Undone(outer.conn))
        world.app.state.ops = held = replace(ops, db=undone)
        thinking = world.app.state.thinking
        reflex = replace(thinking.live, db=undone)
        asked, files = mind.models(held, Wires()), mind.files(held)
        world.app.state.thinking = replace(
            thinking, db=undone, desk=OpsDesk(held), live=reflex, models=asked, files=files
        )
        world.app.state.mind = mind.mind(held, world.app.state.thinking)
        cells = [await column(world, outer, who, filled) for who in everyone]
    for who, one in zip(everyone, cells, strict=True):
        demand_sane(who, one)
    rows = {
        f"{door.method} {door.path}": row
        for door, row in zip(apps.DOORS, zip(*cells, strict=True), strict=True)
    }
    found = drawn(everyone, rows)
    if os.environ.get("ACCESS_REWRITE"):
        FILE.write_text(found, "utf-8")
    kept = FILE.read_text("utf-8")
    assert {who.name for who in everyone} >= OUTSIDE | AGENTS | HOMELESS
    assert found == kept, "\n".join(changes(kept, found))


def demand_sane(who: Principal, cells: Sequence[str]) -> None:
    """What no rewriting of the file may ever let pass."""
    for door, cell in zip(apps.DOORS, cells, strict=True):
        if door.needs is None:
            continue
        place = f"{door.method} {door.path} by {who.name}"
        if who.name in OUTSIDE:
            assert cell == "401", place
        if who.name in AGENTS and door.needs not in access.AGENTS:
            assert cell == "403", place
        if who.name in HOMELESS and door.needs is not Action.SELF:
            assert cell == "403", place


async def column(world: World, outer: Tx, who: Principal, filled: Mapping[str, Any]) -> list[str]:
    newest = (await records.kept(outer)).head.seq
    async with world.bearing(who.token) as client:
        if not who.token:
            del client.headers["authorization"]
        return [
            await tried(partial(ask, client, door, filled), outer, newest) for door in apps.DOORS
        ]


async def tried(call: Callable[[], Awaitable[httpx.Response]], outer: Tx, newest: int) -> str:
    """What came of it. A refusal is on the record; a fault of ours fails."""
    async with outer.conn.transaction(force_rollback=True):
        answer = await call()
        # a page leads to the login instead
        away = answer.headers.get("location", "").startswith("/login?next=")
        status = 401 if away else answer.status_code
        refused = status in REFUSALS
        told = await records.after(outer, newest, 9) if refused else []
    assert answer.status_code != 500, f"{answer.request.url}: {answer.text}"
    if not refused:
        return "ok"
    denied = [link.act.outcome for link in told] == [Outcome.DENIED]
    assert denied or status == 404, answer.request.url
    return str(status)


async def ask(client: httpx.AsyncClient, door: Door, filled: Mapping[str, Any]) -> httpx.Response:
    return await client.request(door.method, path(door, filled), **said(door, filled))


def path(door: Door, filled: Mapping[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: filler(door, found[1], filled), door.path)


def said(door: Door, filled: Mapping[str, Any]) -> dict[str, Any]:
    """A query and a body that make sense, so that who may not is not told of his words first."""
    if door.media == (FORM,):
        return {"data": {}}
    if door.media:
        return {"content": packed(), "headers": {"content-type": door.media[0]}}
    if door.takes is None:
        asked = msgspec.structs.fields(door.asks) if door.asks else ()
        return {"params": {f.name: filled[f.name] for f in asked if f.required}}
    fields = msgspec.structs.fields(door.takes)
    names = [f.name for f in fields if f.required or f.name in MORE.get(door.takes.__name__, ())]
    return {"json": {name: filler(door, name, filled) for name in names}}


def filler(door: Door, name: str, filled: Mapping[str, Any]) -> Any:
    assert name in filled, f"{door.method} {door.path}: say in `furnished` what fills {name!r}"
    return filled[name]


def drawn(everyone: Sequence[Principal], rows: Mapping[str, Sequence[str]]) -> str:
    """The whole file: who each column is, then a row for each door."""
    return "\n".join([*_legend(everyone), "", *_table(rows)]) + "\n"


def _legend(everyone: Sequence[Principal]) -> Iterator[str]:
    for number, who in enumerate(everyone, 1):
        yield f"# {number:2} {who.name:24} {who.what}"


def _table(rows: Mapping[str, Sequence[str]]) -> Iterator[str]:
    wide = max(map(len, rows))
    count = len(next(iter(rows.values())))
    yield f"{'':{wide}} " + " ".join(f"{n:3}" for n in range(1, count + 1))
    for name, cells in rows.items():
        yield f"{name:{wide}} " + " ".join(f"{cell:>3}" for cell in cells)


def changes(kept: str, found: str) -> Iterator[str]:
    """What differs, cell by cell, in words."""
    was, now = _read(kept), _read(found)
    yield f"{FILE.name} is not what came of it; if it should be, ACCESS_REWRITE=1 writes it anew:"
    for cell in {**was, **now}:
        if was.get(cell) != now.get(cell):
            door, who = cell
            yield f"  {door} by {who}: was {was.get(cell, 'not there')}, is {now.get(cell, 'gone')}"


def _read(text: str) -> dict[tuple[str, str], str]:
    legend, _, table = text.partition("\n\n")
    names = [line[5:29].strip() for line in legend.splitlines()]
    found: dict[tuple[str, str], str] = {}
    for line in table.splitlines()[1:]:
        door, cells = line[: -4 * len(names)].strip(), line[-4 * len(names) :].split()
        found |= {(door, name): cell for name, cell in zip(names, cells, strict=True)}
    return found


def test_a_cell_that_differs_is_told_in_words() -> None:
    who = [Principal("viewer", "reads"), Principal("agent", "proposes")]
    kept = drawn(who, {"GET /v1/runs": ["ok", "ok"], "POST /v1/old": ["403", "403"]})
    found = drawn(who, {"GET /v1/runs": ["ok", "403"], "POST /v1/new": ["ok", "403"]})
    assert list(changes(kept, found))[1:] == [
        "  GET /v1/runs by agent: was ok, is 403",
        "  POST /v1/old by viewer: was 403, is gone",
        "  POST /v1/old by agent: was 403, is gone",
        "  POST /v1/new by viewer: was not there, is ok",
        "  POST /v1/new by agent: was not there, is 403",
    ]
