"""Agents at work for people: `domain.ports.Staff`, over instances, without tokens.

Agents that come with the program are in every organization. The row of one is made when it is first
started, with a proposer's role everywhere: it may what its person may, and at most propose.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from dihedral.domain.actor import SYSTEM, Actor
from dihedral.domain.agent import Agent, Limits
from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import ActorId, InstanceId
from dihedral.domain.ports import Started
from dihedral.domain.right import Grant, Place, Role
from dihedral.kit.db import Tx
from dihedral.ops.store import agents, people
from dihedral.ops.work import audit, instances, owners
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class Post:
    """What an agent is that comes with the program."""

    purpose: str
    tools: tuple[str, ...]
    limits: Limits


@dataclass(frozen=True, slots=True)
class OpsStaff:
    """`posts` are the agents that come with the program, by name."""

    ops: Ops
    posts: Mapping[str, Post] = field(default_factory=dict)

    async def start(self, person: Actor, agent: str, via: InstanceId | None = None) -> Started:
        by = replace(SYSTEM, organization=person.organization, trace=person.trace)
        async with self.ops.db.tx() as tx:
            known = await owners.known(self.ops, tx, person)
            await self._posted(tx, by, agent, known.id)
        made, line = await instances.begin(self.ops, by, agent, known.id, via)
        actor = await instances.acting(self.ops, line, person.trace)
        return Started(actor, line[0].id, made.limits)

    async def again(self, instance: InstanceId) -> Started:
        made, line = await instances.prolong(self.ops, instance)
        return Started(await instances.acting(self.ops, line), instance, made.limits)

    async def over(self, instance: InstanceId) -> str:
        return await instances.over(self.ops, instance)

    async def _posted(self, tx: Tx, by: Actor, name: str, person: ActorId) -> None:
        """Who runs the organization answers for it; where nobody does yet, who needs it first."""
        post = self.posts.get(name)
        if post is None:
            return
        try:
            await agents.find(tx, by.organization, name)
        except NotFound:
            pass
        else:
            return
        owner = await people.administrator(tx, by.organization) or person
        made = Agent(
            organization=by.organization,
            name=name,
            owner=owner,
            purpose=post.purpose,
            tools=post.tools,
            limits=post.limits,
            created_at=self.ops.now(),
        )
        with suppress(Conflict):  # somebody else has just made it, and gives it its role
            await agents.add(tx, made)
            grant = Grant(Role.PROPOSER, Place(by.organization))
            given = people.Given(
                holder=made.id, grant=grant, given_by=by.id, given_at=self.ops.now()
            )
            await people.give(tx, given)
            reason = f"it comes with the program; {grant.role} in {by.organization}"
            audit.noted(self.ops, tx, by, "agent.create", made.id, reason=reason)
