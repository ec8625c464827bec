"""Every door, tried by somebody who should not come in; and what every fault looks like."""

import asyncio
import io
import json
import logging
import re
from collections.abc import AsyncIterator

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Scope

from dihedral.control import app as apps
from dihedral.control import doors, edge, problem
from dihedral.domain.errors import Fault
from dihedral.kit import log
from tests.control.conftest import URL, World

pytestmark = pytest.mark.anyio

FILLED = {"workspace": "w", "category": "terraform", "key": "k"}


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(f"{{{name}}}", value)
    return (
        path.replace("{run}", "run-1")
        .replace("{version}", "sv-1")
        .replace("{", "")
        .replace("}", "")
    )


async def test_no_door_opens_to_another_host(world: World) -> None:
    """A name that was pointed at 127.0.0.1 is how a page on the web would come in."""
    for door in apps.DOORS:
        for host in ("evil.example", "127.0.0.1.evil.example:7370", "", "10.0.0.1", "[::2]:80"):
            async with world.client(host=host) as client:
                answer = await client.request(door.method, filled(door.path))
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), door


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another port of this machine
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "null"},
    ],
    ids=str,
)
async def test_no_door_that_changes_something_opens_to_a_page_of_another_site(
    world: World, headers: dict[str, str]
) -> None:
    async with world.client(**headers) as client:
        for door in apps.DOORS:
            if door.method not in edge.SAFE:
                answer = await client.request(door.method, filled(door.path))
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), door


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": URL, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
    ids=str,
)
async def test_our_own_programs_and_pages_come_in(world: World, headers: dict[str, str]) -> None:
    async with world.client(**headers) as client:
        answer = await client.post("/v1/workspaces", json={"name": "orders"})
    assert answer.status_code == 201


@pytest.mark.parametrize("host", ["localhost:7370", "127.0.0.1", "[::1]:7370", "LOCALHOST"])
async def test_this_machine_has_several_names(world: World, host: str) -> None:
    async with world.client(host=host) as client:
        assert (await client.get("/v1/health")).status_code == 200


async def test_the_openapi_document_tells_of_every_route_and_of_no_other(world: World) -> None:
    async with world.client() as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    there = {
        (method, route.path)
        for route in world.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    pages = {(door.method, door.path) for door in apps.DOORS if door.page}
    assert told == there - pages
    assert len(there) == len(world.app.routes)  # nothing but routes is mounted


async def test_the_openapi_document_refers_only_to_what_it_holds(world: World) -> None:
    async with world.client() as client:
        text = (await client.get("/openapi.json")).text
    held = set(await _schemas(world))
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used and used <= held


def test_operations_have_names_of_their_own() -> None:
    from dihedral.control import openapi

    paths = openapi.document(apps.DOORS)["paths"]
    names = [o["operationId"] for methods in paths.values() for o in methods.values()]
    assert len(set(names)) == len(names) == len([d for d in apps.DOORS if not d.page])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/v1/nothing", 404), ("PATCH", "/v1/runs", 405)],
)
async def test_where_there_is_no_door_there_is_a_problem(
    world: World, method: str, path: str, status: int
) -> None:
    async with world.client() as client:
        answer = await client.request(method, path)
    said = answer.json()
    assert (answer.status_code, said["status"], said["instance"]) == (status, status, path)
    assert "/openapi.json" in said["detail"]


def test_every_fault_has_a_status() -> None:
    named = {kind for kind in problem.STATUS if kind is not Fault}
    assert set(Fault.__subclasses__()) <= named | {
        kind for kind in Fault.__subclasses__() if any(k in named for k in kind.__mro__)
    }
    assert {problem.STATUS[kind] for kind in named} == {422, 401, 404, 403, 409, 402, 502}


@pytest.mark.parametrize("who", ["", "system", "a b", "x" * 65, "-x", "ada\u00e9"])
async def test_an_actor_has_a_plain_name(world: World, who: str) -> None:
    async with world.client() as client:
        answer = await client.post(
            "/v1/workspaces", json={"name": "orders"}, headers={edge.ACTOR.encode(): who.encode()}
        )
    assert (answer.status_code, answer.json()["code"]) == (401, "nobody")


async def test_a_body_that_is_too_large_is_not_read_to_its_end(world: World) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 65536

    async with world.client() as client:
        answer = await client.post(
            "/v1/workspaces", content=endless(), headers={"content-type": "application/json"}
        )
    assert (answer.status_code, answer.json()["code"]) == (413, "request_entity_too_large")
    assert sent < 40


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b'{"name": 3}', "application/json", 422),
        (b'{"name": "a", "colour": "red"}', "application/json", 422),
        (b"{", "application/json", 422),
        (b"\xff", "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"name": "a\\u0000"}', "application/json", 422),
        (b'{"name": "a\0"}', "application/json", 422),
        (b'{"name": "a"}', "text/plain", 415),
    ],
    ids=str,
)
async def test_a_body_that_does_not_fit_says_why(
    world: World, body: bytes, media: str, status: int
) -> None:
    async with world.client() as client:
        answer = await client.post("/v1/workspaces", content=body, headers={"content-type": media})
    assert answer.status_code == status
    assert "body" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/v1/health", {}, 200),
        ("GET", "/v1/nothing", {}, 404),
        ("GET", "/v1/runs", {"host": "evil.example"}, 403),
        ("GET", "/v1/runs", {"authorization": ""}, 401),
        ("GET", "/v1/runs?size=x", {}, 422),
        ("GET", "/v1/broken", {}, 500),
    ],
    ids=str,
)
async def test_every_answer_has_its_id_and_its_guard(
    world: World, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    world.app.router.routes.append(Route("/v1/broken", broken))
    trace = "0af7651916cd43dd8448eb211c80319c"
    async with world.client(traceparent=f"00-{trace}-b7ad6b7169203331-01", **headers) as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["dihedral-request-id"] == trace
    assert {name: answer.headers[name] for name in doors.SAFELY} == doors.SAFELY
    assert "server" not in answer.headers
    if status >= 400:
        assert answer.json()["request"] == trace


async def test_who_waits_when_the_server_ends_is_told_to_come_back(world: World) -> None:
    begun, sent = asyncio.Event(), list[Message]()

    async def waiting(request: Request) -> Response:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def never() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    world.app.router.routes.append(Route("/v1/wait", waiting))
    scope: Scope = {
        **{"type": "http", "method": "GET", "scheme": "http", "root_path": ""},
        **{"path": "/v1/wait", "query_string": b"", "client": ("127.0.0.1", 1)},
        "headers": [(b"host", b"localhost")],
    }
    task = asyncio.create_task(world.app(scope, never, send))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [m["status"] for m in sent if m["type"] == "http.response.start"] == [503]


@pytest.mark.parametrize("given", ["", "x", "00-" + "0" * 31 + "g-b7ad6b7169203331-01"])
async def test_an_id_is_made_where_none_that_fits_is_given(world: World, given: str) -> None:
    async with world.client(traceparent=given, **{"dihedral-request-id": "mine"}) as client:
        made = {(await client.get("/v1/health")).headers["dihedral-request-id"] for _ in "ab"}
    assert len(made) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made)


async def test_what_is_logged_of_a_call_has_its_id(world: World) -> None:
    world.app.router.routes.append(Route("/v1/broken", broken))
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setFormatter(log.Json())
    logging.getLogger("dihedral.edge").addHandler(handler)
    async with world.client() as client:
        answer = await client.get("/v1/broken")
    logging.getLogger("dihedral.edge").removeHandler(handler)
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    mine = [line for line in lines if line.get("request") == answer.json()["request"]]
    assert mine and "the inside of it" in mine[0]["exception"]


async def test_an_error_of_ours_tells_nothing_of_itself(world: World) -> None:
    world.app.router.routes.append(Route("/v1/broken", broken))
    async with world.client() as client:
        answer = await client.get("/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "inside" not in answer.text and "SELECT" not in answer.text


async def broken(request: Request) -> Response:
    raise RuntimeError("the inside of it: SELECT secret FROM /etc/passwd")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"/v1/runs?before={'x' * doors.TARGET}", {}, 414),
        (f"/v1/{'x' * doors.TARGET}", {}, 414),
        ("/v1/runs", {f"x-{n}": "1" for n in range(doors.HEADERS)}, 431),
        ("/v1/workspaces/a%00", {}, 400),
        ("/v1/audit?actor=%00", {}, 400),
        ("/v1/audit?before=99999999999999999999", {}, 422),
    ],
    ids=["query", "path", "headers", "NUL", "NUL asked for", "number"],
)
async def test_a_head_that_no_door_could_take_is_refused(
    world: World, path: str, headers: dict[str, str], status: int
) -> None:
    async with world.client(**headers) as client:
        assert (await client.get(path)).status_code == status


async def test_a_body_that_does_not_come_is_not_waited_for(world: World) -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(HTTPException) as refused:
        await edge.read(request, limit=0, patience=0.01)
    assert refused.value.status_code == 408


async def _schemas(world: World) -> dict[str, object]:
    async with world.client() as client:
        found: dict[str, object] = (await client.get("/openapi.json")).json()["components"][
            "schemas"
        ]
    return found
