"""What a model is saying right now, told to whoever listens: gathered for a moment, kept as a
sealed piece, and gone when the whole of it is a message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dihedral.domain.ids import ConversationId
from dihedral.kit.background import beside
from dihedral.kit.db import Unavailable
from dihedral.model.store import pieces
from dihedral.model.work.mind import CHANNEL, Mind
from dihedral.model.work.providers.provider import Delta

GATHER = 0.1  # seconds
KINDS = frozenset({"text", "thought", "tool", "again"})
MOST = 200_000  # characters that are told of one message; the message itself has the rest


class Stream:
    """Takes pieces from a provider as they come; `flowing` writes them."""

    def __init__(self, mind: Mind, conversation: ConversationId) -> None:
        self._mind, self._conversation = mind, conversation
        self._waiting: list[Delta] = []
        self._told = 0

    def hear(self, delta: Delta) -> None:
        """Never waits, never fails."""
        if delta.kind not in KINDS or self._told > MOST:
            return
        self._told += len(delta.text)
        last = self._waiting[-1] if self._waiting else None
        if last and last.kind == delta.kind and delta.kind in ("text", "thought"):
            self._waiting[-1] = Delta(delta.kind, last.text + delta.text)
        else:
            self._waiting.append(delta)

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Written every moment while the block runs. What is left at its end is in the message."""
        async with beside(self._forever(), f"stream of {self._conversation}"):
            yield

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(GATHER)
            if self._waiting:
                await self._flush()

    async def _flush(self) -> None:
        """A database that is away costs listeners some words, and the turn nothing."""
        waiting, self._waiting = self._waiting, []
        thinking = self._mind.thinking
        try:
            async with thinking.db.tx() as tx:
                for delta in waiting:
                    await pieces.add(
                        tx, self._mind.keyring, self._conversation, delta.kind, delta.text
                    )
                await tx.notify(CHANNEL, self._conversation)
        except Unavailable:
            self._waiting = waiting + self._waiting
