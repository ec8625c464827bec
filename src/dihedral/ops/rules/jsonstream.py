"""One large JSON object, read piece by piece: memory for a piece, not for the whole."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from dihedral.domain.errors import Invalid

Path = tuple[str, ...]
_MOST = 4 << 20  # bytes of one piece
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# a string, a bracket, a sign or a bare word; and within a piece, all up to the next bracket
_TOKEN = re.compile(rb"\s*+(" + _TEXT + rb'|[{}\[\]:,]|[^\s{}\[\]:,"]++)', re.DOTALL)
_INSIDE = re.compile(rb'[^{}\[\]"]*+(?:' + _TEXT + rb'[^{}\[\]"]*+)*+([{}\[\]])', re.DOTALL)


def objects(
    chunks: Iterable[bytes], whole: Callable[[Path], bool], until: Path = ()
) -> Iterator[tuple[Path, Any]]:
    """Each value at a path that `whole` takes, decoded, and each text on the first level.

    It ends where the path `until` begins. Raises Invalid.
    """
    reader = _Reader(whole, until)
    for chunk in chunks:
        yield from reader.feed(chunk)
        if reader.over:
            return
    if not reader.began or reader.path or reader.rest.strip():
        raise Invalid("this JSON ends in the middle, or has none; fetch the file again")


class _Reader:
    """Where in the document we are. A piece is held from where it begins until it ends."""

    def __init__(self, whole: Callable[[Path], bool], until: Path) -> None:
        self.whole, self.until = whole, until
        self.rest = b""
        self.path: list[str] = []  # of the objects that are open
        self.key, self.named = "", False  # the last string, and whether a colon came after it
        self.deep = 0  # brackets open in the piece, or in a list that is passed over
        self.start = -1  # of the piece, in `rest`
        self.resume = 0  # where the next token begins, in `rest`
        self.over = self.began = False

    def feed(self, chunk: bytes) -> Iterator[tuple[Path, Any]]:
        self.rest += chunk
        done = self.resume
        if len(self.rest) > _MOST:
            raise Invalid("one entry of this JSON is larger than 4 MB; it is no price file")
        while token := (_INSIDE if self.deep else _TOKEN).match(self.rest, done):
            found = self._take(token)
            done = token.end()
            if found is not None:
                yield found
            if self.over:
                return
        keep = self.start if self.start >= 0 else done
        self.resume = done - keep
        self.rest = self.rest[keep:]
        if self.start >= 0:
            self.start = 0

    def _take(self, token: re.Match[bytes]) -> tuple[Path, Any] | None:
        text = token[1]
        if self.deep:
            return self._inside(token)
        if text == b"{":
            self._open(token)
        elif text == b"}":
            if not self.path and self.began:
                self.over = True
            elif self.path:
                self.path.pop()
        elif text == b"[":
            self.deep, self.start = 1, -1
        elif text == b":":
            self.named = True
        elif text[:1] == b'"':
            return self._string(text)
        if text != b":":
            self.named = False
        return None

    def _open(self, token: re.Match[bytes]) -> None:
        self.named = False
        if not self.began:
            self.began = True
            return
        path = (*self.path, self.key)
        if path == self.until:
            self.over = True
        elif self.whole(path):
            self.deep, self.start = 1, token.start(1)
        else:
            self.path.append(self.key)

    def _string(self, text: bytes) -> tuple[Path, Any] | None:
        value = msgspec.json.decode(text)
        if self.named and not self.path:
            self.named = False
            return (self.key,), value
        if not self.named:
            self.key = value
        self.named = False
        return None

    def _inside(self, token: re.Match[bytes]) -> tuple[Path, Any] | None:
        text = token[1]
        if text in (b"{", b"["):
            self.deep += 1
        elif text in (b"}", b"]"):
            self.deep -= 1
            if not self.deep and self.start >= 0:
                piece = self.rest[self.start : token.end()]
                self.start = -1
                try:
                    return (*self.path, self.key), msgspec.json.decode(piece)
                except msgspec.DecodeError as cause:
                    raise Invalid(f"an entry of this JSON cannot be read: {cause}") from cause
        return None
