"""What an agent tries that it may not: each time it is denied, and the record says who tried."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import httpx
import pytest

from dihedral.domain.actor import SYSTEM, Kind
from dihedral.domain.audit import Act, Outcome
from dihedral.domain.ids import RunId
from dihedral.domain.ports import Proposal
from dihedral.domain.right import Place, Role
from dihedral.domain.run import Status
from dihedral.ops.store import people
from dihedral.ops.store.audit import Which
from dihedral.ops.work import agents, audit, instances, pipeline, workspaces
from tests.actors import enrol, hired, person
from tests.control.conftest import FILES, World

pytestmark = pytest.mark.anyio

ADA = person("ada")


@dataclass(frozen=True, slots=True)
class Scene:
    """The agent `drafter`, at work for bo in the workspace `orders`; `run` is its own and waits."""

    world: World
    token: str
    instance: str
    run: RunId

    async def tries(self, method: str, path: str, body: object = None) -> httpx.Response:
        async with self.world.bearing(self.token) as client:
            return await client.request(method, f"/v1/{path}", json=body)

    async def denied(self) -> list[Act]:
        """What of it the record says was denied, the newest first."""
        which = Which(actor="agent:drafter", outcome=Outcome.DENIED)
        return [link.act for link in await audit.page(self.world.ops, ADA, which, 50)]


@pytest.fixture
async def scene(world: World) -> Scene:
    ops = world.ops
    await workspaces.add(ops, ADA, "secret")
    made = await workspaces.add(ops, ADA, "orders")
    drafter = await hired(ops, "drafter", "bo", place=Place(ADA.organization, workspace=made.id))
    async with ops.db.tx() as tx:
        await enrol(tx, "bo", Role.ADMINISTRATOR)
    proposal = Proposal(workspace=made.id, files=FILES, reason="", source="api")
    run = await pipeline.propose(ops, drafter, proposal)
    await world.moved(run.id, Status.POLICY_CHECKED)
    started = await instances.start(ops, SYSTEM, "drafter", "bo")
    return Scene(world, started.token.text, started.instance.id, run.id)


async def approves(scene: Scene) -> httpx.Response:
    return await scene.tries("POST", f"runs/{scene.run}/approve", {})


async def raises_its_budget(scene: Scene) -> httpx.Response:
    limits = {"money": None, "delta": None, "blast": "critical"}
    return await scene.tries("PATCH", "agents/drafter", {"limits": limits})


async def widens_its_grant(scene: Scene) -> httpx.Response:
    return await scene.tries("PATCH", "agents/drafter", {"grants": [{"role": "proposer"}]})


async def makes_a_wider_one(scene: Scene) -> httpx.Response:
    body = {"name": "minion", "owner": "bo", "grants": [{"role": "proposer"}]}
    return await scene.tries("POST", "agents", body)


async def mints_a_token(scene: Scene) -> httpx.Response:
    return await scene.tries("POST", "agents/drafter/tokens")


async def prolongs_its_own(scene: Scene) -> httpx.Response:
    return await scene.tries("POST", "agents/drafter/tokens", {"instance": scene.instance})


async def reads_elsewhere(scene: Scene) -> httpx.Response:
    return await scene.tries("GET", "workspaces/secret")


async def acts_after_the_switch(scene: Scene) -> httpx.Response:
    await agents.suspend(scene.world.ops, ADA, "drafter", "enough")
    return await scene.tries("GET", "workspaces/orders")


async def acts_after_the_switch_for_all(scene: Scene) -> httpx.Response:
    await agents.suspend(scene.world.ops, ADA, "all", "enough")
    return await scene.tries("GET", "workspaces/orders")


async def acts_when_resumed_with_the_token_it_had(scene: Scene) -> httpx.Response:
    await agents.suspend(scene.world.ops, ADA, "drafter", "")
    await agents.resume(scene.world.ops, ADA, "drafter")
    return await scene.tries("GET", "workspaces/orders")


async def resumes_itself(scene: Scene) -> httpx.Response:
    await agents.suspend(scene.world.ops, ADA, "drafter", "")
    return await scene.tries("POST", "agents/drafter/resume")


async def acts_for_who_lost_the_right(scene: Scene) -> httpx.Response:
    async with scene.world.ops.db.tx() as tx:
        await people.take(tx, person("bo").id, Place(ADA.organization))
    return await scene.tries("POST", "workspaces/orders/destroy", {})


async def acts_for_who_may_less_by_now(scene: Scene) -> httpx.Response:
    async with scene.world.ops.db.tx() as tx:
        [given] = await people.granted(tx, ADA.organization, person("bo").id)
        await people.give(tx, replace(given, grant=replace(given.grant, role=Role.VIEWER)))
    return await scene.tries("POST", "workspaces/orders/destroy", {})


async def acts_for_who_may_not_come_in(scene: Scene) -> httpx.Response:
    async with scene.world.ops.db.tx() as tx:
        bo = await people.lock(tx, "bo")
        await people.save(tx, replace(bo, disabled_at=scene.world.ops.now()))
    return await scene.tries("GET", "workspaces/orders")


# fmt: off
ATTACKS: Mapping[Callable[[Scene], Awaitable[httpx.Response]], tuple[int, str, str]] = {
    approves: (403, "run.approve", "never an agent"),
    raises_its_budget: (403, "agent.set", "never an agent"),
    widens_its_grant: (403, "agent.set", "never an agent"),
    makes_a_wider_one: (403, "agent.set", "never an agent"),
    mints_a_token: (403, "token.mint", "never an agent"),
    prolongs_its_own: (403, "token.mint", "never an agent"),
    reads_elsewhere: (404, "state.read", "agent:drafter may not do that here"),
    acts_after_the_switch: (401, "state.read", "agent drafter is suspended by ada"),
    acts_after_the_switch_for_all: (401, "state.read", "all agents are suspended by ada"),
    acts_when_resumed_with_the_token_it_had: (401, "state.read", "is over: agent drafter was"),
    resumes_itself: (401, "agent.set", "agent drafter is suspended by ada"),
    acts_for_who_lost_the_right: (403, "run.propose", "agent:drafter for bo has no role"),
    acts_for_who_may_less_by_now: (403, "run.propose", "it takes a proposer"),
    acts_for_who_may_not_come_in: (401, "state.read", "bo, for whom it acts, may not come in"),
}
# fmt: on


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_it_is_denied_and_on_the_record(
    scene: Scene, attack: Callable[[Scene], Awaitable[httpx.Response]]
) -> None:
    assert (await scene.tries("GET", "workspaces/orders")).status_code == 200  # until then it may
    assert await scene.denied() == []
    status, action, why = ATTACKS[attack]
    assert (await attack(scene)).status_code == status
    [act] = await scene.denied()
    assert (act.kind, act.on_behalf_of, act.action) == (Kind.AGENT, "bo", action)
    assert why in act.reason


async def test_what_is_hidden_from_it_looks_like_what_is_not_there(scene: Scene) -> None:
    hidden, nothing = [
        (await scene.tries("GET", f"workspaces/{name}")).json() for name in ("secret", "nothing")
    ]
    apart = {"detail": "", "instance": "", "request": ""}
    assert {**hidden, **apart} == {**nothing, **apart}
    assert hidden["detail"].replace("secret", "nothing") == nothing["detail"]


async def test_nobody_for_whom_it_proposed_agrees_with_it(scene: Scene) -> None:
    async with scene.world.client("bo") as client:
        answer = await client.post(f"/v1/runs/{scene.run}/approve", json={})
    assert (answer.status_code, "bo asked for" in answer.json()["detail"]) == (403, True)
