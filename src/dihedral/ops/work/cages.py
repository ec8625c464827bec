"""Which cage there is on this machine, proven by starting one."""

import re
import shutil
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from dihedral.domain.actor import kind_of
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ActorId
from dihedral.domain.verdict import Verdict
from dihedral.domain.workspace import Workspace
from dihedral.kit import process
from dihedral.kit.cage import order
from dihedral.kit.process import Program
from dihedral.ops.rules import confine, hosts
from dihedral.ops.work import proxy, sandbox, terraform
from dihedral.ops.work.sandbox import Cage, Room, Sandbox
from dihedral.ops.work.terraform import Enclose, OnLine
from dihedral.ops.work.tools import Tool
from dihedral.ops.work.workdir import Workdir

LIMITS = process.Limits(seconds=20, grace=1, output=1 << 16)
OLDEST = (0, 8)  # bubblewrap that can keep a caged program from making namespaces of its own
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Found:
    """The cage, or why there is none."""

    cage: Cage | None
    refused: str = ""


@dataclass(slots=True)
class Cages:
    """Lives as long as the worker, and looks once. `unsandboxed`: people's runs may go without
    where there is no cage."""

    path: str = _PATH
    unsandboxed: bool = False
    found: Found | None = None
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    async def find(self) -> Found:
        async with self._turn:
            if self.found is None:
                self.found = await find(self.path)
        return self.found

    async def judge(self, by: ActorId, workspace: Workspace, hosts: Sequence[str]) -> Verdict:
        """What the gate `sandbox` says before Terraform starts on what somebody wrote, which may
        reach `hosts`."""
        found = await self.find()
        return confine.judge(
            found.cage.name if found.cage else "",
            found.refused,
            kind_of(by),
            confine.network(hosts, simulated=workspace.simulated),
            unsandboxed=self.unsandboxed,
        )


def room(directory: Path, workspace: Workspace, work: Workdir, tool: Tool) -> Room:
    """For a step in `work`; `directory` is the worker's."""
    there = None if workspace.simulated else cache(directory, workspace)
    return Room(work=work, tool=tool.program, simulated=workspace.simulated, cache=there)


def cache(directory: Path, workspace: Workspace) -> Path:
    """Of the workspace's plugins."""
    there = directory / f"plugins-{workspace.id}"
    there.mkdir(parents=True, exist_ok=True, mode=0o700)
    return there


async def enclose(
    stack: AsyncExitStack, cages: Cages, room: Room, named: Sequence[str], say: OnLine
) -> Enclose:
    """How the commands of a step are caged while the stack lasts, `named` being the hosts that they
    may reach; where there is no cage not at all, which a verdict has allowed. Raises Invalid for a
    host that is none."""
    cage = (await cages.find()).cage
    if cage is None:
        return terraform.bare
    room = replace(room, cage=cage)
    if room.simulated or not named:
        return room.enclose
    try:
        allowed = [hosts.parse(text) for text in named]
    except ValueError as cause:
        raise Invalid(f"the list of hosts cannot be used: {cause}") from cause
    door = proxy.opened(allowed, lambda line: say("network", line))
    return replace(room, proxy=await stack.enter_async_context(door)).enclose


async def find(path: str = _PATH) -> Found:
    """Bubblewrap where it works, else the kernel's own calls where these do."""
    if sys.platform != "linux":
        return Found(None, f"{sys.platform} has no namespaces")
    why = "the kernel refuses"
    for cage in (*await _bubblewrap(path), sandbox.KERNEL):
        why = await refusal(cage)
        if not why:
            return Found(cage)
    return Found(None, why)


async def refusal(cage: Cage) -> str:
    """Why such a cage cannot be started here; empty when one was."""
    program = Program(words=["/bin/sh", "-c", ":"], cwd=Path("/"), env={"PATH": _PATH})
    small = sandbox.Mount(kind="tmp", what=str(sandbox.MIB), where="/tmp")  # noqa: S108
    room = Sandbox(
        mounts=(*sandbox.system(), *sandbox.devices(), small),
        cwd=Path("/"),
        env=frozenset(["PATH"]),
    )
    try:
        ended, _ = await process.capture(sandbox.caged(program, room, cage), LIMITS)
    except OSError as cause:
        return f"{cause.strerror}"
    if ended.code == 0:
        return ""
    said = ended.stderr_tail.strip().splitlines()
    return "; ".join(line.removeprefix(order.SAID) for line in said[-2:]) or "it does not start"


async def _bubblewrap(path: str) -> tuple[Cage, ...]:
    program = shutil.which("bwrap", path=path)
    if program is None:
        return ()
    try:
        asked = Program(words=[program, "--version"], cwd=Path("/"), env={"PATH": _PATH})
        _, said = await process.capture(asked, LIMITS)
    except OSError:
        return ()
    version = re.search(rb"(\d+)\.(\d+)[.\d]*", said)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        return ()
    return (Cage(f"bubblewrap {version[0].decode()}", program),)
