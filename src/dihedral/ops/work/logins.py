"""How a person logs in with a password, sets one, and lets a command in.

Who does not log in learns nothing: an unknown name, a wrong password, a person without one and one
who is kept out get the same answer for the same work.
"""

from dataclasses import dataclass, field, replace

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Forbidden, Invalid, Nobody, NotFound
from dihedral.domain.ids import ActorId
from dihedral.domain.person import Person, person_id
from dihedral.domain.right import Action, Place
from dihedral.kit import mint
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, lockout, secrecy
from dihedral.ops.store import logins as store
from dihedral.ops.store import people, sessions
from dihedral.ops.work import audit
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.sessions import Begun, Browser, begin, replaced

NOBODY = ActorId("nobody")
UNKNOWN = "(a name that is not known)"  # what was typed may have been a password
PASSWORD = "password"  # noqa: S105  how a session began
WRONG = "the name or the password is wrong"


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody typed. `former` is the secret of the session that he had."""

    name: str
    password: str = field(repr=False)
    browser: Browser
    former: str = field(default="", repr=False)


async def login(ops: Ops, tried: Tried) -> Begun:
    """A new session. Raises Nobody, after the same work whatever is wrong."""
    tried = replace(tried, name=_plausible(tried.name))
    keys = _Keys.of(tried)
    await _admit(ops, tried, keys)
    async with ops.db.tx() as tx:
        hash = await store.password(tx, tried.name)
    fits = await ops.passwords.fits(hash, tried.password[: secrecy.LONGEST + 1])
    fresh = await _rehashed(ops, tried, hash) if fits and hash else None
    async with ops.db.tx() as tx:
        person = await _living(tx, tried.name) if fits else None
        if person is not None:
            await store.clear(tx, keys.person)
            await store.uncount(tx, keys.address)
            if fresh:
                await store.set_password(tx, person.id, fresh, ops.now())
            await replaced(ops, tx, tried.former)
            return await begin(ops, tx, person.id, PASSWORD, tried.browser)
    await _refuse(ops, tried, "the name or the password was wrong, or the person is kept out")
    raise Nobody(WRONG)


async def change_password(ops: Ops, by: Actor, old: str, new: str, browser: Browser) -> None:
    """One's own, in a browser. All other sessions end; API tokens stay. Raises Invalid, Forbidden,
    Nobody (the old one is wrong)."""
    access.demand(by, Action.SELF, Place(by.organization))
    if by.session is None:
        raise Forbidden("a password is changed in the browser, after logging in")
    tried = Tried(by.id, old, browser)
    keys = _Keys.of(tried)
    await _admit(ops, tried, keys)
    async with ops.db.tx() as tx:
        person, hash = await people.find(tx, by.id), await store.password(tx, by.id)
    if not await ops.passwords.fits(hash, old[: secrecy.LONGEST + 1]):
        await audit.refused(ops, by, "password.set", by.id, "the old password was wrong")
        raise Nobody("the old password is wrong")
    secrecy.demand_password(new, person.id, person.name, person.email)
    fresh = await ops.passwords.hash(new)
    async with ops.db.tx() as tx:
        await store.clear(tx, keys.person)
        await store.uncount(tx, keys.address)
        await store.set_password(tx, by.id, fresh, ops.now())
        await sessions.revoke_all(tx, by.id, ops.now(), but=by.session)
        audit.noted(ops, tx, by, "password.set", by.id, reason="all other sessions ended")


async def has_password(ops: Ops, by: Actor) -> bool:
    async with ops.db.tx() as tx:
        return await store.password(tx, by.id) is not None


async def _admit(ops: Ops, tried: Tried, keys: "_Keys") -> None:
    """Counted as a failure until it is none, so that many at once do not count as one. What comes
    too early is not counted, or others could keep a person out for ever. Raises Nobody."""
    now = ops.now()
    forgotten = now - lockout.FORGOTTEN
    async with ops.db.tx() as tx:
        await store.forget(tx, now, forgotten - lockout.FORGOTTEN)
        found = await store.failures(tx, (keys.person, keys.address), now, forgotten)
        ends = [
            lockout.until(found[key].count, found[key].last_at, free)
            for key, free in (
                (keys.person, lockout.FREE_PERSON),
                (keys.address, lockout.FREE_ADDRESS),
            )
        ]
        end = max(ends)
        if end <= now:
            await store.count(tx, (keys.person, keys.address), now, forgotten)
            return
    await _refuse(ops, tried, f"too many failed; none counts before {end:%H:%M:%S} UTC")
    minutes = int((end - now).total_seconds() // 60) + 1
    raise Nobody(f"too many logins failed; wait {minutes} min, then try again")


async def _refuse(ops: Ops, tried: Tried, why: str) -> None:
    async with ops.db.tx() as tx:
        try:
            target = str((await people.find(tx, tried.name)).id)
        except NotFound:
            target = UNKNOWN
    by = Actor(NOBODY, trace=tried.browser.trace)
    reason = f"{why}; from {tried.browser.address}"
    await audit.refused(ops, by, "session.create", target, reason)


def _plausible(name: str) -> str:
    """What could be somebody's name; all else is nobody's."""
    try:
        return person_id(name)
    except Invalid:
        return ""


async def _living(tx: Tx, name: str) -> Person | None:
    found = await people.lock(tx, name)
    return None if found.disabled_at else found


async def _rehashed(ops: Ops, tried: Tried, hash: str) -> str | None:
    """The password with the effort of today, where it was hashed with less."""
    return await ops.passwords.hash(tried.password) if ops.passwords.old(hash) else None


@dataclass(frozen=True, slots=True)
class _Keys:
    """Under which failures are counted."""

    person: bytes
    address: bytes

    @classmethod
    def of(cls, tried: Tried) -> "_Keys":
        return cls(
            mint.hashed(f"person:{tried.name}"), mint.hashed(f"address:{tried.browser.address}")
        )
