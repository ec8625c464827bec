"""New ids, that nobody can guess: a prefix, a hyphen, 16 letters and digits (93 bits). And secrets,
of which only the hash is kept."""

import hashlib
import secrets

# without 0 O 1 I l, which people mistake for each other when they read an id aloud
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 16


def mint(prefix: str) -> str:
    chance, said = secrets.randbelow(len(LETTERS) ** LENGTH), []
    for _ in range(LENGTH):
        chance, letter = divmod(chance, len(LETTERS))
        said.append(LETTERS[letter])
    return f"{prefix}-{''.join(said)}"


def secret(prefix: str = "") -> str:
    """A new one, of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """What is kept of a secret. It is chance, not a password, so that one hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
