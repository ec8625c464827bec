"""Forms of an agent: made, its limits set, roles given and taken, and one started for oneself."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.web import agents as pages
from dihedral.control.web import paper
from dihedral.domain.agent import Agent, Limits
from dihedral.domain.change import Level
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.ids import ActorId
from dihedral.domain.money import Money
from dihedral.domain.right import Action, Grant, Place, Role
from dihedral.ops.rules import access
from dihedral.ops.work import agents, instances

_MONEY = re.compile(r"\d{1,10}(\.\d{1,2})?")
_NUMBER = re.compile(r"\d{1,9}")


async def create(request: Request) -> Response:
    filled, ops, actor = await _filled(request), edge.ops(request), edge.actor(request)
    name = filled.get("name", "").strip()
    made = Agent(
        organization=actor.organization,
        name=name,
        owner=actor.id,
        purpose=filled.get("purpose", "").strip(),
        created_at=ops.now(),
    )
    try:
        await agents.create(ops, actor, made, [await _grant(request, filled)])
    except (Conflict, Invalid, NotFound) as fault:
        return await pages.show_all(request, problem.STATUS[type(fault)], error=str(fault))
    return paper.go(f"{pages.PATH}/{quote(name, safe='')}?done=made")


async def change(request: Request) -> Response:
    """What is left empty is no limit."""
    filled, name = await _filled(request), _name(request)
    await pages.settled(request)
    try:
        fields: dict[str, Any] = {"limits": _limits(filled)}
        if owner := filled.get("owner", "").strip():
            fields["owner"] = ActorId(owner)
        fields["purpose"] = filled.get("purpose", "").strip()
        await agents.change(edge.ops(request), edge.actor(request), name, fields, None)
    except (Conflict, Invalid, NotFound) as fault:
        return await _again(request, fault)
    return paper.go(pages.after(name, "set"))


async def give(request: Request) -> Response:
    """In place of the role that it has there, if it has one."""
    filled = await _filled(request)
    await pages.settled(request)
    try:
        wanted = await _grant(request, filled)
        rest = [one for one in await _held(request) if one.place != wanted.place]
        await _regive(request, [*rest, wanted])
    except (Invalid, NotFound) as fault:
        return await _again(request, fault)
    return paper.go(pages.after(_name(request), "role"))


async def take(request: Request) -> Response:
    filled = await _filled(request)
    where = filled.get("project") or None, filled.get("workspace") or None
    held = await _held(request)
    rest = [one for one in held if (one.place.project, one.place.workspace) != where]
    if len(rest) == len(held):
        return await _again(request, Conflict("it has no role there; the page was an old one"))
    await _regive(request, rest)
    return paper.go(pages.after(_name(request), "role"))


async def start(request: Request) -> Response:
    """A token that is seen this once, and lives ten minutes."""
    await paper.form(request)
    ops, actor = edge.ops(request), edge.actor(request)
    try:
        made = await instances.start(ops, actor, _name(request), actor.id)
    except (Conflict, Invalid) as fault:
        return await _again(request, fault)
    return await pages.show_one(request, secret=made.token.text)


async def _filled(request: Request) -> Mapping[str, str]:
    """What was filled in by who may set agents. Raises Forbidden before it is looked at."""
    actor = edge.actor(request)
    access.demand(actor, Action.AGENT_SET, Place(actor.organization))
    return await paper.form(request)


async def _again(request: Request, fault: Conflict | Invalid | NotFound) -> Response:
    return await pages.show_one(request, problem.STATUS[type(fault)], error=str(fault))


async def _held(request: Request) -> list[Grant]:
    seen = await agents.see(edge.ops(request), edge.actor(request), _name(request))
    return list(seen.grants or ())


async def _regive(request: Request, grants: list[Grant]) -> None:
    await agents.change(edge.ops(request), edge.actor(request), _name(request), {}, grants)


async def _grant(request: Request, filled: Mapping[str, str]) -> Grant:
    """Raises Invalid, NotFound."""
    try:
        role = Role(filled.get("role", ""))
    except ValueError:
        raise Invalid("say which role it gets, one of the list") from None
    project, workspace = filled.get("project", "").strip(), filled.get("workspace", "").strip()
    place = await agents.place(edge.ops(request), edge.actor(request), project, workspace)
    return Grant(role, place)


def _limits(filled: Mapping[str, str]) -> Limits:
    """Raises Invalid."""
    try:
        blast = Level(filled.get("blast", ""))
    except ValueError:
        raise Invalid(f"the blast radius is one of {', '.join(Level)}") from None
    return Limits(
        money=_money(filled, "money"),
        delta=_money(filled, "delta"),
        blast=blast,
        calls=_number(filled, "calls"),
        seconds=_number(filled, "seconds"),
    )


def _money(filled: Mapping[str, str], name: str) -> Money | None:
    said = filled.get(name, "").strip()
    if not said:
        return None
    if not _MONEY.fullmatch(said):
        raise Invalid(f"an amount is such as 20 or 0.50, not {said[:40]!r}")
    return Money(Decimal(said), filled.get(f"{name}_currency", "").strip() or "USD")


def _number(filled: Mapping[str, str], name: str) -> int | None:
    said = filled.get(name, "").strip()
    if not said:
        return None
    if not _NUMBER.fullmatch(said):
        raise Invalid(f"{name} are a whole number, not {said[:40]!r}; leave it empty for any")
    return int(said)


def _name(request: Request) -> str:
    name: str = request.path_params["agent"]
    return name


_ONE = f"{pages.PATH}/{{agent}}"
# fmt: off
doors = (
    paper.door("POST", pages.PATH, create, Action.AGENT_SET, "Make an agent"),
    paper.door("POST", f"{_ONE}/limits", change, Action.AGENT_SET, "Set an agent's limits"),
    paper.door("POST", f"{_ONE}/roles", give, Action.AGENT_SET, "Give an agent a role"),
    paper.door("POST", f"{_ONE}/roles/take", take, Action.AGENT_SET, "Take a role of an agent"),
    paper.door("POST", f"{_ONE}/start", start, Action.TOKEN_MINT, "Start an agent for oneself"),
)
# fmt: on
