"""Terraform in the sandbox, with the guard off: the sandbox alone is the wall."""

import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from dihedral.domain.actor import Actor
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Run
from dihedral.domain.verdict import Ruling
from dihedral.kit import beneath, dsse, process
from dihedral.kit.cage import order
from dihedral.kit.process import Exit, Limits
from dihedral.ops.rules import confine, hosts
from dihedral.ops.work import cages, pipeline, proxy, sandbox, site, workdir
from dihedral.ops.work.cages import Cages, Found
from dihedral.ops.work.sandbox import Caps, Room
from dihedral.ops.work.simulators import Simulator
from dihedral.ops.work.tools import Tool, Tools
from dihedral.ops.work.workdir import Contents
from tests.actors import hired
from tests.ops.cells import WAYS
from tests.ops.conftest import ADA, World

pytestmark = pytest.mark.anyio
NOTHING = Found(None, "user namespaces are switched off")


@pytest.fixture
async def tool(tools: Tools) -> Tool:
    return await tools.find("terraform")


@dataclass(frozen=True, slots=True)
class Yard:
    """Where configurations are run, beside what is none of their business."""

    place: Path
    tool: Tool
    way: str

    def room(self, text: str, *, simulated: bool = True, **options: object) -> Room:
        contents = Contents(files={"main.tf": text.encode()}, simulated=simulated)
        work = workdir.prepare(self.place / "run", contents)
        made = Room(work=work, tool=self.tool.program, simulated=simulated, cage=WAYS[self.way])
        return replace(made, **options)  # type: ignore[arg-type]


@pytest.fixture(params=WAYS)
def yard(request: pytest.FixtureRequest, apart: Path, tool: Tool) -> Yard:
    (apart / "key").write_text("the key")
    (apart / "other-run").mkdir()
    (apart / "other-run" / "terraform.tfstate").write_text("another state")
    return Yard(apart, tool, request.param)


async def planned(
    room: Room, *words: str, reattach: str = ""
) -> tuple[Exit, list[dict[str, object]]]:
    """A plan, and the lines that Terraform said of it."""
    asked = ("plan", "-input=false", "-lock=false", "-json", f"-out={room.work.plan}", *words)
    ended, said = await sandbox.command(room, asked, reattach=reattach)
    return ended, [json.loads(line) for line in said.splitlines() if line.startswith(b"{")]


FUNCTIONS = """
locals {
  paths = ["/etc/passwd", "/etc/shadow", "/root/.bashrc", "/etc/hostname", "/proc/version",
           "/proc/cmdline", "/sys/kernel/notes", "%s", "%s"]
}
output "seen"   { value = [for path in local.paths : path if fileexists(path)] }
output "above"  { value = fileset("${path.module}/../..", "**") }
output "root"   { value = fileset("/", "{etc,root,home,var,run,sys,usr}/**") }
output "init"   { value = try(file("/proc/1/environ"), "") }
output "itself" { value = try(file("/proc/self/environ"), "") }
"""


async def test_file_functions_find_only_what_is_in_the_room(yard: Yard) -> None:
    room = yard.room(FUNCTIONS % (yard.place / "key", yard.place / "other-run/terraform.tfstate"))
    ended, said = await planned(room)
    assert ended.code == 0, said
    _, shown = await sandbox.command(room, ("show", "-json", str(room.work.plan)))
    found = json.loads(shown)["planned_values"]["outputs"]
    values = {name: output["value"] for name, output in found.items()}
    assert set(values["seen"]) <= {"/proc/version", "/proc/cmdline"}
    assert set(values["above"]) <= {
        "run/config/main.tf", "run/lock", "run/plan.tfplan", "run/terraform.rc"
    }  # fmt: skip
    assert values["root"] == [str(yard.tool.program).lstrip("/")]
    assert "PYTEST" not in values["init"] + values["itself"]
    assert os.environ.get("HOME", "/root") + "/" not in values["init"]


SCRIPT = """
terraform {
  required_version = ">= 1.0"
}
resource "terraform_data" "bad" {
  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = <<-EOT
      %s
    EOT
  }
}
"""


async def applied(room: Room) -> tuple[Exit, str]:
    ended, told = await planned(room)
    assert ended.code == 0, told
    words = ("apply", "-input=false", "-lock=false", "-json", str(room.work.plan))
    ended, said = await sandbox.command(room, words, limits=Limits(seconds=40, grace=5))
    return ended, said.decode()


async def test_a_program_gone_bad_reads_and_writes_nothing_of_ours(yard: Yard) -> None:
    key, state = yard.place / "key", yard.place / "other-run" / "terraform.tfstate"
    script = f"""cat {key} {state} /root/.bashrc /etc/shadow; ls /root /home /var
      echo gone >{key}; echo gone >{state}; rm -rf {yard.place}/other-run
      echo x >/usr/bad; echo x >{yard.place}/run/terraform.rc; echo x >{yard.place}/run/bad
      rm -f {yard.place}/run/plan.tfplan; env | sort; echo done >mine"""
    room = yard.room(SCRIPT % script, simulated=False)
    ended, said = await applied(room)
    assert ended.code == 0, said
    assert "the key" not in said and "another state" not in said and "PYTEST" not in said
    assert key.read_text() == "the key" and state.read_text() == "another state"
    assert not Path("/usr/bad").exists() and not (room.work.root / "bad").exists()
    assert room.work.rc.read_text().startswith("disable_checkpoint") and room.work.plan.exists()
    assert (room.work.config / "mine").read_text() == "done\n"


LINKS = """cd "$PWD" && ln -sf {key} .terraform.lock.hcl; rm -f terraform.tfstate
      ln -sf {key} terraform.tfstate; ln -sfn {place} .terraform; rm -rf sub; ln -sfn {place} sub
      mkfifo pipe; :"""


async def test_no_link_that_a_program_leaves_makes_us_read_for_it(yard: Yard) -> None:
    key = yard.place / "key"
    room = yard.room(SCRIPT % LINKS.format(key=key, place=yard.place), simulated=False)
    await applied(room)
    work = room.work
    links = [work.config / name for name in (".terraform.lock.hcl", ".terraform", "sub")]
    assert all(path.is_symlink() for path in links)
    for path in (work.lock_file, work.config / "sub" / "key", work.config / "pipe"):
        assert beneath.read(work.root, path) is None
    assert beneath.read(work.root, work.rc) == work.rc.read_bytes()
    again, _ = await sandbox.command(room, ("show", "-json", str(work.plan)))
    assert "the key" not in again.stderr_tail
    bare = process.Program(words=["x"], cwd=work.config, env={})
    words = room.enclose(bare, "show").words
    assert not {str(path) for path in links} & set(words)


@pytest.mark.parametrize(("simulated", "half"), [(True, 1 << 30), (False, 3 << 30)])
async def test_terraform_is_told_of_the_rooms_memory_unless_the_workspace_says(
    yard: Yard, simulated: bool, half: int
) -> None:
    room = yard.room(SCRIPT % ":", simulated=simulated)
    bare = process.Program(words=["x"], cwd=room.work.config, env={})
    told = room.enclose(bare, "plan").env
    assert told[f"{order.ENV}GOMEMLIMIT"] == str(half)
    assert told[f"{order.ENV}GOGC"] == sandbox.SELDOM["GOGC"]
    ours = room.enclose(replace(bare, env={"GOGC": "50"}), "plan").env
    assert ours == {**told, f"{order.ENV}GOGC": "50"}


ASK = r"""
echo $HTTPS_PROXY
for place in cloud.example:$1 evil.example:443 169.254.169.254:80; do
  exec 3<>/dev/tcp/127.0.0.1/3128
  printf 'CONNECT %s HTTP/1.1\r\n\r\n' $place >&3
  cat <&3
done
(echo x >/dev/tcp/127.0.0.1/$1)
(echo x >/dev/tcp/169.254.169.254/80)
true
"""


async def test_a_program_gone_bad_reaches_the_listed_host_through_us_alone(yard: Yard) -> None:
    async def lookup(name: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async def hello(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.send(b"HELLO FROM THE CLOUD\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    log: list[str] = []
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, hello)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        listed = [hosts.parse(f"cloud.example:{port}"), hosts.parse(f"127.0.0.1:{port}")]
        text = SCRIPT % f"bash ask.sh {port} 2>&1"
        async with proxy.opened(listed, log.append, lookup) as door:
            room = yard.room(text, simulated=False, proxy=door)
            (room.work.config / "ask.sh").write_text(ASK)
            ended, said = await applied(room)
        tasks.cancel_scope.cancel()
    assert ended.code == 0, said
    assert "HELLO FROM THE CLOUD" in said and "http://127.0.0.1:3128" in said
    assert "Connection refused" in said and "Network is unreachable" in said
    assert sorted(line.partition(": ")[0] for line in log) == [
        "169.254.169.254:80 denied",
        f"cloud.example:{port} allowed",
        "evil.example:443 denied",
    ]


async def test_a_program_gone_bad_that_takes_too_much_is_ended_and_the_run_says_why(
    yard: Yard,
) -> None:
    caps = Caps(memory=400 * sandbox.MIB, disk=64 * sandbox.MIB)
    room = yard.room(SCRIPT % "dd if=/dev/zero of=big bs=1M count=500", simulated=False, caps=caps)
    ended, _ = await applied(room)
    assert ended.code != 0
    assert "it filled more than 64 MiB of disk" in ended.stderr_tail
    assert await process.gone(room.work.lock, 3)


async def test_a_tool_and_a_directory_behind_links_are_found(yard: Yard) -> None:
    (yard.place / "here").mkdir()
    (yard.place / "there").symlink_to(yard.place / "here")
    (yard.place / "terraform").symlink_to(yard.tool.program)
    tool = replace(yard.tool, program=yard.place / "terraform")
    room = Yard(yard.place / "there", tool, yard.way).room('output "x" { value = 1 }\n')
    ended, said = await planned(room)
    assert ended.code == 0, said


@pytest.fixture
async def simulator(simulator_home: Path) -> AsyncIterator[Simulator]:
    made = Simulator(simulator_home)
    yield made
    await made.aclose()


ALIASES = """
provider "aws" { region = "eu-central-1" }
provider "aws" {
  alias  = "us"
  region = "us-west-2"
}
resource "aws_sqs_queue" "here" { name = "here" }
resource "aws_sqs_queue" "there" {
  provider = aws.us
  name     = "there"
}
"""


async def test_the_simulator_is_reached_and_tells_its_callers_apart(
    yard: Yard, simulator: Simulator
) -> None:
    room = yard.room(ALIASES)
    async with simulator.opened("cage", room.work.config) as opening:
        ended, said = await planned(room, reattach=opening.reattach)
        assert ended.code == 0, said
        words = ("apply", "-input=false", "-lock=false", "-json", str(room.work.plan))
        ended, told = await sandbox.command(room, words, reattach=opening.reattach)
        assert ended.code == 0, told
    state = json.loads(room.work.state.read_text())
    found = {r["name"]: r["instances"][0]["attributes"]["url"] for r in state["resources"]}
    assert "eu-central-1" in found["here"] and "us-west-2" in found["there"]


async def test_a_run_says_in_which_sandbox_it_was_planned(world: World) -> None:
    run = await world.propose('resource "terraform_data" "x" {}\n')
    story = await pipeline.see(world.ops, ADA, run.id)
    (verdict,) = (v for v in story.verdicts if v.gate == confine.GATE)
    cage = (await cages.find()).cage
    assert cage and verdict.ruling is Ruling.ALLOW
    assert verdict.reason == f"Terraform runs in a sandbox ({cage.name}; no network)"


async def proposed(world: World, by: Actor) -> Run:
    proposal = Proposal(
        workspace=world.workspace.id,
        files={"main.tf": b'resource "terraform_data" "x" {}\n'},
        reason="a test",
        source="cli",
    )
    return await pipeline.propose(world.ops, by, proposal)


def without(world: World, *, unsandboxed: bool) -> World:
    there = Cages(unsandboxed=unsandboxed, found=NOTHING)
    return replace(world, worker=replace(world.worker, cages=there))


@pytest.mark.parametrize(("agent", "unsandboxed"), [(True, False), (True, True), (False, False)])
async def test_where_the_kernel_refuses_terraform_never_starts(
    world: World, agent: bool, unsandboxed: bool
) -> None:
    bare = without(world, unsandboxed=unsandboxed)
    by = await hired(world.ops, "drafter") if agent else ADA
    run = await bare.advance((await proposed(world, by)).id)
    assert run.status == "policy_soft_failed" and "user namespaces are switched off" in run.reason
    assert "dihedral doctor" in run.reason or agent
    assert await world.told(run.id) == ["claimed", "denied"]
    assert await world.log(run.id) == "" and run.plan_file is None
    assert not site.place(world.worker.directory, run.id, "plan").exists()


async def test_a_person_who_insists_goes_without_and_the_evidence_says_so(world: World) -> None:
    bare = without(world, unsandboxed=True)
    run = await bare.apply('resource "terraform_data" "x" {}\n')
    assert run.status == "applied"
    signed = await pipeline.artefact(world.ops, ADA, run.id, "evidence")
    evidence = dsse.open_(signed, world.ops.signer.public).payload
    assert b"ran without a sandbox, as DIHEDRAL_UNSANDBOXED=1 says" in evidence


async def test_what_was_planned_in_a_sandbox_is_not_applied_without(world: World) -> None:
    run = await world.propose('resource "terraform_data" "x" {}\n')
    await pipeline.approve(world.ops, replace(ADA, id="bo"), run.id)  # type: ignore[arg-type]
    run = await without(world, unsandboxed=True).advance(run.id)
    assert run.status == "errored" and "it was planned in a sandbox" in run.reason


async def test_a_kernel_that_refuses_is_found_out_by_trying() -> None:
    """In a cage no further namespaces can be made, so there the kernel refuses for real."""
    prefixes = {sys.base_prefix, sys.prefix, str(Path(cages.__file__).parents[4])}
    room = sandbox.Sandbox(
        mounts=(
            *sandbox.system(),
            *sandbox.devices(),
            sandbox.Mount(kind="tmp", what=str(sandbox.MIB), where="/tmp"),
            *(sandbox.Mount(kind="ro", what=p, where=p) for p in sorted(prefixes)),
        ),
        cwd=Path("/"),
        env=frozenset(["PATH", "PYTHONPATH"]),
    )
    script = "import anyio\nfrom dihedral.ops.work import cages\nprint(anyio.run(cages.find))"
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path)}
    asked = process.Program(words=[sys.executable, "-c", script], cwd=Path("/"), env=env)
    ended, said = await process.capture(
        sandbox.caged(asked, room, sandbox.KERNEL), Limits(seconds=60)
    )
    assert ended.code == 0, ended.stderr_tail
    assert b"Found(cage=None, refused=" in said and b"the kernel refuses: " in said
