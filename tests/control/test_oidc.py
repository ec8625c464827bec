"""Logging in by an OIDC provider: a real one over HTTP, honest and not."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from dihedral.control import address, cookies
from dihedral.control import app as apps
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Role, Where
from dihedral.kit.log import Secret
from dihedral.ops.work import oidc
from tests.control import provider as providers
from tests.control.conftest import OWNER, URL, World
from tests.control.logins import browser, known, told
from tests.control.provider import CLIENT, SECRET, Claims, Provider

pytestmark = pytest.mark.anyio

ADA: Claims = {"sub": "u-1", "preferred_username": "ada", "name": "Ada L."}
GROUPS = (
    ("platform", Role.ADMINISTRATOR, Where()),
    ("web", Role.VIEWER, Where(project="default")),
    ("web", Role.OPERATOR, Where(project="default")),
    ("ops", Role.APPROVER, Where(workspace="orders")),
    ("ghosts", Role.VIEWER, Where(project="gone")),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with providers.running(f"{URL}{address.CALLBACK}") as made:
        yield made


@pytest.fixture
def provider(server: Provider) -> Iterator[Provider]:
    """Honest at first."""
    yield server
    server.who, server.lie, server.forge = {}, lambda claims: claims, None
    server.alg, server.more = "RS256", {}
    server.asked.clear()


@pytest.fixture
def open_world(world: World, provider: Provider) -> World:
    """The application, with that provider."""
    settings = replace(
        world.app.state.settings,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=Secret(SECRET),
        oidc_groups=GROUPS,
    )
    return World(apps.build(world.ops, world.app.state.thinking, settings, OWNER), world.ops)


async def sent(client: httpx.AsyncClient, after: str = "") -> httpx.URL:
    """Out to the provider and back: where the browser is sent with the answer."""
    begun = await client.get("/login/oidc", params={"next": after})
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient(verify=False) as outside:
        answer = await outside.get(begun.headers["location"])
    assert answer.status_code == 303, answer.text
    return httpx.URL(answer.headers["location"])


async def log_in(client: httpx.AsyncClient, after: str = "") -> httpx.Response:
    return await client.get(str(await sent(client, after)))


async def roles(client: httpx.AsyncClient) -> set[tuple[str, str]]:
    given = (await client.get("/v1/account")).json()["rights"][0]
    return {(one["role"], one["workspace"] or one["project"] or "") for one in given}


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_a_person_logs_in(open_world: World, provider: Provider, alg: str) -> None:
    provider.who, provider.alg = {**ADA, "groups": ["platform", "others"]}, alg
    async with browser(open_world) as client:
        assert "Log in with 127.0.0.1" in (await client.get("/login")).text
        entered = await log_in(client, "/login/cli?port=1")
        assert (entered.status_code, entered.headers["location"]) == (303, "/login/cli?port=1")
        me = (await client.get("/v1/account")).json()
        assert (me["id"], await roles(client)) == ("ada", {("administrator", "")})
        assert cookies.FLOW not in client.cookies
        again = await log_in(client)
        assert again.headers["location"] == "/"
        people = (await client.get("/v1/people")).json()["items"]
    assert [(one["id"], one["name"]) for one in people] == [("ada", "Ada L.")]
    assert ("system", "ada", "done", "administrator in org-default by group:platform") in (
        await told(open_world, "grant.set")
    )


async def test_what_is_asked_cannot_be_guessed_and_is_never_the_same(
    open_world: World, provider: Provider
) -> None:
    provider.who = ADA
    async with browser(open_world) as client:
        await log_in(client)
        await log_in(client)
    first, second = provider.asked
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) == 43 and first[name] != second[name]
    assert len({first["state"], first["nonce"], first["code_challenge"]}) == 3


async def test_groups_are_renewed_at_each_login_and_direct_grants_stay(
    open_world: World, provider: Provider
) -> None:
    await open_world.workspace("orders")
    provider.who = {**ADA, "groups": ["web", "ops", "ghosts"]}
    async with browser(open_world) as client:
        await log_in(client)
        first = await roles(client)
        async with open_world.client("owner") as owner:
            body = {"holder": "ada", "role": "proposer", "workspace": "orders"}
            assert (await owner.put("/v1/grants", json=body)).status_code == 200
        provider.who = {**ADA, "groups": "web"}
        await log_in(client)
        second = await roles(client)
        provider.who = ADA
        await log_in(client)
        third = await roles(client)
    assert {role for role, _ in first} == {"operator", "approver"}  # of two, the stronger
    assert {role for role, _ in second} == {"operator", "proposer"}
    assert {role for role, _ in third} == {"proposer"}
    removed = [why for *_, why in await told(open_world, "grant.remove")]
    assert [why.split()[-1] for why in removed] == ["group:ops", "group:web"]


async def test_a_person_is_whoever_was_bound_first_whatever_the_name_is_later(
    open_world: World, provider: Provider
) -> None:
    async with browser(open_world) as client:
        provider.who = {**ADA, "groups": ["platform"]}
        await log_in(client)
        provider.who = {**provider.who, "preferred_username": "eve"}
        await log_in(client)
        assert (await client.get("/v1/account")).json()["id"] == "ada"
        provider.who = {"sub": "u-2", "preferred_username": "ada"}  # another one of that name
        await log_in(client)
        assert (await client.get("/v1/account")).json()["id"] == "u-2"


async def test_nobody_takes_over_a_local_person_by_name_or_address(
    open_world: World, provider: Provider
) -> None:
    await known(open_world, "ada")
    await known(open_world, "ada@example.org")
    await known(open_world, "U-1")
    provider.who = {**ADA, "email": "ada@example.org", "email_verified": True}
    async with browser(open_world) as client:
        answer = await log_in(client)
        assert (await client.get("/v1/account")).status_code == 401
    assert (answer.status_code, "there are people of all the names" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("claims", "id", "email"),
    [
        ({"email": "ada@example.org", "email_verified": True}, "ada@example.org", True),
        ({"email": "ada@example.org", "email_verified": False}, "u-1", False),
        ({"email": "ada@example.org", "email_verified": "true"}, "u-1", False),
        ({"email": "ada@example.org"}, "u-1", False),
        ({"preferred_username": "local"}, "u-1", False),
        ({"preferred_username": "a b"}, "u-1", False),
    ],
    ids=str,
)
async def test_an_address_counts_only_where_it_was_verified(
    open_world: World, provider: Provider, claims: Claims, id: str, email: bool
) -> None:
    provider.who = {"sub": "u-1", "groups": ["platform"], **claims}
    async with browser(open_world) as client:
        await log_in(client)
        me = (await client.get("/v1/account")).json()["id"]
        found = (await client.get(f"/v1/people/{me}")).json()["person"]
    assert (me, bool(found["email"])) == (id, email)


async def test_who_is_kept_out_stays_out(open_world: World, provider: Provider) -> None:
    provider.who = ADA
    await known(open_world, "bo")
    async with browser(open_world) as client:
        await log_in(client)
        async with open_world.client("bo") as owner:
            assert (await owner.post("/v1/people/ada/disable")).status_code == 200
        answer = await log_in(client)
    assert (answer.status_code, "may not come in" in answer.text) == (403, True)


def lied(**claims: Any) -> Callable[[Claims], Claims]:
    def lie(told: Claims) -> Claims:
        return {k: v for k, v in {**told, **claims}.items() if v is not None}

    return lie


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (lied(nonce="of another login"), "nonce"),
        (lied(aud="another program"), "aud"),
        (lied(iss="https://evil.example"), "another issuer"),
        (lied(exp=1), "expired"),
        (lied(sub=None), "sub"),
    ],
    ids=["nonce", "aud", "iss", "exp", "sub"],
)
async def test_an_id_token_that_is_not_for_us_now_lets_nobody_in(
    open_world: World, provider: Provider, lie: Callable[[Claims], Claims], says: str
) -> None:
    provider.who, provider.lie = ADA, lie
    async with browser(open_world) as client:
        answer = await log_in(client)
        assert (await client.get("/v1/account")).status_code == 401
    assert (answer.status_code, says in answer.text) == (401, True), answer.text
    (denied,) = [one for one in await told(open_world, "session.create") if one[2] == "denied"]
    assert (denied[0], says in denied[3]) == ("nobody", True)


def plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def encoded(*parts: Claims) -> str:
    return ".".join(plain(json.dumps(part).encode()) for part in parts)


def unsigned(claims: Claims) -> str:
    return f"{encoded({'alg': 'none'}, claims)}."


def of_another_key(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))


FORGERIES = {"none": unsigned, "another key": of_another_key, "no token": lambda claims: "x.y"}


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_id_token_lets_nobody_in(
    open_world: World, provider: Provider, name: str
) -> None:
    provider.who, provider.forge = ADA, FORGERIES[name]
    async with browser(open_world) as client:
        answer = await log_in(client)
        assert (await client.get("/v1/account")).status_code == 401
    assert (answer.status_code, "did not sign" in answer.text) == (401, True), answer.text


async def test_a_public_key_is_no_shared_secret(open_world: World, provider: Provider) -> None:
    """Algorithm confusion: HS256 with the text of the public key as the key."""
    key = provider.keys["RS256"]
    shared = key.as_pem(private=False)

    def confused(claims: Claims) -> str:
        signed = encoded({"alg": "HS256", "kid": key.kid}, claims)
        return f"{signed}.{plain(hmac.digest(shared, signed.encode(), 'sha256'))}"

    provider.who, provider.forge = ADA, confused
    provider.more = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
    async with browser(open_world) as client:
        answer = await log_in(client)
    assert (answer.status_code, "did not sign" in answer.text) == (401, True)


async def test_an_answer_counts_in_the_browser_that_began_alone(
    open_world: World, provider: Provider
) -> None:
    """A link with somebody else's code, by which a victim would work in an attacker's account."""
    provider.who = ADA
    async with browser(open_world) as attacker, browser(open_world) as victim:
        url = await sent(attacker)
        none = await victim.get(str(url))
        await sent(victim)
        other = await victim.get(str(url))
    for answer in (none, other):
        assert (answer.status_code, "not begun in this browser" in answer.text) == (401, True)


async def test_an_answer_counts_once(open_world: World, provider: Provider) -> None:
    provider.who = ADA
    async with browser(open_world) as client:
        url = await sent(client)
        flow = client.cookies[cookies.FLOW]
        assert (await client.get(str(url))).status_code == 303
        replayed = await client.get(str(url))
        client.cookies.set(cookies.FLOW, flow)
        stolen = await client.get(str(url))  # with the cookie, too: the code is used up
    assert (replayed.status_code, "not begun" in replayed.text) == (401, True)
    assert (stolen.status_code, "invalid_grant" in stolen.text) == (401, True)


async def test_a_code_of_another_login_does_not_fit_the_proof_key(
    open_world: World, provider: Provider
) -> None:
    provider.who = ADA
    async with browser(open_world) as one, browser(open_world) as other:
        theirs, mine = await sent(one), await sent(other)
        mixed = mine.copy_set_param("code", theirs.params["code"])
        answer = await other.get(str(mixed))
    assert (answer.status_code, "invalid_grant" in answer.text) == (401, True)


async def test_a_login_without_a_proof_key_is_not_begun(provider: Provider) -> None:
    asked = {"response_type": "code", "client_id": CLIENT, "redirect_uri": provider.redirect}
    asked |= {"scope": "openid", "state": "x"}
    assert provider.authorize(asked) == ""  # and ours is taken, so ours has one


@pytest.mark.parametrize("iss", ["https://evil.example", ""])
async def test_an_answer_of_another_issuer_is_not_taken(
    open_world: World, provider: Provider, iss: str
) -> None:
    """Mix-up: RFC 9207."""
    provider.who = ADA
    async with browser(open_world) as client:
        url = (await sent(client)).copy_set_param("iss", iss)
        answer = await client.get(str(url))
    assert (answer.status_code, "another issuer" in answer.text) == (401, True)


async def test_who_says_no_there_is_not_logged_in(open_world: World, provider: Provider) -> None:
    provider.who = ADA
    async with browser(open_world) as client:
        url = (await sent(client)).copy_remove_param("code").copy_set_param("error", "<b>no")
        answer = await client.get(str(url))
    assert (answer.status_code, "<b>no" in answer.text) == (401, False)


async def test_keys_are_read_again_where_they_were_changed(
    open_world: World, provider: Provider
) -> None:
    provider.who = ADA
    async with browser(open_world) as client:
        assert (await log_in(client)).status_code == 303
        provider.rotate()
        early = await log_in(client)  # not for every forged token
        start = time.monotonic()
        open_world.app.state.provider.clock = lambda: start + oidc.AGAIN
        assert (await log_in(client)).status_code == 303
    assert early.status_code == 401


@pytest.mark.parametrize(
    "more",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"authorization_endpoint": 7},
    ],
    ids=str,
)
async def test_a_document_that_is_not_the_issuers_is_not_used(
    open_world: World, provider: Provider, more: Claims
) -> None:
    provider.more = more
    async with browser(open_world) as client:
        answer = await client.get("/login/oidc")
    assert answer.status_code == 502
    assert "Bad Gateway" in answer.text


async def test_a_provider_that_does_not_answer_is_said(open_world: World) -> None:
    known = open_world.app.state.provider
    known.client = replace(known.client, issuer="http://127.0.0.1:9")
    async with browser(open_world) as client:
        answer = await client.get("/login/oidc")
    assert (answer.status_code, "does not answer" in answer.text) == (502, True)


async def test_without_a_provider_there_is_no_such_login(world: World) -> None:
    async with browser(world) as client:
        assert (await client.get("/login/oidc")).status_code == 404
        assert "Log in with" not in (await client.get("/login")).text


async def test_half_a_provider_is_none(world: World) -> None:
    settings = replace(world.app.state.settings, oidc_issuer="https://id.example")
    with pytest.raises(Invalid, match="set both"):
        apps.build(world.ops, world.app.state.thinking, settings)
