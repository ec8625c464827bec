"""A server on loopback that plays a script in every wire format: the path says in which.

It runs in a thread with a loop of its own, so that tests of either colour and other processes can
ask it. What goes wrong is on the wire: a hang is silence on an open connection, a cut is a reset.
"""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import cast

from tests.wire import anthropic, bedrock, google, openai
from tests.wire.pieces import Format, Received
from tests.wire.script import Asked, Player, Say, Script, Trip, Trouble

FORMATS: tuple[ModuleType, ...] = (openai, anthropic, bedrock, google)
FOREVER = 86_400.0
STATUS = {Trouble.BUSY: 429, Trouble.DOWN: 500, Trouble.REFUSED: 400}
REASON = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many"}


@dataclass(slots=True)
class Server:
    """`asked` and `received` are what came, in order. `script` may be changed at any time."""

    script: Script
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    player: Player = field(init=False)

    def __post_init__(self) -> None:
        self.player = Player(lambda asked: self.script(asked))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (received := await _receive(reader)) is not None:
                self.received.append(received)
                await self._answer(received, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, _Cut):
            writer.transport.abort()
        finally:
            writer.close()

    async def _answer(self, received: Received, writer: asyncio.StreamWriter) -> None:
        spoken = next((f for f in FORMATS if f.takes(received.path.partition("?")[0])), None)
        if spoken is None:
            _send(writer, 404, {}, b'{"error": {"message": "no such path"}}')
            return
        speaks = cast(Format, spoken)
        try:
            asked = speaks.read(received)
        except (KeyError, ValueError, TypeError) as fault:
            _send(writer, 400, *speaks.error(400, f"cannot read the request: {fault!r}"))
            return
        self.asked.append(asked)
        say = self.player(asked)
        if say.trip is not None and say.trip.after == 0:
            await _trip(say.trip, speaks, writer)
        elif asked.stream:
            await _stream(asked, say, speaks, writer)
        else:
            _send(writer, 200, {"content-type": "application/json"}, speaks.whole(asked, say))
        await writer.drain()


class _Cut(Exception):
    pass


@contextmanager
def playing(script: Script) -> Iterator[Server]:
    """The server while the block runs."""
    server = Server(script)
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    thread = threading.Thread(target=_run, args=(server, loop, ready), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(server: Server, loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    listening = loop.run_until_complete(asyncio.start_server(server.serve, "127.0.0.1", 0))
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    ready.set()
    try:
        loop.run_forever()
    finally:
        listening.close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _receive(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head[0].split(" ", 2)
    pairs = (line.split(":", 1) for line in head[1:] if ":" in line)
    headers = {key.lower(): value.strip() for key, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method=method, path=path, headers=headers, body=body)


def _send(
    writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    told = {"content-type": "application/json", **headers, "content-length": str(len(body))}
    writer.write(_head(status, told) + body)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return f"HTTP/1.1 {status} {REASON.get(status, 'Error')}\r\n{lines}\r\n".encode()


async def _trip(trip: Trip, speaks: Format, writer: asyncio.StreamWriter) -> None:
    if trip.trouble is Trouble.HANG:
        await asyncio.sleep(FOREVER)
    if trip.trouble is Trouble.CUT:
        raise _Cut
    if trip.trouble is Trouble.GARBLED:
        _send(writer, 200, {"content-type": speaks.kind}, b"<html>it works</html>")
        return
    status = trip.status or STATUS[trip.trouble]
    headers, body = speaks.error(status, trip.message)
    if trip.retry_after:
        headers["retry-after"] = trip.retry_after
    _send(writer, status, headers, body)


async def _stream(asked: Asked, say: Say, speaks: Format, writer: asyncio.StreamWriter) -> None:
    headers = {"content-type": speaks.kind, "transfer-encoding": "chunked"}
    writer.write(_head(200, headers))
    for number, piece in enumerate(speaks.pieces(asked, say)):
        if say.trip is not None and number == say.trip.after:
            await writer.drain()
            piece = await _stumble(say.trip, speaks, piece)
            if say.trip.trouble is Trouble.ENDED:
                break
        writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await writer.drain()
        if say.pace:
            await asyncio.sleep(say.pace)
    writer.write(b"0\r\n\r\n")


async def _stumble(trip: Trip, speaks: Format, piece: bytes) -> bytes:
    """In the middle of a stream: what comes instead of the next piece, if anything does."""
    if trip.trouble is Trouble.HANG:
        await asyncio.sleep(FOREVER)
    if trip.trouble is Trouble.CUT:
        raise _Cut
    if trip.trouble is Trouble.ENDED:
        return b""
    if trip.trouble is Trouble.GARBLED:
        return piece.replace(b"{", b"{no ", 1)
    return speaks.broken(trip.status or STATUS[trip.trouble], trip.message)
