"""The simulator, kept running beside a worker: started at the first simulated run, and again when
it has died.

Shape   a JSON object a line on its stdin and stdout, answered in order. It ends when its stdin
        does, so it cannot outlive us.
"""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
import msgspec
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from dihedral.domain.errors import Fault, Invalid, Upstream

PATIENCE = 60.0  # seconds for one answer; the first one reads schemas
ANSWER = 16 << 20  # bytes
FULL = 1 << 20  # bytes free, below which it cannot build what it serves
_LOST = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)
_BROKEN = (anyio.IncompleteRead, anyio.DelimiterNotFound, msgspec.DecodeError)


@dataclass(frozen=True, slots=True)
class Opening:
    """`reattach` is the value of TF_REATTACH_PROVIDERS. `known` says of each type that the
    configuration mentions how well it is simulated: `modelled`, `schema` or `rough`."""

    reattach: str
    known: Mapping[str, str]


@dataclass(slots=True)
class _Running:
    process: Process
    said: BufferedByteReceiveStream


@dataclass(slots=True)
class Simulator:
    """One for a worker, shared by its runs. Close it with the worker (`aclose`)."""

    home: Path
    env: Mapping[str, str] = field(default_factory=dict)
    program: Sequence[str] = (sys.executable, "-m", "dihedral.simulator", "serve")
    _running: _Running | None = None
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    @asynccontextmanager
    async def opened(
        self, name: str, directory: Path, scenario: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Opening]:
        """A world of its own for the providers that `directory` mentions.

        Raises Invalid when the simulator refuses, Upstream when it dies meanwhile.
        """
        asked = {"id": name, "directory": str(directory), "scenario": scenario}
        answer, running = await self._ask({"open": asked})
        reattach = msgspec.json.encode(answer.get("reattach", {})).decode()
        try:
            yield Opening(reattach, answer.get("known", {}))
        except Fault as cause:
            await self._close(name, running)
            if running is not self._running:
                raise Upstream(self._died()) from cause
            raise
        except BaseException:
            await self._close(name, running)
            raise
        await self._close(name, running)
        if running is not self._running:
            raise Upstream(self._died())

    async def aclose(self) -> None:
        async with self._turn:
            await self._end()

    async def _close(self, name: str, running: _Running) -> None:
        """Leaves no simulator behind that does not answer."""
        with anyio.CancelScope(shield=True), suppress(Upstream):
            if running is self._running:
                await self._exchange(running, {"close": name})

    async def _ask(self, request: Mapping[str, Any]) -> tuple[Mapping[str, Any], _Running]:
        running = await self._alive()
        try:
            answer = await self._exchange(running, request)
        except Upstream:  # it may have died since the last run, which nobody noticed
            running = await self._alive()
            answer = await self._exchange(running, request)
        if "error" in answer:
            raise Invalid(f"the simulator says: {answer['error']}")
        return answer, running

    async def _alive(self) -> _Running:
        async with self._turn:
            if self._running and self._running.process.returncode is None:
                return self._running
            await self._end()
            self._running = await self._start()
            return self._running

    async def _exchange(self, running: _Running, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """One at a time. After any trouble the next request meets a fresh simulator."""
        assert running.process.stdin
        async with self._turn:
            try:
                with anyio.fail_after(PATIENCE):
                    await running.process.stdin.send(msgspec.json.encode(request) + b"\n")
                    line = await running.said.receive_until(b"\n", ANSWER)
                return msgspec.json.decode(line, type=dict[str, Any])
            except (*_LOST, *_BROKEN, TimeoutError) as cause:
                await self._end()
                raise Upstream(self._died()) from cause
            except BaseException:  # cancelled: the answer that nobody read is not the next one's
                await self._end()
                raise

    async def _start(self) -> _Running:
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "PYTHONUTF8": "1", **self.env}
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with self._log.open("wb") as log:
                process = await anyio.open_process(
                    [*self.program, "--home", str(self.home)],
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=log,
                    env=env,
                    start_new_session=True,  # a Ctrl-C at our terminal is not for it
                )
        except OSError as cause:
            why = f"the simulator cannot be started in {self.home}: {cause.strerror}"
            raise Upstream(f"{why}; free some space, or name another place") from cause
        assert process.stdout
        return _Running(process, BufferedByteReceiveStream(process.stdout))

    async def _end(self) -> None:
        running, self._running = self._running, None
        if running:
            with anyio.CancelScope(shield=True):
                await _dismiss(running.process)

    @property
    def _log(self) -> Path:
        return self.home / f"serve-{os.getpid()}.log"

    def _died(self) -> str:
        said = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
        last = f": {said.splitlines()[-1]}" if said else ""
        if shutil.disk_usage(self.home).free < FULL:
            why = f"the disk of {self.home} is full; free some space there, then run it again"
            return f"the simulator stopped answering{last}: {why}"
        return f"the simulator stopped answering{last}; run it again, a fresh one will be started"


async def _dismiss(process: Process) -> None:
    """Its stdin ends, which asks it to end; what does not within two seconds is killed."""
    assert process.stdin and process.stdout
    await process.stdin.aclose()
    with anyio.move_on_after(2) as late:
        await process.wait()
    if late.cancelled_caught:
        process.kill()
        await process.wait()
    await process.stdout.aclose()
