"""Logging in by an OIDC provider: who somebody is here, what the groups give, a session begun."""

import logging

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Conflict, Forbidden, Nobody, NotFound
from dihedral.domain.ids import ActorId
from dihedral.domain.person import Person
from dihedral.domain.right import Grant, Place, Role, Where
from dihedral.kit.db import Tx
from dihedral.ops.rules import idtoken
from dihedral.ops.rules.idtoken import Expected, Identity
from dihedral.ops.store import logins as store
from dihedral.ops.store import people, projects, workspaces
from dihedral.ops.work import audit, grants, oidc, sessions
from dihedral.ops.work.logins import NOBODY
from dihedral.ops.work.oidc import Provider
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.sessions import Browser

_LOG = logging.getLogger(__name__)


async def login(
    ops: Ops, provider: Provider, code: str, begun: oidc.Begun, visit: tuple[Browser, str]
) -> sessions.Begun:
    """A new session for whom the code is of; `visit` is the browser and the secret of the session
    that it had. Raises Nobody, Upstream, Forbidden, Conflict."""
    browser, former = visit
    client = provider.client
    try:
        claims = await provider.claims(code, begun)
        expected = Expected(
            issuer=client.issuer, client=client.id, nonce=begun.nonce, now=ops.now()
        )
        found = idtoken.identity(claims, expected, client.claim)
        async with ops.db.tx() as tx:
            person = await _person(ops, tx, client.issuer, found)
            await grants.renew(ops, tx, person, await _given(tx, client, found))
            await sessions.replaced(ops, tx, former)
            return await sessions.begin(ops, tx, person, client.issuer, browser)
    except (Nobody, Forbidden) as fault:
        by = Actor(NOBODY, trace=browser.trace)
        reason = f"{fault}; from {browser.address}"
        await audit.refused(ops, by, "session.create", client.issuer, reason)
        raise


async def _person(ops: Ops, tx: Tx, issuer: str, found: Identity) -> ActorId:
    """Who it is here: whoever was bound to the identity, or a new person. Raises Forbidden."""
    known = await store.identity(tx, issuer, found.subject)
    if known is None:
        return await _added(ops, tx, issuer, found)
    person = await people.lock(tx, known)
    if person.disabled_at:
        raise Forbidden(f"{person.id} may not come in any more; an administrator lets people in")
    return person.id


async def _added(ops: Ops, tx: Tx, issuer: str, found: Identity) -> ActorId:
    """Nobody becomes a person that is there already because he is called the same elsewhere."""
    for id in found.ids:
        person = Person(id=id, name=found.name, email=found.email, created_at=ops.now())
        try:
            await people.add(tx, person)
        except Conflict:
            continue
        await store.bind(tx, issuer, found.subject, id, ops.now())
        reason = f"{found.subject} of {issuer}"
        audit.noted(ops, tx, Actor(id), "person.create", id, reason=reason)
        return id
    raise Forbidden(
        "there are people of all the names that the login has; an administrator changes the name"
        " there, or invites that person here"
    )


async def _given(tx: Tx, client: oidc.Client, found: Identity) -> list[tuple[str, Grant]]:
    """The strongest that each group gives in each place. A place that is gone gives nothing."""
    strongest: dict[tuple[str, Place], Role] = {}
    for group, role, where in client.groups:
        if group not in found.groups:
            continue
        try:
            place = await _place(tx, where)
        except NotFound as gone:
            _LOG.warning(
                "DIHEDRAL_OIDC_GROUPS gives %s a role in what is not there: %s", group, gone
            )
            continue
        key = (f"{grants.GROUP}{group}", place)
        strongest[key] = max(role, strongest.get(key, role), key=list(Role).index)
    return [(source, Grant(role, place)) for (source, place), role in strongest.items()]


async def _place(tx: Tx, where: Where) -> Place:
    if where.project:
        return Place(HOME, await projects.find(tx, HOME, where.project))
    if where.workspace:
        return Place(HOME, None, (await workspaces.find(tx, where.workspace, HOME)).id)
    return Place(HOME)
