"""The one door of a workspace with a cloud: a forward proxy on a unix socket.

It connects to names only (`CONNECT name:443`), looks them up itself, asks `rules.hosts` about the
name and about the address, and tells the run's log of every attempt.
"""

import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio.abc import ByteStream

from dihedral.kit.background import beside
from dihedral.ops.rules import hosts
from dihedral.ops.rules.hosts import Entry

HEAD = 8 << 10  # bytes of a request
PATIENCE = 20.0  # seconds for a request, and for a connection
AT_ONCE = 256  # connections; more wait
_BROKEN = (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)

Say = Callable[[str], None]
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


async def look_up(name: str, port: int) -> Sequence[str]:
    """The addresses of a name. Raises OSError when it has none."""
    found = await anyio.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(where[4][0]) for where in found]


class Refused(Exception):
    """The message and `status` are what the client is told."""

    def __init__(self, why: str, status: str = "403 Forbidden") -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Proxy:
    hosts: Sequence[Entry]
    say: Say
    lookup: Lookup = look_up

    async def serve(self, client: ByteStream) -> None:
        """One connection, from its request to its end. Never raises for what others do."""
        asked = ["something unreadable"]
        try:
            async with client:
                remote = await self._agreed(client, asked)
                async with remote:
                    counted = await _carry(client, remote)
                self.say(f"{asked[-1]} allowed: {counted.out} bytes out, {counted.back} bytes in")
        except Refused as no:
            self.say(f"{asked[-1]} denied: {no}")
        except TimeoutError:
            self.say(f"{asked[-1]} failed: nothing for {PATIENCE:.0f} s")
        except _BROKEN as cause:
            self.say(f"{asked[-1]} failed: {cause or type(cause).__name__}")

    async def _agreed(self, client: ByteStream, asked: list[str]) -> ByteStream:
        """Where the client is now connected to; `asked` hears what it wanted."""
        with anyio.fail_after(PATIENCE):
            try:
                method, place = await _request(client)
                asked.append(place)
                remote = await self._reach(*_place(method, place))
            except Refused as no:
                await client.send(_answer(asked[-1], no))
                raise
            await client.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return remote

    async def _reach(self, name: str, port: int) -> ByteStream:
        """The first of its addresses that may be reached and answers."""
        entry = hosts.fits(self.hosts, name, port)
        if entry is None:
            raise Refused("it is not among the workspace's hosts")
        why = "it has no address"
        for address in await self._addresses(name, port):
            if barred := hosts.barred(self.hosts, entry, address):
                why = barred
                continue
            try:
                return await anyio.connect_tcp(address, port)
            except OSError as cause:
                why = f"{address} does not answer: {cause}"
        raise Refused(why)

    async def _addresses(self, name: str, port: int) -> Sequence[str]:
        try:
            return await self.lookup(name, port)
        except OSError as cause:
            raise Refused(f"its name leads nowhere: {cause}", "502 Bad Gateway") from cause


@asynccontextmanager
async def opened(
    allowed: Sequence[Entry], say: Say, lookup: Lookup = look_up
) -> AsyncIterator[Path]:
    """The socket of a proxy that listens while the block runs."""
    proxy, slots = Proxy(allowed, say, lookup), anyio.Semaphore(AT_ONCE)

    async def serve(client: ByteStream) -> None:
        async with slots:
            await proxy.serve(client)

    with tempfile.TemporaryDirectory(prefix="dihedral-") as folder:  # its path is short enough
        path = Path(folder, "proxy")
        listener = await anyio.create_unix_listener(path, mode=0o600)
        async with listener, beside(listener.serve(serve), "proxy"):
            yield path


@dataclass(slots=True)
class _Counted:
    out: int = 0
    back: int = 0


async def _request(client: ByteStream) -> tuple[str, str]:
    """The method and what it asks for. Raises Refused, and what streams raise."""
    head = await client.receive(HEAD)
    while b"\r\n\r\n" not in head:
        if len(head) >= HEAD:
            raise Refused("the request is too long", "431 Request Header Fields Too Large")
        head += await client.receive(HEAD)
    words = head.partition(b"\r\n")[0].decode("ascii", "replace").split(" ")
    if len(words) != 3:
        raise Refused("this is no HTTP", "400 Bad Request")
    return words[0], "".join(c if c.isprintable() else "?" for c in words[1][:300])


def _answer(asked: str, no: Refused) -> bytes:
    body = f"dihedral: {asked} is not reached from here: {no}\n".encode()
    head = f"HTTP/1.1 {no.status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def _place(method: str, asked: str) -> tuple[str, int]:
    name, _, port = asked.rpartition(":")
    if method != "CONNECT" or not (port.isascii() and port.isdecimal()):
        raise Refused("only HTTPS goes through, by CONNECT", "405 Method Not Allowed")
    return name.removeprefix("[").removesuffix("]"), int(port)


async def _carry(client: ByteStream, remote: ByteStream) -> _Counted:
    """Both ways, until both have said all."""
    counted = _Counted()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_pump, client, remote, counted, "out")
        tasks.start_soon(_pump, remote, client, counted, "back")
    return counted


async def _pump(source: ByteStream, sink: ByteStream, counted: _Counted, way: str) -> None:
    with suppress(*_BROKEN):
        async for data in source:
            setattr(counted, way, getattr(counted, way) + len(data))
            await sink.send(data)
    with suppress(*_BROKEN):
        await sink.send_eof()
