"""Something that goes on beside a block of code, for as long as the block does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_log = logging.getLogger(__name__)


@asynccontextmanager
async def beside(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Run `work` until the block ends, then cancel it. If it breaks, the block goes on: it is
    logged, since an apply must not die of its log."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)
    try:
        yield
    finally:
        await end(task)


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Their answers in order; where one fails the others are cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        await end(*tasks)


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancels until they have ended: `wait_for`, deep in psycopg, can swallow it (Python 3.11)."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1.0)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (cause := task.exception()):
        _log.error("%s broke", task.get_name(), exc_info=cause)
