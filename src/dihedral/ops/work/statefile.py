"""The local state file while Terraform rewrites it: every whole new one is handed over at once.

Surprise: Terraform truncates the file and writes it anew, so half a state is a normal sight. A
state that cannot be handed over (the database is away) is tried again at the next look, and an
apply is never stopped for it; the last one is handed over after Terraform has ended, and there
the fault is the caller's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import msgspec

from dihedral.domain.errors import Fault

EVERY = 0.2  # seconds between two looks

OnState = Callable[[bytes], Awaitable[None]]


class _State(msgspec.Struct):
    """Decoding reads all of the text, so it tells a whole state from half of one."""

    lineage: str
    serial: int


@dataclass(slots=True)
class _Watch:
    path: Path
    on_state: OnState
    told: bytes
    seen: tuple[int, int] = (0, 0)

    async def look(self) -> None:
        try:
            stat = self.path.stat()
            mark = (stat.st_mtime_ns, stat.st_size)
            data = self.told if mark == self.seen else self.path.read_bytes()
        except FileNotFoundError:
            return
        if data != self.told and whole(data):
            await self.on_state(data)
            self.told = data
        self.seen = mark if data == self.told else self.seen

    async def keep_looking(self) -> None:
        while True:
            await anyio.sleep(EVERY)
            try:
                await self.look()
            except Fault:
                continue  # the next look tries again


@asynccontextmanager
async def watched(path: Path, on_state: OnState) -> AsyncIterator[None]:
    """Hand over each new state of `path` while inside, and the last one on leaving, whatever made
    us leave."""
    watch = _Watch(path, on_state, path.read_bytes() if path.exists() else b"")
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch.keep_looking)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await watch.look()


def whole(data: bytes) -> bool:
    """Whether `data` is a complete state file."""
    try:
        msgspec.json.decode(data, type=_State)
    except msgspec.DecodeError:
        return False
    return True
