"""The verbs of an agent: made, changed, suspended and resumed by an administrator, on the record.

What it was given are grants whose holder is its id. A suspension ends all that runs of it, at once
and for ever: after it is resumed, it is started anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dihedral.domain.actor import SYSTEM, Actor
from dihedral.domain.agent import ALL, ROLES, Agent, Instance, Suspension, demand_name
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.ids import ActorId, OrganizationId
from dihedral.domain.right import Action, Grant, Place, Role, Where
from dihedral.kit import queue
from dihedral.kit.db import Tx
from dihedral.ops.rules import access
from dihedral.ops.store import agents as store
from dihedral.ops.store import people, projects
from dihedral.ops.work import audit, owners, permitted
from dihedral.ops.work.pipeline import ADVANCE
from dihedral.ops.work.plane import STOPS, Ops

_MOST = 1_000_000_000  # of a currency, a month
_LONGEST = 1000  # characters of a purpose or a reason


@dataclass(frozen=True, slots=True)
class Seen:
    """An agent, the instances that run, and the switch for all agents. `grants` is what it was
    given, None for who may not know that; he sees of the instances only those that are his."""

    agent: Agent
    grants: tuple[Grant, ...] | None
    running: tuple[Instance, ...]
    switch: Suspension | None


async def create(ops: Ops, by: Actor, agent: Agent, grants: Sequence[Grant]) -> Seen:
    """Raises Forbidden, Invalid, NotFound (its owner), Conflict (the name is taken)."""
    access.demand(by, Action.AGENT_SET, Place(by.organization))
    demand_name(agent.name)
    async with ops.db.tx() as tx:
        await _sound(tx, agent, grants)
        await store.add(tx, agent)
        await _give(ops, tx, by, agent, grants)
        audit.noted(ops, tx, by, "agent.create", agent.id, reason=_told(agent, grants))
        return await _seen(ops, tx, by, agent)


async def change(
    ops: Ops, by: Actor, name: str, fields: dict[str, Any], grants: Sequence[Grant] | None
) -> Seen:
    """Other `fields` of an `Agent`, and other `grants` in place of all that it has, where given.

    They count at the next call of what runs, and for runs that are judged or applied from now on.
    Raises Forbidden, NotFound, Invalid.
    """
    access.demand(by, Action.AGENT_SET, Place(by.organization))
    async with ops.db.tx() as tx:
        agent = replace(await store.lock(tx, by.organization, name), **fields)
        await _sound(tx, agent, grants or ())
        await store.save(tx, agent)
        if grants is not None:
            await _regive(ops, tx, by, agent, grants)
        seen = await _seen(ops, tx, by, agent)
        audit.noted(ops, tx, by, "agent.update", agent.id, reason=_told(agent, seen.grants or ()))
        return seen


async def put(
    ops: Ops,
    tx: Tx,
    by: Actor,
    agent: Agent,
    grants: Sequence[tuple[Role, Where]] | None,
    first: Sequence[tuple[Role, Where]] = (),
) -> str:
    """As its file says it: made, or changed where it is otherwise; then what it may now, in a line.
    An empty owner is who he is already, or `by`; grants that are None stay, and are `first` where
    the agent is new. Raises Forbidden, NotFound, Invalid."""
    access.demand(by, Action.AGENT_SET, Place(by.organization))
    demand_name(agent.name)
    await owners.known(ops, tx, by)
    given = None if grants is None else [await _granted(tx, by, *one) for one in grants]
    try:
        was = await store.lock(tx, agent.organization, agent.name)
    except NotFound:
        made = replace(agent, owner=agent.owner or by.id)
        given = [await _granted(tx, by, *one) for one in first] if given is None else given
        await _sound(tx, made, given)
        await store.add(tx, made)
        await _give(ops, tx, by, made, given)
        told = _told(made, given)
        audit.noted(ops, tx, by, "agent.create", made.id, reason=told)
        return told
    owner = agent.owner or was.owner
    now = replace(agent, owner=owner, created_at=was.created_at, suspended=was.suspended)
    held = [one.grant for one in await people.granted(tx, now.organization, now.id)]
    if now == was and (given is None or set(given) == set(held)):
        return ""
    await _sound(tx, now, given or ())
    await store.save(tx, now)
    if given is not None:
        await _regive(ops, tx, by, now, given)
    told = _told(now, held if given is None else given)
    audit.noted(ops, tx, by, "agent.update", now.id, reason=told)
    return told


async def renew(ops: Ops, tx: Tx, was: Agent, now: Agent) -> None:
    """An agent that comes with the program, as its newer file has it. What somebody changed since
    the file before stays, and that is on the record; so do its owner and its roles."""
    by = replace(SYSTEM, organization=now.organization)
    try:
        held = await store.lock(tx, now.organization, now.name)
    except NotFound:  # it is made when it first works
        return
    if _said(held) == _said(now):
        return
    if _said(held) != _said(was):
        why = "the program has a newer file of it; purpose, tools or limits were changed by hand"
        why += f", and stay: `dihedral agent show {now.name}`"
        return audit.noted(ops, tx, by, "agent.keep", held.id, reason=why)
    moved = replace(held, purpose=now.purpose, tools=now.tools, limits=now.limits)
    await store.save(tx, moved)
    reason = "as the program's newer file has it"
    return audit.noted(ops, tx, by, "agent.update", moved.id, reason=reason)


def _said(agent: Agent) -> tuple[object, ...]:
    """What its file says of it."""
    return agent.purpose, agent.tools, agent.limits


async def page(ops: Ops, by: Actor, after: str | None, size: int) -> list[Agent]:
    """By name."""
    access.demand_somewhere(by, Action.AGENT_READ)
    async with ops.db.tx() as tx:
        return await store.page(tx, by.organization, after, size)


async def see(ops: Ops, by: Actor, name: str) -> Seen:
    """Raises NotFound."""
    access.demand_somewhere(by, Action.AGENT_READ)
    async with ops.db.tx() as tx:
        return await _seen(ops, tx, by, await store.find(tx, by.organization, name))


async def switch(ops: Ops, by: Actor) -> Suspension | None:
    """Since when all agents are suspended, if they are."""
    access.demand_somewhere(by, Action.AGENT_READ)
    async with ops.db.tx() as tx:
        return await store.switch(tx, by.organization)


async def suspend(ops: Ops, by: Actor, name: str, why: str) -> int:
    """Stops an agent, or `all`, in one act: tokens die, instances end, its runs are held. How many
    instances that ended. Raises Forbidden, NotFound, Conflict, Invalid."""
    access.demand(by, Action.AGENT_SET, Place(by.organization))
    _short(why)
    now = ops.now()
    halt = Suspension(now, by.id, why)
    async with ops.db.tx() as tx:
        agent = await _turned(tx, by.organization, name, halt)
        said = f"agent {name} was suspended" if agent else "all agents were suspended"
        which = agent.name if agent else None
        ended = await store.end(tx, by.organization, now, said, which)
        for instance in ended:
            await tx.notify(STOPS, instance)
        audit.noted(ops, tx, by, "agent.suspend", agent.id if agent else ALL, reason=why)
    return len(ended)


async def resume(ops: Ops, by: Actor, name: str) -> int:
    """Lets an agent, or all but those that are suspended themselves, go on. How many runs were
    held that go on now. Raises Forbidden, NotFound, Conflict."""
    access.demand(by, Action.AGENT_SET, Place(by.organization))
    async with ops.db.tx() as tx:
        agent = await _turned(tx, by.organization, name, None)
        waiting = await store.waiting(tx, by.organization, agent)
        for run, workspace in waiting:
            await queue.put(tx, ADVANCE, {"run": run}, lock=workspace, once=run)
        audit.noted(ops, tx, by, "agent.resume", agent.id if agent else ALL)
    return len(waiting)


async def place(ops: Ops, by: Actor, project: str, workspace: str) -> Place:
    """Where something is to be given, by names or ids; with neither in the whole organization.
    Raises NotFound, Forbidden, Invalid."""
    async with ops.db.tx() as tx:
        return await _place(tx, by, Where(project, workspace))


async def _place(tx: Tx, by: Actor, where: Where) -> Place:
    if where.project and where.workspace:
        raise Invalid("say the project or the workspace: a workspace may move to another project")
    if where.workspace:
        held = await permitted.workspace(tx, by, where.workspace, Action.AGENT_SET)
        return Place(by.organization, workspace=held.id)
    if where.project:
        return Place(by.organization, await projects.find(tx, by.organization, where.project))
    return Place(by.organization)


async def _granted(tx: Tx, by: Actor, role: Role, where: Where) -> Grant:
    return Grant(role, await _place(tx, by, where))


async def _regive(ops: Ops, tx: Tx, by: Actor, agent: Agent, grants: Sequence[Grant]) -> None:
    """In place of all that it has."""
    for old in await people.granted(tx, agent.organization, agent.id):
        await people.take(tx, agent.id, old.grant.place, old.source)
    await _give(ops, tx, by, agent, grants)


async def _turned(
    tx: Tx, organization: OrganizationId, name: str, to: Suspension | None
) -> Agent | None:
    """The agent, as it is from now on; None where it is all of them. Raises NotFound, Conflict."""
    agent = None if name == ALL else await store.lock(tx, organization, name)
    was = agent.suspended if agent else await store.switch(tx, organization)
    if bool(was) is bool(to):
        who = f"agent {name} is" if agent else "all agents are"
        raise Conflict(f"{who} suspended already" if to else f"not so: {who} suspended")
    if agent:
        await store.save(tx, replace(agent, suspended=to))
    else:
        await store.turn(tx, organization, to)
    return agent


async def _sound(tx: Tx, agent: Agent, grants: Sequence[Grant]) -> None:
    """Raises Invalid, NotFound."""
    _short(agent.purpose)
    owner = await people.find(tx, agent.owner)
    if owner.disabled_at:
        raise Invalid(f"{owner.id} may not come in any more, so cannot answer for an agent")
    for money in (agent.limits.money, agent.limits.delta):
        if money and not _payable(money.amount):
            raise Invalid(f"an amount is from 0 to {_MOST:,}, in whole cents, not {money.amount}")
    for grant in grants:
        if grant.role not in ROLES:
            raise Invalid(f"no agent is given {grant.role}: {' or '.join(ROLES)}")


async def _give(ops: Ops, tx: Tx, by: Actor, agent: Agent, grants: Sequence[Grant]) -> None:
    for grant in grants:
        given = people.Given(
            holder=ActorId(agent.id), grant=grant, given_by=by.id, given_at=ops.now()
        )
        await people.give(tx, given)


async def _seen(ops: Ops, tx: Tx, by: Actor, agent: Agent) -> Seen:
    whole = access.everywhere(by, Action.GRANT_READ)
    given = await people.granted(tx, agent.organization, agent.id)
    running = await store.running(tx, agent.organization, agent.name, ops.now())
    return Seen(
        agent,
        tuple(one.grant for one in given) if whole else None,
        tuple(one for one in running if whole or one.on_behalf_of == by.id),
        await store.switch(tx, agent.organization),
    )


def _payable(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount <= _MOST and amount == round(amount, 2)


def _short(text: str) -> None:
    if len(text) > _LONGEST:
        raise Invalid(f"a purpose or a reason has at most {_LONGEST:,} characters")


def _told(agent: Agent, grants: Sequence[Grant]) -> str:
    """What it is allowed, in a line, for whoever asks later who raised it and when."""
    most, places = agent.limits, []
    for grant in grants:
        place = grant.place
        places.append(f"{grant.role} in {place.workspace or place.project or place.organization}")
    return (
        f"owner {agent.owner}; {', '.join(places) or 'no role'}; money {most.money or 'any'},"
        f" delta {most.delta or 'any'}, blast {most.blast}, calls {_any(most.calls)},"
        f" seconds {_any(most.seconds)}; tools {', '.join(agent.tools) or 'none'}"
    )


def _any(limit: int | None) -> str:
    return "any" if limit is None else str(limit)
