"""People over HTTP: who there is, what they were given, who is kept out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request

from dihedral.control import address, edge
from dihedral.control.api.grants import GrantShape
from dihedral.control.api.grants import shape as shape_grant
from dihedral.control.edge import Door
from dihedral.domain.ids import ActorId
from dihedral.domain.person import Person
from dihedral.domain.right import Action, Role
from dihedral.ops.work import links, people
from dihedral.ops.work.links import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonShape:
    id: ActorId
    name: str
    email: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWhole:
    person: PersonShape
    grants: list[GrantShape]


@dataclass(frozen=True, slots=True)
class PersonPage:
    items: list[PersonShape]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkShape:
    """Whoever opens `url` first sets the password and is logged in, so hand it on with care."""

    url: str
    expires_at: datetime


class PersonAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`role` is what he gets first, in the whole organization."""

    id: str
    name: str = ""
    email: str = ""
    role: Role = Role.VIEWER


class PersonChanges(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET


class PersonQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    after: str | None = None
    size: Annotated[int, Meta(ge=1, le=200)] = 50


async def page(request: Request) -> PersonPage:
    asked = edge.query(request, PersonQuery)
    found = await people.page(edge.ops(request), edge.actor(request), asked.after, asked.size)
    last = found[-1].id if len(found) == asked.size else None
    return PersonPage([shape(one) for one in found], last)


async def add(request: Request) -> PersonShape:
    asked = await edge.body(request, PersonAsked)
    parts = edge.ops(request)
    person = Person(
        id=ActorId(asked.id), name=asked.name, email=asked.email, created_at=parts.now()
    )
    return shape(await people.add(parts, edge.actor(request), person, asked.role))


async def read(request: Request) -> PersonWhole:
    seen = await people.see(edge.ops(request), edge.actor(request), _id(request))
    return PersonWhole(person=shape(seen.person), grants=[shape_grant(one) for one in seen.given])


async def change(request: Request) -> PersonShape:
    asked = await edge.body(request, PersonChanges)
    said = {k: v for k in ("name", "email") if (v := getattr(asked, k)) is not UNSET}
    return shape(await people.change(edge.ops(request), edge.actor(request), _id(request), **said))


async def disable(request: Request) -> PersonShape:
    return shape(await people.disable(edge.ops(request), edge.actor(request), _id(request)))


async def enable(request: Request) -> PersonShape:
    return shape(await people.enable(edge.ops(request), edge.actor(request), _id(request)))


async def invite(request: Request) -> LinkShape:
    return _link(request, await links.invite(edge.ops(request), edge.actor(request), _id(request)))


async def set_up(request: Request) -> LinkShape:
    return _link(request, await links.set_up(edge.ops(request), edge.actor(request)))


def shape(person: Person) -> PersonShape:
    return PersonShape(
        id=person.id,
        name=person.name,
        email=person.email,
        created_at=person.created_at,
        disabled_at=person.disabled_at,
    )


def _link(request: Request, made: Link) -> LinkShape:
    url = address.welcome(address.base(request), made.secret)
    return LinkShape(url=url, expires_at=made.expires_at)


def _id(request: Request) -> str:
    person: str = request.path_params["person"]
    return person


_ONE = "/v1/people/{person}"
doors = (
    Door(
        method="GET",
        path="/v1/people",
        handler=page,
        needs=Action.PERSON_READ,
        summary="People of the organization, by id",
        asks=PersonQuery,
        gives=PersonPage,
    ),
    Door(
        method="POST",
        path="/v1/people",
        handler=add,
        needs=Action.PERSON_SET,
        summary="Make a person known, with a first role",
        takes=PersonAsked,
        gives=PersonShape,
        status=201,
    ),
    Door(
        method="GET",
        path=_ONE,
        handler=read,
        needs=Action.PERSON_READ,
        summary="A person, and what he was given here",
        gives=PersonWhole,
    ),
    Door(
        method="PATCH",
        path=_ONE,
        handler=change,
        needs=Action.PERSON_SET,
        summary="Change a person's name or address",
        takes=PersonChanges,
        gives=PersonShape,
    ),
    Door(
        method="POST",
        path=f"{_ONE}/disable",
        handler=disable,
        needs=Action.PERSON_SET,
        summary="Keep a person out: sessions and tokens end at once",
        gives=PersonShape,
    ),
    Door(
        method="POST",
        path=f"{_ONE}/enable",
        handler=enable,
        needs=Action.PERSON_SET,
        summary="Let a person in again",
        gives=PersonShape,
    ),
    Door(
        method="POST",
        path=f"{_ONE}/invitation",
        handler=invite,
        needs=Action.PERSON_SET,
        summary="A link by which a person sets a password, once, within a day",
        gives=LinkShape,
        status=201,
    ),
    Door(
        method="POST",
        path="/v1/setup",
        handler=set_up,
        needs=Action.PERSON_SET,
        summary="The first administrator's link, as long as there is nobody",
        gives=LinkShape,
        status=201,
    ),
)
