"""The way out to endpoints over HTTP: pooled, without redirects, with answers of a bounded size.

Nothing of the environment is followed to this machine itself; outside, its proxies and certificates
are. Surprise: an answer must not be compressed, since a small one could unpack to any size.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx2

from dihedral.model.work.providers.faults import Refused

LARGEST = 8_000_000  # bytes of one answer
CONNECT, READ = 10.0, 120.0  # seconds; to read is until the first piece, and between two
PATIENCE = httpx2.Timeout(READ, connect=CONNECT, pool=30.0)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def inside(url: str) -> bool:
    """Whether that is this machine. Raises Refused for what is no http address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"an endpoint is at an http or https address, not at {parts.scheme}:…")
    return parts.hostname in LOOPBACK


class TooLarge(Exception):
    """An answer has more bytes than anybody needs, or may have."""


class Taped(Protocol):
    status: int
    headers: Mapping[str, str]
    pieces: list[bytes]


class Tape(Protocol):
    """Who listens on the line, or answers in place of who is at its end."""

    def answer(self, method: str, url: str, body: bytes) -> Taped | None:
        """None: ask for real."""
        ...

    def heard(
        self, request: tuple[str, str, Mapping[str, str], bytes], status: int, headers: Any
    ) -> Callable[[bytes], None]:
        """What is to be told each piece of an answer."""
        ...


class Line:
    """To be closed by whoever opened it. It belongs to one event loop."""

    def __init__(self, tape: Tape | None = None) -> None:
        self.tape = tape
        self._clients: dict[bool, httpx2.AsyncClient] = {}
        self._lock = Lock()  # clients are made in threads

    def client(self, url: str) -> httpx2.AsyncClient:
        """What goes to that address. Raises Refused for what is no http address."""
        here = inside(url)
        with self._lock:
            if here not in self._clients:
                self._clients[here] = self._open(here)
            return self._clients[here]

    def _open(self, here: bool) -> httpx2.AsyncClient:
        return _Client(
            tape=self.tape,
            trust_env=not here,
            verify=not here,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
            limits=httpx2.Limits(max_connections=512, max_keepalive_connections=64),
            event_hooks={"response": [self._bound]},
        )

    async def _bound(self, response: httpx2.Response) -> None:
        if 300 <= response.status_code < 400:
            raise Refused(
                "it sends us to another address, where we do not take a credential;"
                " give the endpoint the address itself"
            )
        if response.headers.get("content-encoding", "identity") != "identity":
            raise TooLarge("its answer is compressed, which was not asked for")
        heard = None
        if self.tape is not None:
            asked = response.request
            request = (asked.method, str(asked.url), dict(asked.headers), asked.content)
            heard = self.tape.heard(request, response.status_code, response.headers)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, heard)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()


class Measure:
    """Lets so many bytes of one answer through, and tells who listens."""

    def __init__(self, heard: Callable[[bytes], None] | None) -> None:
        self._heard = heard
        self._size = 0

    def __call__(self, piece: bytes) -> bytes:
        self._size += len(piece)
        if self._size > LARGEST:
            raise TooLarge(f"its answer has more than {LARGEST:,} bytes")
        if self._heard is not None:
            self._heard(piece)
        return piece


class _Client(httpx2.AsyncClient):
    """With a tape that answers nobody is asked."""

    def __init__(self, *, tape: Tape | None, **more: Any) -> None:
        super().__init__(**more)
        self._tape = tape

    def _transport_for_url(self, url: httpx2.URL) -> httpx2.AsyncBaseTransport:
        transport = super()._transport_for_url(url)
        return transport if self._tape is None else _Player(self._tape, transport)


class _Player(httpx2.AsyncBaseTransport):
    def __init__(self, tape: Tape, other: httpx2.AsyncBaseTransport) -> None:
        self._tape = tape
        self._other = other

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        taped = self._tape.answer(request.method, str(request.url), await request.aread())
        if taped is None:
            return await self._other.handle_async_request(request)
        stream = _Pieces(taped.pieces)
        return httpx2.Response(taped.status, headers=dict(taped.headers), stream=stream)


class _Pieces(httpx2.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class _Bounded(httpx2.AsyncByteStream):
    def __init__(
        self, stream: httpx2.AsyncByteStream, heard: Callable[[bytes], None] | None
    ) -> None:
        self._stream = stream
        self._measure = Measure(heard)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield self._measure(piece)

    async def aclose(self) -> None:
        await self._stream.aclose()
