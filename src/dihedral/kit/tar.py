"""The tar format, as much of it as plain files need: read strictly, written the same every time.

The standard library's module reads every dialect that ever was, sparse files and links among them,
and takes ten times as long. Here a header is a table of fields, and what is not a plain file or a
directory is only named.

Source  POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; the GNU long name
        (type L) is read too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

BLOCK = 512
END = bytes(2 * BLOCK)


class Kind(Enum):
    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symbolic link"
    HARD_LINK = "hard link"
    SPARSE = "sparse file"
    DEVICE = "device"
    OTHER = "special file"


_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"5": Kind.DIRECTORY,
    b"2": Kind.SYMLINK,
    b"1": Kind.HARD_LINK,
    b"S": Kind.SPARSE,
    b"3": Kind.DEVICE,
    b"4": Kind.DEVICE,
    b"6": Kind.DEVICE,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """`name` is as it was written, not judged at all."""

    name: bytes
    kind: Kind
    data: bytes


def read(archive: bytes) -> Iterator[Entry]:
    """Each entry in order. Raises ValueError when this is not a whole tar archive."""
    at, renamed, resized = 0, b"", -1
    while len(header := archive[at : at + BLOCK]) == BLOCK and any(header):
        _demand_checksum(header)
        size = resized if resized >= 0 else _number(header[124:136])
        data = archive[at + BLOCK : at + BLOCK + size]
        if len(data) != size:
            raise ValueError("the archive ends in the middle of a file")
        at += BLOCK + _padded(size)
        flag = header[156:157]
        if flag == b"x":
            renamed, resized = _extended(data, renamed)
        elif flag == b"L":
            renamed = data.rstrip(b"\0")
        elif flag != b"g":
            name = renamed or _name(header)
            yield Entry(name, _kind(flag, name), data)
            renamed, resized = b"", -1
    if len(header) != BLOCK:
        raise ValueError("the archive has no end")


def write(files: Mapping[str, bytes]) -> bytes:
    """Files in order of their names, without owners and times."""
    parts: list[bytes] = []
    for name, data in sorted(files.items()):
        parts += _entry(name.encode(), data)
    return b"".join((*parts, END))


def _entry(name: bytes, data: bytes) -> Iterator[bytes]:
    if len(name) > 100 or not name.isascii():
        record = _record(b"path", name)
        yield _header(b"pax", b"x", len(record))
        yield record + bytes(_padded(len(record)) - len(record))
    yield _header(name[:100], b"0", len(data))
    yield data + bytes(_padded(len(data)) - len(data))


def _header(name: bytes, flag: bytes, size: int) -> bytes:
    before = b"%-100s0000644\x000000000\x000000000\x00%011o\x0000000000000\x00" % (b"", size)
    before = name.ljust(100, b"\0") + before[100:]
    after = flag + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\x000000000\x00" + bytes(167)
    total = sum(before) + 8 * 32 + sum(after)
    return before + b"%06o\x00 " % total + after


def _record(key: bytes, value: bytes) -> bytes:
    """A pax record: its length counts its own digits."""
    rest = len(key) + len(value) + 3
    size = rest + len(str(rest))
    size = rest + len(str(size))
    return b"%d %s=%s\n" % (size, key, value)


def _extended(data: bytes, renamed: bytes) -> tuple[bytes, int]:
    size = -1
    while data:
        length, _, _ = data.partition(b" ")
        count = int(length) if length.isdigit() and len(length) < 10 else 0
        key, equals, value = data[len(length) + 1 : count - 1].partition(b"=")
        if not equals or not len(length) < count <= len(data):
            raise ValueError("an extended header cannot be read")
        if key == b"path":
            renamed = value
        elif key == b"size":
            size = _decimal(value)
        elif key.startswith(b"GNU.sparse"):
            raise ValueError("sparse files are not taken")
        data = data[count:]
    return renamed, size


def _demand_checksum(header: bytes) -> None:
    told = _number(header[148:156])
    if told != sum(header[:148]) + 8 * 32 + sum(header[156:]):
        raise ValueError("this is not a tar archive, or it is damaged")


def _number(field: bytes) -> int:
    text = field.strip(b" \0")
    if text and not all(0x30 <= digit <= 0x37 for digit in text):
        raise ValueError("a header of the archive holds a number that cannot be read")
    return int(text or b"0", 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > 15:
        raise ValueError("a header of the archive holds a number that cannot be read")
    return int(text)


def _name(header: bytes) -> bytes:
    name = header[:100].split(b"\0")[0]
    prefix = header[345:500].split(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _kind(flag: bytes, name: bytes) -> Kind:
    kind = _KINDS.get(flag, Kind.OTHER)
    return Kind.DIRECTORY if kind is Kind.FILE and name.endswith(b"/") else kind


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
