"""Where files are tried out for the model plane: `domain.ports.Workshop`, in a worker.

What is tried was made by a model, so it runs in a sandbox or not at all, whoever it acts for. Into
the room goes what the files are and how the workspace is set: no state, no variables, none of its
credentials.
"""

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import anyio.to_thread

from dihedral.domain.actor import Actor, agent_id
from dihedral.domain.brief import Checked, ResourceType
from dihedral.domain.errors import Invalid, NotFound, Upstream
from dihedral.domain.ids import WorkspaceId
from dihedral.domain.right import Action
from dihedral.domain.verdict import Ruling
from dihedral.domain.workspace import Workspace
from dihedral.kit import process
from dihedral.kit.process import Limits
from dihedral.ops.rules import redact, schemas, terms
from dihedral.ops.rules.grants import short
from dihedral.ops.rules.schemas import Schemas
from dihedral.ops.store import workspaces as store
from dihedral.ops.work import cages, permitted, sources, terraform, workdir
from dihedral.ops.work.site import Worker
from dihedral.ops.work.terraform import Terraform
from dihedral.ops.work.workdir import Contents, Workdir

LIMITS = Limits(seconds=180.0, grace=5.0, output=256 << 20)
LEFT = 3600.0  # seconds; longer than any try
ANYBODY = agent_id("workshop")  # who wrote the files, as far as the sandbox cares
_NAME = re.compile(r"(data\.)?[a-z][a-z0-9_]{0,120}")
_LOOKS = """\
terraform {{
  required_providers {{
    {name} = {{
      source = "{provider}"
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class OpsWorkshop:
    """`_names` are those of providers, by workspace."""

    worker: Worker
    _names: dict[tuple[WorkspaceId, str], tuple[str, ...]] = field(default_factory=dict)

    async def check(
        self, actor: Actor, workspace: WorkspaceId, files: Mapping[str, bytes]
    ) -> Checked:
        ops = self.worker.ops
        async with ops.db.tx() as tx:
            found = await permitted.workspace(tx, actor, workspace, Action.RUN_PROPOSE)
            applied = await sources.current(ops, tx, found.id)
            clear = redact.before_plan(await store.variables(tx, ops.keyring, found.id))
        guard = await sources.guarded(ops, found, files, applied)
        if guard.ruling is Ruling.DENY:
            return _cleared(Checked(guard=guard), clear)
        if why := await self._refused(found):
            return Checked(guard=guard, stopped=why)
        async with self._opened(found, files) as tf:
            step = await terraform.check(tf)
        said = () if step.ok or step.errors else (step.reason,)
        checked = Checked(guard=guard, diagnostics=step.diagnostics, stopped="; ".join(said))
        return _cleared(checked, clear)

    async def types(self, actor: Actor, workspace: WorkspaceId, provider: str) -> Sequence[str]:
        found = await self._readable(actor, workspace)
        key = (found.id, short(provider))
        if key not in self._names:
            self._names[key] = (await self._schemas(found, provider, "")).names
        return self._names[key]

    async def describe(
        self, actor: Actor, workspace: WorkspaceId, provider: str, name: str
    ) -> ResourceType:
        found = await self._readable(actor, workspace)
        if not _NAME.fullmatch(name):  # it becomes part of a configuration
            raise NotFound(f"type of {provider}", name)
        held = await self._schemas(found, provider, name)
        return await anyio.to_thread.run_sync(schemas.of, held, short(provider), name)

    async def _readable(self, actor: Actor, workspace: WorkspaceId) -> Workspace:
        async with self.worker.ops.db.tx() as tx:
            return await permitted.workspace(tx, actor, workspace, Action.RUN_PROPOSE)

    async def _schemas(self, workspace: Workspace, provider: str, name: str) -> Schemas:
        """The simulator's, which is fast, and of which another type than `name` has only its name;
        in a cloud's workspace the provider's own, where the simulator does not know it."""
        allowed = terms.read(workspace.terms, self.worker.ops.terms).guard.providers
        wanted = short(provider)
        if wanted not in allowed:
            raise Invalid(
                f"workspace {workspace.name} may not use the provider {provider!r}; it may use"
                f" {', '.join(sorted(allowed))}"
            )
        if why := await self._refused(workspace):
            raise Upstream(why)
        files = {str(PurePosixPath(workspace.working_directory, "main.tf")): _looks(wanted, name)}
        for simulated in dict.fromkeys((True, workspace.simulated)):
            async with self._opened(replace(workspace, simulated=simulated), files) as tf:
                step, text = await terraform.schema(tf)
            if step.ok:
                return await anyio.to_thread.run_sync(schemas.read, text, wanted)
        raise Upstream(
            f"the schema of {provider} cannot be read: {step.reason}; go on without it, and"
            " validate what you write"
        )

    async def _refused(self, workspace: Workspace) -> str:
        """Why nothing is run here; empty where there is a sandbox."""
        allowed = terms.read(workspace.terms, self.worker.ops.terms).hosts
        verdict = await self.worker.cages.judge(ANYBODY, workspace, allowed)
        return verdict.reason if verdict.ruling is not Ruling.ALLOW else ""

    @asynccontextmanager
    async def _opened(
        self, workspace: Workspace, files: Mapping[str, bytes]
    ) -> AsyncIterator[Terraform]:
        """Terraform in a directory of its own, which goes afterwards."""
        worker = self.worker
        await anyio.to_thread.run_sync(_sweep, worker.directory)
        name = worker.ops.mint("draft")
        root = worker.directory / name
        given = Contents(files=files, simulated=workspace.simulated)
        given = replace(given, working_directory=workspace.working_directory)
        tool = await worker.tools.find(workspace.tool, workspace.tool_version)
        try:
            work = await anyio.to_thread.run_sync(workdir.prepare, root, given)
            async with AsyncExitStack() as stack:
                room = cages.room(worker.directory, workspace, work, tool)
                known: dict[str, Any] = {"cache": room.cache}
                if workspace.simulated:
                    opening = worker.simulator.opened(name, root / "config")
                    known = {"reattach": (await stack.enter_async_context(opening)).reattach}
                hosts = terms.read(workspace.terms, worker.ops.terms).hosts
                yield Terraform(
                    tool=tool,
                    workdir=work,
                    env=workdir.environment(work, {}, **known),
                    on_line=_unheard,
                    limits=LIMITS,
                    simulated=workspace.simulated,
                    enclose=await cages.enclose(stack, worker.cages, room, hosts, _unheard),
                )
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(workdir.remove, root)


def _sweep(directory: Path) -> None:
    """What a worker left that died meanwhile."""
    for left in directory.glob("draft-*"):
        with suppress(FileNotFoundError):
            old = time.time() - left.stat().st_mtime > LEFT
            if old and not process.alive(Workdir(left).lock):
                workdir.remove(left)


def _cleared(checked: Checked, clear: Callable[[str], str]) -> Checked:
    found: Checked = redact.everywhere(checked, clear)
    return found


def _unheard(_: str, line: str) -> None:
    """What a try says is in its diagnostics."""


def _looks(provider: str, name: str) -> bytes:
    """A configuration that mentions the type, so that its schema is there."""
    head = _LOOKS.format(name=provider.rpartition("/")[2], provider=provider)
    return f"{head}# {name}\n".encode()
