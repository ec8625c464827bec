"""The real Terraform, on configurations that need no provider."""

import json
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from dihedral.domain.diagnostic import Severity
from dihedral.domain.errors import Invalid, Upstream
from dihedral.kit import process
from dihedral.kit.process import Limits
from dihedral.ops.work import terraform, workdir
from dihedral.ops.work.sandbox import Room
from dihedral.ops.work.terraform import Mode, Step, Terraform
from dihedral.ops.work.tools import Tool, Tools
from dihedral.ops.work.workdir import Contents

pytestmark = pytest.mark.anyio
CHAIN = """
resource "terraform_data" "first" {
}
resource "terraform_data" "slow" {
  input = terraform_data.first.id
  provisioner "local-exec" {
    command = "%s"
  }
}
resource "terraform_data" "last" {
  input = terraform_data.slow.id
}
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def tool(anyio_backend: str) -> Tool:
    return await Tools(os.environ["PATH"]).find("terraform")


@dataclass(slots=True)
class Bench:
    """A place to run configurations in: each `tf` is a fresh directory."""

    root: Path
    tool: Tool
    lines: list[str] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def tf(self, *sources: str, **options: Any) -> Terraform:
        limits = options.pop("limits", Limits(seconds=60, grace=5))
        stop, env = options.pop("stop", None), options.pop("env", {})
        files = {f"f{n}.tf": text.encode() for n, text in enumerate(sources)}
        contents = Contents(**{"files": files, **options})
        self.count += 1
        here = workdir.prepare(self.root / f"run-{self.count}", contents)
        room = Room(work=here, tool=self.tool.program, simulated=False)
        return Terraform(
            tool=self.tool,
            workdir=here,
            env=workdir.environment(here, env),
            on_line=lambda phase, line: self.lines.append(f"{phase}: {line}"),
            limits=limits,
            stop=stop,
            simulated=contents.simulated,
            enclose=room.enclose,
        )

    async def keep(self, state: bytes) -> None:
        self.states.append(json.loads(state))

    async def planned(self, *sources: str, **options: Any) -> Terraform:
        """A directory for the apply of a plan that was made in another."""
        tf = self.tf(*sources, **options)
        steps = await terraform.plan(tf)
        assert steps[-1].ok, steps[-1].reason
        return self.tf(*sources, **options, plan=tf.workdir.plan.read_bytes())


@pytest.fixture
def bench(tmp_path: Path, tool: Tool) -> Bench:
    return Bench(tmp_path, tool)


def names(state: Mapping[str, Any]) -> list[str]:
    return [resource["name"] for resource in state["resources"]]


async def test_a_plan_made_here_is_applied_there_and_leaves_nothing_to_do(bench: Bench) -> None:
    config = 'resource "terraform_data" "x" {\n  input = 1\n}\noutput "o" {\n  value = "v"\n}\n'
    tf = bench.tf(config)
    (step,) = await terraform.plan(tf)
    assert (step.name, step.ok, step.changes, step.reason) == ("plan", True, True, "")
    shown, plan = await terraform.show(tf)
    assert shown.ok and json.loads(plan)["resource_changes"][0]["change"]["actions"] == ["create"]
    there = bench.tf(config, plan=tf.workdir.plan.read_bytes())
    (step,) = await terraform.apply(there, bench.keep)
    assert step.ok and names(bench.states[-1]) == ["x"]
    assert bench.states[-1]["outputs"]["o"]["value"] == "v"
    assert "plan: terraform_data.x: Plan to create" in bench.lines
    assert 'apply: o = "v"' in bench.lines
    again = bench.tf(config, state=there.workdir.state.read_bytes())
    assert (await terraform.plan(again))[-1].changes is False
    (gone,) = await terraform.plan(again, Mode.DESTROY)
    assert gone.changes is True


async def test_init_runs_only_when_terraform_asks_for_it(bench: Bench) -> None:
    files = {
        "live/main.tf": b'module "m" {\n  source = "../m"\n}\n',
        "m/main.tf": b'resource "terraform_data" "x" {}\n',
    }
    tf = bench.tf(files=files, working_directory="live")
    steps = await terraform.plan(tf)
    assert [(step.name, step.ok) for step in steps] == [("init", True), ("plan", True)]
    assert not any("Module not installed" in line for line in bench.lines)
    options = {"files": files, "working_directory": "live"}
    (step,) = await terraform.apply(
        bench.tf(**options, plan=tf.workdir.plan.read_bytes()), bench.keep
    )
    assert step.ok


@pytest.mark.parametrize(
    ("config", "where", "summary"),
    [
        ('resource "terraform_data" "x" {\n', "f0.tf:1", "Unclosed configuration block"),
        ('\noutput "o" {\n  value = var.nope\n}\n', "f0.tf:3", "Reference to undeclared input"),
        ('resource "terraform_data" "x" {\n  nope = 1\n}\n', "f0.tf:2", "Unsupported argument"),
        ("\xff\xfe", "f0.tf:1", "Invalid"),
        ('terraform {\n  backend "s3" {}\n}\n', "", "The configuration has a backend"),
        ('variable "v" {}\n', "f0.tf:1", "No value for required variable"),
    ],
)
async def test_a_broken_configuration_says_where(
    bench: Bench, config: str, where: str, summary: str
) -> None:
    (step,) = await terraform.plan(bench.tf(files={"f0.tf": config.encode("latin-1")}))
    assert (step.ok, step.exit.code, step.errors[0].where) == (False, 1, where)
    assert step.errors[0].summary.startswith(summary)
    assert step.reason.startswith(summary)
    assert any(line.startswith("plan: │ Error: ") for line in bench.lines)


async def test_validate_tells_errors_and_warnings(bench: Bench) -> None:
    assert (await terraform.validate(bench.tf("locals {\n  a = 1\n}\n"))).diagnostics == ()
    step = await terraform.validate(bench.tf('output "o" {\n  value = local.a\n}\n'))
    assert [(d.severity, d.where) for d in step.diagnostics] == [(Severity.ERROR, "f0.tf:2")]


async def test_an_unknown_provider_of_a_simulated_workspace_is_explained(bench: Bench) -> None:
    config = """
terraform {
  required_providers {
    bar = { source = "foo/bar" }
  }
}
resource "bar_x" "y" {}
"""
    (step,) = await terraform.plan(bench.tf(config, simulated=True))
    assert step.name == "init"
    assert step.reason == "Provider foo/bar is not known to the simulator"
    assert "dihedral simulator add foo/bar" in step.errors[0].detail


async def test_variables_arrive_whole_and_ephemeral_ones_at_apply_too(bench: Bench) -> None:
    config = """
variable "text" {}
variable "list" { type = list(number) }
variable "pass" {
  type      = string
  ephemeral = true
}
output "all" { value = "${var.text}${length(var.list)}" }
"""
    tf = await bench.planned(
        config,
        literals={"text": '${no} "quotes"\n', "pass": "hush"},
        expressions={"list": "[1, 2,\n3]"},
    )
    (step,) = await terraform.apply(tf, bench.keep)
    assert step.ok, step.reason
    assert bench.states[-1]["outputs"]["all"]["value"] == '${no} "quotes"\n3'
    for path in (*tf.workdir.variables, tf.workdir.plan, tf.workdir.state):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path == tf.workdir.state
    assert stat.S_IMODE(tf.workdir.root.stat().st_mode) == 0o700


async def test_a_secret_of_ours_is_not_seen_by_what_terraform_starts(bench: Bench) -> None:
    os.environ["DIHEDRAL_TEST_SECRET"] = "hush"
    try:
        tf = await bench.planned(CHAIN % "env", env={"AWS_REGION": "eu-central-1"})
        await terraform.apply(tf, bench.keep)
    finally:
        del os.environ["DIHEDRAL_TEST_SECRET"]
    said = "\n".join(bench.lines)
    assert "AWS_REGION=eu-central-1" in said
    assert f"HOME={tf.workdir.root}" in said
    assert "hush" not in said


@pytest.mark.parametrize("name", ["PATH", "TF_CLI_ARGS", "TF_REATTACH_PROVIDERS", "LD_PRELOAD"])
def test_a_variable_that_changes_which_program_runs_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match=name):
        workdir.environment(workdir.Workdir(tmp_path), {name: "x"})


async def test_states_in_the_middle_of_an_apply_are_handed_over(bench: Bench) -> None:
    tf = await bench.planned(CHAIN % "sleep 0.7")
    (step,) = await terraform.apply(tf, bench.keep)
    assert step.ok
    assert [names(state) for state in bench.states] == [["first"], ["first", "last", "slow"]]
    assert len({state["lineage"] for state in bench.states}) == 1


async def test_a_state_that_cannot_be_kept_stops_no_apply_and_is_offered_again(
    bench: Bench,
) -> None:
    refusals = [Upstream("the database is away")] * 2

    async def keep(state: bytes) -> None:
        if refusals:
            raise refusals.pop()
        await bench.keep(state)

    (step,) = await terraform.apply(await bench.planned(CHAIN % "sleep 1"), keep)
    assert step.ok
    assert [names(state) for state in bench.states] == [["first"], ["first", "last", "slow"]]


async def _stop_at(bench: Bench, words: str, stop: anyio.Event) -> None:
    """Once that is said and a state is kept: a kill in the midst of the first write leaves none."""
    while not (bench.states and any(words in line for line in bench.lines)):  # noqa: ASYNC110
        await anyio.sleep(0.02)
    stop.set()


async def _stopped(bench: Bench, command: str, limits: Limits) -> Step:
    stop = anyio.Event()
    tf = await bench.planned(CHAIN % command, limits=limits, stop=stop)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_at, bench, "Executing", stop)
        (step,) = await terraform.apply(tf, bench.keep)
    assert await process.gone(tf.workdir.lock, 2)
    return step


async def test_a_stop_in_mid_apply_ends_in_order_with_the_state(bench: Bench) -> None:
    step = await _stopped(bench, "sleep 30", Limits(seconds=60, grace=15))
    assert (step.ok, step.exit.interrupted, step.exit.killed) == (False, True, False)
    assert step.reason == "apply was stopped on request"
    assert "first" in names(bench.states[-1]) and "last" not in names(bench.states[-1])


async def test_what_outlives_its_grace_is_killed_and_the_state_so_far_is_kept(bench: Bench) -> None:
    step = await _stopped(bench, "sleep 30", Limits(seconds=60, grace=0))
    assert (step.ok, step.exit.killed) == (False, True)
    assert step.reason == "apply was killed on request"
    assert names(bench.states[-1]) == ["first"]


async def test_the_time_limit_stops_an_apply(bench: Bench) -> None:
    config = CHAIN % "sleep 30"
    plan = (await bench.planned(config)).workdir.plan.read_bytes()
    (step,) = await terraform.apply(
        bench.tf(config, plan=plan, limits=Limits(seconds=1, grace=5)), bench.keep
    )
    assert step.exit.timed_out and step.reason.startswith("apply was stopped at its time limit")
    assert "first" in names(bench.states[-1])


OWNER = """
import anyio, sys
from pathlib import Path
from dihedral.kit.process import Limits
from dihedral.ops.work import terraform, workdir
from dihedral.ops.work.tools import Tool
root, program, version = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
here = workdir.Workdir(root)
async def keep(state): pass
anyio.run(terraform.apply, terraform.Terraform(
    tool=Tool("terraform", program, version), workdir=here, env=workdir.environment(here, {}),
    on_line=lambda phase, line: print(line, flush=True), limits=Limits(grace=5)), keep)
"""


async def test_when_the_worker_is_killed_terraform_ends_in_order_and_its_state_is_on_disk(
    bench: Bench,
) -> None:
    tf = await bench.planned(CHAIN % "sleep 30")
    words = [sys.executable, "-c", OWNER, str(tf.workdir.root), str(bench.tool.program)]
    async with await anyio.open_process([*words, bench.tool.version], stderr=None) as owner:
        assert owner.stdout
        said = b""
        while b"Executing" not in said:
            said += await owner.stdout.receive()
        assert process.alive(tf.workdir.lock)
        owner.kill()
    assert await process.gone(tf.workdir.lock, 10)
    state = json.loads(tf.workdir.state.read_bytes())
    assert "first" in names(state) and "last" not in names(state)


@pytest.mark.parametrize(
    ("files", "directory", "why"),
    [
        ({}, "", "there is no Terraform configuration"),
        ({"README.md": b""}, "", "there is no Terraform configuration"),
        (
            {"live/main.tf": b""},
            "",
            "there are some in live: set the workspace's working directory",
        ),
        ({"main.tf": b""}, "live", "no file in live ends in .tf.*some in the top"),
    ],
)
def test_a_directory_without_a_configuration_is_refused(
    tmp_path: Path, files: Mapping[str, bytes], directory: str, why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        workdir.prepare(tmp_path / "r", Contents(files=files, working_directory=directory))


def test_a_disk_that_refuses_is_an_upstream_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Upstream, match="cannot be written: Not a directory"):
        workdir.prepare(tmp_path / "file/run", Contents(files={"main.tf": b""}))
