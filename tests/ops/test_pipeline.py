"""A proposal's whole way, with the real Terraform: planned, judged, approved, applied, kept."""

import json

import pytest

from dihedral.domain.approval import How
from dihedral.domain.errors import Conflict, Forbidden, Invalid
from dihedral.domain.run import Status
from dihedral.kit import dsse
from dihedral.ops.work import pipeline, workspaces
from tests.actors import agent
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio

CONFIG = """
variable "size" {
  default = "small"
}
resource "terraform_data" "a" {
  input = var.size
}
output "size" {
  value = terraform_data.a.output
}
"""


async def test_an_approved_run_is_applied_and_its_state_kept(world: World) -> None:
    run = await world.propose(CONFIG)
    assert run.status is Status.POLICY_CHECKED, run.reason
    assert run.summary["create"] == 1
    await pipeline.approve(world.ops, BO, run.id)
    run = await world.advance(run.id)
    assert run.status is Status.APPLIED, run.reason
    estate = await workspaces.see(world.ops, ADA, "shop")
    assert estate.addresses == ("terraform_data.a",)
    assert estate.outputs == {"size": "small"}
    assert await world.told(run.id) == [
        *("claimed", "planned", "held", "approved", "claimed", "applied"),
    ]


async def test_the_same_again_finds_nothing_to_change(world: World) -> None:
    await world.apply(CONFIG)
    run = await world.propose(CONFIG)
    assert (run.status, run.reason) == (Status.PLANNED_AND_FINISHED, "nothing to change")


async def test_a_destroy_run_needs_no_files_and_leaves_nothing(world: World) -> None:
    await world.apply(CONFIG)
    run = await world.propose_files({}, destroy=True)
    await pipeline.approve(world.ops, BO, run.id)
    assert (await world.advance(run.id)).status is Status.APPLIED
    assert (await workspaces.see(world.ops, ADA, "shop")).addresses == ()
    assert await pipeline.current(world.ops, ADA, world.workspace.id) == {}


async def test_a_plan_only_run_ends_when_it_is_judged(world: World) -> None:
    run = await world.propose(CONFIG, plan_only=True)
    assert run.status is Status.PLANNED_AND_FINISHED
    with pytest.raises(Conflict):
        await pipeline.approve(world.ops, BO, run.id)


async def test_a_workspace_that_applies_by_itself_does(world: World) -> None:
    await workspaces.change(world.ops, ADA, "shop", auto_apply=True)
    assert (await world.propose(CONFIG)).status is Status.APPLIED


async def test_the_proposer_does_not_approve(world: World) -> None:
    run = await world.propose(CONFIG)
    with pytest.raises(Forbidden, match="somebody else"):
        await pipeline.approve(world.ops, ADA, run.id)


async def test_an_agent_never_approves(world: World) -> None:
    run = await world.propose(CONFIG)
    with pytest.raises(Forbidden, match="only a person"):
        await pipeline.approve(world.ops, agent("scribe"), run.id)


async def test_who_read_another_plan_does_not_approve_this_one(world: World) -> None:
    run = await world.propose(CONFIG)
    with pytest.raises(Conflict, match="show it again"):
        await pipeline.approve(world.ops, BO, run.id, effect="0" * 64)


async def test_a_discarded_run_is_over_and_says_why(world: World) -> None:
    run = await world.propose(CONFIG)
    run = await pipeline.discard(world.ops, BO, run.id, "not now")
    assert (run.status, run.reason) == (Status.DISCARDED, "not now")
    assert run.evidence


async def test_what_the_guard_denies_is_never_planned(world: World) -> None:
    run = await world.propose(
        'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n'
        '    command = "id"\n  }\n}\n'
    )
    assert run.status is Status.POLICY_SOFT_FAILED
    assert await world.told(run.id) == ["denied"]
    assert run.reason.startswith("guard: ")


async def test_an_empty_directory_is_refused_with_a_reason(world: World) -> None:
    with pytest.raises(Invalid, match="no configuration"):
        await world.propose_files({})


async def test_broken_terraform_says_where(world: World) -> None:
    run = await world.propose('output "x" {\n  value = terraform_data.missing.id\n}\n')
    assert run.status is Status.ERRORED
    assert "main.tf:2" in run.reason
    assert "terraform_data" in await world.log(run.id)


async def test_variables_reach_terraform_and_secrets_stay(world: World) -> None:
    await workspaces.set_variable(world.ops, ADA, "shop", "size", "hush-hush", sensitive=True)
    run = await world.apply(
        CONFIG.replace('default = "small"', "sensitive = true").replace(
            "value = terraform_data.a.output", "value = terraform_data.a.output\n  sensitive = true"
        )
    )
    assert run.status is Status.APPLIED, run.reason
    shown = await workspaces.variables(world.ops, ADA, "shop")
    assert [(v.key, v.value) for v in shown] == [("size", None)]
    assert (await workspaces.see(world.ops, ADA, "shop")).outputs == {"size": "(sensitive)"}
    assert "hush-hush" not in await world.log(run.id)


async def test_evidence_tells_the_whole_story(world: World) -> None:
    run = await world.apply(CONFIG)
    signed = await pipeline.artefact(world.ops, ADA, run.id, "evidence")
    story = json.loads(dsse.open_(signed, world.ops.signer.public).payload)
    assert story["run"]["status"] == "applied"
    assert story["artefacts"]["effect"] == run.effect
    assert [(a["approver"], a["how"]) for a in story["approvals"]] == [("bo", How.PERSON)]
    assert {v["gate"] for v in story["verdicts"]} >= {"guard", "plan", "cost", "policy", "blast"}
    assert [f["fact"] for f in story["facts"]][-1] == "applied"
    assert len(story["state_versions"]) >= 1


async def test_a_rollback_is_a_new_state_version_with_a_higher_serial(world: World) -> None:
    await world.apply(CONFIG)
    [first, *_] = await workspaces.state_versions(world.ops, ADA, "shop")
    await world.apply(CONFIG.replace("small", "large"))
    newest = await workspaces.rollback(world.ops, BO, "shop", first.id)
    assert newest.serial > first.serial
    assert (await workspaces.see(world.ops, ADA, "shop")).outputs == {"size": "small"}
    run = await world.propose(CONFIG.replace("small", "large"))
    assert run.summary["update"] == 1
