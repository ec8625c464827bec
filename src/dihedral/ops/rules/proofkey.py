"""Proof Key for Code Exchange: a code is of use only to who knows what its challenge is made from.

Source  RFC 7636 §4.2 (S256; `plain` is not taken).
"""

import hashlib
import re
from base64 import urlsafe_b64encode

from dihedral.domain.errors import Invalid

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


def challenge(verifier: str) -> str:
    """S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def demand_challenge(text: str) -> None:
    """Raises Invalid."""
    if not _CHALLENGE.fullmatch(text):
        raise Invalid("this is no login that a command began; run `dihedral login`")
