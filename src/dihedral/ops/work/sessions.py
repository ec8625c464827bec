"""The sessions of browsers: begun at a login, told by a secret that changes, ended."""

from dataclasses import dataclass, field, replace

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Hidden, Invalid, Nobody, NotFound
from dihedral.domain.ids import ActorId, OrganizationId, SessionId
from dihedral.domain.person import Session
from dihedral.domain.right import Action, Grants, Place
from dihedral.kit import mint
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, secrecy
from dihedral.ops.store import people, projects
from dihedral.ops.store import sessions as store
from dihedral.ops.store.sessions import Presented
from dihedral.ops.work import audit, permitted
from dihedral.ops.work.plane import Ops

SECRET = "dhs_"  # noqa: S105  how a session's secret begins
SHOWN = 200  # characters of what a browser calls itself


@dataclass(frozen=True, slots=True)
class Browser:
    """Who shows up, as it says itself and as we see it; `trace` is the call's id."""

    address: str
    agent: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session, and the secret that only its browser has."""

    session: Session
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """Who a secret is of; `successor` is the one that the browser is to bring from now on."""

    actor: Actor
    session: Session
    successor: str = ""


async def begin(ops: Ops, tx: Tx, person: ActorId, how: str, browser: Browser) -> Begun:
    """A new session with a secret of its own: none that was there before a login is taken over."""
    now, secret = ops.now(), mint.secret(SECRET)
    made = Session(
        id=SessionId(ops.mint("ses")),
        person=person,
        organization=_first(await people.grants(tx, person)),
        how=how,
        agent=browser.agent[:SHOWN],
        address=browser.address,
        rotated_at=now,
        created_at=now,
        seen_at=now,
        expires_at=now + secrecy.LIFE,
    )
    await store.forget(tx, now)
    await store.add(tx, made, mint.hashed(secret))
    by = Actor(person, trace=browser.trace, organization=made.organization)
    audit.noted(ops, tx, by, "session.create", made.id, reason=f"by {how} from {browser.address}")
    return Begun(made, secret)


async def known(ops: Ops, secret: str, trace: str) -> Known:
    """Whose a secret is. Raises Nobody."""
    now, hash = ops.now(), mint.hashed(secret)
    async with ops.db.tx() as tx:
        found = await store.presented(tx, hash)
        if found is None:
            raise Nobody("the session is not known here; log in")
        why = secrecy.session_over(found.session, now)
        if not why and not _stale(found, ops):
            return await _go_on(ops, tx, found, hash, trace)
        if not why:  # somebody else has gone on with it: one of the two is a thief
            await store.revoke(tx, found.session.id, now)
            by = Actor(found.session.person, trace=trace, organization=found.session.organization)
            reason = "a secret of it came that had been replaced"
            audit.noted(ops, tx, by, "session.revoke", found.session.id, reason=reason)
            why = "was ended"
    raise Nobody(f"the session {why}; log in again")


async def _go_on(ops: Ops, tx: Tx, found: Presented, hash: bytes, trace: str) -> Known:
    now, session = ops.now(), found.session
    if found.disabled:
        raise Nobody(f"the session is of {session.person}, who may not come in any more")
    await store.seen(tx, session.id, now)
    if found.fresh:
        await store.rotate(tx, session.id, hash, now)
    successor = ""
    if not found.fresh and not found.former and session.rotated_at + secrecy.ROTATION <= now:
        successor = mint.secret(SECRET)
        if not await store.prepare(tx, session.id, mint.hashed(successor), now):
            successor = ""
    actor = Actor(
        session.person,
        trace=trace,
        organization=session.organization,
        rights=(await people.grants(tx, session.person),),
        session=session.id,
    )
    return Known(actor, session, successor)


async def page(ops: Ops, by: Actor, person: str = "") -> list[Session]:
    """That live, newest first: one's own, or an administrator's look at somebody's. Raises
    NotFound, Forbidden."""
    access.demand(by, Action.SELF, Place(by.organization))
    now = ops.now()
    async with ops.db.tx() as tx:
        who = await _whose(tx, by, person)
        return await store.living(tx, who, now, now - secrecy.IDLE)


async def revoke(ops: Ops, by: Actor, key: SessionId) -> None:
    """One's own, or, for who governs its person, somebody's. Raises NotFound, Forbidden."""
    access.demand(by, Action.SELF, Place(by.organization))
    async with ops.db.tx() as tx:
        access.may_end(await people.token(tx, by.token) if by.token else None, key)
        found = await store.find(tx, key)
        if found.person != by.id:
            await _demand_governed(tx, by, found)
        if not await store.revoke(tx, key, ops.now()):
            raise NotFound("session", key)
        audit.noted(ops, tx, by, "session.revoke", key, reason=f"of {found.person}")


async def replaced(ops: Ops, tx: Tx, secret: str) -> None:
    """What a browser was before it logged in anew is over."""
    found = await store.presented(tx, mint.hashed(secret))
    if found and await store.revoke(tx, found.session.id, ops.now()):
        session = found.session
        by = Actor(session.person, organization=session.organization)
        audit.noted(ops, tx, by, "session.revoke", session.id, reason="a new login took its place")


async def move(ops: Ops, by: Actor, organization: str) -> Actor:
    """Act in another organization from now on. Raises Invalid, NotFound."""
    access.demand(by, Action.SELF, Place(by.organization))
    if by.session is None:
        raise Invalid("only a browser's session changes its organization; a token has its own")
    async with ops.db.tx() as tx:
        held = {grant.place.organization for grant in await people.grants(tx, by.id)}
        found = await projects.organization(tx, organization)
        if found.id not in held:
            raise NotFound("organization", organization)
        await store.move(tx, by.session, found.id)
        moved = replace(by, organization=found.id)
        audit.noted(ops, tx, moved, "session.update", by.session, reason=f"acts in {found.name}")
    return moved


async def _whose(tx: Tx, by: Actor, person: str) -> ActorId:
    if not person or person == by.id:
        return by.id
    return (await permitted.person(tx, by, person, Action.PERSON_READ)).id


async def _demand_governed(tx: Tx, by: Actor, found: Session) -> None:
    """Raises NotFound, Forbidden."""
    try:
        await permitted.governed(tx, by, found.person)
    except NotFound:
        raise Hidden("session", found.id, f"it is a session of {found.person}") from None


def _stale(found: Presented, ops: Ops) -> bool:
    """It was replaced, and not just now."""
    return found.former and found.session.rotated_at + secrecy.GRACE < ops.now()


def _first(grants: Grants) -> OrganizationId:
    """In which organization somebody begins: the server's own, or any that he has a role in."""
    held = sorted({grant.place.organization for grant in grants})
    return HOME if HOME in held or not held else held[0]
