"""The local state file while Terraform rewrites it: every whole new one is handed over at once.

Surprise: Terraform truncates the file and writes it anew, so half a state is a normal sight. A
state that cannot be handed over (the database is away) is tried again at the next look, and an
apply is never stopped for it; the last one is handed over after Terraform has ended, and there
the fault is the caller's.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import msgspec

from dihedral.domain.errors import Fault
from dihedral.kit import beneath

EVERY = 0.2  # seconds between two looks

OnState = Callable[[bytes], Awaitable[None]]


class _State(msgspec.Struct):
    """Decoding reads all of the text, so it tells a whole state from half of one."""

    lineage: str
    serial: int


@dataclass(slots=True)
class _Watch:
    root: Path
    path: Path
    on_state: OnState
    told: bytes = field(repr=False)
    seen: tuple[int, int] = (0, 0)

    async def look(self) -> None:
        """What runs caged may have put a link or a pipe in its place; then there is no state."""
        found = beneath.opened(self.root, self.path)
        if found is None:
            return
        with os.fdopen(found, "rb") as file:
            stat = os.fstat(found)
            mark = (stat.st_mtime_ns, stat.st_size)
            data = self.told if mark == self.seen else file.read()
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
async def watched(root: Path, path: Path, on_state: OnState) -> AsyncIterator[None]:
    """Hand over each new state of `path` while inside, and the last one on leaving, whatever made
    us leave. `root` is the directory that is ours; what lies below it a stranger may have made."""
    watch = _Watch(root, path, on_state, beneath.read(root, path) or b"")
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
