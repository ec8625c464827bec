"""A run's log as it grows: lines are gathered for a moment and kept as one sealed piece."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from dihedral.domain.ids import RunId
from dihedral.kit.background import beside
from dihedral.kit.db import Unavailable
from dihedral.ops.store import logs
from dihedral.ops.work.plane import CHANNEL, Ops

GATHER = 0.15  # seconds; what a follower waits at most beyond the line itself
PIECE = 64 * 1024  # characters; a burst is cut here


class LiveLog:
    """Takes lines from anywhere in the run's work; `keeping` writes them."""

    def __init__(self, ops: Ops, run: RunId) -> None:
        self._ops, self._run = ops, run
        self._waiting: list[tuple[str, str]] = []

    def say(self, phase: str, line: str) -> None:
        """Never waits, never fails: a line too many must not stop an apply."""
        self._waiting.append((phase, line))

    async def flush(self) -> None:
        """Keep what waits. While the database is away it goes on waiting, and so it does when the
        writing is cancelled, as it is when the block that it stands beside ends."""
        waiting, self._waiting = self._waiting, []
        try:
            async with self._ops.db.tx() as tx:
                for phase, text in _pieces(waiting):
                    await logs.add(tx, self._ops.keyring, self._run, phase, text)
                if waiting:
                    await tx.notify(CHANNEL, self._run)
        except (Unavailable, asyncio.CancelledError) as cause:
            self._waiting = waiting + self._waiting
            if not isinstance(cause, Unavailable):
                raise

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Written every moment while the block runs, and once more when it ends."""
        try:
            async with beside(self._forever(), f"log of {self._run}"):
                yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.flush()

    async def _forever(self) -> None:
        while True:
            await anyio.sleep(GATHER)
            if self._waiting:
                await self.flush()


def _pieces(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbouring lines of one phase joined, each piece at most about `PIECE` long."""
    pieces: list[tuple[str, str]] = []
    for phase, line in lines:
        if pieces and pieces[-1][0] == phase and len(pieces[-1][1]) < PIECE:
            pieces[-1] = (phase, f"{pieces[-1][1]}\n{line}")
        else:
            pieces.append((phase, line))
    return pieces
