"""The embedded engine's processes: one after the other, and a thread that writes to them and reads
what they say. Whoever gives them up, or fails, ends the one that runs, and no other starts.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TypeVar

import dihedral
from dihedral.ops.work.regoengine import ended

READER, JUDGE = "regoreader", "regochild"
_BOOT = (
    "import sys; sys.path += sys.argv[2:];"
    " from importlib import import_module as i; i('dihedral.ops.work.' + sys.argv[1]).main()"
)
_CACHE = ("-B",) if sys.dont_write_bytecode else ()
T = TypeVar("T")


def _roots() -> tuple[str, ...]:
    """Where our modules are, and those that they take; a process is faster that finds no others."""
    places = [Path(dihedral.__file__).parents[1]]
    for name in ("regorus", "msgspec"):
        spec = find_spec(name)
        places += [Path(spec.origin).parents[1]] if spec and spec.origin else []
    return tuple(dict.fromkeys(map(str, places)))


_ROOTS = _roots()


class Processes:
    """They have no environment, and no more than stdin and stdout. `close` in any case."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "rego")
        self._lock, self._given_up = Lock(), False
        self._running: subprocess.Popen[bytes] | None = None

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """In the thread, after what was submitted before."""
        return self._thread.submit(work)

    def run(self, program: str, given: bytes) -> tuple[bytes, str]:
        """What a program says that is given all at once, and why no more."""
        self.start(program, ())
        return self.finish(given)

    def start(self, program: str, given: Iterable[bytes]) -> None:
        """One that is told more later. Nothing where all is given up."""
        with self._lock:
            self._running = None
            if self._given_up:
                return
            self._running = subprocess.Popen(
                [sys.executable, "-I", "-S", *_CACHE, "-c", _BOOT, program, *_ROOTS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        assert self._running.stdin
        with suppress(BrokenPipeError):  # it ended early, and its status says why
            for piece in given:
                self._running.stdin.write(piece)
            self._running.stdin.flush()

    def finish(self, last: bytes) -> tuple[bytes, str]:
        """Give the rest to the one that runs; what it said, and why no more."""
        if self._running is None:
            return b"", "it was given up"
        out = self._running.communicate(last)[0]
        return out, ended(self._running.returncode)

    def kill(self) -> None:
        with self._lock:
            self._given_up = True
            if self._running and self._running.returncode is None:  # neither ended nor waited for
                with suppress(ProcessLookupError):
                    os.killpg(self._running.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        if self._running:
            self._thread.submit(self._running.communicate)  # reaps it, and closes the pipes
        self._thread.shutdown()
