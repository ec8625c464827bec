"""The way out to endpoints over HTTP: pooled, without redirects, with answers of a bounded size.

Nothing of the environment is followed to this machine itself; outside, its proxies and certificates
are. Surprise: an answer must not be compressed, since a small one could unpack to any size.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx2

from dihedral.model.work.providers.faults import Refused

PATIENCE = httpx2.Timeout(120.0, connect=10.0, pool=30.0)  # between two pieces, to begin
LARGEST = 8_000_000  # bytes of one answer
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


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
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(f"an endpoint is at an http or https address, not at {parts.scheme}:…")
        inside = parts.hostname in LOOPBACK
        if inside not in self._clients:
            self._clients[inside] = self._open(inside)
        return self._clients[inside]

    def _open(self, inside: bool) -> httpx2.AsyncClient:
        more: dict[str, Any] = {} if self._transport is None else {"transport": self._transport}
        return httpx2.AsyncClient(
            trust_env=not inside,
            verify=not inside,
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
