"""Two calls for one answer: who is heard first has won, and the other is cut off.

A call whose money is being held just then is not cut but told, so that it holds nothing for long.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dihedral.domain.errors import Fault
from dihedral.model.rules.route import Choice
from dihedral.model.work.asking import Said

Outcome: TypeAlias = Said | Fault | None


@dataclass(slots=True, kw_only=True, eq=False)
class Leg:
    """A call; `beside` says why it is made beside another. `begun` is when it was sent, None until
    then; `over`: it answered or failed; `lost`: the other was heard first."""

    choice: Choice
    number: int
    beside: str = ""
    begun: float | None = None
    over: bool = False
    lost: bool = False
    _sent: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[Outcome] | None = None

    def sent(self, at: float) -> None:
        self.begun = at
        self._sent.set()

    def ended(self, task: asyncio.Task[Outcome]) -> None:
        self._sent.set()
        self._news.set()


@dataclass(slots=True)
class Race:
    """The legs that are under way; a call that runs alone is none of them."""

    legs: list[Leg] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """No leg runs on when it is left."""
        try:
            yield
        finally:
            tasks = [leg._task for leg in self.legs if leg._task is not None]
            for leg in self.legs:
                if leg._task is not None and not leg.lost:
                    leg._task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, leg: Leg, work: Coroutine[Any, Any, Outcome]) -> None:
        leg._task = asyncio.create_task(work)
        leg._task.add_done_callback(leg.ended)
        self.legs.append(leg)

    async def silent(self, leg: Leg, seconds: float) -> bool:
        """Whether nothing came of it for so long after it was sent."""
        await leg._sent.wait()
        try:
            async with asyncio.timeout(seconds):
                await leg._news.wait()
        except TimeoutError:
            return not leg._news.is_set()
        return False

    def won(self, leg: Leg) -> list[Leg]:
        """It is heard. Those that are cut off therefore, after they were sent."""
        leg._news.set()
        lost = [one for one in self.legs if one is not leg and not one.over and not one.lost]
        for one in lost:
            one.lost = True
            if one.begun is not None and one._task is not None:
                one._task.cancel()
        return [one for one in lost if one.begun is not None]

    async def outcome(self) -> Outcome:
        """The answer; where none came, how the first of them failed."""
        tasks = [leg._task for leg in self.legs if leg._task is not None]
        left = set(tasks)
        while left:
            ended, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                if not task.cancelled() and isinstance(said := task.result(), Said):
                    return said
        came = [task.result() for task in tasks if not task.cancelled()]
        return next((one for one in came if one is not None), None)
