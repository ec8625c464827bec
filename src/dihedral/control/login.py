"""Who asks: told by what the call brings with it, never by what it says.

A call brings the token of the server's own data directory (whoever can read that is its owner), an
API token, the token of an agent that runs (`ops.work.instances`), or the cookie of a browser that
logged in. The owner may say who is meant (`Dihedral-Actor`) as long as only this machine reaches
the server, which then belongs to one
person; that is kept in the audit log.
"""

import hmac
from datetime import datetime

from starlette.requests import Request

from dihedral.control import cookies, edge
from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Forbidden, Invalid, Nobody
from dihedral.domain.ids import ActorId
from dihedral.domain.person import LOCAL, person_id
from dihedral.domain.right import Grant, Place, Role
from dihedral.kit import mint
from dihedral.ops.rules import secrecy
from dihedral.ops.store import people
from dihedral.ops.work import apitokens, audit, instances, sessions

OWNER = "dho_"  # how the token of the data directory begins
ALL = (Grant(Role.ADMINISTRATOR, Place(HOME)),)
HOW = "run `dihedral login`, or send `Authorization: Bearer TOKEN`"


async def known(request: Request) -> Actor:
    """Whoever asks, with all rights. Raises Nobody, Forbidden."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    text = text.strip()
    if not text and (cookie := cookies.session(request)):
        return await _session(request, cookie)
    if not text or scheme.lower() != "bearer":
        raise Nobody(f"who are you? {HOW}")
    if text.startswith(OWNER):
        return await _owner(request, text)
    if text.startswith(apitokens.PREFIX):
        return await _token(request, text)
    if text.count(".") == 2:
        return await _agent(request, text)
    raise Nobody(f"this is no token of this server; {HOW}")


async def _session(request: Request, secret: str) -> Actor:
    """Browsers send cookies by themselves, so that it must be seen that a page of ours asks."""
    cookies.demand_own_page(request)
    found = await sessions.known(edge.ops(request), secret, edge.trace(request))
    if found.successor:
        cookies.keep(request, found.successor)
    return found.actor


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
        found = await people.presented(tx, mint.hashed(text), now)
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
            token=token.id,
        )


async def _agent(request: Request, text: str) -> Actor:
    shown = await instances.show(edge.ops(request), text, edge.trace(request))
    if shown.why:
        request.state.actor = shown.actor  # it is turned away, and the record says who it was
        raise Nobody(shown.why)
    return shown.actor


def _over(found: people.Presented, now: datetime) -> str:
    """Why it lets nobody in; empty where it does."""
    if why := secrecy.token_over(found.token, now):
        return why
    return f"is of {found.token.person}, who may not come in any more" if found.disabled else ""
