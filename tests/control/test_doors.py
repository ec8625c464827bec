"""Every door, tried by somebody who should not come in; and what every fault looks like."""

from collections.abc import AsyncIterator

import pytest
from starlette.routing import Route

from dihedral.control import app as apps
from dihedral.control import doors, edge
from dihedral.domain.errors import Fault, Invalid
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
            if door.method not in doors.SAFE:
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
    [("GET", "/", 404), ("GET", "/v1/nothing", 404), ("PATCH", "/v1/runs", 405)],
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
    named = {kind for kind in edge.STATUS if kind is not Fault}
    assert set(Fault.__subclasses__()) <= named | {
        kind for kind in Fault.__subclasses__() if any(k in named for k in kind.__mro__)
    }
    assert {edge.STATUS[kind] for kind in named} == {422, 401, 404, 403, 409, 402, 502}


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


async def test_an_error_of_ours_tells_nothing_of_itself(world: World) -> None:
    del world.app.state.ops
    async with world.client() as client:
        answer = await client.get("/v1/health")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "ops" not in answer.text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org"])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(Invalid, match="there is no login yet"):
        doors.demand_loopback(host)


async def _schemas(world: World) -> dict[str, object]:
    async with world.client() as client:
        found: dict[str, object] = (await client.get("/openapi.json")).json()["components"][
            "schemas"
        ]
    return found
