"""An agent at work: started for a person, known by its token at each call, over when it is ended.

Surprise: a token is believed only as far as the rows behind it. Whatever is suspended, ended or
taken away counts at the next call, not when the token expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import anyio

from dihedral.domain.actor import Actor, Kind, agent_id
from dihedral.domain.agent import Agent, Instance, halted
from dihedral.domain.errors import Conflict, Forbidden, Nobody, NotFound
from dihedral.domain.ids import ActorId, InstanceId
from dihedral.domain.person import Person
from dihedral.domain.right import Action, Grants, Place
from dihedral.domain.token import Credential, Minted
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, claims
from dihedral.ops.store import agents, people, projects
from dihedral.ops.work import audit, tokens
from dihedral.ops.work.plane import STOPS, Ops

PAUSE = 5.0  # seconds between looks at an instance, should nobody tell that it is over


@dataclass(frozen=True, slots=True)
class Started:
    """An instance and its token, which is nowhere else."""

    instance: Instance
    token: Minted
    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose token it is; `why` says why nobody believes it now, and then it has no rights."""

    actor: Actor
    why: str = ""


async def start(
    ops: Ops, by: Actor, name: str, person: str, via: InstanceId | None = None
) -> Started:
    """An agent at work for a person. `via` is the instance that hands it the work, for whom it
    works; then it may no more than that one may.

    A person starts an agent for himself only; the server for whoever talks to it; an agent none.
    Raises Forbidden, NotFound, Conflict.
    """
    agent, line = await begin(ops, by, name, person, via)
    return await _minted(ops, by, agent, line)


async def begin(
    ops: Ops, by: Actor, name: str, person: str, via: InstanceId | None = None
) -> tuple[Agent, list[Instance]]:
    """The same without a token, for the server itself: the agent and the whole line. Raises as
    `start`."""
    _demand(by, person)
    now = ops.now()
    async with ops.db.tx() as tx:
        agent = await agents.lock(tx, by.organization, name)
        above = await agents.chain(tx, via) if via else []
        if why := await _halted(tx, agent, await people.find(tx, person)):
            raise Conflict(f"{agent.id} is not started: {why}")
        if why := await _ended(tx, above, person, now):
            raise Conflict(f"{agent.id} is not started: {why}")
        made = Instance(
            id=InstanceId(ops.mint("ai")),
            organization=agent.organization,
            agent=agent.name,
            on_behalf_of=ActorId(person),
            via=via,
            started_by=by.id,
            started_at=now,
            until=now + claims.LIFE,
        )
        await agents.add_instance(tx, made)
        told = f"{made.id} for {person}{f' via {via}' if via else ''}"
        audit.noted(ops, tx, by, "agent.start", agent.id, reason=told)
    return agent, [made, *above]


async def prolong(ops: Ops, instance: InstanceId) -> tuple[Agent, list[Instance]]:
    """More time for one that the server drives: it is over when somebody ends it, and not because
    the server stood still. Raises NotFound, Conflict."""
    async with ops.db.tx() as tx:
        line = await agents.chain(tx, instance)
        first = replace(line[0], until=ops.now() + claims.LIFE)
        agent = await agents.lock(tx, first.organization, first.agent)
        person = first.on_behalf_of
        why = await _halted(tx, agent, await people.find(tx, person))
        if why := why or await _ended(tx, [first, *line[1:]], person, ops.now()):
            raise Conflict(f"{instance} does not go on: {why}")
        await agents.prolong(tx, instance, first.until)
    return agent, [first, *line[1:]]


async def acting(ops: Ops, line: Sequence[Instance], trace: str = "") -> Actor:
    """The first of a line, with the rights that all in it have now."""
    first = line[0]
    async with ops.db.tx() as tx:
        given = await _rights(tx, line)
    id, person = agent_id(first.agent), first.on_behalf_of
    return Actor(id, Kind.AGENT, person, trace, first.organization, given)


async def renew(ops: Ops, by: Actor, name: str, instance: InstanceId) -> Started:
    """A new token for one that runs, for whoever may start it; it never asks for itself.

    Raises Forbidden, NotFound, Conflict.
    """
    async with ops.db.tx() as tx:
        agent = await agents.lock(tx, by.organization, name)
        line = await _line(tx, agent, instance)
        person = line[0].on_behalf_of
        _demand(by, person)
        why = await _halted(tx, agent, await people.find(tx, person))
        if why := why or await _ended(tx, line, person, ops.now()):
            raise Conflict(f"{instance} gets no token: {why}")
        until = ops.now() + claims.LIFE
        await agents.prolong(tx, instance, until)
    return await _minted(ops, by, agent, [replace(line[0], until=until), *line[1:]])


async def end(ops: Ops, by: Actor, name: str, instance: InstanceId) -> None:
    """Its tokens die. Whom it works for may, and who administers agents. Raises Forbidden,
    NotFound, Conflict (it is over)."""
    async with ops.db.tx() as tx:
        agent = await agents.find(tx, by.organization, name)
        line = await _line(tx, agent, instance)
        if by.kind is Kind.AGENT or by.id != line[0].on_behalf_of:
            access.demand(by, Action.AGENT_SET, Place(by.organization))
        said = f"{by.id} ended it"
        if not await agents.end(tx, agent.organization, ops.now(), said, instance=instance):
            raise Conflict(f"{instance} is over already")
        await tx.notify(STOPS, instance)
        audit.noted(ops, tx, by, "agent.end", agent.id, reason=instance)


async def show(ops: Ops, text: str, trace: str = "") -> Shown:
    """Whose token that is, with the rights that all have for whom it acts. Raises Nobody for one
    that is not ours, for us, of now."""
    said = await tokens.verify(ops, text)
    name, instance = said.agent.rpartition("/")[2], said.instance.rpartition("/")[2]
    async with ops.db.tx() as tx:
        try:
            line = await agents.chain(tx, InstanceId(instance))
        except NotFound:
            raise Nobody(f"there is no instance {instance!r} of agent {name!r}") from None
        first = line[0]
        if why := await _mismatch(ops, tx, said, line):
            raise Nobody(why)
        actor = Actor(
            agent_id(first.agent), Kind.AGENT, first.on_behalf_of, trace, first.organization
        )
        why = await _ended(tx, line, first.on_behalf_of, ops.now())
        why = why or _gone(await people.find(tx, first.on_behalf_of))
        if why:
            return Shown(actor, why)
        return Shown(replace(actor, rights=await _rights(tx, line)))


async def over(ops: Ops, instance: InstanceId, pause: float = PAUSE) -> str:
    """Waits until it may no longer act, and says why. A driver runs it beside each turn, and
    stops the turn when it comes back. Raises NotFound."""
    with ops.stops.waiting(instance) as told:
        while True:
            told.clear()
            async with ops.db.tx() as tx:
                line = await agents.chain(tx, instance)
                if why := await _ended(tx, line, line[0].on_behalf_of, ops.now()):
                    return why
            with anyio.move_on_after(pause):
                await told.wait()


def _demand(by: Actor, person: str) -> None:
    """Raises Forbidden."""
    access.demand(by, Action.TOKEN_MINT, Place(by.organization))
    if by.kind is Kind.PERSON and by.id != person:
        raise Forbidden(f"{by.id} starts agents for {by.id} only, not for {person}")


async def _minted(ops: Ops, by: Actor, agent: Agent, line: Sequence[Instance]) -> Started:
    first = line[0]
    async with ops.db.tx() as tx:
        organization = await projects.called(tx, first.organization)
        via = (await _names(ops, tx, line))[1:]
    grant = claims.Grant(
        agent=agent.name,
        instance=first.id,
        person=first.on_behalf_of,
        scope=agent.tools,
        via=tuple(via),
        organization=organization,
    )
    return Started(first, await tokens.for_agent(ops, by, grant), agent.tools)


async def _names(ops: Ops, tx: Tx, line: Sequence[Instance]) -> list[str]:
    """Their SPIFFE ids."""
    organization = await projects.called(tx, line[0].organization)
    return [claims.spiffe(ops.issuer, organization, one.agent, one.id) for one in line]


async def _line(tx: Tx, agent: Agent, instance: InstanceId) -> list[Instance]:
    """The agent's instance, then who handed it the work, and so on. Raises NotFound."""
    line = await agents.chain(tx, instance)
    if (line[0].organization, line[0].agent) != (agent.organization, agent.name):
        raise NotFound("instance", instance)
    return line


async def _mismatch(ops: Ops, tx: Tx, said: Credential, line: Sequence[Instance]) -> str:
    """Why the token is not of what the rows tell; empty where it is."""
    if [said.instance, *said.via] != await _names(ops, tx, line):
        return "the token names other agents than those that were started"
    if any(said.subject != one.on_behalf_of for one in line):
        return "the token is for somebody else than the agent was started for"
    return ""


async def _ended(tx: Tx, line: Sequence[Instance], person: str, now: datetime) -> str:
    """Why nobody of them acts for the person any more; empty while all of them do."""
    for one in line:
        agent = await agents.find(tx, one.organization, one.agent)
        switch = await agents.switch(tx, one.organization)
        if why := halted(one.agent, agent.suspended, switch):
            return why
        if one.ended_at:
            return f"{one.id} of agent {one.agent} is over: {one.ended_why}"
        if now >= one.until:
            return f"{one.id} of agent {one.agent} is over: its tokens have expired"
        if one.on_behalf_of != person:
            return f"{one.id} of agent {one.agent} works for somebody else"
    return ""


async def _halted(tx: Tx, agent: Agent, person: Person) -> str:
    """Why it is not started for a person; nobody suspends it until `tx` ends."""
    switch = await agents.hold_switch(tx, agent.organization)
    return halted(agent.name, agent.suspended, switch) or _gone(person)


def _gone(person: Person) -> str:
    return f"{person.id}, for whom it acts, may not come in any more" if person.disabled_at else ""


async def _rights(tx: Tx, line: Sequence[Instance]) -> tuple[Grants, ...]:
    """What each of them was given, and the person: all must allow what is done."""
    holders = [*(agent_id(one.agent) for one in line), line[0].on_behalf_of]
    return tuple([await people.grants(tx, holder) for holder in holders])
