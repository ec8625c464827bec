"""Waiting for a word of the database: one listening connection for all of a process who wait.

A word wakes those who wait for it, and says no more: whoever wakes looks for itself. While the
connection is away nobody is woken, so a wait has an end of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager

from dihedral.kit.background import beside
from dihedral.kit.db import Db


class Ear:
    """Deaf until `hearing`; then it wakes by what is notified on its channel."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @asynccontextmanager
    async def hearing(self, db: Db) -> AsyncIterator[None]:
        async with beside(self._hear(db), f"ear for {self._channel}"):
            yield

    @contextmanager
    def waiting(self, word: str) -> Iterator[asyncio.Event]:
        """Set at each such word. Clear it before you look, so that nothing comes in between."""
        event = asyncio.Event()
        self._waiting.setdefault(word, set()).add(event)
        try:
            yield event
        finally:
            self._waiting[word].discard(event)
            if not self._waiting[word]:
                del self._waiting[word]

    async def _hear(self, db: Db) -> None:
        async with aclosing(db.listen(self._channel)) as told:
            async for word in told:
                named = list(self._waiting) if word is None else [word]
                for event in [e for name in named for e in self._waiting.get(name, ())]:
                    event.set()
