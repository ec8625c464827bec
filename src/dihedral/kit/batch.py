"""What is asked for at the same time, done together: one round trip for all who wait.

The first is done at once, and alone. Who comes while it is under way waits for it, and goes with
all others who do, so the busier a process is the less each costs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Batch(Generic[In, Out]):
    """`work` answers each that it is given, in order; what it raises, all of them are told. At most
    `most` go together. Of one event loop."""

    def __init__(self, work: Callable[[Sequence[In]], Awaitable[Sequence[Out]]], most: int) -> None:
        self._work, self._most = work, most
        self._busy = False
        self._waiting: list[tuple[In, asyncio.Future[Out]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, one: In) -> Out:
        """Who is cancelled before it is under way asks for nothing."""
        if self._busy:
            answer: asyncio.Future[Out] = asyncio.get_running_loop().create_future()
            self._waiting.append((one, answer))
            return await answer
        self._busy = True
        try:
            return (await self._work([one]))[0]
        finally:
            self._busy = bool(self._waiting)
            if self._busy:
                self._task = asyncio.create_task(self._rest(), name="those who waited")

    async def _rest(self) -> None:
        try:
            while self._waiting:
                going = [(one, to) for one, to in self._waiting[: self._most] if not to.done()]
                del self._waiting[: self._most]
                if going:
                    await self._go(going)
        finally:
            self._busy = False
            for _, to in self._waiting:  # the loop ends, and nobody comes for them
                to.cancel()
            self._waiting.clear()

    async def _go(self, going: Sequence[tuple[In, asyncio.Future[Out]]]) -> None:
        try:
            answers = await self._work([one for one, _ in going])
        except asyncio.CancelledError:
            for _, to in going:
                to.cancel()
            raise
        except Exception as cause:  # noqa: BLE001 (told to whoever waits for it)
            for _, to in going:
                if not to.done():
                    to.set_exception(cause)
        else:
            for (_, to), answer in zip(going, answers, strict=True):
                if not to.done():
                    to.set_result(answer)
