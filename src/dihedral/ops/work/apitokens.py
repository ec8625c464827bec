"""The verbs of API tokens: a program's way in, which may less than its person and not for ever."""

from dataclasses import dataclass, field

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Hidden, Invalid, NotFound
from dihedral.domain.ids import TokenId, WorkspaceId
from dihedral.domain.person import ApiToken
from dihedral.domain.right import Action, Place, Role
from dihedral.kit import mint
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, secrecy
from dihedral.ops.store import people as store
from dihedral.ops.work import audit, permitted
from dihedral.ops.work.plane import Ops

PREFIX = "dht_"  # how one begins
NAME = 100  # characters


@dataclass(frozen=True, slots=True)
class Wanted:
    """`workspace` by name or id; without one it may act in the whole organization."""

    name: str
    role: Role = Role.ADMINISTRATOR
    workspace: str = ""
    days: int = secrecy.TOKEN_DAYS


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` is shown this once."""

    token: ApiToken
    secret: str = field(repr=False)


async def create(ops: Ops, by: Actor, wanted: Wanted) -> Made:
    """One of one's own, in the organization in which one acts. With another token only where that
    is an administrator's, and never wider or longer than that. Raises Invalid, NotFound (the
    person, the workspace), Forbidden."""
    access.demand(by, Action.SELF, Place(by.organization))
    async with ops.db.tx() as tx:
        return await make(ops, tx, by, wanted)


async def make(ops: Ops, tx: Tx, by: Actor, wanted: Wanted) -> Made:
    """The same, in a transaction that is under way."""
    name = wanted.name.strip()
    if not name or len(name) > NAME or not name.isprintable():
        raise Invalid(f"a token has a name of at most {NAME} characters; say what it is for")
    person = await store.lock(tx, by.id)
    if person.disabled_at:
        raise Invalid(f"{person.id} may not come in any more")
    parent = await store.token(tx, by.token) if by.token else None
    workspace = await _workspace(tx, by, wanted.workspace)
    access.may_mint(parent, workspace)
    now, secret = ops.now(), mint.secret(PREFIX)
    token = ApiToken(
        id=TokenId(ops.mint("at")),
        person=person.id,
        organization=by.organization,
        name=name,
        role=wanted.role,
        workspace=workspace,
        created_at=now,
        expires_at=secrecy.token_end(now, wanted.days, parent.expires_at if parent else None),
    )
    await store.add_token(tx, token, mint.hashed(secret))
    reason = f"{token.role}, until {token.expires_at:%Y-%m-%d}: {name}"
    audit.noted(
        ops, tx, by, "token.create", token.id, workspace=token.workspace or "", reason=reason
    )
    return Made(token, secret)


async def page(ops: Ops, by: Actor, person: str = "") -> list[ApiToken]:
    """Newest first, also those that are over: one's own, or an administrator's look at those of
    somebody in his organization. Raises NotFound, Forbidden."""
    access.demand(by, Action.SELF, Place(by.organization))
    async with ops.db.tx() as tx:
        if not person or person == by.id:
            return await store.tokens(tx, by.id)
        found = await permitted.person(tx, by, person, Action.PERSON_READ)
        tokens = await store.tokens(tx, found.id)
    return [token for token in tokens if token.organization == by.organization]


async def revoke(ops: Ops, by: Actor, key: TokenId) -> None:
    """One's own, or, for its organization's administrators, somebody's. Raises NotFound,
    Forbidden."""
    access.demand(by, Action.SELF, Place(by.organization))
    async with ops.db.tx() as tx:
        access.may_end(await store.token(tx, by.token) if by.token else None, key)
        found = await store.token(tx, key)
        if found.person != by.id and (
            found.organization != by.organization
            or access.refusal(by, Action.PERSON_SET, Place(by.organization))
        ):
            raise Hidden("token", key, f"it is a token of {found.person}")
        if not await store.revoke(tx, key, ops.now()):
            raise NotFound("token", key)
        audit.noted(ops, tx, by, "token.revoke", key, reason=f"{found.name}, of {found.person}")


async def _workspace(tx: Tx, by: Actor, key: str) -> WorkspaceId | None:
    if not key:
        return None
    return (await permitted.workspace(tx, by, key, Action.WORKSPACE_READ)).id
