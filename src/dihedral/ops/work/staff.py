"""Agents at work for the model plane: `domain.ports.Staff`, over the verbs of instances."""

from dataclasses import dataclass

from dihedral.domain.actor import SYSTEM, Actor, Kind, agent_id
from dihedral.domain.ids import InstanceId, OrganizationId
from dihedral.domain.ports import Started
from dihedral.ops.store import agents
from dihedral.ops.work import instances
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class OpsStaff:
    ops: Ops

    async def start(self, person: Actor, agent: str, via: InstanceId | None = None) -> Started:
        by = _server(person.organization)
        made = await instances.start(self.ops, by, agent, person.id, via)
        return await self._started(made.instance.id)

    async def again(self, instance: InstanceId) -> Started:
        async with self.ops.db.tx() as tx:
            first = (await agents.chain(tx, instance))[0]
        await instances.renew(self.ops, _server(first.organization), first.agent, instance)
        return await self._started(instance)

    async def over(self, instance: InstanceId) -> str:
        return await instances.over(self.ops, instance)

    async def _started(self, instance: InstanceId) -> Started:
        async with self.ops.db.tx() as tx:
            line = await agents.chain(tx, instance)
            first = line[0]
            agent = await agents.find(tx, first.organization, first.agent)
            rights = await instances.rights(tx, line)
        actor = Actor(
            agent_id(first.agent),
            Kind.AGENT,
            first.on_behalf_of,
            organization=first.organization,
            rights=rights,
        )
        return Started(actor, instance, agent.limits)


def _server(organization: OrganizationId) -> Actor:
    return Actor(SYSTEM.id, Kind.SYSTEM, organization=organization)
