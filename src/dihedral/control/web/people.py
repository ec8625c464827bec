"""People: who may come in, with which roles; invited, kept out and let in again."""

from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import address, edge, problem
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import ActorId
from dihedral.domain.person import ApiToken, Person, Session
from dihedral.domain.right import Action, Role, Where
from dihedral.ops.rules import access, secrecy
from dihedral.ops.store.people import Given
from dihedral.ops.work import apitokens, grants, links, people, sessions

PATH, SIZE = "/people", 50
DONE = {
    "disable": "Every session and token of this person ended.",
    "enable": "This person may come in again.",
    "grant": "The role is given.",
    "revoke": "The role is taken.",
    "ended": "It is over, at once.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class People(Page):
    template: ClassVar[str] = "people.html"
    people: tuple[Person, ...]
    older: str
    may_set: bool
    may_grant: bool
    roles: tuple[Role, ...] = tuple(Role)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage(Page):
    """`link` is an invitation that was just made, to be seen this once. `sessions` and `tokens` are
    those that live, of who may be kept out."""

    template: ClassVar[str] = "person.html"
    person: Person
    given: tuple[Given, ...]
    sessions: tuple[Session, ...]
    tokens: tuple[ApiToken, ...]
    may_set: bool
    roles: tuple[Role, ...] = tuple(Role)
    link: str = field(default="", repr=False)
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _all(request)


async def one(request: Request) -> Response:
    return await _one(request)


async def add(request: Request) -> Response:
    filled = await paper.form(request)
    ops, actor = edge.ops(request), edge.actor(request)
    key = filled.get("id", "").strip()
    person = Person(
        id=ActorId(key),
        name=filled.get("name", "").strip(),
        email=filled.get("email", "").strip(),
        created_at=ops.now(),
    )
    try:
        await people.add(ops, actor, person, _role(filled.get("role", "")))
    except (Conflict, Invalid) as fault:
        return await _all(request, problem.STATUS[type(fault)], error=str(fault))
    return paper.go(f"{PATH}/{quote(key, safe='')}")


async def invite(request: Request) -> Response:
    made = await links.invite(edge.ops(request), edge.actor(request), _id(request))
    return await _one(request, link=address.welcome(address.base(request), made.secret))


async def disable(request: Request) -> Response:
    act = people.disable(edge.ops(request), edge.actor(request), _id(request))
    return await _done(request, "disable", act)


async def enable(request: Request) -> Response:
    act = people.enable(edge.ops(request), edge.actor(request), _id(request))
    return await _done(request, "enable", act)


async def give(request: Request) -> Response:
    filled = await paper.form(request)
    where = Where(filled.get("project", "").strip(), filled.get("workspace", "").strip())
    await people.see(edge.ops(request), edge.actor(request), _id(request))
    role = _role(filled.get("role", ""))
    act = grants.give(edge.ops(request), edge.actor(request), _id(request), role, where)
    return await _done(request, "grant", act)


async def take(request: Request) -> Response:
    filled = await paper.form(request)
    where = Where(filled.get("project", ""), filled.get("workspace", ""))
    act = grants.take(edge.ops(request), edge.actor(request), _id(request), where)
    return await _done(request, "revoke", act)


async def _done(request: Request, done: str, act: object) -> Response:
    try:
        await act  # type: ignore[misc]
    except (Conflict, Invalid) as fault:
        return await _one(request, problem.STATUS[type(fault)], error=str(fault))
    return paper.go(f"{PATH}/{quote(_id(request), safe='')}?done={done}")


async def _all(request: Request, status: int = 200, *, error: str = "") -> Response:
    ops, actor = edge.ops(request), edge.actor(request)
    found = await people.page(ops, actor, request.query_params.get("after") or None, SIZE)
    last = quote(found[-1].id, safe="") if len(found) == SIZE else ""
    page = People(
        people=tuple(found),
        older=last and f"{PATH}?after={last}",
        may_set=shell.may(actor, Action.PERSON_SET),
        may_grant=access.everywhere(actor, Action.GRANT_READ),
        error=error,
    )
    return await shell.show(request, page, status)


async def _one(request: Request, status: int = 200, *, link: str = "", error: str = "") -> Response:
    ops, actor, name = edge.ops(request), edge.actor(request), _id(request)
    seen, may_set = await people.see(ops, actor, name), shell.may(actor, Action.PERSON_SET)
    tokens = await apitokens.page(ops, actor, name) if may_set else []
    lives = [one for one in tokens if not secrecy.token_over(one, ops.now())]
    page = PersonPage(
        person=seen.person,
        given=seen.given,
        sessions=tuple(await sessions.page(ops, actor, name)) if may_set else (),
        tokens=tuple(lives),
        may_set=may_set,
        link=link,
        notice=DONE.get(request.query_params.get("done", ""), ""),
        error=error,
    )
    return await shell.show(request, page, status)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise Invalid(f"there is no role {text!r}; roles are {', '.join(Role)}") from None


def _id(request: Request) -> str:
    person: str = request.path_params["person"]
    return person


_ONE = f"{PATH}/{{person}}"
doors = (
    paper.door("GET", PATH, read, Action.PERSON_READ, "People, by id"),
    paper.door("POST", PATH, add, Action.PERSON_SET, "Make a person"),
    paper.door("GET", _ONE, one, Action.PERSON_READ, "A person"),
    paper.door("POST", f"{_ONE}/invite", invite, Action.PERSON_SET, "Make an invitation"),
    paper.door("POST", f"{_ONE}/disable", disable, Action.PERSON_SET, "Keep a person out"),
    paper.door("POST", f"{_ONE}/enable", enable, Action.PERSON_SET, "Let a person in again"),
    paper.door("POST", f"{_ONE}/roles", give, Action.GRANT_SET, "Give a role"),
    paper.door("POST", f"{_ONE}/roles/take", take, Action.GRANT_SET, "Take a role"),
)
