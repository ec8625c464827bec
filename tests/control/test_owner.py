"""The server's owner, whom agents made a person: nobody comes by his rights who takes his name."""

import pytest

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import ActorId
from dihedral.domain.right import Role
from dihedral.ops.store import people
from dihedral.ops.work import links
from dihedral.ops.work.links import Answer
from dihedral.ops.work.sessions import Browser
from tests.actors import person
from tests.control.conftest import World
from tests.control.logins import PASSWORD

pytestmark = pytest.mark.anyio
HERE = Browser("127.0.0.1")


async def stands_in(world: World, name: str) -> None:
    """An agent works for the owner, who calls himself so."""
    await world.app.state.mind.staff.start(Actor(ActorId(name)), "supervisor")


async def given(world: World, name: str) -> list[tuple[Role, str]]:
    async with world.ops.db.tx() as tx:
        return [
            (one.grant.role, one.source) for one in await people.granted(tx, HOME, ActorId(name))
        ]


async def test_who_is_invited_by_the_owners_name_has_nothing_of_his(world: World) -> None:
    await stands_in(world, "bo")
    assert await given(world, "bo") == [(Role.ADMINISTRATOR, people.OWNER)]
    link = await links.invite(world.ops, person("ada"), "bo")
    assert await given(world, "bo") == [(Role.ADMINISTRATOR, people.OWNER)]
    await links.follow(world.ops, link.secret, Answer(PASSWORD, HERE))
    assert await given(world, "bo") == []


async def test_the_first_administrator_may_have_the_name_that_the_owner_had(world: World) -> None:
    await stands_in(world, "bo")
    link = await links.first(world.ops)
    assert link is not None
    begun = await links.follow(world.ops, link.secret, Answer(PASSWORD, HERE, "bo"))
    assert begun.session.person == "bo"
    assert [role for role, source in await given(world, "bo") if source != people.OWNER] == [
        Role.ADMINISTRATOR
    ]
    assert (Role.ADMINISTRATOR, people.OWNER) not in await given(world, "bo")
    async with world.ops.db.tx() as tx:
        assert await people.administrators(tx, HOME) == 1
    assert await links.first(world.ops) is None


async def test_the_first_administrators_link_takes_nobody_elses_place(world: World) -> None:
    link = await links.first(world.ops)
    assert link is not None
    await stands_in(world, "bo")
    await links.follow(world.ops, link.secret, Answer(PASSWORD, HERE, "ada"))
    late = await world.app.state.mind.staff.start(Actor(ActorId("bo")), "supervisor")
    assert late.actor.on_behalf_of == "bo"
    async with world.ops.db.tx() as tx:
        assert await people.administrators(tx, HOME) == 1
    with pytest.raises(Conflict, match="there are people already"):
        await links.set_up(world.ops, person("ada"))
