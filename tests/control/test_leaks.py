"""A problem says nothing of what is inside, and what was sent comes back inert."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from starlette.requests import Request
from starlette.routing import Route

from dihedral.control import app as apps
from dihedral.control import edge
from dihedral.control.problem import LONGEST, SHOWN, STATUS, inert
from dihedral.domain.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    Nobody,
    NotFound,
    OverBudget,
    Upstream,
)
from dihedral.domain.ids import OrganizationId, ProjectId, WorkspaceId
from dihedral.domain.workspace import Workspace
from dihedral.kit.db import Unavailable
from dihedral.ops.store import workspaces
from tests.control.conftest import World
from tests.control.test_doors import filled

pytestmark = pytest.mark.anyio

INSIDE = (
    "/var/lib/dihedral/key",
    "SELECT",
    "Traceback",
    "hunter2",
    "globex",
    "RuntimeError",
    "10.1.2.3",
)
CAUSE = RuntimeError(f"Traceback: SELECT hunter2 FROM globex at 10.1.2.3 {INSIDE[0]}")
FAULTS: tuple[Exception, ...] = (
    Invalid("said"),
    Nobody("said"),
    NotFound("thing", "said"),
    Forbidden("said"),
    Conflict("said"),
    OverBudget("said"),
    Upstream("said"),
    Unavailable(str(CAUSE)),
    psycopg.errors.UndefinedTable(str(CAUSE)),
    CAUSE,
    KeyError(str(CAUSE)),
    RecursionError(str(CAUSE)),
    MemoryError(str(CAUSE)),
    UnicodeDecodeError("utf-8", b"hunter2", 0, 1, str(CAUSE)),
)
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\u202eexe.cod",
    "a\u2028b\u200d",
    "a\r\nSet-Cookie: a=b",
    "<script>alert(1)</script>",
    "' OR 1=1; --",
    "{{7*7}}${7*7}%n%s",
    "../../etc/passwd",
)
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]")


def raising(fault: Exception) -> Callable[[Request], Awaitable[Any]]:
    async def endpoint(request: Request) -> Any:
        raise fault from CAUSE

    return endpoint


def test_every_kind_of_fault_is_tried() -> None:
    assert set(STATUS) <= {type(fault) for fault in FAULTS}
    assert set(Fault.__subclasses__()) <= {type(fault) for fault in FAULTS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_no_problem_tells_of_the_inside(world: World, fault: Exception) -> None:
    world.app.router.routes.append(Route("/v1/raise", raising(fault)))
    async with world.client() as client:
        answer = await client.get("/v1/raise")
    assert answer.status_code >= 400
    told = answer.text + str(answer.headers)
    assert not [word for word in INSIDE if word in told]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_what_is_sent_comes_back_inert(world: World, text: str) -> None:
    async with world.client() as client:
        for door in apps.DOORS:
            path = re.sub(r"\{\w+\}", "{it}", door.path).split("{it}")
            url = _quoted(text).join(path)
            sent = {"name": text, "text": text, text: text}
            query = {"before": text, text: text} if door.asks else None
            answer = await client.request(door.method, url, json=sent, params=query)
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert "<script>" not in answer.text and "\x1b" not in answer.text
            elif answer.status_code >= 400:
                _inert(answer.content)


async def test_a_megabyte_is_not_sent_back(world: World) -> None:
    long = "x" * ((1 << 20) - 100)
    async with world.client() as client:
        for door in apps.DOORS:
            if door.takes is not None:
                body = json.dumps({"name": long, long[:9]: 1}).encode()
                media = {"content-type": "application/json"}
                url = filled(door.path)
                answer = await client.request(door.method, url, content=body, headers=media)
                assert answer.status_code >= 400
                _inert(answer.content)


async def test_a_header_comes_back_inert(world: World) -> None:
    names = ("host", "origin", "sec-fetch-site", edge.ACTOR, "content-type", "traceparent")
    for name in names:
        async with world.client() as client:
            headers = {name.encode(): b"\x1b[2J" + b"<b>" * 9000}
            answer = await client.post("/v1/workspaces", json={}, headers=headers)
        assert answer.status_code >= 400
        _inert(answer.content)


async def test_what_another_organization_has_is_not_told(world: World) -> None:
    """Not by a refusal, nor by a conflict: it is as if it were not there."""
    async with world.ops.db.tx() as tx:
        for statement in (
            b"INSERT INTO organization (id, name) VALUES ('org-g', 'globex')",
            b"INSERT INTO project (id, organization, name) VALUES ('prj-g', 'org-g', 'default')",
        ):
            await tx.do(statement)
        theirs = Workspace(
            id=WorkspaceId("ws-g"),
            name="payroll",
            created_at=world.ops.now(),
            organization=OrganizationId("org-g"),
            project=ProjectId("prj-g"),
        )
        await workspaces.add(tx, theirs)
    async with world.client() as client:
        named = await client.get("/v1/workspaces/payroll")
        none = await client.get("/v1/workspaces/nothing")
        mine = await client.post("/v1/workspaces", json={"name": "payroll"})
    assert named.status_code == none.status_code == 404
    said = named.json()["detail"].replace("payroll", "nothing")
    assert said == none.json()["detail"]
    assert mine.status_code == 201


def test_a_text_is_cut_where_it_is_too_long() -> None:
    assert inert("a" * SHOWN) == "a" * SHOWN
    assert len(inert("a" * (SHOWN + 1))) == SHOWN
    assert inert("a\x00\ud800\u202eb") == "a\ufffd\ufffd\ufffdb"


def _inert(content: bytes) -> None:
    assert len(content) < LONGEST * 4 + 2000
    found = json.loads(content)
    assert not UNSEEN.search(json.dumps(found, ensure_ascii=False))
    assert "root:" not in found["detail"]


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())
