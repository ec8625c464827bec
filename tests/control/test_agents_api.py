"""Agents through the front door: made and changed, started, known by their tokens, ended."""

from typing import Any

import pytest

from dihedral.domain.actor import SYSTEM
from dihedral.domain.ids import InstanceId
from dihedral.domain.right import Grant, Place, Role
from dihedral.domain.workspace import Workspace
from dihedral.ops.rules import claims
from dihedral.ops.store import people
from dihedral.ops.store.audit import Which
from dihedral.ops.work import agents, audit, instances, tokens, workspaces
from dihedral.ops.work.instances import Started
from tests.actors import SINCE, enrol, hired, person
from tests.control.conftest import World, packed

pytestmark = pytest.mark.anyio

ADA = person("ada")
DRAFTER = {
    "name": "drafter", "purpose": "drafts changes", "tools": ["read_state"],
    "limits": {"delta": {"amount": "250.50"}, "blast": "wide", "calls": None},
    "grants": [{"role": "proposer", "workspace": "orders"}],
}  # fmt: skip


@pytest.fixture
async def orders(world: World) -> Workspace:
    """Where the agent `drafter` may propose; bo, for whom it works, may everywhere."""
    made = await workspaces.add(world.ops, ADA, "orders")
    await hired(world.ops, "drafter", place=Place(ADA.organization, workspace=made.id))
    async with world.ops.db.tx() as tx:
        await enrol(tx, "bo", Role.PROPOSER)
    return made


async def started(
    world: World, name: str = "drafter", person: str = "bo", via: InstanceId | None = None
) -> Started:
    """As the server starts one for whoever talks to it."""
    return await instances.start(world.ops, SYSTEM, name, person, via)


async def asks(world: World, made: Started, path: str = "/v1/workspaces/orders") -> int:
    async with world.bearing(made.token.text) as client:
        return (await client.get(path)).status_code


async def proposes(world: World, made: Started, workspace: str = "orders") -> Any:
    async with world.bearing(made.token.text) as client:
        return await client.post(
            f"/v1/workspaces/{workspace}/runs",
            content=packed(),
            headers={"content-type": "application/gzip"},
        )


async def test_an_agent_is_made_read_and_changed(world: World) -> None:
    await world.workspace()
    async with world.ops.db.tx() as tx:
        await enrol(tx, "ada")
    async with world.client() as client:
        made = (await client.post("/v1/agents", json=DRAFTER)).json()
        found = (await client.get("/v1/agents/drafter")).json()
        assert made == found
        assert (found["agent"]["id"], found["agent"]["owner"]) == ("agent:drafter", "ada")
        limits = found["agent"]["limits"]
        assert limits["delta"] == {"amount": "250.50", "currency": "USD"}
        assert (limits["blast"], limits["calls"], limits["seconds"]) == ("wide", None, 600)
        assert [g["role"] for g in found["grants"]] == ["proposer"]
        change = {"purpose": "", "limits": {"delta": None}, "grants": [{"role": "viewer"}]}
        changed = (await client.patch("/v1/agents/drafter", json=change)).json()
        assert changed["agent"]["limits"] == {**limits, "delta": None}
        assert changed["agent"]["tools"] == ["read_state"]
        assert changed["grants"] == [{"role": "viewer", "project": None, "workspace": None}]
        listed, *_ = (await client.get("/v1/agents")).json()["items"]
        assert listed == changed["agent"]
    told = await audit.page(world.ops, ADA, Which(target="agent:drafter"), 9)
    assert [link.act.action for link in told] == ["agent.update", "agent.create"]
    assert "viewer in org-default; money 20.00 USD, delta any" in told[0].act.reason


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"name": "all"}, 422),
        ({"name": "Drafter"}, 422),
        ({"owner": "nobody-known"}, 404),
        ({"grants": [{"role": "approver"}]}, 422),
        ({"grants": [{"role": "viewer", "workspace": "nowhere"}]}, 404),
        ({"grants": [{"role": "viewer", "workspace": "orders", "project": "default"}]}, 422),
        ({"limits": {"money": {"amount": "-1"}}}, 422),
        ({"limits": {"money": {"amount": "NaN"}}}, 422),
        ({"limits": {"money": {"amount": "1e-99999"}}}, 422),
        ({"limits": {"money": {"amount": "1e99999"}}}, 422),
        ({"limits": {"calls": -1}}, 422),
        ({"tools": ["two words"]}, 422),
        ({}, 201),
        ({}, 409),
    ],
    ids=str,
)
async def test_what_could_not_be_an_agent(world: World, said: dict[str, Any], status: int) -> None:
    await world.workspace()
    async with world.ops.db.tx() as tx:
        await enrol(tx, "ada")
    async with world.client() as client:
        if status == 409:
            await client.post("/v1/agents", json=DRAFTER)
        answer = await client.post("/v1/agents", json={**DRAFTER, **said})
    assert answer.status_code == status, answer.text


async def test_an_agent_proposes_where_it_and_its_person_may(
    world: World, orders: Workspace
) -> None:
    made = await started(world)
    answer = await proposes(world, made)
    run = answer.json()["run"]
    assert (answer.status_code, run["proposer"], run["on_behalf_of"]) == (
        201, "agent:drafter", "bo",
    )  # fmt: skip
    [told] = await audit.page(world.ops, ADA, Which(actor="agent:drafter"), 9)
    assert (told.act.action, told.act.on_behalf_of) == ("run.propose", "bo")


async def test_a_person_starts_an_agent_for_himself(world: World, orders: Workspace) -> None:
    async with world.client("ada") as client:
        made = (await client.post("/v1/agents/drafter/tokens")).json()
        running = (await client.get("/v1/agents/drafter")).json()["running"]
        assert [(one["id"], one["on_behalf_of"]) for one in running] == [(made["instance"], "ada")]
        again = await client.post("/v1/agents/drafter/tokens", json={"instance": made["instance"]})
        assert again.json()["instance"] == made["instance"]
        assert 590 <= again.json()["expires_in"] <= 600
        said = await tokens.verify(world.ops, again.json()["access_token"])
        assert said.subject == "ada"
        assert said.instance == (
            f"spiffe://127.0.0.1/organization/default/agent/drafter/instance/{made['instance']}"
        )
        ended = f"/v1/agents/drafter/instances/{made['instance']}"
        assert (await client.delete(ended)).status_code == 204
        assert (await client.delete(ended)).status_code == 409
        late = await client.post("/v1/agents/drafter/tokens", json={"instance": made["instance"]})
        assert (late.status_code, "ada ended it" in late.json()["detail"]) == (409, True)
    for one in (made, again.json()):
        async with world.bearing(one["access_token"]) as client:
            assert (await client.get("/v1/workspaces")).status_code == 401


async def test_whom_it_works_for_ends_it_and_nobody_else_but_who_administers(
    world: World, orders: Workspace
) -> None:
    made = await started(world)
    who = {name: person(name, Role.PROPOSER) for name in ("cy", "bo")}
    with pytest.raises(Exception, match=r"cy may not do that here \(agent.set\)"):
        await instances.end(world.ops, who["cy"], "drafter", made.instance.id)
    await instances.end(world.ops, who["bo"], "drafter", made.instance.id)
    assert await asks(world, made) == 401


async def test_a_person_who_may_not_come_in_any_more_has_no_agents(
    world: World, orders: Workspace
) -> None:
    made = await started(world)
    assert await asks(world, made) == 200
    async with world.ops.db.tx() as tx:
        bo = await people.find(tx, "bo")
        await people.save(tx, type(bo)(id=bo.id, created_at=SINCE, disabled_at=world.ops.now()))
    assert await asks(world, made) == 401
    with pytest.raises(Exception, match="bo, for whom it acts, may not come in any more"):
        await started(world)


async def test_one_agent_that_works_for_another_may_what_both_may(
    world: World, orders: Workspace
) -> None:
    other = await workspaces.add(world.ops, ADA, "billing")
    await hired(world.ops, "helper")  # it may everywhere
    first = await started(world)
    assert await asks(world, await started(world, "helper"), f"/v1/workspaces/{other.id}") == 200
    second = await started(world, "helper", via=first.instance.id)
    assert await asks(world, second, f"/v1/workspaces/{other.id}") == 404
    assert await asks(world, second) == 200
    assert (await proposes(world, second)).json()["run"]["proposer"] == "agent:helper"
    said = await tokens.verify(world.ops, second.token.text)
    assert said.via == (f"{said.agent.replace('helper', 'drafter')}/instance/{first.instance.id}",)
    with pytest.raises(Exception, match="works for somebody else"):
        await started(world, "helper", "ada", via=first.instance.id)
    await instances.end(world.ops, ADA, "drafter", first.instance.id)
    assert await asks(world, second) == 401
    with pytest.raises(Exception, match="is over: ada ended it"):
        await started(world, "helper", via=first.instance.id)


async def test_a_token_of_ours_that_the_rows_do_not_bear_out_is_nobodys(
    world: World, orders: Workspace
) -> None:
    made = await started(world)
    async with world.ops.db.tx() as tx:
        await enrol(tx, "cy")
    grants = [
        claims.Grant(agent="drafter", instance=made.instance.id, person="cy"),
        claims.Grant(agent="drafter", instance=made.instance.id),
        claims.Grant(agent="helper", instance=made.instance.id, person="bo"),
        claims.Grant(agent="drafter", instance="ai-1", person="bo"),
        claims.Grant(
            agent="drafter", instance=made.instance.id, person="bo", organization="other"
        ),
        claims.Grant(
            agent="drafter", instance=made.instance.id, person="bo",
            via=(claims.spiffe(world.ops.issuer, "default", "boss", "ai-1"),),
        ),
    ]  # fmt: skip
    for grant in grants:
        forged = await tokens.for_agent(world.ops, ADA, grant)
        async with world.bearing(forged.text) as client:
            assert (await client.get("/v1/workspaces")).status_code == 401, grant


async def test_what_an_agent_was_given_counts_at_its_next_call(
    world: World, orders: Workspace
) -> None:
    made = await started(world)
    assert await asks(world, made) == 200
    await agents.change(world.ops, ADA, "drafter", {}, [])
    assert await asks(world, made) == 403
    viewer = Grant(Role.VIEWER, Place(ADA.organization))
    await agents.change(world.ops, ADA, "drafter", {}, [viewer])
    assert await asks(world, made) == 200
    assert (await proposes(world, made)).status_code == 403


async def test_the_switch_for_all_is_shown(world: World, orders: Workspace) -> None:
    made = await started(world)
    async with world.client() as client:
        stopped = await client.post("/v1/agents/all/suspend", json={"why": "a drill"})
        assert stopped.json() == {"ended": 1}
        page = (await client.get("/v1/agents")).json()
        assert page["suspended"]["why"] == "a drill"
        assert "all agents are suspended by ada" in page["items"][0]["halted"]
        assert (await client.post("/v1/agents/drafter/tokens")).status_code == 409
        assert (await client.post("/v1/agents/all/suspend")).status_code == 409
        assert (await client.post("/v1/agents/nobody/suspend")).status_code == 404
        assert (await client.post("/v1/agents/all/resume")).json() == {"runs": 0}
        assert (await client.post("/v1/agents/drafter/tokens")).status_code == 201
    assert await asks(world, made) == 401  # what was stopped stays so
