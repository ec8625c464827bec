"""A draft's whole way, as an agent takes it: written, found wrong, mended, planned, proposed."""

import os
from dataclasses import replace

import anyio
import pytest

from dihedral.domain.ids import ConversationId, RunId, TurnId
from dihedral.domain.workspace import Category
from dihedral.ops.work import workspaces
from dihedral.ops.work.cages import Cages, Found
from dihedral.ops.work.workshop import OpsWorkshop
from tests.actors import hired
from tests.model.tools.conftest import Bench
from tests.ops.conftest import ADA

pytestmark = pytest.mark.anyio

GOOD = 'resource "terraform_data" "a" {\n  input = "one"\n}\n'
AWS = 'provider "aws" {\n  region = "eu-central-1"\n}\n'
BOGUS = 'resource "aws_sqs_queue" "q" {\n  name  = "orders"\n  bogus = 1\n}\n'
QUEUE = 'resource "aws_sqs_queue" "q" {\n  name = "orders"\n}\n'
OPEN = """resource "aws_s3_bucket" "b" {
  bucket = "things"
}
resource "aws_s3_bucket_acl" "b" {
  bucket = aws_s3_bucket.b.id
  acl    = "public-read"
}
"""
FORBIDDEN = """resource "terraform_data" "a" {
  provisioner "local-exec" {
    command = "id"
  }
}
"""
LEAK = """variable "key" {
  validation {
    condition     = false
    error_message = 1 + "a"
  }
}
"""
WRONG = 'resource "terraform_data" "a" {\n  inptu = "one"\n}\n'


def file(content: str, path: str = "main.tf") -> dict[str, str]:
    return {"path": path, "content": content}


async def test_a_draft_is_written_validated_proposed_and_read(bench: Bench) -> None:
    said = await bench.use("write_draft", files=[file(GOOD)])
    assert "Draft 1 for workspace shop" in said and "main.tf: new" in said
    assert "is valid" in await bench.use("validate_draft")
    said = await bench.use("propose", reason="One piece of data, since ada asked for it.")
    assert "It is proposed as run-" in said and "policy_checked" in said
    run = RunId(said.split("as ")[1].split(".")[0])
    found = await bench.world.see(run)
    assert (found.proposer, found.on_behalf_of) == ("agent:infrastructure", "ada")
    assert found.origin["conversation"] == "cv-1" and found.origin["draft"] == 1
    read = await bench.use("read_run", run=run)
    assert "terraform_data.a" in read and "person" in read
    assert len(read) < 6000


async def test_what_is_wrong_is_said_so_that_it_can_be_mended(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(WRONG)])
    said = await bench.use("validate_draft")
    assert "Draft 1 is not valid" in said and "main.tf:2" in said and "inptu" in said
    assert "2 more tries may fail" in said
    await bench.use("write_draft", files=[file(GOOD)])
    assert "Draft 2 is valid" in await bench.use("validate_draft")
    assert "It may be proposed" in await bench.use("plan_draft")
    listed = await bench.use("read_draft")
    assert "validated draft 1: failed" in listed and "planned draft 2: passed" in listed


async def test_what_the_guard_forbids_is_never_given_to_terraform(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(FORBIDDEN)])
    said = await bench.use("validate_draft")
    assert "is not valid" in said and "DENY by guard: main.tf:2" in said
    said = await bench.use("propose", reason="Let me run a command.")
    assert "was refused" in said and "policy_soft_failed" in said and "guard" in said


async def test_nothing_of_the_workspace_but_its_settings_goes_into_the_room(bench: Bench) -> None:
    ops = bench.world.ops
    await workspaces.set_variable(ops, ADA, "shop", "key", "s3cr3t-value-of-ada", sensitive=True)
    await workspaces.set_variable(
        ops, ADA, "shop", "AWS_SECRET", "s3cr3t-of-the-cloud", category=Category.ENV
    )
    await bench.use("write_draft", files=[file(LEAK + GOOD)])
    said = await bench.use("validate_draft")
    assert "s3cr3t" not in said
    assert list(bench.world.worker.directory.glob("draft-*")) == []


async def test_after_so_many_failures_it_must_stop_and_say_so(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(WRONG)])
    left = [await bench.use("validate_draft") for _ in range(3)]
    assert "2 more tries" in left[0] and "1 more try" in left[1]
    assert "That was the last try" in left[2]
    said = await bench.use("validate_draft")
    assert said.startswith("Conflict: 3 tries have failed, and no more are made")
    assert (await bench.use("propose", reason="anyway")).startswith("Conflict: 3 tries")
    rows = await bench.rows(b"SELECT kind, passed FROM draft_try ORDER BY at")
    assert rows == [{"kind": "validated", "passed": False}] * 3
    later = {"context": {"turn": TurnId("turn-2")}}  # the person said something
    assert "2 more tries" in await bench.use("validate_draft", key="turn-2/1", **later)


async def test_the_same_call_again_is_the_same_run(bench: Bench) -> None:
    """As after a crash between what was done and its record."""
    await bench.use("write_draft", files=[file(GOOD)])
    again = {"reason": "why not", "key": "turn-1/77"}
    first, second = [await bench.use("propose", **again) for _ in range(2)]
    assert first.split(".")[0] == second.split(".")[0]
    planned = [await bench.use("plan_draft", key="turn-1/78") for _ in range(2)]
    assert planned[0].split(":")[0] == planned[1].split(":")[0]
    assert await bench.rows(b"SELECT count(*) AS n FROM run") == [{"n": 2}]
    assert await bench.rows(b"SELECT count(*) AS n FROM draft_try") == [{"n": 2}]


async def test_of_the_same_call_at_once_one_makes_the_run(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(GOOD)])
    said: list[str] = []

    async def call() -> None:
        said.append(await bench.use("propose", reason="why not", key="turn-1/77"))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(call)
    assert len({text.split(".")[0] for text in said}) == 1, said
    assert await bench.rows(b"SELECT count(*) AS n FROM run") == [{"n": 1}]


async def test_the_same_write_again_is_no_new_version(bench: Bench) -> None:
    for _ in range(2):
        said = await bench.use("write_draft", files=[file(GOOD)], key="turn-1/5")
        assert said.startswith("Draft 1 ")
    assert await bench.rows(b"SELECT count(*) AS n FROM draft") == [{"n": 1}]


async def test_a_key_is_nobody_elses(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(GOOD)])
    await bench.use("propose", reason="mine", key="turn-1/77")
    other = await hired(bench.world.ops, "other")
    said = await bench.use("propose", reason="theirs", key="turn-1/77", context={"actor": other})
    assert said.startswith("Conflict: this proposal's key is another run's")


async def test_a_draft_stays_right_while_others_apply(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(GOOD)])
    await bench.apply({"net.tf": 'resource "terraform_data" "net" {}\n'})
    said = await bench.use("plan_draft")
    assert "terraform_data.a" in said and "terraform_data.net" not in said, said
    await bench.apply({"net.tf": "locals {}\n", "main.tf": "locals {}\n"})
    said = await bench.use("plan_draft")
    assert said.startswith("Conflict: somebody applied a change of main.tf")
    said = await bench.use("write_draft", files=[file(GOOD)], anew=True)
    assert "main.tf: changed" in said
    assert "It may be proposed" in await bench.use("plan_draft")


async def test_one_conversation_does_not_see_the_draft_of_another(bench: Bench) -> None:
    await bench.use("write_draft", files=[file(GOOD)])
    other = {"context": {"conversation": ConversationId("cv-2")}}
    for tool in ("read_draft", "validate_draft", "plan_draft"):
        assert (await bench.use(tool, **other)).startswith("Invalid: there is no draft")


async def test_a_draft_is_read_back_a_file_at_a_time(bench: Bench) -> None:
    await bench.apply({"old.tf": GOOD})
    long = "# a line of a comment\n" * 400
    await bench.use("write_draft", files=[file(long)], delete=["old.tf"])
    assert "old.tf: removed" in await bench.use("read_draft")
    first = await bench.use("read_draft", path="main.tf")
    assert first.endswith("more characters: start=4994")
    assert (first + await bench.use("read_draft", path="main.tf", start=4994)).count(
        "a line"
    ) == 400
    assert "nothing to write" in await bench.use("write_draft")
    assert "no file 'gone.tf'" in await bench.use("write_draft", delete=["gone.tf"])


async def test_without_a_sandbox_nothing_that_an_agent_wrote_is_tried(bench: Bench) -> None:
    worker = replace(bench.world.worker, cages=Cages(found=Found(None, "no namespaces here")))
    parts = replace(bench.parts, workshop=OpsWorkshop(worker))
    bare = replace(bench, parts=parts)
    await bare.use("write_draft", files=[file(GOOD)])
    said = await bare.use("validate_draft")
    assert "runs in a sandbox only, and here is none: no namespaces here" in said
    types = await bare.use("find_resource_types", words="sqs")
    assert types.startswith("Upstream: what an agent proposed runs in a sandbox only")


async def test_what_a_dead_worker_left_goes_and_what_is_at_work_stays(bench: Bench) -> None:
    directory = bench.world.worker.directory
    for name in ("draft-old", "draft-new"):
        (directory / name / "config").mkdir(parents=True)
    os.utime(directory / "draft-old", (1, 1))
    await bench.use("write_draft", files=[file(GOOD)])
    assert "is valid" in await bench.use("validate_draft")
    assert [path.name for path in directory.glob("draft-*")] == ["draft-new"]


async def test_a_draft_that_fails_validation_then_policy_then_passes_is_kept_whole(
    bench: Bench,
) -> None:
    await workspaces.add(bench.world.ops, ADA, "garden")
    here = {"workspace": "garden"}
    await bench.use("write_draft", files=[file(f"{AWS}{BOGUS}")], **here)
    said = await bench.use("validate_draft", **here)
    assert "main.tf:6: Unsupported argument" in said
    await bench.use("write_draft", files=[file(f"{AWS}{OPEN}")], **here)
    assert "is valid" in await bench.use("validate_draft", **here)
    said = await bench.use("plan_draft", **here)
    assert "DENY by policy: DH-AWS-S3-001" in said and "1 more try" not in said.split("run-")[1]
    await bench.use("write_draft", files=[file(f"{AWS}{QUEUE}")], **here)
    said = await bench.use("propose", reason="A queue for orders.", **here)
    assert "It is proposed as run-" in said and "policy_checked" in said
    kept = await bench.rows(b"SELECT number, kind, passed FROM draft_try ORDER BY at")
    assert [tuple(row.values()) for row in kept] == [
        (1, "validated", False),
        (2, "validated", True),
        (2, "planned", False),
        (3, "proposed", True),
    ]
    assert len(await bench.rows(b"SELECT digest FROM blob JOIN draft ON files = digest")) == 3
