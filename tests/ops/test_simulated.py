"""Runs in a simulated workspace: plain `hashicorp/aws`, and no cloud."""

import json
from dataclasses import replace

import anyio
import pytest

from dihedral.domain.run import Status
from dihedral.ops.rules import terms
from dihedral.ops.work import pipeline, workspaces
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio

BUCKET = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "eu-central-1"
}
resource "aws_s3_bucket" "b" {
  bucket = "reports"
}
output "arn" {
  value = aws_s3_bucket.b.arn
}
"""
ROCKET = """
terraform {
  required_providers {
    rocket = { source = "acme/rocket" }
  }
}
resource "rocket_launch" "r" {}
"""


async def test_a_bucket_is_made_found_unchanged_and_destroyed(world: World) -> None:
    space = await workspaces.add(world.ops, ADA, "cloud")
    run = await world.apply(BUCKET, workspace=space)
    assert run.status is Status.APPLIED, run.reason
    assert run.numbers["known"] == {"aws_s3_bucket": "modelled"}
    assert run.numbers["cost"]["priced"]
    assert run.numbers["cost"]["dated"] >= world.ops.book.dated
    estate = await workspaces.see(world.ops, ADA, "cloud")
    assert estate.outputs == {"arn": "arn:aws:s3:::reports"}
    again = await world.propose(BUCKET, workspace=space)
    assert again.status is Status.PLANNED_AND_FINISHED
    gone = await world.propose_files({}, workspace=space, destroy=True)
    assert gone.approvers == 2  # it holds data
    await pipeline.approve(world.ops, BO, gone.id)


async def test_a_provider_that_the_simulator_does_not_know_is_named(world: World) -> None:
    free = terms.read("guard: {providers: [acme/rocket]}", world.ops.terms)
    open_world = replace(world, ops=replace(world.ops, terms=free))
    space = await workspaces.add(world.ops, ADA, "cloud")
    run = await open_world.propose(ROCKET, workspace=space)
    assert run.status is Status.ERRORED
    assert "acme/rocket" in run.reason + await world.log(run.id)
    assert "dihedral simulator add" in await world.log(run.id)


async def test_a_failing_resource_leaves_the_rest_in_the_state(world: World) -> None:
    space = await workspaces.add(world.ops, ADA, "cloud")
    fault = {"when": "apply", "type": "aws_sqs_queue", "summary": "InstanceQuotaExceeded"}
    await workspaces.set_variable(
        world.ops,
        ADA,
        "cloud",
        "DIHEDRAL_SCENARIO",
        json.dumps({"faults": [fault]}),
        category="env",
    )
    text = BUCKET + 'resource "aws_sqs_queue" "q" {\n  depends_on = [aws_s3_bucket.b]\n}\n'
    run = await world.apply(text, workspace=space)
    assert run.status is Status.ERRORED
    assert "InstanceQuotaExceeded" in run.reason
    assert (await workspaces.see(world.ops, ADA, "cloud")).addresses == ("aws_s3_bucket.b",)


CHAIN = BUCKET + "".join(
    f'resource "aws_sqs_queue" "q{n}" {{\n  depends_on = [{before}]\n}}\n'
    for n, before in enumerate(["aws_s3_bucket.b", "aws_sqs_queue.q0", "aws_sqs_queue.q1"])
)


async def test_an_apply_that_is_canceled_ends_in_order_and_keeps_what_it_did(world: World) -> None:
    space = await workspaces.add(world.ops, ADA, "cloud")
    slow = json.dumps({"slow": [{"type": "aws_sqs_queue", "seconds": 1.5}]})
    await workspaces.set_variable(
        world.ops, ADA, "cloud", "DIHEDRAL_SCENARIO", slow, category="env"
    )
    run = await world.propose(CHAIN, workspace=space)
    await pipeline.approve(world.ops, BO, run.id)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.advance, run.id)
        while "q0: Creating" not in await world.log(run.id):  # noqa: ASYNC110 (a log has no event)
            await anyio.sleep(0.1)
        await pipeline.cancel(world.ops, BO, run.id)
    assert (await world.see(run.id)).status is Status.CANCELED
    kept = (await workspaces.see(world.ops, ADA, "cloud")).addresses
    assert "aws_s3_bucket.b" in kept
    assert "aws_sqs_queue.q2" not in kept


async def test_a_type_that_is_only_roughly_simulated_is_marked_in_the_risk(world: World) -> None:
    space = await workspaces.add(world.ops, ADA, "cloud")
    run = await world.propose(
        BUCKET + 'resource "aws_ecs_cluster" "c" {\n  name = "c"\n}\n', workspace=space
    )
    assert "aws_ecs_cluster" in json.dumps(run.numbers["risk"]), run.numbers["risk"]
