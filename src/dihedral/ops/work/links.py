"""Links by which somebody sets a password, once and within a day: the first administrator, whom
nobody can invite, and every person whom an administrator invites."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Conflict, Forbidden, Nobody
from dihedral.domain.ids import ActorId
from dihedral.domain.person import LOCAL, Person, new_id
from dihedral.domain.right import Action, Grant, Place, Role
from dihedral.kit import mint
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, secrecy
from dihedral.ops.store import logins as store
from dihedral.ops.store import people, sessions, tours
from dihedral.ops.store.logins import Invitation
from dihedral.ops.store.people import Given
from dihedral.ops.work import audit, permitted
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.sessions import Begun, Browser, begin, replaced

PREFIX = "dhi_"  # how a link's secret begins
LINK = "link"  # how a session began
OVER = "the link was used, replaced, or is older than a day; ask for a new one"
TAKEN = "there are people already: log in, or have an administrator invite you"


@dataclass(frozen=True, slots=True)
class Link:
    secret: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody filled in who opened a link; `name` only on the first administrator's.
    `former` is the secret of the session that the browser had."""

    password: str = field(repr=False)
    browser: Browser
    name: str = ""
    former: str = field(default="", repr=False)


async def set_up(ops: Ops, by: Actor) -> Link:
    """The first administrator's link, in place of the one before. Raises Conflict where there is
    anybody already, Forbidden."""
    access.demand(by, Action.PERSON_SET, Place(HOME))
    if by.session or by.token:
        raise Forbidden("only the owner of the data directory makes the first administrator's link")
    async with ops.db.tx() as tx:
        if await people.anybody(tx):
            raise Conflict("there are people already; invite one: `dihedral person invite NAME`")
        return await _made(ops, tx, by, None)


async def first(ops: Ops) -> Link | None:
    """The same when the server starts; None where there is anybody."""
    owner = Actor(ActorId(LOCAL), rights=((Grant(Role.ADMINISTRATOR, Place(HOME)),),))
    try:
        return await set_up(ops, owner)
    except Conflict:
        return None


async def invite(ops: Ops, by: Actor, key: str) -> Link:
    """A link for a person, also for one who forgot the password: whoever opens it becomes that
    person. Raises NotFound, Forbidden, Conflict (who is kept out)."""
    if by.token:
        raise Forbidden("an invitation is made after logging in, not with a token")
    if key == LOCAL:
        raise Forbidden(
            f"{LOCAL} is whoever owns the data directory, and logs in with nothing else"
        )
    async with ops.db.tx() as tx:
        person = await permitted.governed(tx, by, key)
        if person.disabled_at:
            raise Conflict(f"{person.id} is kept out; `dihedral person enable {person.id}` first")
        return await _made(ops, tx, by, person.id)


async def look(ops: Ops, secret: str) -> ActorId | None:
    """Whose a link is; None where its opener names himself. Raises Nobody."""
    async with ops.db.tx() as tx:
        return (await _valid(ops, tx, secret)).person


async def follow(ops: Ops, secret: str, answer: Answer) -> Begun:
    """The password is set, and its owner logged in; the link is gone, and so are the sessions that
    were. Raises Nobody, Invalid, Conflict."""
    async with ops.db.tx() as tx:
        whose = await _valid(ops, tx, secret)
        known = await people.find(tx, whose.person) if whose.person else None
    person = known or Person(id=new_id(answer.name.strip()), created_at=ops.now())
    secrecy.demand_password(answer.password, person.id, person.name, person.email)
    hash = await ops.passwords.hash(answer.password)
    async with ops.db.tx() as tx:
        await _valid(ops, tx, secret)
        by = Actor(person.id, trace=answer.browser.trace)
        if known is None:
            await _begin_all(ops, tx, by, person)
        elif (await people.lock(tx, person.id)).disabled_at:
            raise Nobody(OVER)
        await people.disown(tx, person.id)
        await store.used(tx, mint.hashed(secret))
        await store.set_password(tx, person.id, hash, ops.now())
        await sessions.revoke_all(tx, person.id, ops.now())
        audit.noted(ops, tx, by, "password.set", person.id, reason="by a link")
        await replaced(ops, tx, answer.former)
        return await begin(ops, tx, person.id, LINK, answer.browser)


async def _begin_all(ops: Ops, tx: Tx, by: Actor, person: Person) -> None:
    """The first person, who runs everything. Raises Conflict."""
    if await people.anybody(tx):
        raise Conflict(TAKEN)
    with suppress(Conflict):  # whoever is there already was the owner, and has no rights of his own
        await people.add(tx, person)
    grant = Grant(Role.ADMINISTRATOR, Place(HOME))
    given = Given(holder=person.id, grant=grant, given_by=by.id, given_at=ops.now())
    await people.give(tx, given)
    await tours.begin(tx, person.id, ops.now())
    audit.noted(ops, tx, by, "person.create", person.id, reason="the first administrator")
    audit.noted(ops, tx, by, "grant.set", person.id, reason=f"{grant.role} in {HOME}")


async def _made(ops: Ops, tx: Tx, by: Actor, person: ActorId | None) -> Link:
    now, secret = ops.now(), mint.secret(PREFIX)
    made = Invitation(person=person, expires_at=now + secrecy.INVITED)
    await store.invite(tx, mint.hashed(secret), made, by.id, now)
    audit.noted(ops, tx, by, "person.invite", person or "the first administrator")
    return Link(secret, made.expires_at)


async def _valid(ops: Ops, tx: Tx, secret: str) -> Invitation:
    """Held until `tx` ends. Raises Nobody."""
    found = await store.invitation(tx, mint.hashed(secret))
    if found is None or found.expires_at <= ops.now():
        raise Nobody(OVER)
    return found
