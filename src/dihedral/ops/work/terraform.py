"""The real Terraform or OpenTofu, one command at a time, each as a `Step`.

`-lock=false`: the state is a file in a directory of its own, and the workspace is locked in the
database; Terraform's own lock would only leave a file behind when it is killed. `-backend=false`:
a backend in the configuration would take the state out of our hands, so planning refuses it.
`-input=false`: there is nobody to ask.

Surprise: `init` installs providers and modules, and where there are none to install a plan needs
no `init`. So each command is tried, and `init` runs only when Terraform asks for it, which saves
a fifth of the time of a small run. A stored plan brings its configuration along.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import anyio

from dihedral.domain.diagnostic import Diagnostic, Severity
from dihedral.domain.errors import Invalid
from dihedral.kit import process
from dihedral.kit.cage import order
from dihedral.kit.process import Exit, Limits, Stream
from dihedral.ops.rules import ui
from dihedral.ops.work import statefile
from dihedral.ops.work.statefile import OnState
from dihedral.ops.work.tools import Tool
from dihedral.ops.work.workdir import Workdir

_ERROR = Severity.ERROR
_NO_ROOM = Diagnostic(
    severity=_ERROR,
    summary="the worker could not write the state to its disk, so it was kept from what Terraform"
    " said: free some space there, then plan again",
)
_MODULE = re.compile(rb'^\s*"?module"?[\s:]', re.MULTILINE)
SHOWN = 512 << 20  # bytes of plan JSON that are read at most


class Mode(StrEnum):
    NORMAL = "normal"
    DESTROY = "destroy"
    REFRESH_ONLY = "refresh-only"


_MODES: Mapping[Mode, tuple[str, ...]] = {
    Mode.NORMAL: (),
    Mode.DESTROY: ("-destroy",),
    Mode.REFRESH_ONLY: ("-refresh-only",),
}

OnLine = Callable[[str, str], None]  # the phase, and a line as it is to be shown
Enclose = Callable[[process.Program, str], process.Program]  # the program of a command, caged


def bare(program: process.Program, _: str) -> process.Program:
    """Not caged at all."""
    return program


@dataclass(frozen=True, slots=True, kw_only=True)
class Terraform:
    """Everything that all steps of one run share."""

    tool: Tool
    workdir: Workdir
    env: Mapping[str, str] = field(repr=False)
    on_line: OnLine
    limits: Limits
    stop: anyio.Event | None = None
    simulated: bool = False
    enclose: Enclose = bare


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`changes` is told by a plan only: whether it would do anything."""

    name: str
    exit: Exit
    diagnostics: tuple[Diagnostic, ...] = ()
    changes: bool | None = None

    @property
    def seconds(self) -> float:
        return self.exit.seconds

    @property
    def ok(self) -> bool:
        return self.exit.code == 0 or self.changes is True

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @property
    def reason(self) -> str:
        """Why it did not end well, in one line; empty when it did."""
        if self.ok:
            return ""
        if self.exit.timed_out:
            return f"{self.name} was stopped at its time limit, after {self.seconds:.0f} s"
        if self.exit.interrupted:
            return f"{self.name} was {'killed' if self.exit.killed else 'stopped'} on request"
        if not self.errors:
            return f"{self.name} ended with {_code(self.exit.code)}"
        first = self.errors[0]
        return f"{first.summary} ({first.where})" if first.where else first.summary


async def init(tf: Terraform) -> Step:
    """Modules and providers, installed; a lock file that was given is obeyed."""
    json = ("-json",) if tf.tool.kind == "terraform" and _since(tf.tool, 1, 9) else ()
    words = ("-input=false", "-backend=false", "-no-color", *json)
    return await _run(tf, _Log(tf, "init"), words)


async def validate(tf: Terraform) -> Step:
    ended, said = await process.capture(_program(tf, "validate", ("-json",)), tf.limits, tf.stop)
    found = ui.validation(said) if said.strip() else ()
    return Step(name="validate", exit=ended, diagnostics=_last_words(ended, found))


async def check(tf: Terraform) -> Step:
    """`validate`, after `init` where that is needed; or the `init` that failed."""
    if not _has_modules(tf):
        step = await validate(tf)
        if step.ok or not ui.unready(step.diagnostics):
            return step
    ready = await init(tf)
    return await validate(tf) if ready.ok else ready


async def plan(tf: Terraform, mode: Mode = Mode.NORMAL) -> tuple[Step, ...]:
    """The steps that were needed for a plan in `workdir.plan`; the last one says how it ended."""

    async def once(log: _Log) -> Step:
        words = ("-input=false", "-lock=false", "-no-color", "-json", "-detailed-exitcode")
        out = f"-out={tf.workdir.plan}"
        step = await _run(tf, log, (*words, out, *_MODES[mode], *_var_files(tf)))
        return replace(step, changes=step.exit.code == 2 if step.exit.code in (0, 2) else None)

    return await _eager(tf, "plan", once, wants_init=_has_modules(tf))


async def show(tf: Terraform) -> tuple[Step, bytes]:
    """The stored plan as Terraform's plan JSON. Sensitive values are in clear."""
    words = ("-json", "-no-color", str(tf.workdir.plan))
    ended, said = await process.capture(
        _program(tf, "show", words), replace(tf.limits, output=SHOWN), tf.stop
    )
    step = Step(name="show", exit=ended, diagnostics=_last_words(ended, ()))
    if ended.overflow:
        too_big = f"the plan is more than {SHOWN >> 20} MiB of JSON"
        raise Invalid(f"{too_big}: split the configuration into several workspaces")
    return step, said


async def schema(tf: Terraform) -> tuple[Step, bytes]:
    """The schemas of the configuration's providers, as JSON; `init` first where that is needed."""
    for _ in range(2):
        words = ("schema", "-json")
        ended, said = await process.capture(_program(tf, "providers", words), tf.limits, tf.stop)
        step = Step(name="schema", exit=ended, diagnostics=_last_words(ended, ()))
        if step.ok or not ui.unready(step.diagnostics) or not (step := await init(tf)).ok:
            break
    return step, said


async def apply(tf: Terraform, on_state: OnState) -> tuple[Step, ...]:
    """The stored plan, applied; each new state is handed to `on_state` at once, and the last one.

    The last step says how it ended. Raises what `on_state` raises for the last state.
    """

    async def once(log: _Log) -> Step:
        words = ("-input=false", "-lock=false", "-backup=-", "-no-color", "-json")
        async with statefile.watched(tf.workdir.root, tf.workdir.state, on_state):
            step = await _run(tf, log, (*words, *_ephemeral(tf), str(tf.workdir.plan)))
        if not log.state:
            return step
        await on_state(log.state)
        return replace(step, diagnostics=(_NO_ROOM, *step.diagnostics))

    return await _eager(tf, "apply", once, wants_init=False)


@dataclass(slots=True)
class _Log:
    """Shows lines and keeps diagnostics. While `held` is a list, lines wait in it for the work to
    begin, so that an attempt which only finds out that `init` is needed leaves no trace."""

    tf: Terraform
    phase: str
    held: list[str] | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    # what Terraform could only say, since no disk took it
    state: bytes = field(default=b"", repr=False)

    def hear(self, stream: Stream, line: str) -> None:
        said = ui.said(line)
        self.state = said.state or self.state
        text: Sequence[str] = said.text
        if said.diagnostic:
            found = ui.advise(said.diagnostic, simulated=self.tf.simulated)
            self.diagnostics.append(found)
            text = ui.render(found)
        if said.kind not in ("version", "diagnostic"):
            self.release()
        for shown in text:
            self._show(shown)

    def release(self) -> None:
        held, self.held = self.held, None
        for line in held or ():
            self._show(line)

    def _show(self, line: str) -> None:
        if self.held is None:
            self.tf.on_line(self.phase, line)
        else:
            self.held.append(line)


async def _eager(
    tf: Terraform, phase: str, once: Callable[[_Log], Awaitable[Step]], *, wants_init: bool
) -> tuple[Step, ...]:
    """Try; where Terraform says, before any work, that it wants `init` first: init, try again."""
    if not wants_init:
        eager = _Log(tf, phase, held=[])
        first = await once(eager)
        if first.ok or eager.held is None or not ui.unready(first.diagnostics):
            eager.release()
            return (first,)
    ready = await init(tf)
    return (ready, await once(_Log(tf, phase))) if ready.ok else (ready,)


async def _run(tf: Terraform, log: _Log, words: Sequence[str]) -> Step:
    ended = await process.run(_program(tf, log.phase, words), log.hear, tf.limits, tf.stop)
    found = _last_words(ended, log.diagnostics)
    return Step(name=log.phase, exit=ended, diagnostics=found)


def _program(tf: Terraform, command: str, words: Sequence[str]) -> process.Program:
    program = process.Program(
        words=[str(tf.tool.program), command, *words],
        cwd=tf.workdir.config,
        env=tf.env,
        lock=tf.workdir.lock,
    )
    return tf.enclose(program, command)


def _last_words(ended: Exit, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics, or what stderr says where a failure left none. First what ended it."""
    if ended.code in (order.ENDED, order.UNFIT):
        return (_by_cage(ended), *found)
    if ended.code in (0, 2) or ended.interrupted or any(d.severity is _ERROR for d in found):
        return tuple(found)
    return (*found, ui.plain(ended.stderr_tail, f"ended with {_code(ended.code)}"))


def _by_cage(ended: Exit) -> Diagnostic:
    lines = [line for line in ended.stderr_tail.splitlines() if line.startswith(order.SAID)]
    said = lines[-1].removeprefix(order.SAID) if lines else "it was ended without a word"
    return Diagnostic(severity=_ERROR, summary=f"the sandbox says: {said}")


def _var_files(tf: Terraform) -> tuple[str, ...]:
    return tuple(f"-var-file={path}" for path in tf.workdir.variables)


def _has_modules(tf: Terraform) -> bool:
    """A guess that saves a vain attempt; wrong either way, it costs a twentieth of a second."""
    return any(_MODULE.search(text) for text in _texts(tf))


def _texts(tf: Terraform) -> Iterator[bytes]:
    paths = sorted(tf.workdir.config.glob("*.t*f*"))
    known = (path for path in paths if path.suffix in (".tf", ".tofu", ".json"))
    return (path.read_bytes() for path in known if path.is_file())


def _ephemeral(tf: Terraform) -> tuple[str, ...]:
    """A stored plan holds all variables but ephemeral ones, which must be given again; a version
    that does not know these refuses variables here."""
    known = _since(tf.tool, 1, 10) if tf.tool.kind == "terraform" else _since(tf.tool, 1, 11)
    return _var_files(tf) if known and any(b"ephemeral" in text for text in _texts(tf)) else ()


def _since(tool: Tool, major: int, minor: int) -> bool:
    first, second, *_ = tool.version.split(".")
    return (int(first), int(second)) >= (major, minor)


def _code(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
