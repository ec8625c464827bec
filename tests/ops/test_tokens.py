"""The issuer with a real database: what it signs is believed, and nothing else is."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.errors import Conflict, Forbidden, Nobody
from dihedral.domain.ids import ActorId
from dihedral.domain.token import Alg, Credential, Minted
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db, Tx
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.ops.rules import claims, rotation
from dihedral.ops.rules import jwt as outside
from dihedral.ops.rules.claims import Grant
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import tokens as store
from dihedral.ops.store.audit import Which
from dihedral.ops.work import audit, prices, tokens
from dihedral.ops.work.plane import Ops
from tests.ops.conftest import ADA
from tests.ops.test_claims import AGENT, ISSUER, RUN, SPACE

pytestmark = pytest.mark.anyio

GRANT = Grant(agent="scribe", instance="i7", person="ada", scope=("run.propose",))
INSTANCE = f"{AGENT}/instance/i7"


@dataclass
class Clock:
    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Office:
    ops: Ops
    clock: Clock

    async def minted(self, grant: Grant = GRANT) -> Minted:
        return await tokens.for_agent(self.ops, ADA, grant)

    async def key(self, alg: Alg = Alg.ES256) -> tuple[str, dict[str, Any]]:
        """The id and the private JWK of what signs now."""
        async with self.ops.db.tx() as tx:
            signs = rotation.look(await store.keys(tx), alg, self.clock.now).signs
            assert signs is not None
            return signs.id, json.loads(await store.private(tx, self.ops.keyring, signs.id))

    async def refused(self, token: str, why: str) -> None:
        with pytest.raises(Nobody, match=why):
            await tokens.verify(self.ops, token)


@pytest.fixture
async def office(db: Db) -> AsyncIterator[Office]:
    clock = Clock()
    yield Office(
        Ops(
            db=db,
            keyring=Keyring(bytes(32)),
            now=clock,
            mint=mint,
            terms=Terms(),
            book=prices.load(),
            signer=Signer.new(),
            issuer=ISSUER,
        ),
        clock,
    )


async def test_what_we_sign_we_believe(office: Office) -> None:
    made = await office.minted()
    found = await tokens.verify(office.ops, made.text)
    assert (found.id, found.subject, found.instance) == (made.id, "ada", INSTANCE)
    assert found.expires_at == made.expires_at == office.clock.now + timedelta(minutes=10)
    assert made.text not in repr(made)


async def test_a_token_dies_after_ten_minutes(office: Office) -> None:
    made = await office.minted()
    office.clock.pass_(minutes=10, seconds=29)
    await tokens.verify(office.ops, made.text)
    office.clock.pass_(seconds=1)
    await office.refused(made.text, "has expired")


async def test_making_one_is_on_the_record_and_the_token_is_nowhere(office: Office) -> None:
    made = await office.minted()
    run = await tokens.for_run(office.ops, RUN, SPACE, "plan", "sts.amazonaws.com")
    links = await audit.page(office.ops, ADA, Which(), 50)
    told = [(x.act.action, x.act.target, x.act.reason) for x in links if x.act.target[:3] == "tok"]
    assert told[0][:2] == ("token.mint", run.id)
    assert told[0][2].endswith("workspace:billing:phase:plan to sts.amazonaws.com")
    assert ("token.mint", made.id, f"{INSTANCE} for ada") in told
    assert await found_in_database(office.ops.db, made.text.split(".")[2]) == []
    _, private = await office.key()
    assert await found_in_database(office.ops.db, private["d"]) == []


async def found_in_database(db: Db, text: str) -> list[str]:
    """The tables that hold it in a column, as text or as it is in bytes."""
    async with db.tx() as tx:
        tables = await tx.rows(
            "SELECT format('%%I.%%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        held = []
        for table in tables:
            query = f"SELECT count(*) AS n FROM {table['name']} t WHERE t::text LIKE %(like)s"
            row = await tx.row(query.encode(), like=f"%{text}%")
            held += [table["name"]] if row and row["n"] else []
        return held


async def test_an_agent_makes_no_tokens(office: Office) -> None:
    agent = Actor(ActorId("scribe"), Kind.AGENT, on_behalf_of=ActorId("ada"))
    with pytest.raises(Forbidden):
        await tokens.for_agent(office.ops, agent, GRANT)


# forgeries: each has the header, the payload and the key that a forger would take


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], said: dict[str, Any], key: Key) -> str:
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    return jwt.encode(header, said, key, registry=registry, default_type=None)


def signed_raw(header: bytes, payload: bytes, key: ECKey) -> str:
    """Over exactly these bytes."""
    whole = f"{b64(header)}.{b64(payload)}"
    private = key.private_key
    assert private is not None
    r, s = decode_dss_signature(private.sign(whole.encode(), ECDSA(SHA256())))
    return f"{whole}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


async def forged(office: Office, make: Callable[[dict[str, Any], dict[str, Any], Any], str]) -> str:
    """`make` of the right header, the right claims and the private half of the right key."""
    kid, private = await office.key()
    said = claims.of_agent(ISSUER, GRANT, "tok-1", office.clock.now)
    return make({"alg": "ES256", "kid": kid, "typ": "at+jwt"}, said, ECKey.import_key(private))


def none(header: dict[str, Any], said: dict[str, Any], _: ECKey) -> str:
    return (
        f"{b64(json.dumps({**header, 'alg': 'none'}).encode())}.{b64(json.dumps(said).encode())}."
    )


def hmac_with_public(header: dict[str, Any], said: dict[str, Any], key: ECKey) -> str:
    head = b64(json.dumps({**header, "alg": "HS256"}).encode())
    whole = f"{head}.{b64(json.dumps(said).encode())}"
    tag = hmac.digest(key.as_pem(private=False), whole.encode(), hashlib.sha256)
    return f"{whole}.{b64(tag)}"


FORGERIES: list[tuple[str, Callable[[dict[str, Any], dict[str, Any], ECKey], str], str]] = [
    ("nobody signed it", none, "only ES256 counts"),
    ("our public key as a shared secret", hmac_with_public, "only ES256 counts"),
    (
        "a shared secret",
        lambda h, s, k: signed({**h, "alg": "HS256"}, s, OctKey.generate_key(256)),
        "only ES256 counts",
    ),
    (
        "another key of the same name",
        lambda h, s, k: signed(h, s, ECKey.generate_key("P-256")),
        "not signed by a key of ours",
    ),
    (
        "another key with its own name",
        lambda h, s, k: signed({**h, "kid": "other"}, s, ECKey.generate_key("P-256")),
        "not signed by a key of ours",
    ),
    (
        "an RSA key",
        lambda h, s, k: signed({**h, "alg": "RS256"}, s, RSAKey.generate_key(2048)),
        "only ES256 counts",
    ),
    (
        "an Ed25519 key",
        lambda h, s, k: signed({**h, "alg": "Ed25519"}, s, OKPKey.generate_key("Ed25519")),
        "only ES256 counts",
    ),
    (
        "a key that comes along",
        lambda h, s, k: _with_own(h, s),
        "header is not of alg, kid and typ",
    ),
    (
        "a key to be fetched",
        lambda h, s, k: signed({**h, "jku": "https://evil.example/k"}, s, k),
        "header is not of alg, kid and typ",
    ),
    ("no key's name", lambda h, s, k: signed(_less(h, "kid"), s, k), "header is not of"),
    ("no type", lambda h, s, k: signed(_less(h, "typ"), s, k), "header is not of"),
    ("another type", lambda h, s, k: signed({**h, "typ": "JWT"}, s, k), "only at.jwt counts"),
    ("a critical extension", lambda h, s, k: _raw(h, s, k, crit=["exp"]), "header is not of"),
    ("two algorithms", lambda h, s, k: _twice(h, s, k), "says something twice"),
    ("two subjects", lambda h, s, k: _subjects(h, s, k), "says something twice"),
    ("a number that is none", lambda h, s, k: _nan(h, s, k), "no JSON"),
    ("a payload that is no object", lambda h, s, k: _list(h, k), "not JSON of an object"),
    ("deep JSON", lambda h, s, k: _deep(h, k), "longer than|not JSON"),
    ("too long", lambda h, s, k: signed(h, {**s, "jti": "x" * 5000}, k), "longer than 4096"),
    ("another issuer", lambda h, s, k: signed(h, {**s, "iss": "https://e.example"}, k), "issuer"),
    ("another audience", lambda h, s, k: signed(h, {**s, "aud": "aws"}, k), "another audience"),
    ("longer life", lambda h, s, k: signed(h, {**s, "exp": s["exp"] + 1}, k), "lives longer"),
    ("padding", lambda h, s, k: signed(h, s, k) + "=", "base64url"),
    ("another alphabet", lambda h, s, k: signed(h, s, k)[:-3] + "+/+", "base64url|not signed"),
    ("nothing", lambda h, s, k: "", "three parts"),
    ("five parts", lambda h, s, k: signed(h, s, k) + "..", "three parts"),
    ("no signature", lambda h, s, k: signed(h, s, k).rpartition(".")[0] + ".", "not signed"),
    ("a short signature", lambda h, s, k: signed(h, s, k)[:-40], "base64url|not signed"),
    ("r and s are nought", lambda h, s, k: _nought(h, s, k), "not signed"),
    ("letters of other scripts", lambda h, s, k: "é.ü.ß", "base64url"),
]


def _less(header: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in header.items() if key != name}


def _with_own(header: dict[str, Any], said: dict[str, Any]) -> str:
    own = ECKey.generate_key("P-256")
    return signed({**header, "jwk": own.as_dict(private=False)}, said, own)


def _raw(header: dict[str, Any], said: dict[str, Any], key: ECKey, **more: Any) -> str:
    return signed_raw(json.dumps({**header, **more}).encode(), json.dumps(said).encode(), key)


def _twice(header: dict[str, Any], said: dict[str, Any], key: ECKey) -> str:
    head = json.dumps({**header, "alg": "none"})[:-1] + ', "alg": "ES256"}'
    return signed_raw(head.encode(), json.dumps(said).encode(), key)


def _subjects(header: dict[str, Any], said: dict[str, Any], key: ECKey) -> str:
    payload = json.dumps(said)[:-1] + ', "sub": "root"}'
    return signed_raw(json.dumps(header).encode(), payload.encode(), key)


def _nan(header: dict[str, Any], said: dict[str, Any], key: ECKey) -> str:
    return _raw(header, {**said, "exp": float("inf")}, key)


def _list(header: dict[str, Any], key: ECKey) -> str:
    return signed_raw(json.dumps(header).encode(), b"[]", key)


def _deep(header: dict[str, Any], key: ECKey) -> str:
    return signed_raw(json.dumps(header).encode(), b"[" * 2800, key)


def _nought(header: dict[str, Any], said: dict[str, Any], key: ECKey) -> str:
    return signed(header, said, key).rpartition(".")[0] + "." + b64(bytes(64))


async def test_a_token_made_by_hand_of_our_own_key_is_believed(office: Office) -> None:
    """Or the forgeries below would prove nothing."""
    await office.minted()
    await tokens.verify(office.ops, await forged(office, signed))
    await tokens.verify(office.ops, await forged(office, _raw))


async def test_no_forgery_is_believed_and_each_is_told_why(office: Office) -> None:
    await office.minted()
    for name, make, why in FORGERIES:
        token = await forged(office, make)
        with pytest.raises(Nobody, match=why):
            await tokens.verify(office.ops, token)
            pytest.fail(f"{name} was believed")


async def test_a_run_s_token_opens_no_door_of_ours(office: Office) -> None:
    made = await tokens.for_run(office.ops, RUN, SPACE, "apply", ISSUER)
    await office.refused(made.text, "only ES256 counts")


async def test_a_token_that_another_of_our_keys_should_have_signed_is_not_believed(
    office: Office,
) -> None:
    """Key confusion: the name of the RSA key under an ES256 signature."""
    await tokens.for_run(office.ops, RUN, SPACE, "apply", ISSUER)
    await office.minted()
    kid, _ = await office.key(Alg.RS256)
    token = await forged(office, lambda h, s, k: signed({**h, "kid": kid}, s, k))
    await office.refused(token, "not signed by a key of ours")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(max_size=300) | st.text(alphabet="AZaz09-_.=", max_size=300))
def test_no_text_at_all_makes_reading_break(text: str) -> None:
    with pytest.raises(Nobody):
        outside.read(text, "ES256", "at+jwt")


async def test_no_letter_of_a_token_may_be_another(office: Office) -> None:
    text = (await office.minted()).text
    for place in range(0, len(text), 7):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(Nobody):
            await tokens.verify(office.ops, text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("what", ["jti", "ada", AGENT, INSTANCE, "all"])
async def test_what_was_revoked_is_dead_at_once_and_stays_so(office: Office, what: str) -> None:
    made = await office.minted()
    other = await office.minted(replace(GRANT, agent="other", person="bo"))
    office.clock.pass_(seconds=5)
    await tokens.revoke(office.ops, ADA, made.id if what == "jti" else what, "lost")
    await office.refused(made.text, "was revoked")
    await tokens.tend(office.ops)
    await office.refused(made.text, "was revoked")
    if what == "all":
        await office.refused(other.text, "was revoked")
    else:
        await tokens.verify(office.ops, other.text)
    office.clock.pass_(seconds=5)
    again = await office.minted()
    await tokens.verify(office.ops, again.text)


async def test_an_agent_in_the_chain_that_is_revoked_ends_what_it_handed_on(
    office: Office,
) -> None:
    boss = f"{AGENT.rpartition('/')[0]}/boss/instance/b1"
    made = await office.minted(replace(GRANT, via=(boss,)))
    await tokens.verify(office.ops, made.text)
    await tokens.revoke(office.ops, ADA, boss)
    await office.refused(made.text, "was revoked")


async def test_what_was_revoked_is_forgotten_when_it_has_expired_anyway(office: Office) -> None:
    await office.minted()
    await tokens.revoke(office.ops, ADA, "tok-1")
    office.clock.pass_(minutes=11)
    await tokens.tend(office.ops)
    async with office.ops.db.tx() as tx:
        assert await tx.rows("SELECT what FROM token_revoked") == []


async def test_whoever_stores_agents_has_the_last_word(office: Office) -> None:
    made = await office.minted()

    async def suspended(tx: Tx, found: Credential) -> str:
        assert await tx.row("SELECT 1 AS one")
        return "the agent scribe is suspended" if found.agent == AGENT else ""

    with pytest.raises(Nobody, match="scribe is suspended"):
        await tokens.verify(office.ops, made.text, suspended)
    await tokens.verify(office.ops, made.text)


async def test_servers_that_start_together_make_one_key(office: Office) -> None:
    sets = await asyncio.gather(*(tokens.key_set(office.ops) for _ in range(4)))
    assert all(one == sets[0] for one in sets)
    assert [key["alg"] for key in sets[0]["keys"]] == ["ES256", "RS256"]
    assert not any("d" in key for key in sets[0]["keys"])


async def test_keys_turn_by_themselves_and_no_token_dies_of_it(office: Office) -> None:
    await tokens.tend(office.ops)
    first = await office.minted()
    office.clock.pass_(days=29)
    await tokens.tend(office.ops)
    before = [key["kid"] for key in (await tokens.key_set(office.ops))["keys"]]
    assert len(before) == 4  # each kind has its next one published
    office.clock.pass_(hours=23, minutes=59)
    last = await office.minted()
    office.clock.pass_(minutes=2)
    newest = await office.minted()
    kids = [outside.read(x.text, "ES256", "at+jwt").kid for x in (first, last, newest)]
    assert kids[0] == kids[1] != kids[2]
    await tokens.verify(office.ops, last.text)
    await tokens.verify(office.ops, newest.text)
    office.clock.pass_(hours=1)
    await tokens.tend(office.ops)
    async with office.ops.db.tx() as tx:
        assert [key.id for key in await store.keys(tx) if key.alg is Alg.ES256] == [kids[2]]


async def test_keys_are_turned_by_hand_once_at_a_time(office: Office) -> None:
    old = await office.minted()
    await tokens.rotate(office.ops, ADA)
    assert len((await tokens.key_set(office.ops))["keys"]) == 3  # RS256 had none before
    with pytest.raises(Conflict, match="published already and signs from"):
        await tokens.rotate(office.ops, ADA)
    same = await office.minted()
    office.clock.pass_(days=1)
    new = await office.minted()
    kids = {outside.read(x.text, "ES256", "at+jwt").kid for x in (old, same)}
    assert kids.isdisjoint({outside.read(new.text, "ES256", "at+jwt").kid}) and len(kids) == 1


async def test_a_key_that_was_stolen_signs_nothing_that_counts(office: Office) -> None:
    made = await office.minted()
    stolen = await forged(office, signed)
    await tokens.rotate(office.ops, ADA, compromised=True)
    for text in (made.text, stolen):
        await office.refused(text, "not signed by a key of ours")
    await tokens.verify(office.ops, (await office.minted()).text)
    [noted, *_] = await audit.page(office.ops, ADA, Which(target="token keys"), 5)
    assert (noted.act.action, noted.act.reason) == ("token.rotate", "compromised")
