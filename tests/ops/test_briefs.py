"""A run in brief, for a small model: the worst first, a few KB, nothing secret."""

import pytest

from dihedral.domain.errors import NotFound
from dihedral.domain.run import Status
from dihedral.ops.work import briefs, pipeline, workspaces
from tests.actors import person
from tests.ops.conftest import ADA, World

pytestmark = pytest.mark.anyio
SECRET = "hunter2-and-more"


async def test_a_run_that_waits_says_for_whom(world: World) -> None:
    run = await world.propose('resource "terraform_data" "a" {\n  input = "one"\n}\n')
    brief = await briefs.read(world.ops, ADA, run.id)
    assert (brief.judged, brief.over, brief.denied) == (True, False, False)
    assert brief.text.startswith(f"{run.id} in shop: policy_checked; 1 to create; cost ")
    assert "1 person must say yes" in brief.text and "+ create terraform_data.a" in brief.text
    await pipeline.discard(world.ops, ADA, run.id, "no")
    brief = await briefs.read(world.ops, ADA, run.id)
    assert (brief.over, brief.denied) == (True, False)


async def test_a_run_that_broke_says_what_terraform_said_without_secrets(world: World) -> None:
    await workspaces.set_variable(world.ops, ADA, "shop", "key", SECRET, sensitive=True)
    run = await world.propose(
        'variable "key" {}\nresource "terraform_data" "a" {\n  input = nonsensitive(var.key)\n'
        "  lifecycle {\n    precondition {\n      condition     = var.key == 1\n"
        '      error_message = "it was ${var.key}"\n    }\n  }\n}\n'
    )
    assert run.status is Status.ERRORED
    brief = await briefs.read(world.ops, ADA, run.id)
    assert brief.denied and "Terraform said:" in brief.text and "it was (sensitive)" in brief.text
    assert SECRET not in brief.text


async def test_a_large_plan_is_a_few_kilobytes(world: World) -> None:
    text = 'resource "terraform_data" "r%d" {\n  input = "%s"\n}\n'
    run = await world.propose("".join(text % (n, "x" * 200) for n in range(150)))
    brief = await briefs.read(world.ops, ADA, run.id)
    assert "150 to create" in brief.text and len(brief.text.encode()) < 6000
    assert f"`dihedral run plan {run.id}` shows all of it" in brief.text


async def test_a_page_has_a_line_for_each_that_may_be_read(world: World) -> None:
    first = await world.propose("locals {}\n", plan_only=True)
    second = await world.propose("locals {}\n")
    found = await briefs.page(world.ops, ADA, None, None, 10)
    assert [b.run for b in found] == [second.id, first.id]
    assert "only planned" in found[1].line and found[0].text == ""
    assert await briefs.page(world.ops, person("eve", None), None, None, 10) == []
    with pytest.raises(NotFound):
        await briefs.read(world.ops, person("eve", None), first.id)
