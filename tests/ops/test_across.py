"""One workspace reads the outputs of another: real Terraform in the sandbox, a real PostgreSQL."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from dihedral.domain.run import Run, Status
from dihedral.domain.workspace import Workspace
from dihedral.ops.work import agreement, pipeline, workspaces
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio
GRANT = "guard: {remote_states: [{workspace: network}]}"
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
    assert (await workspaces.see(pair.world.ops, "orders")).outputs == {"subnet": "vpc-1"}
    text = await pipeline.artefact(pair.world.ops, run.id, "plan_json")
    assert b"hunter2" not in text
    [state] = [r for r in json.loads(text)["prior_state"]["values"]["root_module"]["resources"]]
    assert state["values"]["outputs"] == {"vpc_id": "vpc-1", "zone": "zone-1"}


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
    assert (await workspaces.see(pair.world.ops, "orders")).outputs == {"subnet": "vpc-1"}
