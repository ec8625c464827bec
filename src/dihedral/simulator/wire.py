"""The protobuf wire format, as much of it as Terraform's plugin protocol needs.

Shape   A message is bytes. To write one, join fields; to read one, `read` it into a `Message`.
        As in proto3, a field that holds its zero value is not written.
Source  protobuf.dev/programming-guides/encoding
"""

from collections.abc import Iterable
from dataclasses import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIDTH = {FIXED64: 8, FIXED32: 4}


def varint(number: int) -> bytes:
    if number < 0:
        number += 1 << 64
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, data: bytes | str) -> bytes:
    """A field of text, bytes or a message, written even when it is empty."""
    raw = data.encode() if isinstance(data, str) else data
    return varint(number << 3 | BYTES) + varint(len(raw)) + raw


def text(number: int, value: str) -> bytes:
    return field(number, value) if value else b""


def integer(number: int, value: int) -> bytes:
    """An integer, enum or boolean field."""
    return varint(number << 3 | VARINT) + varint(int(value)) if value else b""


def each(number: int, messages: Iterable[bytes]) -> bytes:
    return b"".join(field(number, message) for message in messages)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was read; a field that is absent reads as its zero value."""

    fields: dict[int, list[int | bytes]]

    def every(self, number: int) -> list[bytes]:
        return [value for value in self.fields.get(number, ()) if isinstance(value, bytes)]

    def bytes(self, number: int) -> bytes:
        found = self.every(number)
        return found[-1] if found else b""

    def text(self, number: int) -> str:
        return self.bytes(number).decode()

    def integer(self, number: int) -> int:
        found = self.fields.get(number, [0])[-1]
        return found if isinstance(found, int) else 0

    def message(self, number: int) -> "Message":
        return read(self.bytes(number))


def read(data: bytes) -> Message:
    """Raises ValueError when `data` is cut short or is no message."""
    fields: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        value, at = _value(data, at, key & 7)
        fields.setdefault(key >> 3, []).append(value)
    return Message(fields)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data):
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number, at
        shift += 7
    raise ValueError("the message ends within a number")


def _value(data: bytes, at: int, kind: int) -> tuple[int | bytes, int]:
    if kind == VARINT:
        return _varint(data, at)
    if kind == BYTES:
        width, at = _varint(data, at)
    elif kind in WIDTH:
        width = WIDTH[kind]
    else:
        raise ValueError(f"wire type {kind} is not used by Terraform")
    if at + width > len(data):
        raise ValueError("the message ends within a field")
    return data[at : at + width], at + width
