"""The audit log as it is exported: a JSON object a line, oldest first.

Source  CloudEvents 1.0.2, github.com/cloudevents/spec: `spec.md` for the attributes, and
        `formats/json-format.md` for an event as JSON.
"""

from datetime import datetime

import msgspec

from dihedral.domain.actor import Kind
from dihedral.domain.audit import FIELDS, Act, Head, Link, Outcome
from dihedral.domain.ids import ActorId, OrganizationId
from dihedral.ops.rules import chain


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    seq: int
    at: datetime
    organization: OrganizationId
    actor: ActorId
    kind: Kind
    on_behalf_of: ActorId | None
    action: str
    target: str
    workspace: str
    outcome: Outcome
    reason: str
    trace: str
    hash: str


def encode(link: Link) -> bytes:
    """One line, with its line feed."""
    fields = {name: getattr(link.act, name) for name in FIELDS}
    return msgspec.json.encode({"seq": link.seq, **fields, "hash": link.hash}) + b"\n"


def event(line: bytes) -> bytes:
    """A record as a CloudEvent, a line like the record's own. Its id is the record's hash, which
    no other record has."""
    record = msgspec.json.decode(line, type=_Record)
    subject = {"subject": record.target} if record.target else {}
    told = {
        "specversion": "1.0",
        "id": record.hash,
        "source": f"urn:dihedral:{record.organization}",
        "type": f"dihedral.{record.action}",
        "time": record.at,
        **subject,
        "datacontenttype": "application/json",
        "data": record,
    }
    return msgspec.json.encode(told) + b"\n"


def follow(text: bytes) -> tuple[Head, str]:
    """How far the records follow from the first, and what is wrong with the next, if anything.

    Only the exact bytes that `encode` makes are taken.
    """
    head = Head()
    for line in text.splitlines(keepends=True):
        found = _decode(line)
        if found is None:
            return head, f"the record after {head.seq} cannot be read"
        head, broken = chain.follow(head, [found])
        if broken:
            return head, broken
    return head, ""


def _decode(line: bytes) -> Link | None:
    try:
        row = msgspec.json.decode(line, type=_Record)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    act = Act(**{name: getattr(row, name) for name in FIELDS})
    link = Link(row.seq, act, row.hash)
    return link if encode(link) == line else None
