"""What the formats share: a request that came, an answer on its way out, and JSON in bytes."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.wire.script import BAD_BYTES, Asked, Say, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came, for tests that look at the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


_HALF = re.compile("[\ud800-\udfff]")  # half a character: JSON can say it, UTF-8 cannot


class Format(Protocol):
    """One wire format. `kind` is the type of a streamed answer; `pieces` are its bytes, each of
    which goes out by itself."""

    kind: str

    def takes(self, path: str) -> bool: ...

    def read(self, received: Received) -> Asked: ...

    def whole(self, asked: Asked, say: Say) -> bytes: ...

    def pieces(self, asked: Asked, say: Say) -> Iterator[bytes]: ...

    def error(self, status: int, message: str) -> tuple[dict[str, str], bytes]: ...

    def broken(self, status: int, message: str) -> bytes:
        """An error in the middle of a stream."""
        ...


def dump(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
    return text.encode().replace(BAD_BYTES.encode(), b"\xff\xfe")


def name(use: Use, number: int) -> str:
    return use.id or f"call_{number}"


def cut(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def event(value: object, kind: str = "") -> bytes:
    """A server-sent event."""
    head = f"event: {kind}\n".encode() if kind else b""
    return head + b"data: " + dump(value) + b"\n\n"
