"""New ids, that nobody can guess: a prefix, a hyphen, 16 letters and digits (95 bits). And secrets,
of which only the hash is kept."""

import hashlib
import secrets

# without 0 O 1 I l, which people mistake for each other when they read an id aloud
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def mint(prefix: str) -> str:
    return f"{prefix}-{''.join(secrets.choice(LETTERS) for _ in range(16))}"


def secret(prefix: str = "") -> str:
    """A new one, of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """What is kept of a secret. It is chance, not a password, so that one hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
