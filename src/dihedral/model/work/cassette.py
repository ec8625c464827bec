"""A cassette: what went over the wire to providers and what came, in a file, to be played again.

    with cassette.recording(path) as line:
        async with Wires(line) as wires: …

`replaying` answers from the file, without a network, and compares: a request that is not on it is a
`Differs`, which shows how it differs. Surprise: no header of a request is kept, and whatever was a
credential in one is taken out of all bodies; so is what looks like one. What a model spells out in
several pieces of a stream is not found.
"""

import difflib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import yaml

from dihedral.domain.errors import Invalid
from dihedral.model.work.providers.keys import KEYS

if TYPE_CHECKING:
    from dihedral.model.work.providers.line import Line

VERSION = 1
LARGEST = 50_000_000  # bytes of a file
KEPT = ("content-type", "retry-after", "retry-after-ms", "x-amzn-errortype")
_CREDENTIALS = ("authorization", "x-api-key", "x-goog-api-key", "x-amz-security-token")
_QUERY = ("key", "access_token")
_WORD = re.compile(r"[^\s=,]{8,}")
GONE = "***"
Lines: TypeAlias = "Callable[[], Line]"


class Differs(Invalid):
    """What is asked now is not what was asked when it was recorded."""


@dataclass(frozen=True, slots=True)
class Sent:
    """`body` is what its JSON says, or its text."""

    method: str
    path: str
    body: Any


@dataclass(slots=True)
class Exchange:
    sent: Sent
    status: int
    headers: Mapping[str, str]
    pieces: list[bytes] = field(default_factory=list, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class Recorder:
    """What the line tells of every exchange, as it goes on."""

    exchanges: list[Exchange] = field(default_factory=list)

    def answer(self, method: str, url: str, body: bytes) -> Exchange | None:
        return None

    def heard(
        self, request: tuple[str, str, Mapping[str, str], bytes], status: int, headers: Any
    ) -> Callable[[bytes], None]:
        method, url, told, body = request
        secrets = tuple(_secrets(told))
        kept = {key: headers[key] for key in KEPT if key in headers}
        exchange = Exchange(_sent(method, url, body, secrets), status, kept, [], secrets)
        self.exchanges.append(exchange)
        return exchange.pieces.append


@dataclass(slots=True)
class Player:
    path: Path
    exchanges: list[Exchange]

    def answer(self, method: str, url: str, body: bytes) -> Exchange | None:
        """The first that is left and was asked the same. Raises Differs."""
        sent = _sent(method, url, body, ())
        for number, exchange in enumerate(self.exchanges):
            if exchange.sent == sent:
                return self.exchanges.pop(number)
        if not self.exchanges:
            raise Differs(f"nothing is left on {self.path.name} for:\n{_shown(sent)}")
        told = difflib.unified_diff(
            _shown(self.exchanges[0].sent).splitlines(),
            _shown(sent).splitlines(),
            *("recorded", "now"),
            lineterm="",
            n=2,
        )
        raise Differs(f"the request differs from what is on {self.path.name}:\n" + "\n".join(told))

    def heard(self, request: Any, status: int, headers: Any) -> Callable[[bytes], None]:
        return lambda piece: None


@contextmanager
def recording(path: Path) -> Iterator[Lines]:
    """The file is written when the block ends, also when it fails; it is for its owner alone."""
    recorder = Recorder()
    try:
        yield _line(recorder)
    finally:
        _write(path, recorder.exchanges)


@contextmanager
def replaying(path: Path) -> Iterator[Lines]:
    """Raises OSError, Invalid for a file that is none, Differs where something on it is left."""
    player = Player(path, read(path))
    yield _line(player)
    if player.exchanges:
        left = "\n".join(f"{one.sent.method} {one.sent.path}" for one in player.exchanges)
        raise Differs(f"what is on {path.name} was not asked again:\n{left}")


def read(path: Path) -> list[Exchange]:
    """Raises OSError, Invalid."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    try:
        told: Any = yaml.safe_load(data) if len(data) <= LARGEST else None
        if told["cassette"] != VERSION:
            raise ValueError
        return [
            Exchange(
                Sent(one["method"], one["path"], one["body"]),
                int(one["status"]),
                dict(one["headers"]),
                [p if isinstance(p, bytes) else p.encode() for p in one["pieces"]],
            )
            for one in told["exchanges"]
        ]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as cause:
        raise Invalid(f"{path.name} is no cassette of version {VERSION}") from cause


def _line(tape: Recorder | Player) -> Lines:
    def make() -> "Line":
        from dihedral.model.work.providers.line import Line  # noqa: PLC0415  it is heavy

        return Line(tape)

    return make


def _write(path: Path, exchanges: Sequence[Exchange]) -> None:
    told = {"cassette": VERSION, "exchanges": [_told(one) for one in exchanges]}
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=100)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def _told(one: Exchange) -> dict[str, Any]:
    sent = {"method": one.sent.method, "path": one.sent.path, "body": one.sent.body}
    pieces = _cleared(one.pieces, one.secrets)
    shown = [_text(piece) for piece in pieces]
    return {**sent, "status": one.status, "headers": dict(one.headers), "pieces": shown}


def _cleared(pieces: Sequence[bytes], secrets: Sequence[str]) -> list[bytes]:
    """A credential may lie across two pieces: then they are one."""
    clean = [_clear(piece, secrets) for piece in pieces]
    whole = _clear(b"".join(pieces), secrets)
    return clean if b"".join(clean) == whole else [whole]


def _clear(piece: bytes, secrets: Sequence[str]) -> bytes:
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        for secret in secrets:
            piece = piece.replace(secret.encode(), GONE.encode())
        return piece
    for secret in secrets:
        text = text.replace(secret, GONE)
    return KEYS.sub(GONE, text).encode()


def _text(piece: bytes) -> str | bytes:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return piece


def _sent(method: str, url: str, body: bytes, secrets: Sequence[str]) -> Sent:
    parts = urlsplit(url)
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query) if k not in _QUERY])
    clean = _clear(body, secrets)
    try:
        told = json.loads(clean)
    except ValueError:
        told = clean.decode("utf-8", "replace")
    return Sent(method, f"{parts.path}?{query}" if query else parts.path, told)


def _secrets(headers: Mapping[str, str]) -> Iterator[str]:
    """Every word of a header that bears a credential; of AWS's, what is before a `/`, too."""
    for key, value in headers.items():
        if key.lower() in _CREDENTIALS:
            for word in _WORD.findall(value):
                yield from {word, word.partition("/")[0]} - {"AWS4-HMAC-SHA256"}


def _shown(sent: Sent) -> str:
    body = json.dumps(sent.body, ensure_ascii=False, indent=1)
    return f"{sent.method} {sent.path}\n{body}"
