"""Keys that seal, and the file that holds one.

Shape   A key is 32 bytes: given as base64 or hex, or a file of its hex with mode 0600.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

ID_BYTES = 8
"""Of a key's id: the start of the key's own SHA-256 under a label."""
_HOW = "`openssl rand -hex 32`"


class NoKey(Exception):
    """The key cannot be read, or is none."""


@dataclass(frozen=True, slots=True)
class Key:
    """32 bytes. Its id is safe to show."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise NoKey(f"a key is 32 bytes, and this is {len(self.raw)}: make one with {_HOW}")

    @property
    def id(self) -> str:
        return hashlib.sha256(b"key id\0" + self.raw).digest()[:ID_BYTES].hex()

    @classmethod
    def new(cls) -> "Key":
        return cls(secrets.token_bytes(32))

    @classmethod
    def given(cls, text: str) -> "Key":
        """From settings: 64 hex digits, or base64. Raises NoKey."""
        word = text.strip()
        try:
            if len(word) == 64:
                return cls(bytes.fromhex(word))
            return cls(base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True))
        except ValueError:
            raise NoKey(f"the key is neither hex nor base64: make one with {_HOW}") from None

    def mac(self, body: bytes) -> str:
        """What only a holder of the key can make of a text: for digests of what is secret."""
        return hmac.digest(hmac.digest(self.raw, b"mac", "sha256"), body, "sha256").hex()


def load(path: Path) -> Key:
    """From a file, made if it is not there. Raises NoKey."""
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def swap(path: Path, new: Path) -> Path:
    """`new` in the place of the key file `path`, at which there is a whole key at every moment;
    where the old one is kept. Raises NoKey."""
    old = path.with_name(f"{path.name}.{_read(path).id}.old")
    try:
        old.unlink(missing_ok=True)
        os.link(path, old)
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as cause:
        raise NoKey(f"{new} cannot take the place of {path}: {cause.strerror}") from cause
    return old


def _read(path: Path) -> Key:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(200)
    except FileNotFoundError:
        raise
    except OSError as cause:
        raise NoKey(f"the key file {path} cannot be read: {cause.strerror}") from cause
    if mode & 0o077:
        raise NoKey(
            f"the key file {path} can be read by others (mode {mode:04o}):"
            f" run `chmod 600 {path}`, and think about who may have seen it"
        )
    try:
        return Key(bytes.fromhex(text.decode().strip()))
    except (ValueError, NoKey):
        raise NoKey(
            f"the key file {path} is damaged: it should hold 64 hex digits; restore it from"
            " your backup, since what it sealed cannot be read without it"
        ) from None


def _make(path: Path) -> None:
    """A new key file, whole and mode 0600 from its first byte; an existing one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(raw, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(raw, path)  # fails if somebody was first, and then theirs counts
    except FileExistsError:
        pass
    except OSError as cause:
        raise NoKey(f"the key file {path} cannot be made: {cause.strerror}") from cause
    finally:
        raw.unlink(missing_ok=True)
