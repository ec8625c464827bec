"""Discovery and keys over HTTP, and relying parties of others' making that go by them."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.errors import InvalidClaimError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import JWSRegistry

from dihedral.control import app as apps
from dihedral.control.api import identity
from dihedral.control.settings import Settings
from dihedral.domain.actor import Actor
from dihedral.domain.ids import ActorId
from dihedral.ops.rules import rotation
from dihedral.ops.rules.claims import Grant
from dihedral.ops.work import tokens
from tests.control.conftest import URL, World
from tests.ops.test_claims import RUN, SPACE

pytestmark = pytest.mark.anyio
ADA = Actor(ActorId("ada"))
AWS = "sts.amazonaws.com"


async def discovered(world: World) -> tuple[dict[str, Any], KeySetSerialization]:
    """The metadata and the keys, found as a relying party finds them: from the issuer alone."""
    async with world.client() as client:
        metadata = (await client.get(f"{URL}/.well-known/openid-configuration")).json()
        return metadata, (await client.get(metadata["jwks_uri"])).json()


async def test_joserfc_verifies_a_run_s_token_by_discovery(world: World) -> None:
    made = await tokens.for_run(world.ops, RUN, SPACE, "plan", AWS)
    metadata, keys = await discovered(world)
    known, allowed = KeySet.import_key_set(keys), metadata["id_token_signing_alg_values_supported"]
    read = jwt.decode(made.text, known, registry=JWSRegistry(algorithms=allowed))
    wanted = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": AWS},
        exp={"essential": True},
    )
    wanted.validate(read.claims)
    assert read.header["alg"] == "RS256"
    assert read.claims["sub"] == "organization:default:workspace:billing:phase:plan"
    with pytest.raises(InvalidClaimError):
        jwt.JWTClaimsRegistry(aud={"essential": True, "value": "other"}).validate(read.claims)


async def test_authlib_verifies_a_run_s_token_as_an_id_token(world: World) -> None:
    made = await tokens.for_run(world.ops, RUN, SPACE, "apply", AWS)
    metadata, keys = await discovered(world)
    known = KeySet.import_key_set(keys)
    read = jwt.decode(made.text, known, registry=JWSRegistry(algorithms=["RS256"]))
    options = {"iss": {"values": [metadata["issuer"]]}, "aud": {"values": [AWS]}}
    claims = CodeIDToken(read.claims, read.header, options, {"client_id": AWS})
    claims.validate()
    assert claims["phase"] == "apply"


async def test_authlib_takes_an_agent_s_token_as_an_access_token(world: World) -> None:
    grant = Grant(agent="scribe", instance="i7", person="ada", scope=("run.propose",))
    made = await tokens.for_agent(world.ops, ADA, grant)
    _, keys = await discovered(world)

    class Server(JWTBearerTokenValidator):  # type: ignore[misc]
        def get_jwks(self) -> Any:
            return KeySet.import_key_set(keys)

    ours, another = Server(URL, URL), Server(URL, "https://other.example")
    found = ours.authenticate_token(made.text)
    ours.validate_token(found, ["run.propose"], None)
    assert (found["sub"], found["act"]["sub"].rpartition("/")[2]) == ("ada", "i7")
    with pytest.raises(InvalidTokenError):
        another.validate_token(another.authenticate_token(made.text), [], None)


async def test_a_relying_party_with_old_keys_turns_away_what_a_stolen_key_signed(
    world: World,
) -> None:
    made = await tokens.for_run(world.ops, RUN, SPACE, "plan", AWS)
    await tokens.rotate(world.ops, ADA, compromised=True)
    _, keys = await discovered(world)
    with pytest.raises((JoseError, ValueError)):
        jwt.decode(made.text, KeySet.import_key_set(keys), algorithms=["RS256"])


async def test_the_metadata_is_what_the_specification_asks_for(world: World) -> None:
    metadata, keys = await discovered(world)
    told = OpenIDProviderMetadata(metadata)
    told.validate_response_types_supported()
    told.validate_subject_types_supported()
    told.validate_id_token_signing_alg_values_supported()
    told.validate_claims_supported()
    assert metadata["issuer"] == URL
    assert {key["alg"] for key in keys["keys"]} == {"ES256", "RS256"}
    private = {"d", "p", "q", "dp", "dq", "qi", "k"}
    assert all(private.isdisjoint(key) and key["use"] == "sig" for key in keys["keys"])


async def test_both_may_be_kept_for_less_than_a_new_key_waits(world: World) -> None:
    async with world.client() as client:
        for path in identity.PUBLIC:
            answer = await client.get(path)
            assert answer.headers.get_list("cache-control") == ["public, max-age=3600"]
        other = await client.get("/v1/health")
        assert other.headers.get_list("cache-control") == ["no-store"]
    assert rotation.LEAD.total_seconds() >= 24 * 3600


@pytest.mark.parametrize(("path", "status"), [(identity.KEYS, 200), ("/v1/health", 403)])
async def test_only_these_two_are_read_by_the_public_name(
    world: World, path: str, status: int
) -> None:
    settings = Settings(public_url="https://dihedral.example")
    built = apps.build(replace(world.ops, issuer=settings.base), world.app.state.thinking, settings)
    transport = httpx.ASGITransport(built)
    async with httpx.AsyncClient(transport=transport, base_url=settings.base) as client:
        assert (await client.get(path)).status_code == status
        evil = await client.get(path, headers={"host": "evil.example"})
        assert evil.status_code == 403
        told = (await client.get(identity.DISCOVERY)).json()
    assert told["jwks_uri"] == "https://dihedral.example/.well-known/jwks.json"
