"""One workspace reads the outputs of another: real Terraform in the sandbox, a real PostgreSQL."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from dihedral.domain.actor import SYSTEM
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.run import Fact, Run, Status, move
from dihedral.domain.workspace import Workspace
from dihedral.ops.rules.explain import explain
from dihedral.ops.store import readings, runs
from dihedral.ops.work import agreement, chronicle, contents, pipeline, workspaces
from tests.actors import person
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio
GRANT = "guard: {remote_states: [{workspace: network}]}"
OPEN = "{limits: {share: 1}, tiers: {update: allow, replace: allow}}"
NETWORK = """\
resource "terraform_data" "vpc" {
  input = "vpc-1"
}
resource "terraform_data" "zone" {
  input = "zone-1"
}
output "vpc_id" {
  value = terraform_data.vpc.output
}
output "zone" {
  value = terraform_data.zone.input
}
output "password" {
  value     = "hunter2"
  sensitive = true
}
"""
READS = """\
data "terraform_remote_state" "network" {
  backend = "local"
  config  = { path = ".workspaces/network.tfstate" }
}
locals {
  vpc = data.terraform_remote_state.network.outputs.vpc_id
}
resource "terraform_data" "subnet" {
  input = local.vpc
}
output "subnet" {
  value = terraform_data.subnet.output
}
"""
MORE = 'resource "terraform_data" "{}" {{\n}}\n'


@dataclass(frozen=True, slots=True)
class Pair:
    """Two simulated workspaces, of which `orders` would read what `network` has."""

    world: World
    network: Workspace
    orders: Workspace

    async def propose(self, into: Workspace, text: str) -> Run:
        return await self.world.propose(text, workspace=into)

    async def apply(self, into: Workspace, text: str) -> Run:
        return await self.world.apply(text, workspace=into)

    async def grant(self) -> None:
        await agreement.agree(self.world.ops, ADA, "orders", GRANT)


@pytest.fixture
async def pair(world: World) -> AsyncIterator[Pair]:
    made = [await workspaces.add(world.ops, ADA, name) for name in ("network", "orders")]
    yield Pair(world, *made)


async def test_what_is_granted_is_read_and_without_what_is_sensitive(pair: Pair) -> None:
    denied = await pair.propose(pair.orders, READS)
    assert (denied.status, denied.reason[:6]) == (Status.POLICY_SOFT_FAILED, "guard:")
    await pair.grant()
    early = await pair.propose(pair.orders, READS)
    assert early.status is Status.ERRORED
    assert "workspace network, which has no state" in early.reason
    await pair.apply(pair.network, NETWORK)
    run = await pair.apply(pair.orders, READS)
    assert run.status is Status.APPLIED, run.reason
    assert (await workspaces.see(pair.world.ops, ADA, "orders")).outputs == {"subnet": "vpc-1"}
    text = await pipeline.artefact(pair.world.ops, ADA, run.id, "plan_json")
    assert b"hunter2" not in text
    [state] = [r for r in json.loads(text)["prior_state"]["values"]["root_module"]["resources"]]
    assert state["values"]["outputs"] == {"vpc_id": "vpc-1", "zone": "zone-1"}
    assert (await workspaces.see(pair.world.ops, ADA, "orders")).reads == {"network": ("vpc_id",)}


async def test_a_change_of_what_others_read_asks_and_names_them(pair: Pair) -> None:
    await agreement.agree(pair.world.ops, ADA, "network", OPEN)
    await workspaces.change(pair.world.ops, ADA, "network", auto_apply=True)
    await pair.grant()
    first = await pair.propose(pair.network, NETWORK)
    assert first.status is Status.APPLIED, first.reason
    await pair.apply(pair.orders, READS)
    unread = await pair.propose(pair.network, NETWORK.replace("zone-1", "zone-2"))
    assert unread.status is Status.APPLIED, unread.reason
    for text in (
        NETWORK.replace("vpc-1", "vpc-2"),
        NETWORK.replace('input = "vpc-1"', "triggers_replace = 1"),
        NETWORK.replace('output "vpc_id"', 'output "vpc"'),
    ):
        run = await pair.propose(pair.network, text)
        assert run.status is Status.POLICY_CHECKED
        assert "is read by other workspaces: output.vpc_id (by orders)" in run.reason
        assert run.numbers["risk"]["elsewhere"] == {"vpc_id": ["orders"]}
    story = await pipeline.see(pair.world.ops, ADA, run.id)
    held = (await agreement.see(pair.world.ops, ADA, "network")).terms
    found = explain(story.run, story.workspace, story.verdicts, story.approvals, held)
    [point] = [p for gate in found.gates for p in gate.points if p.term == "tiers.elsewhere"]
    assert point.whats == ("output.vpc_id (by orders)",)
    assert any("add a new output beside the old one" in change for change in found.changes)


async def test_what_is_read_is_not_deleted_until_its_reader_lets_go(pair: Pair) -> None:
    ops = pair.world.ops
    await pair.grant()
    await pair.apply(pair.network, NETWORK)
    await pair.apply(pair.orders, READS)
    assert (await workspaces.see(ops, ADA, "network")).read_by == {"orders": ("vpc_id",)}
    with pytest.raises(Conflict, match="read by orders"):
        await workspaces.drop(ops, ADA, "network", force=True)
    only_read = await pair.propose(pair.orders, READS.replace("local.vpc", '"vpc-1"'))
    assert only_read.status is Status.PLANNED_AND_FINISHED
    assert (await workspaces.see(ops, ADA, "orders")).reads == {"network": ("vpc_id",)}
    looked = await pair.world.propose(MORE.format("a"), workspace=pair.orders, plan_only=True)
    assert looked.status is Status.PLANNED_AND_FINISHED
    assert (await workspaces.see(ops, ADA, "network")).read_by
    gone = await pair.world.apply(READS, workspace=pair.orders, destroy=True)
    assert gone.status is Status.APPLIED, gone.reason
    assert not (await workspaces.see(ops, ADA, "network")).read_by
    await workspaces.drop(ops, ADA, "network", force=True)
    run = await pair.propose(pair.orders, READS)
    assert "workspace network, which has no state" in run.reason


async def test_an_apply_that_fails_or_is_lost_has_read_as_well(pair: Pair) -> None:
    await pair.grant()
    await pair.apply(pair.network, NETWORK)
    fails = (
        'resource "terraform_data" "x" {\n  input = local.vpc\n  lifecycle {\n    postcondition {\n'
    )
    fails += '      condition     = self.id == "x"\n      error_message = "no"\n    }\n  }\n}\n'
    run = await pair.apply(pair.orders, READS + fails)
    assert run.status is Status.ERRORED
    assert (await workspaces.see(pair.world.ops, ADA, "orders")).reads == {"network": ("vpc_id",)}
    lost = await pair.propose(pair.orders, READS.replace(".vpc_id", ".zone"))
    await pipeline.approve(pair.world.ops, BO, lost.id)
    async with pair.world.ops.db.tx() as tx:  # as its worker leaves it that is killed just then
        began = replace(move(await runs.lock(tx, lost.id), Fact.CLAIMED), lease="gone")
        await chronicle.tell(pair.world.ops, tx, began, Fact.CLAIMED, SYSTEM)
    orders = (await workspaces.see(pair.world.ops, ADA, "orders")).workspace
    async with pair.world.ops.db.tx() as tx:
        await contents.gather(pair.world.ops, tx, began, orders, "apply")
    assert (await pair.world.advance(lost.id)).status is Status.ERRORED
    reads = (await workspaces.see(pair.world.ops, ADA, "orders")).reads
    assert reads == {"network": ("vpc_id", "zone")}
    run = await pair.apply(pair.orders, MORE.format("a"))
    assert run.status is Status.APPLIED, run.reason
    assert not (await workspaces.see(pair.world.ops, ADA, "orders")).reads


async def test_only_workspaces_are_granted_that_the_granter_may_read(pair: Pair) -> None:
    ops = pair.world.ops
    owner = person("owner", place=pair.orders.place)
    wrong = {"netwrok": (ADA, "did you mean network"), "network": (owner, "make it first")}
    for name, (actor, meant) in wrong.items():
        with pytest.raises(Invalid, match=f"no workspace '{name}'; {meant}"):
            await agreement.agree(ops, actor, "orders", GRANT.replace("network", name))
    await pair.grant()
    await agreement.agree(ops, owner, "orders", GRANT + "\nlimits: {share: 1}")


async def test_a_workspace_of_the_same_name_elsewhere_lends_nothing(pair: Pair) -> None:
    ops = pair.world.ops
    await pair.grant()
    await pair.apply(pair.network, NETWORK)
    assert (await pair.propose(pair.orders, READS)).status is Status.POLICY_CHECKED
    async with ops.db.tx() as tx:
        await tx.do(b"INSERT INTO organization (id, name) VALUES ('org-other', 'other')")
        await tx.do(
            b"INSERT INTO project (id, organization, name) VALUES ('prj-o', 'org-other', 'default')"
        )
        await tx.do(
            b"UPDATE workspace SET organization = 'org-other', project = 'prj-o' WHERE id = %(id)s",
            id=pair.network.id,
        )
    run = await pair.propose(pair.orders, READS)
    assert "workspace network, which has no state" in run.reason
    async with ops.db.tx() as tx:
        await readings.put(tx, pair.orders.id, {"network": ("vpc_id",)})
        assert not await readings.reads(tx, pair.orders.id)


async def test_an_apply_is_refused_once_what_it_may_read_is_another(pair: Pair) -> None:
    await pair.grant()
    await pair.apply(pair.network, NETWORK)
    for text, status in (
        (NETWORK + MORE.format("b"), Status.APPLIED),
        (NETWORK.replace("vpc-1", "vpc-2"), Status.ERRORED),
    ):
        run = await pair.propose(pair.orders, READS + MORE.format(status))
        await pipeline.approve(pair.world.ops, BO, run.id)
        assert (await pair.apply(pair.network, text)).status is Status.APPLIED
        run = await pair.world.advance(run.id)
        assert run.status is status, run.reason
    assert "outputs that it may read of other workspaces" in run.reason
    again = await pipeline.replan(pair.world.ops, ADA, run.id)
    assert (await pair.world.advance(again.id)).status is Status.POLICY_CHECKED


LIVE = """\
resource "terraform_data" "first" {
}
module "net" {
  source     = "../net"
  depends_on = [terraform_data.first]
}
output "subnet" {
  value = module.net.vpc
}
"""
NET = (
    READS.partition("locals")[0]
    + """\
output "vpc" {
  value = data.terraform_remote_state.network.outputs["vpc_id"]
}
"""
)


async def test_it_is_read_in_a_module_below_a_directory_and_only_at_the_apply(pair: Pair) -> None:
    await pair.grant()
    await pair.apply(pair.network, NETWORK)
    await workspaces.change(pair.world.ops, ADA, "orders", working_directory="live")
    files = {"live/main.tf": LIVE.encode(), "net/main.tf": NET.encode()}
    run = await pair.world.propose_files(files, workspace=pair.orders)
    await pipeline.approve(pair.world.ops, BO, run.id)
    run = await pair.world.advance(run.id)
    assert run.status is Status.APPLIED, run.reason
    assert (await workspaces.see(pair.world.ops, ADA, "orders")).outputs == {"subnet": "vpc-1"}
