"""Sealed content: AES-256-GCM over zstd, bound to what it is for.

Layout of a sealed blob, all lengths fixed but the last:
    4  "DHB" and the version, 1
    1  compression: 0 none, 1 zstd
    8  key id, the start of the key's own SHA-256 under a label
    12 nonce, random
    *  ciphertext and tag; everything before it, and `bind`, are authenticated
Shape   A key is 32 bytes: given as base64 or hex, or a file of its hex with mode 0600.
"""

import base64
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC = b"DHB\x01"
_ID, _NONCE = 8, 12
_HEAD = len(_MAGIC) + 1 + _ID
_START = _HEAD + _NONCE
_PLAIN, _ZSTD = b"\x00", b"\x01"
LARGEST = 1 << 30
"""Bytes of plain content that are sealed or opened; PostgreSQL holds no larger value."""


class Sealed(Exception):
    """What was sealed cannot be opened."""


class WrongKey(Sealed):
    """It was sealed with another key."""


class Damaged(Sealed):
    """It is not what was sealed, or was sealed for something else."""


class NoKey(Exception):
    """The key cannot be read, or is none."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """One key; its id is safe to show."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise NoKey(f"a key is 32 bytes, and this is {len(self.key)}: make one with {_HOW}")

    @property
    def id(self) -> str:
        return hashlib.sha256(b"key id\0" + self.key).digest()[:_ID].hex()

    @classmethod
    def given(cls, text: str) -> "Keyring":
        """From settings: 64 hex digits, or base64. Raises NoKey."""
        word = text.strip()
        try:
            if len(word) == 64:
                return cls(bytes.fromhex(word))
            return cls(base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True))
        except ValueError:
            raise NoKey(f"the key is neither hex nor base64: make one with {_HOW}") from None

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """From a file, made if it is not there. Raises NoKey."""
        try:
            return cls._read(path)
        except FileNotFoundError:
            _make(path)
            return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> "Keyring":
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
            return cls(bytes.fromhex(text.decode().strip()))
        except (ValueError, NoKey):
            raise NoKey(
                f"the key file {path} is damaged: it should hold 64 hex digits; restore it from"
                " your backup, since what it sealed cannot be read without it"
            ) from None


_HOW = "`openssl rand -hex 32`"


def seal(ring: Keyring, plain: bytes, bind: bytes) -> bytes:
    """Opens only with the same key and `bind`. Raises ValueError above LARGEST."""
    if len(plain) > LARGEST:
        raise ValueError(f"{len(plain)} bytes are too many to keep; the most is {LARGEST}")
    packed = zstandard.compress(plain, 3)
    how, body = (_ZSTD, packed) if len(packed) < len(plain) else (_PLAIN, plain)
    head = _MAGIC + how + bytes.fromhex(ring.id)
    nonce = secrets.token_bytes(_NONCE)
    return head + nonce + AESGCM(ring.key).encrypt(nonce, body, head + bind)


def unseal(ring: Keyring, sealed: bytes, bind: bytes) -> bytes:
    """What was sealed. Raises WrongKey, Damaged."""
    head, nonce = sealed[:_HEAD], sealed[_HEAD:_START]
    if len(sealed) < _START + 16 or not head.startswith(_MAGIC):
        raise Damaged("this is not sealed content: it is cut short or was changed")
    if (key_id := head[-_ID:].hex()) != ring.id:
        raise wrong_key(key_id, ring.id)
    try:
        body = AESGCM(ring.key).decrypt(nonce, sealed[_START:], head + bind)
    except InvalidTag:
        raise Damaged("the sealed content was changed, or belongs elsewhere") from None
    if head[len(_MAGIC) : len(_MAGIC) + 1] == _PLAIN:
        return body
    return zstandard.decompress(body, max_output_size=LARGEST)


def wrong_key(sealed_with: str, here: str) -> WrongKey:
    return WrongKey(
        f"the data was sealed with key {sealed_with}, and this is key {here}: put the right key"
        " back (its file or setting) and start again; without it the data cannot be read"
    )


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
