"""Agents at work for people: whose rights they have, and how one ends them."""

import asyncio
from dataclasses import replace

import pytest

from dihedral.domain.actor import HOME, Actor, agent_id
from dihedral.domain.agent import Limits
from dihedral.domain.errors import Conflict, Forbidden, NotFound
from dihedral.domain.ids import ActorId, OrganizationId, SessionId
from dihedral.domain.right import Action, Place, Role
from dihedral.ops.rules import access
from dihedral.ops.store import agents as store
from dihedral.ops.store import people
from dihedral.ops.work import agents, links, permitted, workspaces
from dihedral.ops.work.staff import OpsStaff, Post
from tests.actors import enrol, hired
from tests.ops.conftest import ADA, World

pytestmark = pytest.mark.anyio
POSTS = {"supervisor": Post("talks", ("read_run",), Limits())}


@pytest.fixture
def staff(world: World) -> OpsStaff:
    return OpsStaff(world.ops, POSTS)


def bare(name: str) -> Actor:
    """As a driver names a person whose conversation it is."""
    return Actor(ActorId(name))


async def test_an_agent_sees_what_its_person_sees_and_nothing_else(
    world: World, staff: OpsStaff
) -> None:
    await hired(world.ops, "drafter")
    other = await workspaces.add(world.ops, ADA, "other")
    async with world.ops.db.tx() as tx:
        await enrol(tx, "bo", Role.VIEWER, Place(HOME, workspace=other.id))
    for name in ("drafter", "supervisor"):
        actor = (await staff.start(bare("bo"), name)).actor
        assert (actor.id, actor.on_behalf_of) == (agent_id(name), "bo")
        async with world.ops.db.tx() as tx:
            assert await permitted.readable(tx, actor) == [other.id]
            with pytest.raises(NotFound):
                await permitted.workspace(tx, actor, world.workspace.name, Action.WORKSPACE_READ)
        assert access.refusal(actor, Action.RUN_PROPOSE, other.place)


async def test_an_agent_of_an_administrator_only_proposes(world: World, staff: OpsStaff) -> None:
    async with world.ops.db.tx() as tx:
        await enrol(tx, "ada")
    actor = (await staff.start(bare("ada"), "supervisor")).actor
    assert not access.refusal(actor, Action.RUN_PROPOSE, world.workspace.place)
    for action in (Action.RUN_APPROVE, Action.AGENT_SET, Action.VARIABLE_SET, Action.GRANT_SET):
        assert access.refusal(actor, action, world.workspace.place)
    async with world.ops.db.tx() as tx:
        assert (await store.find(tx, HOME, "supervisor")).owner == "ada"


async def test_what_is_handed_on_may_no_more_than_who_hands_it_on(
    world: World, staff: OpsStaff
) -> None:
    other = await workspaces.add(world.ops, ADA, "other")
    await hired(world.ops, "narrow", place=Place(HOME, workspace=other.id))
    first = await staff.start(bare("ada"), "narrow")
    below = (await staff.start(bare("ada"), "supervisor", first.instance)).actor
    assert access.refusal(below, Action.WORKSPACE_READ, world.workspace.place)
    assert not access.refusal(below, Action.WORKSPACE_READ, other.place)


async def test_going_on_reads_the_rights_again(world: World, staff: OpsStaff) -> None:
    await hired(world.ops, "drafter")
    started = await staff.start(bare("ada"), "drafter")
    await agents.change(world.ops, ADA, "drafter", {}, [])
    actor = (await staff.again(started.instance)).actor
    assert access.refusal(actor, Action.WORKSPACE_READ, world.workspace.place)


async def test_a_suspension_ends_what_runs_and_starts_nothing(
    world: World, staff: OpsStaff
) -> None:
    await hired(world.ops, "drafter")
    started = await staff.start(bare("ada"), "drafter")
    async with world.ops.stops.hearing(world.ops.db):
        waits = asyncio.create_task(staff.over(started.instance))
        await asyncio.sleep(0)
        await agents.suspend(world.ops, ADA, "all", "enough")
        assert "all agents are suspended by ada" in await asyncio.wait_for(waits, 60)
    for again in (staff.again(started.instance), staff.start(bare("ada"), "drafter")):
        with pytest.raises(Conflict, match="suspended"):
            await again
    await agents.resume(world.ops, ADA, "all")
    with pytest.raises(Conflict, match="is over"):
        await staff.again(started.instance)


async def test_the_owner_becomes_a_person_once_and_nobody_else_does(
    world: World, staff: OpsStaff
) -> None:
    assert (await staff.start(bare("local"), "supervisor")).actor.on_behalf_of == "local"
    await staff.start(bare("local"), "supervisor")
    strangers = (
        replace(bare("mallory"), session=SessionId("ses-1")),
        replace(bare("mallory"), organization=OrganizationId("org-other")),
    )
    for stranger in strangers:
        with pytest.raises(NotFound):
            await staff.start(stranger, "supervisor")
    async with world.ops.db.tx() as tx:
        assert not await people.anybody(tx)
        assert await people.administrators(tx, HOME) == 0
    assert await links.first(world.ops) is not None
    with pytest.raises(Forbidden, match="local is whoever owns"):
        await links.invite(world.ops, ADA, "local")


async def test_a_name_that_exists_gives_its_owner_no_more_rights(
    world: World, staff: OpsStaff
) -> None:
    async with world.ops.db.tx() as tx:
        await enrol(tx, "bo", Role.VIEWER)
    actor = (await staff.start(bare("bo"), "supervisor")).actor
    assert access.refusal(actor, Action.RUN_PROPOSE, world.workspace.place)
    async with world.ops.db.tx() as tx:
        assert [grant.role for grant in await people.grants(tx, ActorId("bo"))] == [Role.VIEWER]
