"""What a workspace holds as sensitive is in nothing that a run keeps in clear or shows, even if
the configuration does not say that it is sensitive and Terraform prints it."""

from dataclasses import asdict

import msgspec
import pytest

from dihedral.domain.run import Status
from dihedral.kit import blobs
from dihedral.ops.rules import compact, plan, redact
from dihedral.ops.work import pipeline, workspaces
from tests.ops.conftest import ADA, BO, World

pytestmark = pytest.mark.anyio

SECRET = "cAnary-Zx9-login"
CONFIG = """
variable "login" { type = string }
resource "terraform_data" "a" { input = { url = "db://${var.login}@host" } }
check "c" {
  assert {
    condition     = length(var.login) > 99
    error_message = "too short: ${var.login}"
  }
}
output "login" { value = var.login }
"""
BROKEN = """
variable "login" { type = string }
resource "terraform_data" "a" {
  input = var.login
  lifecycle {
    precondition {
      condition     = length(var.login) > 99
      error_message = "too short: ${var.login}"
    }
  }
}
"""


async def kept(world: World, run: str) -> str:
    """Everything of a run that is kept in clear or shown, in one text."""
    story = await pipeline.see(world.ops, ADA, run)  # type: ignore[arg-type]
    said = [asdict(story.run), [asdict(v) for v in story.verdicts], story.history]
    text = msgspec.json.encode(said, enc_hook=repr).decode()
    if story.run.evidence:
        async with world.ops.db.tx() as tx:
            text += (await blobs.get(tx, world.ops.keyring, story.run.evidence)).decode()
    if story.run.plan_json:
        raw, variables = await pipeline.planned(world.ops, ADA, story.run.id)
        assert SECRET in raw.decode()
        found = plan.decode(raw)
        shown = redact.redact(found, variables)
        text += msgspec.json.encode(shown).decode() + redact.rendered(shown)
        text += compact.compact(found, story.verdicts, variables=variables)
    return text + await world.log(story.run.id)


async def test_it_is_in_no_log_verdict_page_or_evidence(world: World) -> None:
    await workspaces.set_variable(world.ops, ADA, "shop", "login", SECRET, sensitive=True)
    run = await world.propose(CONFIG)
    assert run.status is Status.POLICY_CHECKED, run.reason
    await pipeline.approve(world.ops, BO, run.id)
    run = await world.advance(run.id)
    assert run.status is Status.APPLIED, run.reason
    told = await kept(world, run.id)
    assert "too short: (sensitive)" in told
    assert SECRET not in told


async def test_it_is_not_in_the_reason_of_a_plan_that_fails(world: World) -> None:
    await workspaces.set_variable(world.ops, ADA, "shop", "login", SECRET, sensitive=True)
    run = await world.propose(BROKEN)
    assert run.status is Status.ERRORED
    told = await kept(world, run.id)
    assert "too short: (sensitive)" in told
    assert SECRET not in told
