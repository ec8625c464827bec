"""The event loop of the processes that stay."""

import asyncio
import sys

import pytest

from dihedral.kit import mainloop


async def running() -> str:
    return type(asyncio.get_running_loop()).__module__


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not made for Windows")
def test_it_is_uvloop_where_that_is_installed() -> None:
    pytest.importorskip("uvloop")
    assert mainloop.run(running()).startswith("uvloop")
