"""The audit log as a chain: each record's hash covers the record and the hash before it.

Shape   SHA-256, lower-case hexadecimal, over the canonical JSON list of `seq`, the record's fields
        in the order of `domain.audit.FIELDS`, and the hash before; the first one's is 64 zeros.
"""

from collections.abc import Iterable
from datetime import UTC
from hashlib import sha256

import msgspec

from dihedral.domain.audit import FIELDS, Act, Head, Link


def link(head: Head, act: Act) -> Link:
    """The record that follows `head`."""
    seq = head.seq + 1
    return Link(seq, act, _hash(seq, act, head.hash))


def follow(head: Head, links: Iterable[Link]) -> tuple[Head, str]:
    """The head after these records, and what is wrong with the first that does not follow; the
    head stays before that one. Nothing is wrong where the text is empty."""
    for found in links:
        if found.seq != head.seq + 1:
            return head, f"record {head.seq + 1} is missing: the next one is {found.seq}"
        if found.hash != _hash(found.seq, found.act, head.hash):
            return head, f"record {found.seq} is not as it was written"
        head = Head(found.seq, found.hash)
    return head, ""


def sealed(head: Head) -> bytes:
    """What the seal of a head is made over."""
    return msgspec.json.encode(["audit head", head.seq, head.hash])


def _hash(seq: int, act: Act, before: str) -> str:
    at = act.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [at, *(getattr(act, name) for name in FIELDS[1:])]
    return sha256(msgspec.json.encode([seq, *fields, before])).hexdigest()
