"""The outside of a token, read so strictly that it has one meaning, before any key is looked at.

Shape   three parts of base64url without padding; header and payload are JSON objects with no name
        twice, since two readers would take another one each.
Source  RFC 7515 §4 and §5.2; RFC 8725 for what goes wrong.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from dihedral.domain.errors import Nobody

MOST = 4096  # characters
_HEADER = {"alg", "kid", "typ"}


@dataclass(frozen=True, slots=True)
class Read:
    """Nothing of it is believed yet but `alg` and `typ`, which are what was wanted."""

    kid: str
    payload: Mapping[str, Any]


def read(token: str, alg: str, typ: str) -> Read:
    """A token of that algorithm and type. Raises Nobody."""
    if len(token) > MOST:
        raise Nobody(f"the token is longer than {MOST} characters")
    parts = token.split(".")
    if len(parts) != 3:
        raise Nobody("the token has not three parts")
    header, payload, _ = (_decoded(part) for part in parts)
    said = _object(header)
    if set(said) != _HEADER or not all(isinstance(value, str) for value in said.values()):
        raise Nobody("the token's header is not of alg, kid and typ")
    if said["alg"] != alg:
        raise Nobody(f"the token is signed by {said['alg'][:20]!r}, and only {alg} counts here")
    if said["typ"] != typ:
        raise Nobody(f"the token is a {said['typ'][:20]!r}, and only {typ} counts here")
    return Read(said["kid"], _object(payload))


def _decoded(part: str) -> bytes:
    """The one way to write it: no padding, no other letters, no bits left over."""
    try:
        raw = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except (ValueError, binascii.Error):
        raise Nobody("the token is not base64url") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise Nobody("the token is not base64url as it is written")
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        raise Nobody("the token is not JSON") from None
    if not isinstance(found, dict):
        raise Nobody("the token is not JSON of an object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Nobody("the token says something twice")
    return found


def _never(constant: str) -> NoReturn:
    raise Nobody(f"the token says {constant}, which is no JSON")
