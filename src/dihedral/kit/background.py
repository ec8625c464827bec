"""Something that goes on beside a block of code, for as long as the block does."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

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
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (cause := task.exception()):
        _log.error("%s broke", task.get_name(), exc_info=cause)
