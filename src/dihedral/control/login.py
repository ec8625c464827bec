"""Who asks: told by what the call brings with it, never by what it says.

A call brings the token of the server's own data directory (whoever can read that is its owner), an
API token, or the token of an agent that runs (`ops.work.instances`). Without a login the owner may
say who is meant (`Dihedral-Actor`), since a server that only this machine reaches belongs to one
person; that is kept in the audit log.
"""

import hashlib
import hmac
import secrets
from datetime import datetime

from starlette.requests import Request

from dihedral.control import edge
from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Forbidden, Invalid, Nobody
from dihedral.domain.ids import ActorId
from dihedral.domain.person import person_id
from dihedral.domain.right import Grant, Place, Role
from dihedral.ops.store import people
from dihedral.ops.work import audit, instances

TOKEN = "dht_"  # noqa: S105  how an API token begins
OWNER = "dho_"  # how the token of the data directory begins
LOCAL = "local"  # who asks when the owner names nobody
ALL = (Grant(Role.ADMINISTRATOR, Place(HOME)),)
HOW = "run `dihedral login`, or send `Authorization: Bearer TOKEN`"


def minted(prefix: str) -> str:
    """A new secret of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """What is kept of a token. It is chance, not a password, so that one hash is enough."""
    return hashlib.sha256(token.encode()).digest()


async def known(request: Request) -> Actor:
    """Whoever asks, with all rights. Raises Nobody, Forbidden."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    text = text.strip()
    if not text or scheme.lower() != "bearer":
        raise Nobody(f"who are you? {HOW}")
    if text.startswith(OWNER):
        return await _owner(request, text)
    if text.startswith(TOKEN):
        return await _token(request, text)
    if text.count(".") == 2:
        return await _agent(request, text)
    raise Nobody(f"this is no token of this server; {HOW}")


async def _owner(request: Request, text: str) -> Actor:
    state = request.app.state
    if not state.owner or not hmac.compare_digest(text.encode(), state.owner.encode()):
        raise Nobody("this is not the token of the server that runs now; it is new at each start")
    named = request.headers.get(edge.ACTOR, LOCAL)
    if named != LOCAL and not state.solo:
        raise Forbidden(
            f"{edge.ACTOR} is for a server that only this machine reaches; here, log in as yourself"
        )
    try:
        who = person_id(named)
    except Invalid as cause:
        raise Nobody(str(cause)) from cause
    actor = Actor(who, trace=edge.trace(request), organization=HOME, rights=(ALL,))
    if named != LOCAL and named not in state.played:
        state.played.add(named)
        await audit.told(edge.ops(request), _local(request), "person.impersonate", named)
    return actor


def _local(request: Request) -> Actor:
    return Actor(ActorId(LOCAL), trace=edge.trace(request), organization=HOME, rights=(ALL,))


async def _token(request: Request, text: str) -> Actor:
    ops = edge.ops(request)
    now = ops.now()
    async with ops.db.tx() as tx:
        found = await people.presented(tx, hashed(text), now)
        if found is None:
            raise Nobody(f"the token is not known here; {HOW}")
        if why := _over(found, now):
            raise Nobody(f"the token {why}; {HOW}")
        token = found.token
        return Actor(
            token.person,
            trace=edge.trace(request),
            organization=token.organization,
            rights=(await people.grants(tx, token.person), (Grant(token.role, found.place),)),
        )


async def _agent(request: Request, text: str) -> Actor:
    shown = await instances.show(edge.ops(request), text, edge.trace(request))
    if shown.why:
        request.state.actor = shown.actor  # it is turned away, and the record says who it was
        raise Nobody(shown.why)
    return shown.actor


def _over(found: people.Presented, now: datetime) -> str:
    """Why it lets nobody in; empty where it does."""
    token = found.token
    if token.revoked_at:
        return "was revoked"
    if token.expires_at <= now:
        return f"expired at {token.expires_at:%Y-%m-%d %H:%M} UTC"
    return f"is of {token.person}, who may not come in any more" if found.disabled else ""
