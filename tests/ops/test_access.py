"""Who may do what: the table, and what it answers for each kind of actor."""

import itertools
from dataclasses import replace

import pytest

from dihedral.domain.actor import HOME, SYSTEM, Actor
from dihedral.domain.errors import Conflict, Forbidden, NotFound
from dihedral.domain.ids import ActorId, OrganizationId, ProjectId, WorkspaceId
from dihedral.domain.right import Action, Grant, Place, Role
from dihedral.kit.db import Db
from dihedral.ops.rules import access
from dihedral.ops.work import pipeline, tally, watch, workspaces
from dihedral.ops.work.watch import Which
from tests.actors import agent, person
from tests.ops.conftest import ADA, World

ELSEWHERE = OrganizationId("org-other")
SHOP = Place(HOME, ProjectId("prj-a"), WorkspaceId("ws-shop"))
CELLAR = Place(HOME, ProjectId("prj-b"), WorkspaceId("ws-cellar"))
ONE = 'resource "terraform_data" "one" {\n  input = "one"\n}\n'


def may(actor: Actor, place: Place = SHOP) -> set[Action]:
    return {action for action in Action if not access.refusal(actor, action, place)}


def test_every_action_has_its_least_role() -> None:
    assert set(access.LEAST) == set(Action) - {Action.SELF}
    assert access.LEAST.keys() >= access.AGENTS


def test_each_role_may_what_those_before_it_may_and_more() -> None:
    allowed = [may(person("ada", role)) for role in Role]
    assert all(less < more for less, more in itertools.pairwise(allowed))
    assert allowed[-1] == set(Action)


def test_without_a_role_nobody_may_anything_but_look_after_himself() -> None:
    assert may(person("ada", None)) == may(Actor(ActorId("ada"))) == {Action.SELF}


def test_a_viewer_changes_nothing() -> None:
    verbs = {action.split(".")[1] for action in may(person("ada", Role.VIEWER))}
    assert verbs == {"read", "own"}


@pytest.mark.parametrize(
    ("where", "shop", "cellar"),
    [
        (Place(HOME), True, True),
        (Place(HOME, SHOP.project), True, False),
        (Place(HOME, None, SHOP.workspace), True, False),
        (Place(ELSEWHERE), False, False),
        (Place(ELSEWHERE, None, SHOP.workspace), False, False),
    ],
    ids=str,
)
def test_a_grant_holds_in_its_place_and_in_what_is_in_it(
    where: Place, shop: bool, cellar: bool
) -> None:
    ada = person("ada", Role.OPERATOR, where)
    found = [not access.refusal(ada, Action.RUN_READ, place) for place in (SHOP, CELLAR)]
    assert found == [shop, cellar]


def test_nobody_reaches_from_one_organization_into_another() -> None:
    guest = replace(person("ada", Role.ADMINISTRATOR, Place(ELSEWHERE)), organization=ELSEWHERE)
    assert may(guest) == {Action.SELF}
    assert may(replace(ADA, organization=ELSEWHERE)) == {Action.SELF}


def test_every_set_of_rights_must_allow_it() -> None:
    wide = (Grant(Role.ADMINISTRATOR, Place(HOME)),)
    narrow = (Grant(Role.PROPOSER, Place(HOME, None, SHOP.workspace)),)
    for rights in ((wide, narrow), (narrow, wide), (narrow,)):
        ada = Actor(ActorId("ada"), rights=rights)
        assert may(ada) == may(person("ada", Role.PROPOSER))
        assert may(ada, CELLAR) == {Action.SELF}
    assert may(Actor(ActorId("ada"), rights=(wide, ()))) == {Action.SELF}


def test_an_agent_may_at_most_what_agents_may() -> None:
    assert may(agent("scribe")) == access.AGENTS
    never = {
        Action.RUN_APPROVE, Action.RUN_WITHDRAW, Action.TERMS_SET, Action.AGENT_SET,
        Action.GRANT_SET, Action.TOKEN_MINT, Action.VARIABLE_SET, Action.STATE_DOWNLOAD,
        Action.POLICY_SET, Action.WORKSPACE_UNLOCK, Action.SELF, Action.AUDIT_READ,
    }  # fmt: skip
    assert not never & access.AGENTS


def test_what_an_agent_does_for_somebody_he_may_do_himself() -> None:
    whole = agent("scribe").rights[0]
    viewer = person("ada", Role.VIEWER).rights[0]
    scribe = replace(agent("scribe", "ada"), rights=(whole, viewer))
    assert may(scribe) == may(person("ada", Role.VIEWER)) & access.AGENTS
    lost = replace(scribe, rights=(whole, ()))  # ada has no role any more
    assert may(lost) == set()


def test_the_system_is_asked_nothing() -> None:
    assert may(SYSTEM) == set(Action)


def test_a_refusal_says_what_it_takes() -> None:
    why = access.refusal(person("ada", Role.VIEWER), Action.RUN_APPROVE, SHOP)
    assert "it takes an approver" in why and "dihedral grant set ada approver" in why
    assert "no role here" in access.refusal(person("ada", None), Action.RUN_READ, SHOP)
    assert "never an agent" in access.refusal(agent("scribe"), Action.RUN_APPROVE, SHOP)


@pytest.mark.anyio
async def test_what_one_may_not_read_is_not_there(world: World) -> None:
    run = await world.propose(ONE)
    stranger = person("eve", Role.ADMINISTRATOR, Place(HOME, None, WorkspaceId("ws-other")))
    for wrong in (person("eve", None), stranger):
        with pytest.raises(NotFound):
            await pipeline.see(world.ops, wrong, run.id)
        with pytest.raises(NotFound):
            await pipeline.approve(world.ops, wrong, run.id)
        with pytest.raises(NotFound):
            await workspaces.see(world.ops, wrong, "shop")
    assert await watch.run_page(world.ops, stranger, Which(), None, 50) == []
    assert await watch.workspace_page(world.ops, stranger, None, 50) == []
    assert await tally.waiting(world.ops, stranger, None, None, 50) == []


@pytest.mark.anyio
async def test_what_one_may_read_and_not_do_says_so(world: World) -> None:
    run = await world.propose(ONE)
    viewer = person("vic", Role.VIEWER)
    assert (await pipeline.see(world.ops, viewer, run.id)).run.id == run.id
    with pytest.raises(Forbidden, match="it takes an approver"):
        await pipeline.approve(world.ops, viewer, run.id)
    with pytest.raises(Forbidden, match="it takes an operator"):
        await workspaces.set_variable(world.ops, viewer, "shop", "x", "1")


@pytest.mark.anyio
async def test_a_role_in_one_workspace_shows_that_one_alone(world: World) -> None:
    other = await workspaces.add(world.ops, ADA, "cellar", simulated=False)
    await world.propose(ONE)
    run = await world.propose(ONE, workspace=other)
    here = person("vic", Role.VIEWER, Place(HOME, None, other.id))
    assert [w.name for w in await watch.workspace_page(world.ops, here, None, 50)] == ["cellar"]
    listed = await watch.run_page(world.ops, here, Which(), None, 50)
    assert [one.run.id for one in listed] == [run.id]


@pytest.mark.anyio
async def test_a_proposer_stops_what_is_his_own(world: World) -> None:
    mine = await world.propose(ONE, by=person("pat", Role.PROPOSER))
    theirs = await world.propose(ONE)
    pat = person("pat", Role.PROPOSER)
    await pipeline.discard(world.ops, pat, mine.id)
    with pytest.raises(Forbidden, match=r"is not yours: .* it takes an approver"):
        await pipeline.discard(world.ops, pat, theirs.id)
    await pipeline.discard(world.ops, person("cy", Role.APPROVER), theirs.id)


@pytest.mark.anyio
async def test_two_organizations_have_workspaces_of_one_name(db: Db, world: World) -> None:
    async with db.tx() as tx:
        await tx.do(b"INSERT INTO organization (id, name) VALUES ('org-other', 'other')")
        await tx.do(
            b"INSERT INTO project (id, organization, name) VALUES ('prj-o', 'org-other', 'default')"
        )
    eve = person("eve", Role.ADMINISTRATOR, Place(ELSEWHERE))
    eve = replace(eve, organization=ELSEWHERE)
    made = await workspaces.add(world.ops, eve, "shop")
    assert made.id != world.workspace.id
    assert (await workspaces.see(world.ops, eve, "shop")).workspace.id == made.id
    with pytest.raises(NotFound):
        await workspaces.see(world.ops, eve, world.workspace.id)
    with pytest.raises(Conflict):
        await workspaces.add(world.ops, eve, "shop")
