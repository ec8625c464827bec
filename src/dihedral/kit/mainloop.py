"""The event loop of the processes that stay: uvloop, where the extra `speed` brought it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on the fastest loop that is there."""
    try:
        import uvloop  # noqa: PLC0415 (only processes that stay pay for it)
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
