"""A connection that says in time what it wants, or is closed.

Who sends a head letter by letter, or a body that nobody reads, would otherwise keep it for ever.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

EVENT = 64 << 10  # bytes of a head


class Line(H11Protocol):
    """uvicorn's, which has an end for idle connections, and none for slow ones."""

    head = 15.0  # seconds for a call's head, beside those that a connection may be idle
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._mind()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._mind()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._mind()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _mind(self) -> None:
        """Between an answer and the next call there is only so much time."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget()
        elif self._end is None:
            patience = self.timeout_keep_alive + self.head
            self._end = self.loop.call_later(patience, self.transport.abort)

    def _forget(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
