"""What a program says, bounded: as lines, whole, or only its end. Bytes go in with `feed`."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Lines:
    """Each line is cut at `line` bytes; what comes after `output` bytes is left out, and said. So
    is a line that crosses that bound: half a secret would not be known as one."""

    line: int
    output: int
    emit: Callable[[str], None]
    held: bytearray = field(default_factory=bytearray)
    seen: int = 0

    @property
    def overflow(self) -> bool:
        return self.seen > self.output

    def feed(self, data: bytes) -> None:
        fits = max(0, self.output - self.seen)
        self.seen += len(data)
        *whole, rest = data[:fits].split(b"\n")
        for part in whole:
            self._hold(part)
            self._say()
        self._hold(rest)

    def close(self) -> None:
        if self.overflow:
            self.emit(f"… the rest is left out: more than {self.output} bytes of output")
        elif self.held:
            self._say()

    def _hold(self, part: bytes) -> None:
        self.held += part[: self.line + 1 - len(self.held)]

    def _say(self) -> None:
        text = self.held[: self.line].decode(errors="replace").rstrip("\r")
        self.emit(text + "…" if len(self.held) > self.line else text)
        self.held.clear()


@dataclass(slots=True)
class Whole:
    """All of it, as long as it is at most `limit` bytes."""

    limit: int
    kept: bytearray = field(default_factory=bytearray)
    overflow: bool = False

    def feed(self, data: bytes) -> None:
        self.overflow = self.overflow or len(self.kept) + len(data) > self.limit
        if not self.overflow:
            self.kept += data


@dataclass(slots=True)
class Tail:
    """The last `size` bytes."""

    size: int = 4096
    kept: bytes = b""

    def feed(self, data: bytes) -> None:
        self.kept = (self.kept + data)[-self.size :]

    def text(self) -> str:
        return self.kept.decode(errors="replace")


@contextmanager
def impatient(end: int) -> Iterator[int]:
    """A descriptor of our own for the reading end, which never waits: where there is a /proc, the
    program can open its pipe there for reading too, and take from us what we were told to read.
    The watch has the same `end`, and must wait there."""
    try:
        own = os.open(f"/proc/self/fd/{end}", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        own = os.dup(end)
    try:
        yield own
    finally:
        os.close(own)
