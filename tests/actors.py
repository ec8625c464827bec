"""Who acts in tests: by default with every right in the organization that there is at first."""

from datetime import UTC, datetime

from dihedral.domain.actor import HOME, Actor, Kind, agent_id
from dihedral.domain.agent import Agent, Limits
from dihedral.domain.errors import NotFound
from dihedral.domain.ids import ActorId
from dihedral.domain.person import Person
from dihedral.domain.right import Grant, Place, Role
from dihedral.kit.db import Tx
from dihedral.ops.store import people
from dihedral.ops.work import agents
from dihedral.ops.work.plane import Ops

WIDE = Limits(delta=None, money=None)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def person(name: str, role: Role | None = Role.ADMINISTRATOR, place: Place | None = None) -> Actor:
    """With one role in a place, or with none."""
    given = (Grant(role, place or Place(HOME)),) if role else ()
    return Actor(ActorId(name), rights=(given,))


def agent(name: str, behalf: str | None = None) -> Actor:
    """With all that an agent may have."""
    rights = ((Grant(Role.ADMINISTRATOR, Place(HOME)),),)
    of = ActorId(behalf) if behalf else None
    return Actor(agent_id(name), Kind.AGENT, on_behalf_of=of, rights=rights)


async def enrol(
    tx: Tx, name: str, role: Role | None = Role.ADMINISTRATOR, place: Place | None = None
) -> Actor:
    """A person that the database knows, too."""
    who = ActorId(name)
    await people.add(tx, Person(id=who, created_at=SINCE))
    if role:
        grant = Grant(role, place or Place(HOME))
        given = people.Given(holder=who, grant=grant, given_by=who, given_at=SINCE)
        await people.give(tx, given)
    return person(name, role, place)


async def hired(
    ops: Ops,
    name: str,
    behalf: str = "ada",
    limits: Limits = WIDE,
    place: Place | None = None,
    role: Role = Role.PROPOSER,
) -> Actor:
    """An agent of ada's that the database knows, too, at work for somebody."""
    ada = person("ada")
    async with ops.db.tx() as tx:
        try:
            await people.find(tx, "ada")
        except NotFound:
            await enrol(tx, "ada")
    made = Agent(organization=HOME, name=name, owner=ada.id, limits=limits, created_at=SINCE)
    grant = Grant(role, place or Place(HOME))
    await agents.create(ops, ada, made, [grant])
    return Actor(made.id, Kind.AGENT, on_behalf_of=ActorId(behalf), rights=((grant,),))
