"""Runs with an identity: real Terraform in the cage, AWS's own SDK, and a stand-in for AWS."""

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import boto3
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from moto import mock_aws

from dihedral.domain.ids import OrganizationId
from dihedral.domain.run import Run, Status
from dihedral.domain.workspace import Category, Workspace
from dihedral.ops.store import projects, runs
from dihedral.ops.store import workspaces as spaces
from dihedral.ops.store.audit import Which
from dihedral.ops.store.projects import Organization
from dihedral.ops.work import (
    agreement,
    audit,
    identity,
    pipeline,
    site,
    terraform,
    tokens,
    workspaces,
)
from tests.ops.conftest import ADA, BO, World
from tests.ops.test_federation import ROLE, WHOLE
from tests.ops.test_tokens import found_in_database

pytestmark = pytest.mark.anyio

AWS = f"identity: {{aws: {{plan: {ROLE}/plan, apply: {ROLE}/apply}}}}"
ONE = 'resource "terraform_data" "one" {\n  input = "one"\n}\n'
SCRIPT = """
resource "terraform_data" "who" {
  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = <<-EOT
      cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; cp "$AWS_WEB_IDENTITY_TOKEN_FILE" token
      echo forged >"$AWS_WEB_IDENTITY_TOKEN_FILE" || echo refused >refused
      echo forged >"$(dirname "$AWS_WEB_IDENTITY_TOKEN_FILE")/more" || echo refused >>refused
      printf '%s' "$AWS_ROLE_ARN" >role
    EOT
  }
}
"""


async def read(world: World, token: str) -> dict[str, Any]:
    """What the token says to a relying party with our published keys."""
    keys: Any = await tokens.key_set(world.ops)
    found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
    return dict(found.claims)


async def planned(world: World, text: str = AWS) -> tuple[Run, Workspace]:
    await agreement.agree(world.ops, ADA, "shop", text)
    run = await world.propose(ONE)
    async with world.ops.db.tx() as tx:
        return run, await spaces.find(tx, run.workspace)


@pytest.mark.parametrize("phase", ["plan", "apply"])
async def test_what_runs_in_the_cage_is_of_its_phase_and_can_forge_nothing(
    world: World, phase: str
) -> None:
    """The guard is off here, and what would be refused by it runs: the sandbox is the wall."""
    run, space = await planned(world)
    async with site.opened(world.worker, run, space, phase, {}) as here:
        work = here.terraform.workdir
        (work.config / "main.tf").write_text(SCRIPT)
        alone = replace(here.terraform, stop=None)  # the run itself is not at work now
        steps = [*await terraform.plan(alone)]
        steps += await terraform.apply(alone, lambda _: anyio.lowlevel.checkpoint())
        assert all(step.ok for step in steps), [x.reason for x in steps]
        token, role = (work.config / "token").read_text(), (work.config / "role").read_text()
        assert (work.config / "refused").read_text() == "refused\nrefused\n"
        assert (work.root / "identity" / "aws.jwt").read_text() == token
        assert stat.S_IMODE((work.root / "identity" / "aws.jwt").stat().st_mode) == 0o600
        assert stat.S_IMODE((work.root / "identity").stat().st_mode) == 0o700
    said = await read(world, token)
    assert role == f"{ROLE}/{phase}"
    assert said["sub"] == f"organization:default:workspace:shop:phase:{phase}"
    assert (said["aud"], said["run_id"], said["proposer"]) == ("sts.amazonaws.com", run.id, "ada")
    assert not (work.root / "identity").exists()
    log = await world.log(run.id)
    assert "(sensitive)" in log
    assert token not in log and token.split(".")[2] not in log
    assert await found_in_database(world.ops.db, token.split(".")[2]) == []


async def test_a_run_gets_a_token_for_its_plan_and_another_for_its_apply(world: World) -> None:
    await agreement.agree(world.ops, ADA, "shop", WHOLE)
    run = await world.apply(ONE)
    assert run.status is Status.APPLIED, run.reason
    links = await audit.page(world.ops, ADA, Which(workspace=run.workspace), 100)
    minted = [x.act for x in reversed(links) if x.act.action == "token.mint"]
    assert [act.reason.split(" to ")[0].rpartition(":")[2] for act in minted] == [
        *["plan"] * 5,
        *["apply"] * 5,
    ]
    assert {act.reason.split(" to ")[1].split("/")[0] for act in minted} >= {"sts.amazonaws.com"}
    assert not any(world.worker.directory.glob(f"{run.id}-*"))


async def test_a_workspace_of_another_organization_is_another_subject(world: World) -> None:
    """Or who names a workspace as another organization's has its rights in the cloud."""
    run, space = await planned(world)
    async with world.ops.db.tx() as tx:
        other = Organization(id=OrganizationId("org-2"), name="acme", created_at=world.ops.now())
        await projects.add_organization(tx, other)
    elsewhere = replace(space, organization=other.id)
    made = await tokens.for_run(world.ops, run, elsewhere, "plan", "sts.amazonaws.com")
    said = await read(world, made.text)
    assert said["sub"] == "organization:acme:workspace:shop:phase:plan"
    assert said["organization"] == "acme"


async def test_without_an_identity_no_token_is_made(world: World) -> None:
    run = await world.apply(ONE)
    assert run.status is Status.APPLIED, run.reason
    links = await audit.page(world.ops, ADA, Which(), 100)
    assert not any(link.act.action.startswith("token.") for link in links)


async def test_a_simulated_workspace_is_nobody(world: World) -> None:
    run, space = await planned(world)
    step = identity.Step(run, replace(space, simulated=True), "plan", Path("/nowhere"))
    async with identity.carried(world.ops, step, {}) as env:
        assert env == {}


async def test_a_stored_key_beside_an_identity_stops_the_run_and_says_why(world: World) -> None:
    await agreement.agree(world.ops, ADA, "shop", AWS)
    await workspaces.set_variable(
        world.ops, ADA, "shop", "AWS_ACCESS_KEY_ID", "AKIA…", category=Category.ENV, sensitive=True
    )
    run = await world.propose(ONE)
    assert run.status is Status.ERRORED
    assert "has an identity for aws and stores AWS_ACCESS_KEY_ID, too" in run.reason


async def test_what_was_approved_is_not_applied_as_somebody_else(world: World) -> None:
    run, _ = await planned(world)
    assert run.status is Status.POLICY_CHECKED, run.reason
    await pipeline.approve(world.ops, BO, run.id)
    other = AWS.replace("role/apply", "role/admin")
    await agreement.agree(world.ops, ADA, "shop", other)
    run = await world.advance(run.id)
    assert run.status is Status.ERRORED
    assert "variables or settings have changed" in run.reason


@pytest.fixture
async def planning(world: World, tmp_path: Path) -> AsyncIterator[tuple[World, identity.Step]]:
    """A step of a run that is being planned."""
    run, space = await planned(world)
    async with world.ops.db.tx() as tx:
        held = await runs.lock(tx, run.id)
    yield world, identity.Step(held, space, "plan", tmp_path)


async def changed(path: Path, before: str) -> str:
    with anyio.fail_after(60):
        while (text := path.read_text()) == before:  # noqa: ASYNC110 (a file has no event)
            await anyio.sleep(0.02)
    return text


async def test_while_the_step_lasts_the_token_is_renewed(
    planning: tuple[World, identity.Step],
) -> None:
    world, step = planning
    async with identity.carried(world.ops, step, {}, fresh=0.05) as env:
        path = Path(env["AWS_WEB_IDENTITY_TOKEN_FILE"])
        first = path.read_text()
        second = await changed(path, first)
        third = await changed(path, second)
    told = [await read(world, text) for text in (first, second, third)]
    assert len({said["jti"] for said in told}) == 3
    assert told[0]["exp"] <= told[1]["exp"] <= told[2]["exp"]
    assert len({said["sub"] for said in told}) == 1
    assert not path.parent.exists()


async def test_aws_s_own_sdk_becomes_the_role_of_the_phase(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the variables and the file as the provider does, and asks STS, which moto plays."""
    run, space = await planned(world)
    for phase in ("plan", "apply"):
        step = identity.Step(run, space, phase, tmp_path)
        async with identity.carried(world.ops, step, {}) as env:
            with monkeypatch.context() as patched:
                for name, value in {**env, "AWS_DEFAULT_REGION": "us-east-1"}.items():
                    patched.setenv(name, value)
                arn = await anyio.to_thread.run_sync(caller)
        assert arn == f"arn:aws:sts::123456789012:assumed-role/{phase}/{run.id}-{phase}"


def caller() -> str:
    """Who the SDK is, by nothing but its environment."""
    with mock_aws(config={"core": {"mock_credentials": False}}):
        session = boto3.Session()
        assert session.get_credentials().method == "assume-role-with-web-identity"
        return str(session.client("sts").get_caller_identity()["Arn"])


async def test_sts_takes_the_token_as_it_comes(world: World, tmp_path: Path) -> None:
    run, space = await planned(world)
    made = await tokens.for_run(world.ops, run, space, "apply", "sts.amazonaws.com")
    assert 4 <= len(made.text) <= 20_000  # what STS takes at most
    with mock_aws(config={"core": {"mock_credentials": False}}):
        sts = boto3.client("sts", region_name="us-east-1")
        answer = sts.assume_role_with_web_identity(
            RoleArn=f"{ROLE}/apply", RoleSessionName="x1", WebIdentityToken=made.text
        )
    assert answer["AssumedRoleUser"]["Arn"].endswith("assumed-role/apply/x1")
    assert answer["Credentials"]["SessionToken"]
