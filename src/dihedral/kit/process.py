"""Other programs, run in order: streamed, bounded, stopped gently, and never left behind.

A program gets its own session, exactly the environment that is passed, and two pipes. Beside it
waits a `watch`, a shell of one megabyte that holds the pipes' reading ends too. When we die, even
by SIGKILL, it interrupts the program, goes on reading what it says, and kills the group after a
grace. Linux could send a signal by itself (PR_SET_PDEATHSIG), but never a second one, and a Go
program dies at its first write into a broken pipe, with all that it had not saved yet.

Surprise: what a grandchild still holds open after its parent has ended is not waited for; the
grandchild is killed.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from subprocess import DEVNULL

import anyio
from anyio.abc import Process

from dihedral.kit import lines, watch

LEFTOVERS = 0.3  # seconds in which a grandchild may still close what it inherited
CHUNK = 1 << 16


class Stream(StrEnum):
    OUT = "stdout"
    ERR = "stderr"


OnLine = Callable[[Stream, str], None]
Sink = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """`lock` is a file that stays locked while the program or any child of it lives."""

    words: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    lock: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Units: `seconds` in all, `grace` seconds from interrupt to kill; bytes for the rest."""

    seconds: float = 3600.0
    grace: float = 10.0
    line: int = 1 << 20
    output: int = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """`code` is negative for a signal. `overflow`: it said more than the limits let through."""

    code: int
    interrupted: bool = False
    killed: bool = False
    timed_out: bool = False
    overflow: bool = False
    seconds: float = 0.0
    stderr_tail: str = field(default="", repr=False)


async def run(
    program: Program, on_line: OnLine, limits: Limits, stop: anyio.Event | None = None
) -> Exit:
    """How it ended, after each line was handed over as it came. Raises OSError if it cannot start.

    When `stop` is set, the time is over, or we are cancelled: SIGINT to the program, and after
    `limits.grace` SIGKILL to all of its session.
    """
    out = lines.Lines(limits.line, limits.output, lambda line: on_line(Stream.OUT, line))
    err = lines.Lines(limits.line, limits.output, lambda line: on_line(Stream.ERR, line))
    tail = lines.Tail()

    def hear(data: bytes) -> None:
        tail.feed(data)
        err.feed(data)

    ended = await _attend(program, (out.feed, hear), limits, stop)
    out.close()
    err.close()
    return ended.told(tail.text(), overflow=out.overflow or err.overflow)


async def capture(
    program: Program, limits: Limits, stop: anyio.Event | None = None
) -> tuple[Exit, bytes]:
    """How it ended, and its stdout whole, at most `limits.output` bytes (see `Exit.overflow`)."""
    out, tail = lines.Whole(limits.output), lines.Tail()
    ended = await _attend(program, (out.feed, tail.feed), limits, stop)
    return ended.told(tail.text(), overflow=out.overflow), bytes(out.kept)


def alive(lock: Path) -> bool:
    """Whether anything that was started with this lock file still lives on this host."""
    try:
        with lock.open("r+b") as file:
            flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


async def gone(lock: Path, timeout: float) -> bool:
    """Wait until nothing of it lives; False when `timeout` seconds were not enough."""
    with anyio.move_on_after(timeout):
        while alive(lock):  # noqa: ASYNC110 - another process's lock sets no event
            await anyio.sleep(0.01)
    return not alive(lock)


@dataclass(slots=True)
class _Ended:
    """Filled in while the program runs."""

    code: int = 0
    interrupted: bool = False
    killed: bool = False
    timed_out: bool = False
    seconds: float = 0.0

    def told(self, stderr_tail: str, *, overflow: bool) -> Exit:
        return Exit(
            code=self.code,
            interrupted=self.interrupted,
            killed=self.killed,
            timed_out=self.timed_out,
            overflow=overflow,
            seconds=self.seconds,
            stderr_tail=stderr_tail,
        )


async def _attend(
    program: Program, sinks: tuple[Sink, Sink], limits: Limits, stop: anyio.Event | None
) -> _Ended:
    began = time.monotonic()
    ended, halt = _Ended(), anyio.Event()
    with _pipe() as out, _pipe() as err:
        watcher = await watch.start((out.reader, err.reader), limits.grace)
        process = await _start(program, (out, err), watcher)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_relay, stop, halt)
            with anyio.CancelScope(
                shield=True
            ):  # being cancelled is one more reason to stop gently
                try:
                    async with anyio.create_task_group() as inner:
                        inner.start_soon(_guard, process, limits, halt, ended)
                        await _listen(process, (out.reader, err.reader), sinks)
                        await _sweep(process, program.lock)
                        inner.cancel_scope.cancel()
                finally:  # a sink that raises leaves the program alive, and the watch ends it
                    await watch.dismiss(watcher, over=process.returncode is not None)
            tasks.cancel_scope.cancel()
    ended.code = process.returncode or 0
    ended.seconds = time.monotonic() - began
    return ended


async def _relay(stop: anyio.Event | None, halt: anyio.Event) -> None:
    """Set `halt` when `stop` is set, and when we are cancelled."""
    try:
        await (stop or anyio.Event()).wait()
    finally:
        halt.set()


async def _guard(process: Process, limits: Limits, halt: anyio.Event, ended: _Ended) -> None:
    with anyio.move_on_after(limits.seconds) as time_limit:
        await halt.wait()
    ended.timed_out = time_limit.cancelled_caught
    ended.interrupted = True
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    await anyio.sleep(limits.grace)
    ended.killed = True
    watch.kill_session(process.pid)


async def _listen(process: Process, ends: tuple[int, int], sinks: tuple[Sink, Sink]) -> None:
    """Until the program has ended and its pipes are closed, or their last holders are killed."""
    async with anyio.create_task_group() as readers:
        done = anyio.Event()
        readers.start_soon(_read_both, ends, sinks, done)
        await process.wait()
        with anyio.move_on_after(LEFTOVERS) as late:
            await done.wait()
        if late.cancelled_caught:
            watch.kill_session(process.pid)
            with anyio.move_on_after(LEFTOVERS):
                await done.wait()
        readers.cancel_scope.cancel()


async def _read_both(ends: tuple[int, int], sinks: tuple[Sink, Sink], done: anyio.Event) -> None:
    async with anyio.create_task_group() as tasks:
        for end, sink in zip(ends, sinks, strict=True):
            tasks.start_soon(_read, end, sink)
    done.set()


async def _read(end: int, sink: Sink) -> None:
    with lines.impatient(end) as own:
        while True:
            await anyio.wait_readable(own)
            try:
                data = os.read(own, CHUNK)
            except BlockingIOError:
                continue  # somebody else has taken what was there
            if not data:
                return
            sink(data)


@dataclass(slots=True)
class _Pipe:
    reader: int
    writer: int

    def close_writer(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
        self.writer = -1


@contextmanager
def _pipe() -> Iterator[_Pipe]:
    pipe = _Pipe(*os.pipe())
    try:
        yield pipe
    finally:
        pipe.close_writer()
        os.close(pipe.reader)


async def _start(program: Program, pipes: tuple[_Pipe, _Pipe], watcher: Process) -> Process:
    try:
        with _held(program.lock) as held:
            process = await anyio.open_process(
                list(program.words),
                stdin=DEVNULL,
                stdout=pipes[0].writer,
                stderr=pipes[1].writer,
                cwd=program.cwd,
                env=program.env,
                start_new_session=True,
                pass_fds=held,
            )
    except BaseException:
        with anyio.CancelScope(shield=True):
            await watcher.aclose()  # knows no pid yet, so it just ends
        raise
    for pipe in pipes:
        pipe.close_writer()
    await watch.tell(watcher, process.pid)
    return process


@contextmanager
def _held(lock: Path | None) -> Iterator[tuple[int, ...]]:
    """Shared by all steps of a run; `alive` asks for it alone."""
    if lock is None:
        yield ()
        return
    with lock.open("a+b") as file:
        flock(file, LOCK_SH)
        yield (file.fileno(),)


async def _sweep(process: Process, lock: Path | None) -> None:
    """Ends what closed the pipes but lives on, as the lock tells."""
    if lock and alive(lock) and not await gone(lock, LEFTOVERS):
        watch.kill_session(process.pid)
