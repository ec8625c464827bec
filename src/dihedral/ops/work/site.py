"""One step of a run where it happens: its directory, its Terraform, its log, its way to stop."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

from dihedral.domain.actor import SYSTEM
from dihedral.domain.errors import Fault, Invalid
from dihedral.domain.ids import RunId
from dihedral.domain.run import Run
from dihedral.domain.workspace import SCENARIO, Workspace
from dihedral.kit import beneath, process
from dihedral.kit.background import beside
from dihedral.kit.db import Tx, Unavailable, patiently
from dihedral.kit.log import hiding
from dihedral.ops.rules import terms
from dihedral.ops.store import runs
from dihedral.ops.work import cages, contents, identity, mend, terraform, workdir
from dihedral.ops.work import workspaces as estate
from dihedral.ops.work.cages import Cages
from dihedral.ops.work.livelog import LiveLog
from dihedral.ops.work.mend import Turn
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.simulators import Opening, Simulator
from dihedral.ops.work.terraform import Mode, Step, Terraform
from dihedral.ops.work.tools import Tools
from dihedral.ops.work.workdir import Workdir
from dihedral.ops.work.workspaces import Origin

LOOK = 0.4  # seconds between two looks whether somebody stopped the run
PATIENCE = 600.0  # seconds that a state waits for the database to come back
STATE = 64 << 20  # bytes of one line; a state that no disk takes comes as one
LEAVE = 40.0  # seconds that a dead worker's Terraform may take to end

_log = logging.getLogger(__name__)


async def _alone(_: Tx) -> None:
    """Nobody else works."""


class Broken(Exception):
    """Terraform did not do it; the message is its reason, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """`directory` holds a directory for each step of a run while it lasts, and after a crash.

    `turn` keeps the worker's turn on the run at hand: every move that a lease does not guard
    begins with it.
    """

    ops: Ops
    tools: Tools
    simulator: Simulator
    directory: Path
    name: str
    plan_limit: float = 1800.0  # seconds
    grace: float = 30.0  # seconds from interrupting an apply to killing it
    turn: Turn = _alone
    cages: Cages = field(default_factory=Cages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a plan leaves. `known` says how well the simulator knows each type; empty in a cloud."""

    plan_file: bytes = field(repr=False)
    plan_json: bytes = field(repr=False)
    lock_file: bytes | None
    tool: str
    known: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Site:
    """Lives as long as the step. `speed` is filled in as it goes."""

    ops: Ops
    run: Run
    terraform: Terraform
    known: Mapping[str, str]
    speed: dict[str, float]
    clear: Callable[[str], str]  # takes what is sensitive out of what Terraform says

    async def plan(self) -> Made:
        """Raises Broken."""
        for step in await terraform.plan(self.terraform, _mode(self.run)):
            self._did(step)
        step, text = await terraform.show(self.terraform)
        self._did(step)
        work = self.terraform.workdir
        return Made(
            plan_file=await _made(work.root, work.plan),
            plan_json=text,
            lock_file=await _bytes(work.root, work.lock_file),
            tool=str(self.terraform.tool),
            known=self.known,
        )

    async def apply(self) -> None:
        """The stored plan, and nothing else. Every state on the way is kept. Raises Broken."""
        for step in await terraform.apply(self.terraform, self.keep):
            self._did(step)

    async def keep(self, text: bytes) -> None:
        """A new state version. While the database is away it waits, for what has been done must
        not be forgotten. Raises Unavailable when that takes too long."""

        async def once() -> None:
            async with self.ops.db.tx() as tx:
                if await mend.ours_to_tell(tx, self.run):
                    origin = Origin(SYSTEM, self.run.id)
                    await estate.keep(self.ops, tx, self.run.workspace, text, origin)

        with anyio.CancelScope(shield=True):
            await patiently(once, PATIENCE)

    def _did(self, step: Step) -> None:
        self.speed[step.name] = round(self.speed.get(step.name, 0.0) + step.seconds, 3)
        if not step.ok:
            raise Broken(self.clear(step.reason))


@dataclass(frozen=True, slots=True)
class Around:
    """What a step tells, hears and measures while it lasts."""

    log: LiveLog
    stop: anyio.Event
    speed: dict[str, float]


@asynccontextmanager
async def opened(
    worker: Worker, run: Run, workspace: Workspace, phase: str, speed: dict[str, float]
) -> AsyncIterator[Site]:
    """The step's site, ready for Terraform. Raises a Fault when it cannot be made ready."""
    log = LiveLog(worker.ops, run.id)
    stop = anyio.Event()
    step = identity.Step(run, workspace, phase, place(worker.directory, run.id, phase))
    watching = beside(_watch(worker.ops, run, stop), f"watch {run.id}")
    async with log.keeping(), watching, AsyncExitStack() as stack:
        try:
            site = await _made_ready(stack, worker, step, Around(log, stop, speed))
        except Fault as why:
            log.say(phase, f"Error: {why}")
            await anyio.to_thread.run_sync(workdir.remove, step.root)
            raise
        async with _room(step.root, phase):
            yield site


async def _made_ready(
    stack: AsyncExitStack, worker: Worker, step: identity.Step, around: Around
) -> Site:
    run, workspace, phase = step.run, step.workspace, step.phase
    async with worker.ops.db.tx() as tx:
        given = await contents.gather(worker.ops, tx, run, workspace, phase)
    stack.enter_context(hiding(given.clear))
    tool = await worker.tools.find(workspace.tool, workspace.tool_version)
    work = await anyio.to_thread.run_sync(workdir.prepare, step.root, given.contents)
    carried = identity.carried(worker.ops, step, given.env)
    env = {**given.env, **await stack.enter_async_context(carried)}
    opening = await _opening(stack, worker, run, workspace, work, env)
    room = cages.room(worker.directory, workspace, work, tool)
    allowed = terms.read(workspace.terms, worker.ops.terms).hosts
    say = around.log.say
    return Site(
        ops=worker.ops,
        run=run,
        known=opening.known if opening else {},
        speed=around.speed,
        clear=given.clear,
        terraform=Terraform(
            tool=tool,
            workdir=work,
            env=_environment(worker, workspace, work, env, opening),
            on_line=lambda phase, line: say(phase, given.clear(line)),
            limits=_limits(worker, workspace, phase),
            stop=around.stop,
            simulated=workspace.simulated,
            enclose=await cages.enclose(stack, worker.cages, room, allowed, say),
        ),
    )


@asynccontextmanager
async def _room(root: Path, phase: str) -> AsyncIterator[None]:
    """The directory goes with the step; an apply's only when its state is safe."""
    safe = phase == "plan"
    try:
        yield
        safe = True
    except Broken:
        safe = True
        raise
    finally:
        if safe:
            await anyio.to_thread.run_sync(workdir.remove, root)


def place(directory: Path, run: RunId, phase: str) -> Path:
    return directory / f"{run}-{phase}"


async def leftover(directory: Path, run: Run, workspace: Workspace) -> bytes | None:
    """The state file that a dead worker left on this host, once its Terraform has ended."""
    left = Workdir(place(directory, run.id, "apply"), workspace.working_directory)
    await process.gone(left.lock, LEAVE)
    return await _bytes(left.root, left.state)


async def clear(directory: Path, run: RunId) -> None:
    """Remove what a dead worker left, since it holds a state in clear; not while anything lives."""
    root = place(directory, run, "apply")
    if not process.alive(Workdir(root).lock):
        await anyio.to_thread.run_sync(workdir.remove, root)


def _mode(run: Run) -> Mode:
    if run.destroy:
        return Mode.DESTROY
    return Mode.REFRESH_ONLY if run.refresh_only else Mode.NORMAL


def _limits(worker: Worker, workspace: Workspace, phase: str) -> process.Limits:
    if phase == "plan":
        return process.Limits(seconds=worker.plan_limit)
    seconds = workspace.apply_limit.total_seconds()
    return process.Limits(seconds=seconds, grace=worker.grace, line=STATE)


async def _watch(ops: Ops, run: Run, stop: anyio.Event) -> None:
    while not stop.is_set():
        await anyio.sleep(LOOK)
        try:
            async with ops.db.tx() as tx:
                if not await runs.wanted(tx, run.id, run.lease):
                    stop.set()
        except Unavailable:
            _log.info("the database is away; %s goes on", run.id)


async def _opening(
    stack: AsyncExitStack,
    worker: Worker,
    run: Run,
    workspace: Workspace,
    work: Workdir,
    env: dict[str, str],
) -> Opening | None:
    text = env.pop(SCENARIO, "")
    if not workspace.simulated:
        return None
    try:
        scenario = json.loads(text) if text else None
    except ValueError as cause:
        raise Invalid(f"the variable {SCENARIO} is not JSON: {cause}") from cause
    return await stack.enter_async_context(
        worker.simulator.opened(f"{run.id}-{run.lease}", work.root / "config", scenario)
    )


def _environment(
    worker: Worker,
    workspace: Workspace,
    work: Workdir,
    env: Mapping[str, str],
    opening: Opening | None,
) -> dict[str, str]:
    if opening:
        return workdir.environment(work, env, reattach=opening.reattach)
    return workdir.environment(work, env, cache=cages.cache(worker.directory, workspace))


async def _bytes(root: Path, path: Path) -> bytes | None:
    """What Terraform wrote; what is caged with it may have put anything there."""
    return await anyio.to_thread.run_sync(beneath.read, root, path) if root.exists() else None


async def _made(root: Path, path: Path) -> bytes:
    """Raises Broken where Terraform left no plan, though it said so."""
    found = await _bytes(root, path)
    if not found:
        raise Broken("Terraform left no plan file")
    return found
