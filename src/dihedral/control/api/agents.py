"""Agents over HTTP: made and changed, suspended and resumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api import agentshapes
from dihedral.control.api.agentshapes import AgentPage, AgentWhole
from dihedral.control.edge import Door
from dihedral.domain.agent import Agent, Limits
from dihedral.domain.change import Level
from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId
from dihedral.domain.money import Money
from dihedral.domain.right import Action, Grant, Role
from dihedral.model.work.agentforms import Held
from dihedral.ops.work import agents as work

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Text = Annotated[str, Meta(max_length=1000)]
Word = Annotated[str, Meta(pattern=r"\A[\x21\x23-\x5b\x5d-\x7e]{1,100}\Z")]  # as a scope has them


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many instances ended."""

    ended: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """How many runs were held and go on."""

    runs: int


class MoneyAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    amount: Decimal
    currency: Currency = "USD"


class LimitsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """null is no limit; what is left out stays, or is the default of a new agent."""

    money: MoneyAsked | UnsetType | None = UNSET
    delta: MoneyAsked | UnsetType | None = UNSET
    blast: Level | UnsetType = UNSET
    calls: Count | UnsetType | None = UNSET
    seconds: Count | UnsetType | None = UNSET


class GrantAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """viewer or proposer. `project` and `workspace` are names or ids; one of them, or none."""

    role: Role
    project: str = ""
    workspace: str = ""


class AgentAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`owner` is whoever asks, where nobody is named."""

    name: str
    owner: str = ""
    purpose: Text = ""
    tools: tuple[Word, ...] = ()
    limits: LimitsAsked = LimitsAsked()
    grants: tuple[GrantAsked, ...] = ()


class AgentChanged(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays. `grants` take the place of all that it has."""

    owner: str | UnsetType = UNSET
    purpose: Text | UnsetType = UNSET
    tools: tuple[Word, ...] | UnsetType = UNSET
    limits: LimitsAsked = LimitsAsked()
    grants: tuple[GrantAsked, ...] | UnsetType = UNSET


class Why(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    why: Text = ""


class PageAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    after: str | None = None
    size: Annotated[int, Meta(ge=1, le=200)] = 50


async def page(request: Request) -> AgentPage:
    asked = edge.query(request, PageAsked)
    ops, actor, files = edge.ops(request), edge.actor(request), edge.thinking(request).files
    found = await work.page(ops, actor, asked.after, asked.size)
    order = agentshapes.names(found, files.shipped, asked.after or "", asked.size)
    held = await files.standing(actor.organization, order)
    switch = await work.switch(ops, actor)
    return agentshapes.page(order, found, held, switch, asked.size)


async def read(request: Request) -> AgentWhole:
    ops, actor, name = edge.ops(request), edge.actor(request), _name(request)
    try:
        return await _whole(request, await work.see(ops, actor, name))
    except NotFound:
        held = await _held(request, name)
        if held is None:
            raise
        switch = await work.switch(ops, actor)
        return AgentWhole(agent=agentshapes.unstarted(held, switch), grants=[], running=[])


async def create(request: Request) -> AgentWhole:
    asked = await edge.body(request, AgentAsked)
    ops, actor = edge.ops(request), edge.actor(request)
    made = Agent(
        organization=actor.organization,
        name=asked.name,
        owner=ActorId(asked.owner or actor.id),
        purpose=asked.purpose,
        tools=asked.tools,
        limits=_limits(asked.limits, Limits()),
        created_at=ops.now(),
    )
    seen = await work.create(ops, actor, made, await _grants(request, asked.grants))
    return await _whole(request, seen)


async def change(request: Request) -> AgentWhole:
    asked = await edge.body(request, AgentChanged)
    ops, actor = edge.ops(request), edge.actor(request)
    await _settled(request)
    found = await work.see(ops, actor, _name(request))
    fields: dict[str, Any] = {"limits": _limits(asked.limits, found.agent.limits)}
    for name in ("owner", "purpose", "tools"):
        if (value := getattr(asked, name)) is not UNSET:
            fields[name] = value
    grants = None if asked.grants is UNSET else await _grants(request, asked.grants)
    seen = await work.change(ops, actor, found.agent.name, fields, grants)
    return await _whole(request, seen)


async def suspend(request: Request) -> Stopped:
    asked = await edge.body(request, Why)
    ops, actor = edge.ops(request), edge.actor(request)
    await _settled(request)
    return Stopped(await work.suspend(ops, actor, _name(request), asked.why))


async def resume(request: Request) -> Resumed:
    return Resumed(await work.resume(edge.ops(request), edge.actor(request), _name(request)))


async def _whole(request: Request, seen: work.Seen) -> AgentWhole:
    return agentshapes.whole(seen, await _held(request, seen.agent.name))


async def _held(request: Request, name: str) -> Held | None:
    files, organization = edge.thinking(request).files, edge.actor(request).organization
    return (await files.standing(organization, [name])).get(name)


async def _settled(request: Request) -> None:
    """One that ships and never worked is made first, so that it can be changed or stopped."""
    ops, actor, name = edge.ops(request), edge.actor(request), _name(request)
    files = edge.thinking(request).files
    if name not in files.shipped:
        return
    try:
        await work.see(ops, actor, name)
    except NotFound:
        await files.settle(actor, name)


def _limits(asked: LimitsAsked, old: Limits) -> Limits:
    def amount(said: MoneyAsked | UnsetType | None, was: Money | None) -> Money | None:
        if said is UNSET:
            return was
        return Money(said.amount, said.currency) if isinstance(said, MoneyAsked) else None

    return Limits(
        money=amount(asked.money, old.money),
        delta=amount(asked.delta, old.delta),
        blast=old.blast if asked.blast is UNSET else asked.blast,
        calls=old.calls if asked.calls is UNSET else asked.calls,
        seconds=old.seconds if asked.seconds is UNSET else asked.seconds,
    )


async def _grants(request: Request, asked: Sequence[GrantAsked]) -> list[Grant]:
    ops, actor = edge.ops(request), edge.actor(request)
    return [
        Grant(one.role, await work.place(ops, actor, one.project, one.workspace)) for one in asked
    ]


def _name(request: Request) -> str:
    name: str = request.path_params["agent"]
    return name


_ALL, _ONE = "/v1/agents", "/v1/agents/{agent}"
# fmt: off
doors = (
    Door(method="GET", path=_ALL, handler=page, needs=Action.AGENT_READ,
         summary="Agents, by name", asks=PageAsked, gives=AgentPage),
    Door(method="POST", path=_ALL, handler=create, needs=Action.AGENT_SET,
         summary="A new agent", takes=AgentAsked, gives=AgentWhole, status=201),
    Door(method="GET", path=_ONE, handler=read, needs=Action.AGENT_READ,
         summary="An agent, what it was given, and what runs of it", gives=AgentWhole),
    Door(method="PATCH", path=_ONE, handler=change, needs=Action.AGENT_SET,
         summary="Change an agent; it counts at its next call", takes=AgentChanged,
         gives=AgentWhole),
    Door(method="POST", path=f"{_ONE}/suspend", handler=suspend, needs=Action.AGENT_SET,
         summary="Stop an agent, or `all`, at once: tokens die, its runs are held", takes=Why,
         gives=Stopped),
    Door(method="POST", path=f"{_ONE}/resume", handler=resume, needs=Action.AGENT_SET,
         summary="Let an agent, or `all`, go on", gives=Resumed),
)
# fmt: on
