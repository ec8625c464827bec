"""Sealed content: AES-256-GCM over zstd, bound to what it is for.

Layout of a sealed blob, all lengths fixed but the last:
    4  "DHB" and the version, 1
    1  compression: 0 none, 1 zstd
    8  key id, the start of the key's own SHA-256 under a label
    12 nonce, random
    *  ciphertext and tag; everything before it, and `bind`, are authenticated
"""

import secrets
from collections.abc import Iterable
from pathlib import Path

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dihedral.kit import key as keys
from dihedral.kit.key import ID_BYTES, Key

_MAGIC = b"DHB\x01"
_NONCE = 12
_HEAD = len(_MAGIC) + 1 + ID_BYTES
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


class Keyring:
    """The master key, and the keys that open content now, as this process last learned them. Which
    of them seals is asked in each transaction (`kit.keys`)."""

    def __init__(self, master: bytes, source: Path | None = None) -> None:
        self.master = Key(master)
        self.ended = -1  # how many keys had ended when it learned the others
        self._source = source
        self._known = {self.id: self.master}

    def __repr__(self) -> str:
        return f"Keyring({self.id})"

    @property
    def id(self) -> str:
        """The master key's."""
        return self.master.id

    @classmethod
    def given(cls, text: str) -> "Keyring":
        """From settings. Raises NoKey."""
        return cls(Key.given(text).raw)

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """From a file, made if it is not there. Raises NoKey."""
        return cls(keys.load(path).raw, path)

    def learn(self, known: Iterable[Key], ended: int) -> None:
        """From now on these open content, and no others: what was sealed with a key that has ended
        is not believed, since that key may have ended for a reason."""
        self._known = {key.id: key for key in known}
        self.ended = ended

    def find(self, key_id: str) -> Key:
        """Raises WrongKey."""
        if key_id not in self._known:
            raise wrong_key(key_id, self.id)
        return self._known[key_id]

    def has(self, key_id: str) -> bool:
        return key_id in self._known

    def opens(self, sealed: bytes) -> bool:
        """Whether the key is here; what is no sealed content needs none."""
        return not _whole(sealed) or self.has(sealed_by(sealed))

    def reread(self) -> None:
        """The master key as its file has it now: it was changed while the program runs."""
        if self._source is not None:
            self.master = keys.load(self._source)


def seal(key: Key, plain: bytes, bind: bytes) -> bytes:
    """Opens only with the same key and `bind`. Raises ValueError above LARGEST."""
    if len(plain) > LARGEST:
        raise ValueError(f"{len(plain)} bytes are too many to keep; the most is {LARGEST}")
    packed = zstandard.compress(plain, 3)
    how, body = (_ZSTD, packed) if len(packed) < len(plain) else (_PLAIN, plain)
    return _closed(key, how, body, bind)


def unseal(ring: Keyring, sealed: bytes, bind: bytes) -> bytes:
    """What was sealed. Raises WrongKey, Damaged."""
    how, body = _opened(ring, sealed, bind)
    return body if how == _PLAIN else zstandard.decompress(body, max_output_size=LARGEST)


def reseal(ring: Keyring, key: Key, sealed: bytes, bind: bytes) -> bytes:
    """The same under another key. Raises WrongKey, Damaged."""
    return _closed(key, *_opened(ring, sealed, bind), bind)


def sealed_by(sealed: bytes) -> str:
    """The id of the key that sealed it."""
    return sealed[_HEAD - ID_BYTES : _HEAD].hex()


def wrong_key(sealed_with: str, here: str) -> WrongKey:
    return WrongKey(
        f"the data was sealed with key {sealed_with}, and this is key {here}: put the right key"
        " back (its file or setting) and start again; without it the data cannot be read"
    )


def _closed(key: Key, how: bytes, body: bytes, bind: bytes) -> bytes:
    head = _MAGIC + how + bytes.fromhex(key.id)
    nonce = secrets.token_bytes(_NONCE)
    return head + nonce + AESGCM(key.raw).encrypt(nonce, body, head + bind)


def _opened(ring: Keyring, sealed: bytes, bind: bytes) -> tuple[bytes, bytes]:
    """How the content is compressed, and the content."""
    if not _whole(sealed):
        raise Damaged("this is not sealed content: it is cut short or was changed")
    head, nonce = sealed[:_HEAD], sealed[_HEAD:_START]
    key = ring.find(sealed_by(sealed))
    try:
        body = AESGCM(key.raw).decrypt(nonce, sealed[_START:], head + bind)
    except InvalidTag:
        raise Damaged("the sealed content was changed, or belongs elsewhere") from None
    return head[len(_MAGIC) : len(_MAGIC) + 1], body


def _whole(sealed: bytes) -> bool:
    return len(sealed) >= _START + 16 and sealed.startswith(_MAGIC)
