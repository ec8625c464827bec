"""How others reach the server: by its public URL, over TLS, through proxies that are named."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from dihedral.control import front
from dihedral.control.front import Front
from dihedral.control.parse import Network
from dihedral.control.settings import Settings
from dihedral.domain.errors import Invalid
from tests.control.conftest import OWNER, World

pytestmark = pytest.mark.anyio

PUBLIC = "https://dihedral.example"
PROXY = "10.0.0.7"
NETWORKS: tuple[Network, ...] = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))
BEHIND: dict[str, Any] = {"public_url": PUBLIC, "proxies": NETWORKS}
VIA = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}


def fronted(**said: Any) -> Front:
    return front.front(Settings(data=Path("/d"), **said))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org"])
def test_an_address_that_others_reach_takes_tls_or_a_proxy(host: str) -> None:
    with pytest.raises(Invalid, match="can be reached by others"):
        fronted(host=host, public_url=PUBLIC)


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:7370"])
def test_where_others_reach_it_a_server_has_a_public_name(url: str) -> None:
    with pytest.raises(Invalid, match="DIHEDRAL_PUBLIC_URL"):
        fronted(proxies=NETWORKS, public_url=url)


def test_a_certificate_comes_with_its_key() -> None:
    with pytest.raises(Invalid, match="set both"):
        fronted(tls_cert=Path("/c"))


@pytest.mark.parametrize(
    ("said", "solo"),
    [
        ({}, True),
        ({"host": "::1"}, True),
        ({"public_url": PUBLIC}, True),
        (BEHIND, False),
        ({"tls_cert": Path("/c"), "tls_key": Path("/k")}, False),
    ],
    ids=str,
)
def test_only_a_plain_server_of_this_machine_belongs_to_one(
    said: dict[str, Any], solo: bool
) -> None:
    assert fronted(**said).solo is solo


@pytest.mark.parametrize(
    ("peer", "headers", "address", "scheme", "host"),
    [
        (PROXY, {}, PROXY, "http", "h"),
        (PROXY, {"x-forwarded-for": "1.2.3.4"}, "1.2.3.4", "http", "h"),
        (PROXY, {"x-forwarded-for": "6.6.6.6, 1.2.3.4, 10.0.0.9"}, "1.2.3.4", "http", "h"),
        (PROXY, {"x-forwarded-for": "10.0.0.8, 10.0.0.9"}, "10.0.0.8", "http", "h"),
        (PROXY, {"x-forwarded-for": "1.2.3.4, unknown"}, PROXY, "http", "h"),
        (PROXY, {"x-forwarded-for": "1.2.3.4:80"}, "1.2.3.4", "http", "h"),
        (PROXY, {"x-forwarded-for": "[2001:db8::1]:80"}, "2001:db8::1", "http", "h"),
        (PROXY, {"x-forwarded-for": "2001:db8::1"}, "2001:db8::1", "http", "h"),
        ("::ffff:10.0.0.7", {"x-forwarded-for": "1.2.3.4"}, "1.2.3.4", "http", "h"),
        ("fd00::1", {"x-forwarded-for": "1.2.3.4"}, "1.2.3.4", "http", "h"),
        (PROXY, {**VIA, "x-forwarded-host": "a, b"}, "203.0.113.9", "https", "b"),
        (PROXY, {"forwarded": "for=x, for=1.2.3.4;proto=https;host=a"}, "1.2.3.4", "https", "a"),
        (PROXY, {"forwarded": 'For="[2001::1]:4711"; PROTO=https'}, "2001::1", "https", "h"),
        (PROXY, {"forwarded": "for=_hidden"}, PROXY, "http", "h"),
        ("1.1.1.1", VIA, "1.1.1.1", "http", "h"),
        ("1.1.1.1", {"forwarded": "for=1.2.3.4;proto=https"}, "1.1.1.1", "http", "h"),
        ("10.0.1.7", VIA, "10.0.1.7", "http", "h"),
        ("", VIA, "", "http", "h"),
    ],
    ids=str,
)  # fmt: skip
def test_only_a_proxy_that_is_named_says_who_calls(
    peer: str, headers: dict[str, str], address: str, scheme: str, host: str
) -> None:
    found = front.caller(peer, "http", Headers({"host": "h", **headers}), NETWORKS)
    assert (found.address, found.scheme, found.host) == (address, scheme, host)


@pytest.mark.parametrize(
    "headers",
    [
        {"forwarded": "for=1.2.3.4", "x-forwarded-for": "6.6.6.6"},
        {"forwarded": "nonsense"},
        {"forwarded": 'for="1.2.3.4'},
        {"x-forwarded-proto": "gopher"},
    ],
    ids=str,
)
def test_what_a_proxy_says_that_cannot_be_told_is_not_guessed(headers: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        front.caller(PROXY, "http", Headers({"host": "h", **headers}), NETWORKS)


@pytest.mark.parametrize(
    ("peer", "url", "headers"),
    [
        (PROXY, "http://dihedral.example", VIA),
        (PROXY, "http://dihedral.example:443", VIA),
        (PROXY, "http://DIHEDRAL.example", VIA),
        (PROXY, "http://10.0.0.5:7370", {**VIA, "x-forwarded-host": "dihedral.example"}),
        (PROXY, "http://dihedral.example", {"forwarded": "for=203.0.113.9;proto=https"}),
        ("127.0.0.1", "http://127.0.0.1:7370", {}),
    ],
    ids=str,
)
async def test_behind_its_proxy_a_server_answers_to_its_public_name(
    world: World, peer: str, url: str, headers: dict[str, str]
) -> None:
    async with world.reached(**BEHIND).client("local", peer=peer, url=url, **headers) as client:
        assert (await client.get("/v1/workspaces")).status_code == 200


@pytest.mark.parametrize(
    ("peer", "url", "headers", "why"),
    [
        (PROXY, "http://evil.example", VIA, "answers to"),
        (PROXY, "http://127.0.0.1:7370", VIA, "answers to"),
        (PROXY, "http://dihedral.example:8080", VIA, "answers to"),
        (PROXY, "http://dihedral.example", {}, "in the clear"),
        ("203.0.113.9", "http://dihedral.example", VIA, "in the clear"),
        ("203.0.113.9", "http://127.0.0.1:7370", {}, "answers to"),
        ("127.0.0.1", "http://127.0.0.1:7370", VIA, "answers to"),
    ],
    ids=str,
)
async def test_and_to_no_other_name_and_never_in_the_clear(
    world: World, peer: str, url: str, headers: dict[str, str], why: str
) -> None:
    async with world.reached(**BEHIND).client("local", peer=peer, url=url, **headers) as client:
        answer = await client.get("/v1/workspaces")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert why in answer.json()["detail"]


async def test_a_plain_server_refuses_a_proxy_that_nobody_named(world: World) -> None:
    async with world.client(**VIA) as client:
        answer = await client.get("/v1/workspaces")
    assert answer.status_code == 403
    assert "DIHEDRAL_TRUSTED_PROXIES" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (PUBLIC, 201),
        ("http://dihedral.example", 403),
        ("https://dihedral.example:8443", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
async def test_only_pages_of_the_public_url_change_something(
    world: World, origin: str, status: int
) -> None:
    shared = world.reached(**BEHIND)
    headers = {**VIA, "origin": origin}
    async with shared.client(
        "local", peer=PROXY, url="http://dihedral.example", **headers
    ) as client:
        answer = await client.post("/v1/workspaces", json={"name": "orders"})
    assert answer.status_code == status


async def test_a_probe_knows_no_name_and_no_login(world: World) -> None:
    async with world.reached(**BEHIND).client(
        peer="10.9.9.9", url="http://10.0.0.5:7370"
    ) as client:
        assert (await client.get("/v1/health")).status_code == 200


async def test_where_others_come_in_nobody_says_who_he_is(world: World) -> None:
    async with world.reached(**BEHIND).client("ada") as client:
        answer = await client.get("/v1/workspaces")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_what_came_by_tls_is_told_to_come_by_tls_again(world: World) -> None:
    shared = world.reached(**BEHIND)
    async with shared.client("local", peer=PROXY, url="http://dihedral.example", **VIA) as client:
        assert "max-age=" in (await client.get("/v1/health")).headers["strict-transport-security"]
    async with world.client() as client:
        assert "strict-transport-security" not in (await client.get("/v1/health")).headers


async def test_the_owner_of_the_data_comes_in_from_the_machine_itself(world: World) -> None:
    headers = {"authorization": f"Bearer {OWNER}"}
    async with world.reached(**BEHIND).client("local", **headers) as client:
        assert (await client.get("/v1/audit")).status_code == 200
