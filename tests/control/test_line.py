"""A connection that never says what it wants does not stay."""

import asyncio
import socket
from contextlib import suppress

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from dihedral.control import line

pytestmark = pytest.mark.anyio


IDLE = 60  # what uvicorn itself would wait for


class Hasty(line.Line):
    head = 0.05 - IDLE


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, and reads no body."""
    await Response("well")(scope, receive, send)


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nhost: h\r\n", b"x: y\r\n"),
        (b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"GET / HTTP/1.1\r\nhost: h\r\n\r\nGET / HTTP/1.1\r\n", b"x: y\r\n"),
    ],
    ids=["silent", "slow head", "endless body", "slow second head"],
)
async def test_a_slow_connection_is_closed(first: bytes, more: bytes) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        server = uvicorn.Server(
            uvicorn.Config(
                app, http=Hasty, lifespan="off", log_config=None, timeout_keep_alive=IDLE, ws="none"
            )
        )
        serving = asyncio.create_task(server._serve(sockets=[door]))
        reader, writer = await asyncio.open_connection(*door.getsockname())
        writer.write(first)
        sent = asyncio.create_task(drip(writer, more))
        with suppress(ConnectionError):  # closed with something unread
            await reader.read()
        sent.cancel()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        server.should_exit = True
        await serving


async def drip(writer: asyncio.StreamWriter, more: bytes) -> None:
    while more:
        writer.write(more)
        await asyncio.sleep(0.01)
