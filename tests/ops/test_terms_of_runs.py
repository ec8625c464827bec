"""A workspace's own terms decide over its runs: real Terraform, a real PostgreSQL."""

from dataclasses import replace

import pytest

from dihedral.domain.ids import WorkspaceId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Status
from dihedral.ops.rules import terms
from dihedral.ops.rules.explain import explain
from dihedral.ops.store import workspaces as store
from dihedral.ops.work import agreement, pipeline, workspaces
from tests.ops.conftest import ADA, World

pytestmark = pytest.mark.anyio
ONE = 'resource "terraform_data" "one" {\n  input = "one"\n}\n'


async def test_what_its_terms_deny_is_denied_and_explained(world: World) -> None:
    await agreement.agree(world.ops, ADA, "shop", "tiers: {create: deny}")
    run = await world.propose(ONE)
    assert run.status is Status.POLICY_SOFT_FAILED
    story = await pipeline.see(world.ops, ADA, run.id)
    held = (await agreement.see(world.ops, ADA, "shop")).terms
    found = explain(story.run, story.workspace, story.verdicts, story.approvals, held)
    assert found.gates[0].points[0].term == "tiers.create"
    await agreement.agree(world.ops, ADA, "shop", "")
    now = (await agreement.see(world.ops, ADA, "shop")).terms
    later = explain(story.run, story.workspace, story.verdicts, story.approvals, now)
    assert "the term `tiers.create` (deny) is allow by now" in later.changes[0]
    assert later.gates == tuple(
        replace(g, points=tuple(replace(p, now="allow") for p in g.points)) for g in found.gates
    )


async def test_only_what_its_terms_allow_is_applied_by_itself(world: World) -> None:
    await workspaces.change(world.ops, ADA, "shop", auto_apply=True)
    applied = await world.propose(ONE)
    assert (applied.status, applied.approvers) == (Status.APPLIED, 0)
    changed = ONE.replace('input = "one"', 'input = "two"')
    waiting = await world.propose(changed)
    assert waiting.status is Status.POLICY_CHECKED
    await agreement.agree(world.ops, ADA, "shop", "{tiers: {update: allow}, limits: {share: 1}}")
    assert (await world.propose(changed)).status is Status.APPLIED


async def test_a_provider_that_its_terms_do_not_name_is_denied_by_the_guard(world: World) -> None:
    await agreement.agree(world.ops, ADA, "shop", "guard: {providers: [hashicorp/null]}")
    run = await world.propose(
        'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n'
        "    }\n  }\n}\n"
    )
    assert (run.status, run.reason[:6]) == (Status.POLICY_SOFT_FAILED, "guard:")


async def test_terms_that_cannot_be_read_any_more_end_a_run_with_the_reason(world: World) -> None:
    proposal = Proposal(
        workspace=WorkspaceId(world.workspace.id),
        files={"main.tf": ONE.encode()},
        reason="a test",
        source="cli",
    )
    made = await pipeline.propose(world.ops, ADA, proposal)
    async with world.ops.db.tx() as tx:
        await store.save(tx, replace(await store.lock(tx, world.workspace.id), terms="old: {}"))
    run = await world.advance(made.id)
    assert run.status is Status.ERRORED
    assert "there is no 'old' in the terms" in run.reason


async def test_what_was_fixed_later_holds_over_terms_that_were_set_before(world: World) -> None:
    await agreement.agree(world.ops, ADA, "shop", "tiers: {create: allow, update: allow}")
    server = terms.read("{tiers: {create: {approvers: 2, ruling: ask}}, fixed: [tiers.create]}",
                        world.ops.terms)  # fmt: skip
    strict = replace(world, worker=replace(world.worker, ops=replace(world.ops, terms=server)))
    run = await strict.propose(ONE)
    assert (run.status, run.approvers) == (Status.POLICY_CHECKED, 2)
