"""The forward proxy, with real sockets on both sides."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream

from dihedral.ops.rules import hosts
from dihedral.ops.work import proxy

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Street:
    """An echo server on this machine, and a proxy that believes names lead where we say."""

    port: int
    path: Path
    log: list[str] = field(default_factory=list)

    async def ask(self, line: str, body: bytes = b"") -> bytes:
        """All that comes back."""
        async with await anyio.connect_unix(self.path) as stream:
            await stream.send(f"{line}\r\nHost: x\r\n\r\n".encode())
            said = b""
            with anyio.fail_after(10):
                if body:
                    said = await stream.receive()
                    await stream.send(body)
                    await stream.send_eof()
                async for data in stream:
                    said += data
        return said

    async def logged(self, count: int) -> list[str]:
        with anyio.fail_after(5):
            while len(self.log) < count:  # noqa: ASYNC110 - a list sets no event
                await anyio.sleep(0.005)
        return self.log


@asynccontextmanager
async def street(*listed: str, leads: Sequence[str] = ("127.0.0.1",)) -> AsyncIterator[Street]:
    async def lookup(name: str, port: int) -> Sequence[str]:
        if name == "lost.example":
            raise OSError("no such name")
        return leads

    async def echo(stream: SocketStream) -> None:
        async with stream:
            async for data in stream:
                await stream.send(data.upper())

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", family=socket.AF_INET)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, echo)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        log: list[str] = []
        entries = [hosts.parse(text.replace("PORT", str(port))) for text in listed]
        async with proxy.opened(entries, log.append, lookup) as path:
            yield Street(port, path, log)
        tasks.cancel_scope.cancel()


async def test_what_is_listed_is_reached_and_every_byte_is_counted() -> None:
    async with street("api.example:PORT", "127.0.0.1:PORT") as here:
        said = await here.ask(f"CONNECT api.example:{here.port} HTTP/1.1", b"hello")
        assert said == b"HTTP/1.1 200 Connection established\r\n\r\nHELLO"
        told = await here.logged(1)
        assert told == [f"api.example:{here.port} allowed: 5 bytes out, 5 bytes in"]


@pytest.mark.parametrize(
    ("line", "status", "why"),
    [
        ("CONNECT evil.example:443 HTTP/1.1", b"403", "it is not among the workspace's hosts"),
        ("CONNECT api.example:22 HTTP/1.1", b"403", "it is not among the workspace's hosts"),
        ("CONNECT 127.0.0.1:443 HTTP/1.1", b"403", "it is not among the workspace's hosts"),
        ("CONNECT 169.254.169.254:443 HTTP/1.1", b"403", "it is not among the workspace's hosts"),
        ("CONNECT [::1]:443 HTTP/1.1", b"403", "it is not among the workspace's hosts"),
        ("CONNECT api.example:443 HTTP/1.1", b"403", "127.0.0.1 is this machine itself"),
        ("CONNECT lost.example:443 HTTP/1.1", b"502", "its name leads nowhere"),
        ("CONNECT api.example HTTP/1.1", b"405", "only HTTPS goes through"),
        ("CONNECT api.example:4x3 HTTP/1.1", b"405", "only HTTPS goes through"),
        ("GET http://api.example/ HTTP/1.1", b"405", "only HTTPS goes through"),
    ],
)
async def test_what_is_not_is_denied_and_the_log_says_so(
    line: str, status: bytes, why: str
) -> None:
    async with street("api.example", "lost.example") as here:
        said = await here.ask(line)
        assert said.startswith(b"HTTP/1.1 " + status) and why.encode() in said
        (told,) = await here.logged(1)
        assert told.startswith(f"{line.split()[1]} denied: ") and why in told


async def test_a_name_that_leads_to_the_credentials_of_the_machine_is_barred() -> None:
    async with street("api.example", leads=["169.254.169.254", "fd00:ec2::254"]) as here:
        said = await here.ask("CONNECT api.example:443 HTTP/1.1")
        assert b"403" in said
    async with street("*.an.example", leads=["fd00::1", "::ffff:10.0.0.1"]) as here:
        said = await here.ask("CONNECT api.an.example:443 HTTP/1.1")
        assert b"of a private network" in said


async def test_nonsense_is_answered_and_never_ends_the_proxy() -> None:
    async with street("api.example:PORT", "127.0.0.1:PORT") as here:
        assert b"400" in await here.ask("\x00\x01")
        with suppress(anyio.BrokenResourceError):  # it hangs up while we go on talking
            await here.ask("CONNECT " + "a" * 20_000)
        async with await anyio.connect_unix(here.path):
            pass
        said = await here.ask(f"CONNECT api.example:{here.port} HTTP/1.1", b"still there")
        assert said.endswith(b"STILL THERE")
        told = await here.logged(4)
        assert all(line.isprintable() for line in told)
        assert "something unreadable denied: the request is too long" in told


async def test_nothing_is_left_behind() -> None:
    async with street("api.example") as here:
        assert here.path.stat().st_mode & 0o777 == 0o600
        assert here.path.parent.stat().st_mode & 0o777 == 0o700
    assert not here.path.parent.exists()
