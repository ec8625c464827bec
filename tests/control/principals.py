"""Everybody who could knock: with a token that counts, with one that does not, and with none."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from dihedral.control import login
from dihedral.domain.actor import HOME, SYSTEM
from dihedral.domain.ids import InstanceId, OrganizationId, ProjectId, TokenId
from dihedral.domain.person import ApiToken
from dihedral.domain.right import Place, Role
from dihedral.kit import mint
from dihedral.ops.store import people, projects
from dihedral.ops.store import tokens as store
from dihedral.ops.store.projects import Organization, Project
from dihedral.ops.work import agents, apitokens, instances, tokens
from dihedral.ops.work.plane import Ops
from tests.actors import SINCE, enrol, hired, person

ROOT = Role.ADMINISTRATOR.value  # a person, for whom the agents act
OTHER = OrganizationId("org-other")
SPAN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Principal:
    """`what` says who it is; with no `token` it brings none."""

    name: str
    what: str
    token: str = ""


async def everybody(ops: Ops, elsewhere: Place) -> list[Principal]:
    """In the order of the table; `elsewhere` is a place to which no door of it leads."""
    found = [Principal("nobody", "no token at all")]
    for role in Role:
        token = await _person(ops, role.value, role, Place(HOME))
        found.append(Principal(role, f"{role} of the organization", token))
    for role in Role:
        token = await _person(ops, f"{role}-elsewhere", role, elsewhere)
        found.append(Principal(f"{role} elsewhere", "in another workspace only", token))
    return [*found, *await _people(ops), *await _agents(ops), *await _forged(ops)]


async def _people(ops: Ops) -> list[Principal]:
    async with ops.db.tx() as tx:
        made = Organization(id=OTHER, name="other", created_at=SINCE)
        await projects.add_organization(tx, made)
        first = Project(
            id=ProjectId("prj-other"), organization=OTHER, name="default", description="",
            created_at=SINCE,
        )  # fmt: skip
        await projects.add(tx, first)
    past = ops.now() - timedelta(minutes=1)
    root, everywhere = Role.ADMINISTRATOR, Place(HOME)
    narrow = await _person(ops, "narrow", root, everywhere, role=Role.VIEWER)
    other = await _person(ops, "other", root, Place(OTHER))
    expired = await _person(ops, "late", root, everywhere, expires_at=past)
    revoked = await _person(ops, "gone", root, everywhere)
    disabled = await _person(ops, "disabled", root, everywhere)
    async with ops.db.tx() as tx:
        await people.revoke(tx, TokenId("at-gone"), past)
        held = await people.lock(tx, "disabled")
        await people.save(tx, replace(held, disabled_at=past))
    return [
        Principal("roleless", "a person without a role", await _person(ops, "roleless")),
        Principal("narrow token", "an administrator's, made for a viewer", narrow),
        Principal("stranger", "administrator of another organization", other),
        Principal("expired token", "an administrator's", expired),
        Principal("revoked token", "an administrator's", revoked),
        Principal("disabled", "an administrator who may not come in any more", disabled),
        Principal("former owner", "the owner's token of a start before", mint.secret(login.OWNER)),
    ]


async def _agents(ops: Ops) -> list[Principal]:
    """All but one act for an administrator, so that it is the agent's own rights that count."""
    await hired(ops, "robot")
    await hired(ops, "reader", role=Role.VIEWER)
    await hired(ops, "stopped")
    await hired(ops, "resumed")
    reading = await instances.start(ops, SYSTEM, "reader", ROOT)
    robot = await _agent(ops, "robot")
    handed = await _agent(ops, "robot", via=reading.instance.id)
    lost = await _agent(ops, "robot", "roleless")
    stopped, resumed = await _agent(ops, "stopped"), await _agent(ops, "resumed")
    for name in ("stopped", "resumed"):
        await agents.suspend(ops, person("ada"), name, "")
    await agents.resume(ops, person("ada"), "resumed")
    return [
        Principal("agent", "one that proposes, for an administrator", robot),
        Principal("handed on", "the same, for an agent that only reads", handed),
        Principal("for roleless", "the same, for a person without a role", lost),
        Principal("suspended", "an agent that is", stopped),
        Principal("resumed", "an agent that was suspended, with the token it had", resumed),
    ]


async def _forged(ops: Ops) -> list[Principal]:
    """What somebody makes who has seen the token of an agent that runs; the last three are signed
    with our own key, so that nothing but their words is wrong."""
    seen = await _agent(ops, "robot")
    header, said = (_unpacked(part) for part in seen.split(".")[:2])
    key = await _key(ops, header["kid"])
    secret = json.dumps(key.as_dict(private=False)).encode()
    away = {"aud": "https://cloud.example"}
    past = {name: said[name] - 3600 for name in ("iat", "nbf", "exp")}
    replayed = await _agent(ops, "robot")
    await tokens.revoke(ops, person("ada"), _unpacked(replayed.split(".")[1])["jti"])
    return [
        Principal("wrong key", "a forger's, under the name of ours", _signed(header, said, _new())),
        Principal("alg none", "signed by nobody", _packed({**header, "alg": "none"}, said) + "."),
        Principal("HS256", "with our public key as the secret", _keyed(header, said, secret)),
        Principal("audience", "a token for somebody else", _signed(header, {**said, **away}, key)),
        Principal("expired", "a token of an hour ago", _signed(header, {**said, **past}, key)),
        Principal("replay", "a token that was revoked", replayed),
    ]


async def _person(
    ops: Ops, name: str, granted: Role | None = None, place: Place | None = None, **token: Any
) -> str:
    """A person with a token that may all that the person may, or as `token` says."""
    text = mint.secret(apitokens.PREFIX)
    made: dict[str, Any] = {
        "organization": place.organization if place else HOME,
        "role": Role.ADMINISTRATOR,
        "created_at": ops.now() - SPAN,
        "expires_at": ops.now() + SPAN,
    }
    async with ops.db.tx() as tx:
        who = await enrol(tx, name, granted, place)
        made |= {"id": TokenId(f"at-{name}"), "person": who.id, "name": "for the test"}
        await people.add_token(tx, ApiToken(**made | token), mint.hashed(text))
    return text


async def _agent(ops: Ops, name: str, behalf: str = ROOT, via: InstanceId | None = None) -> str:
    return (await instances.start(ops, SYSTEM, name, behalf, via)).token.text


async def _key(ops: Ops, name: str) -> ECKey:
    async with ops.db.tx() as tx:
        return ECKey.import_key(json.loads(await store.private(tx, ops.keyring, name)))


def _new() -> ECKey:
    return ECKey.generate_key("P-256")


def _signed(header: Mapping[str, Any], said: Mapping[str, Any], key: ECKey) -> str:
    return jwt.encode(dict(header), dict(said), key, algorithms=["ES256"])


def _keyed(header: Mapping[str, Any], said: Mapping[str, Any], secret: bytes) -> str:
    text = _packed({**header, "alg": "HS256"}, said)
    return f"{text}.{_b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def _packed(header: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    return f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(said).encode())}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpacked(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
