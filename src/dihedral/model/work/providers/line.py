"""The way out to endpoints over HTTP: pooled, without redirects, with answers of a bounded size.

Nothing of the environment is followed to this machine itself; outside, its proxies and certificates
are. Surprise: an answer must not be compressed, since a small one could unpack to any size.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2

from dihedral.model.work.providers.faults import Refused

CONNECT, READ = 10.0, 120.0  # seconds; to read is until the first piece, and between two
PATIENCE = httpx2.Timeout(READ, connect=CONNECT, pool=30.0)
LARGEST = 8_000_000  # bytes of one answer
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def inside(url: str) -> bool:
    """Whether that is this machine. Raises Refused for what is no http address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"an endpoint is at an http or https address, not at {parts.scheme}:…")
    return parts.hostname in LOOPBACK


class TooLarge(Exception):
    """An answer has more bytes than anybody needs, or may have."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self.stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self.stream:
            size += len(piece)
            if size > LARGEST:
                raise TooLarge(f"its answer has more than {LARGEST:,} bytes")
            yield piece

    async def aclose(self) -> None:
        await self.stream.aclose()


class Line:
    """To be closed by whoever opened it. It belongs to one event loop."""

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._clients: dict[bool, httpx2.AsyncClient] = {}

    def client(self, url: str) -> httpx2.AsyncClient:
        """What goes to that address. Raises Refused for what is no http address."""
        here = inside(url)
        if here not in self._clients:
            self._clients[here] = self._open(here)
        return self._clients[here]

    def session(self, request: Any, send: Callable[[Any], Any]) -> Any:
        """The answer to a request of boto3, which brings its own way to send it."""
        return send(request)

    def _open(self, here: bool) -> httpx2.AsyncClient:
        more: dict[str, Any] = {} if self._transport is None else {"transport": self._transport}
        return httpx2.AsyncClient(
            trust_env=not here,
            verify=not here,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
            limits=httpx2.Limits(max_connections=512, max_keepalive_connections=64),
            event_hooks={"response": [_bound]},
            **more,
        )

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()


async def _bound(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise TooLarge("its answer is compressed, which was not asked for")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Bounded(response.stream)
