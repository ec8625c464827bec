"""The issuer: keys made in time, tokens signed, and those that are shown to us believed or not.

Surprise: a key may be made by whoever looks first, also by who only reads the published ones.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio.to_thread
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from dihedral.domain.actor import SYSTEM, Actor, Kind
from dihedral.domain.errors import Conflict, Forbidden, Nobody
from dihedral.domain.run import Run
from dihedral.domain.token import EVERYTHING, Alg, Credential, Minted, TokenKey
from dihedral.domain.workspace import Workspace
from dihedral.kit.db import Tx
from dihedral.ops.rules import claims, rotation
from dihedral.ops.rules import jwt as outside
from dihedral.ops.rules.claims import Grant
from dihedral.ops.rules.rotation import Look
from dihedral.ops.store import projects, tokens
from dihedral.ops.work import audit
from dihedral.ops.work.plane import Ops

BITS = 2048  # of an RSA key
JTI = "tok"
_TYPES = {Alg.ES256: claims.OURS, Alg.RS256: claims.THEIRS}

Barred = Callable[[Tx, Credential], Awaitable[str]]
"""Why nobody believes this one at present, such as a suspended agent; empty where all is well."""


async def for_agent(ops: Ops, by: Actor, grant: Grant) -> Minted:
    """A token that an agent shows to us. Raises Invalid, and Forbidden where an agent asks."""
    if by.kind is Kind.AGENT:
        raise Forbidden("an agent makes no tokens, neither for itself nor for another")
    jti, now = ops.mint(JTI), ops.now()
    said = claims.of_agent(ops.issuer, grant, jti, now)
    return await _minted(ops, by, Alg.ES256, said, f"{said['act']['sub']} for {said['sub']}")


async def for_run(ops: Ops, run: Run, workspace: Workspace, phase: str, audience: str) -> Minted:
    """A token by which a cloud knows a run's step. Raises Invalid."""
    async with ops.db.tx() as tx:
        known = {o.id: o.name for o in await projects.organizations(tx)}
    name = known[workspace.organization]
    said = claims.of_run(ops.issuer, run, workspace, phase, name)
    whole = claims.addressed(said, audience, ops.mint(JTI), ops.now())
    by, why = replace(SYSTEM, organization=workspace.organization), f"{said['sub']} to {audience}"
    return await _minted(ops, by, Alg.RS256, whole, why, workspace.id)


async def nobody_barred(_: Tx, __: Credential) -> str:
    return ""


async def verify(ops: Ops, token: str, barred: Barred = nobody_barred) -> Credential:
    """What an agent's token says, if it is ours, for us, of now and not revoked. Raises Nobody."""
    read = outside.read(token, Alg.ES256, _TYPES[Alg.ES256])
    now = ops.now()
    async with ops.db.tx() as tx:
        known = rotation.look(await tokens.keys(tx), Alg.ES256, now).published
        key = next((key for key in known if key.id == read.kid), None)
        if key is None or not _signed(token, key):
            raise Nobody("the token is not signed by a key of ours")
        found = claims.believed(read.payload, ops.issuer, now)
        if await tokens.revoked(tx, found.names, found.issued_at):
            raise Nobody("the token was revoked")
        if why := await barred(tx, found):
            raise Nobody(why)
    return found


async def revoke(ops: Ops, by: Actor, what: str = EVERYTHING, reason: str = "") -> None:
    """Every token of that name that was issued until now: one (its jti), those of an agent or an
    instance (a SPIFFE id) or for a person, or all. Those that are made later count again."""
    async with ops.db.tx() as tx:
        await revoke_in(ops, tx, by, what, reason)


async def revoke_in(ops: Ops, tx: Tx, by: Actor, what: str, reason: str = "") -> None:
    """The same, if `tx` commits: for who suspends an agent in it."""
    now = ops.now()
    await tokens.revoke(tx, what, now, now + claims.LIFE + claims.LEEWAY + timedelta(seconds=1))
    audit.noted(ops, tx, by, "token.revoke", what, reason=reason)


async def key_set(ops: Ops) -> dict[str, Any]:
    """The published keys, as RFC 7517 writes them."""
    async with ops.db.tx() as tx:
        found = [key for alg in Alg for key in (await _look(ops, tx, alg)).published]
    return {
        "keys": [{**key.public, "kid": key.id, "use": "sig", "alg": key.alg.value} for key in found]
    }


async def tend(ops: Ops) -> None:
    """Makes the keys that are due, and forgets what nobody needs. Twice at once is harmless."""
    async with ops.db.tx() as tx:
        for alg in Alg:
            await _look(ops, tx, alg)
        await tokens.forget(tx, ops.now())


async def rotate(ops: Ops, by: Actor, *, compromised: bool = False) -> None:
    """The next keys now, though they are not due: published at once, signing a day later.

    `compromised`: the old ones are gone at once, and with them every token; the new ones sign at
    once, so a relying party that keeps copies turns us away until it looks again.
    Raises Conflict where the next one is published already.
    """
    async with ops.db.tx() as tx:
        keys, now = await tokens.hold_keys(tx), ops.now()
        for alg in Alg:
            held = rotation.look(keys, alg, now)
            if compromised:
                await tokens.withdraw(tx, alg)
                held = rotation.look((), alg, now)
            elif held.waits:
                at = f"{held.waits.signs_from:%Y-%m-%d %H:%M} UTC"
                raise Conflict(f"the next {alg} key is published already and signs from {at}")
            await _add(ops, tx, alg, held)
        why = "compromised" if compromised else ""
        audit.noted(ops, tx, by, "token.rotate", "token keys", reason=why)


async def _minted(
    ops: Ops, by: Actor, alg: Alg, said: Mapping[str, Any], why: str, workspace: str = ""
) -> Minted:
    """Signed, and on the record first: what cannot be noted is not made."""
    async with ops.db.tx() as tx:
        signs = (await _look(ops, tx, alg)).signs
        assert signs is not None
        private = await tokens.private(tx, ops.keyring, signs.id)
        audit.noted(ops, tx, by, "token.mint", said["jti"], reason=why, workspace=workspace)
    text = await anyio.to_thread.run_sync(_sign, signs, private, said)
    return Minted(said["jti"], text, datetime.fromtimestamp(said["exp"], UTC))


async def _look(ops: Ops, tx: Tx, alg: Alg) -> Look:
    """What holds now; a key that is due is made first, by one of all who look."""
    found = rotation.look(await tokens.keys(tx), alg, ops.now())
    if found.due:
        found = rotation.look(await tokens.hold_keys(tx), alg, ops.now())
    if found.due:
        await _add(ops, tx, alg, found)
        audit.noted(ops, tx, SYSTEM, "token.rotate", "token keys", reason=f"a new {alg} key")
        found = rotation.look(await tokens.keys(tx), alg, ops.now())
    return found


async def _add(ops: Ops, tx: Tx, alg: Alg, held: Look) -> None:
    now = ops.now()
    made = await anyio.to_thread.run_sync(_made, alg)
    key = TokenKey(
        id=made.thumbprint(),
        alg=alg,
        public={name: str(value) for name, value in made.as_dict(private=False).items()},
        created_at=now,
        signs_from=rotation.begins(held, now),
    )
    private = json.dumps(made.as_dict(private=True)).encode()
    await tokens.add(tx, ops.keyring, key, private, rotation.retires(key.signs_from))


def _sign(by: TokenKey, private: bytes, said: Mapping[str, Any]) -> str:
    """Half a blink for RSA, whose numbers are proven each time that they are read."""
    header = {"alg": by.alg.value, "kid": by.id, "typ": _TYPES[by.alg]}
    key = _kind(by.alg).import_key(json.loads(private))
    return jwt.encode(header, dict(said), key, algorithms=[by.alg.value])


def _made(alg: Alg) -> ECKey | RSAKey:
    if alg is Alg.ES256:
        return ECKey.generate_key("P-256", private=True, auto_kid=False)
    return RSAKey.generate_key(BITS, private=True, auto_kid=False)


def _kind(alg: Alg) -> type[ECKey] | type[RSAKey]:
    return ECKey if alg is Alg.ES256 else RSAKey


def _signed(token: str, key: TokenKey) -> bool:
    public = _kind(key.alg).import_key(dict(key.public))
    try:
        jws.deserialize_compact(token.encode(), public, algorithms=[key.alg.value])
    except (JoseError, ValueError):
        return False
    return True
