"""People, what they were given, and their API tokens, remembered. A token is kept as its hash."""

from dataclasses import asdict, dataclass
from datetime import datetime

from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import ActorId, OrganizationId, TokenId, WorkspaceId
from dihedral.domain.person import ApiToken, Person
from dihedral.domain.right import Grant, Grants, Place, Role
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "people.sql")

OWNER = "owner"  # the source of what somebody has because the server's owner was called so


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A grant with its story. `source` is `direct`, or `group:NAME` of whoever logs people in, or
    `owner` (`ops.work.owners`)."""

    holder: ActorId
    grant: Grant
    source: str = "direct"
    given_by: ActorId
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as it was shown at the door; `place` is what it is narrowed to."""

    token: ApiToken
    place: Place
    disabled: bool


async def add(tx: Tx, person: Person) -> None:
    """Raises Conflict when there is one of that id."""
    known = {"id": person.id, "name": person.name, "email": person.email}
    if not await tx.do(Q["add"], **known, created_at=person.created_at):
        raise Conflict(f"there is a person {person.id} already")


async def find(tx: Tx, person: str) -> Person:
    """Raises NotFound."""
    return _one(await tx.row(Q["find"], id=person), person)


async def lock(tx: Tx, person: str) -> Person:
    """Held until `tx` ends. Raises NotFound."""
    return _one(await tx.row(Q["lock"], id=person), person)


async def page(
    tx: Tx,
    organization: OrganizationId,
    after: str | None = None,
    size: int = 50,
    *,
    homeless: bool = False,
) -> list[Person]:
    """Who has a role in the organization, by id; `homeless` adds who has none anywhere."""
    which = {"organization": organization, "homeless": homeless}
    rows = await tx.rows(Q["page"], **which, after=after, size=size)
    return [Person(**row) for row in rows]


async def save(tx: Tx, person: Person) -> None:
    known = {"id": person.id, "name": person.name, "email": person.email}
    await tx.do(Q["save"], **known, disabled_at=person.disabled_at)


async def anybody(tx: Tx) -> bool:
    """Whether there is a person at all, but for those that the server's owner was (`OWNER`)."""
    row = await tx.row(Q["anybody"])
    return bool(row and row["anybody"])


async def present(tx: Tx, organization: OrganizationId, person: str) -> bool:
    """Whether there is such a person who has a role there, and may come in."""
    row = await tx.row(Q["present"], id=person, organization=organization)
    return bool(row and row["present"])


async def grants(tx: Tx, holder: ActorId) -> Grants:
    """All that somebody was given, in every organization."""
    return tuple(_given(row).grant for row in await tx.rows(Q["grants"], holder=holder))


async def granted(
    tx: Tx,
    organization: OrganizationId,
    holder: ActorId | None = None,
    workspace: WorkspaceId | None = None,
) -> list[Given]:
    """What was given in an organization."""
    which = {"organization": organization, "holder": holder, "workspace": workspace}
    return [_given(row) for row in await tx.rows(Q["granted"], **which)]


async def give(tx: Tx, given: Given) -> None:
    """In place of what the holder was given there before, from the same source."""
    place = given.grant.place
    await tx.do(
        Q["give"],
        **_where(given.holder, place),
        role=given.grant.role,
        source=given.source,
        given_by=given.given_by,
        given_at=given.given_at,
    )


async def held(tx: Tx, holder: ActorId, place: Place, source: str = "direct") -> Role | None:
    """What somebody was given in exactly this place."""
    row = await tx.row(Q["held"], **_where(holder, place), source=source)
    return Role(row["role"]) if row else None


async def take(tx: Tx, holder: ActorId, place: Place, source: str = "direct") -> None:
    """Raises NotFound."""
    if not await tx.do(Q["take"], **_where(holder, place), source=source):
        raise NotFound("grant", holder)


async def administrators(tx: Tx, organization: OrganizationId) -> int:
    """How many people run it."""
    row = await tx.row(Q["administrators"], organization=organization)
    assert row is not None
    return int(row["people"])


async def administrator(tx: Tx, organization: OrganizationId) -> ActorId | None:
    """The first who runs it, if anybody does."""
    row = await tx.row(Q["administrator"], organization=organization)
    return ActorId(row["id"]) if row else None


async def disown(tx: Tx, holder: ActorId) -> None:
    """Takes away what somebody has only because the server's owner was called so."""
    await tx.do(Q["disown"], holder=holder)


async def add_token(tx: Tx, token: ApiToken, hash: bytes) -> None:
    known = asdict(token)
    for later in ("last_used_at", "revoked_at"):
        known.pop(later)
    await tx.do(Q["add_token"], **known, hash=hash)


async def presented(tx: Tx, hash: bytes, now: datetime) -> Presented | None:
    """The token of that hash, noted as used now."""
    row = await tx.row(Q["token"], hash=hash)
    if row is None:
        return None
    project, disabled = row.pop("project"), row.pop("disabled_at")
    token = ApiToken(**{**row, "role": Role(row["role"])})
    await tx.do(Q["used"], id=token.id, at=now)
    return Presented(token, Place(token.organization, project, token.workspace), bool(disabled))


async def tokens(tx: Tx, person: ActorId) -> list[ApiToken]:
    """Newest first, also those that are over."""
    rows = await tx.rows(Q["tokens"], person=person)
    return [ApiToken(**{**row, "role": Role(row["role"])}) for row in rows]


async def token(tx: Tx, key: TokenId) -> ApiToken:
    """Raises NotFound."""
    row = await tx.row(Q["one_token"], id=key)
    if row is None:
        raise NotFound("token", key)
    return ApiToken(**{**row, "role": Role(row["role"])})


async def revoke(tx: Tx, token: TokenId, at: datetime) -> bool:
    """Whether it was not revoked already."""
    return bool(await tx.do(Q["revoke"], id=token, at=at))


async def revoke_all(tx: Tx, person: ActorId, at: datetime) -> int:
    return await tx.do(Q["revoke_all"], person=person, at=at)


def _one(row: Row | None, name: str) -> Person:
    if row is None:
        raise NotFound("person", name)
    return Person(**row)


def _given(row: Row) -> Given:
    place = Place(row["organization"], row["project"], row["workspace"])
    grant = Grant(Role(row["role"]), place)
    return Given(
        holder=row["holder"],
        grant=grant,
        source=row["source"],
        given_by=row["given_by"],
        given_at=row["given_at"],
    )


def _where(holder: ActorId, place: Place) -> dict[str, object]:
    where = {"organization": place.organization, "project": place.project}
    return {"holder": holder, **where, "workspace": place.workspace}
