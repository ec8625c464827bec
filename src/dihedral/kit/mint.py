"""New ids, that nobody can guess: a prefix, a hyphen, 16 letters and digits (95 bits)."""

import secrets

# without 0 O 1 I l, which people mistake for each other when they read an id aloud
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def mint(prefix: str) -> str:
    return f"{prefix}-{''.join(secrets.choice(LETTERS) for _ in range(16))}"
