"""What the server's own log never says: its keys, its tokens, how it gets into the database."""

from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache

from dihedral.kit.blob import Keyring
from dihedral.kit.db import password
from dihedral.kit.key import Key
from dihedral.ops.rules import scrub


def clearing(ring: Keyring, dsn: str) -> Callable[[str], str]:
    """Hides the master key, also one that takes its place, and the database's password."""
    told = [text for text in (dsn, password(dsn)) if text]
    here = scrub.known(told)
    return lambda text: here.hide(_key(ring.master).hide(text))


@lru_cache(maxsize=4)
def _key(key: Key) -> scrub.Known:
    """As a file or a setting may have it."""
    return scrub.known([key.raw.hex(), b64encode(key.raw).decode()])
