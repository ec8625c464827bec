"""The audit log and the proofs that leave the house. Reading is an act, and is noted."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.actor import Kind
from dihedral.domain.audit import FIELDS, Link, Outcome
from dihedral.domain.right import Action
from dihedral.ops.rules import records as exported
from dihedral.ops.store.audit import Which
from dihedral.ops.work import audit

LONGEST_WAIT = 25.0  # seconds
JSONL = "application/jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShape:
    """A record in its place; `hash` covers all the rest and the hash of the record before."""

    seq: int
    at: datetime
    organization: str
    actor: str
    kind: Kind
    on_behalf_of: str | None
    action: str
    target: str
    workspace: str
    outcome: Outcome
    reason: str
    trace: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first; `next` is what to send as `before`."""

    items: list[RecordShape]
    next: int | None


@dataclass(frozen=True, slots=True)
class ProofShape:
    """How many records follow from the first, and what is wrong with the next, if anything."""

    seq: int
    hash: str
    broken: str


@dataclass(frozen=True, slots=True)
class KeyShape:
    """What evidence is signed with: the public half, 32 bytes in hexadecimal."""

    id: str
    ed25519: str


@dataclass(frozen=True, slots=True)
class AuditNews:
    """Oldest first; `next` is what to send as `after`."""

    items: list[RecordShape]
    next: int


Instant = Annotated[datetime, Meta(tz=True)]


class WhichAsked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`action` is such as `run.approve`."""

    workspace: str | None = None
    target: str | None = None
    actor: str | None = None
    action: str | None = None
    outcome: Outcome | None = None


class NewsAsked(WhichAsked, kw_only=True, forbid_unknown_fields=True):
    after: edge.Number = 0
    wait: Annotated[float, Meta(ge=0, le=LONGEST_WAIT)] = 0.0


class AuditAsked(WhichAsked, kw_only=True, forbid_unknown_fields=True):
    """From `since` on, and before `until`."""

    since: Instant | None = None
    until: Instant | None = None
    before: edge.Number | None = None
    size: Annotated[int, Meta(ge=1, le=1000)] = 50


class RecordsAsked(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    after: edge.Number = 0


async def page(request: Request) -> AuditPage:
    asked = edge.query(request, AuditAsked)
    which = replace(_which(asked), since=asked.since, until=asked.until)
    parts, actor = edge.ops(request), edge.actor(request)
    links = await audit.page(parts, actor, which, asked.size, asked.before)
    more = links[-1].seq if len(links) == asked.size else None
    return AuditPage([shape(link) for link in links], more)


async def news(request: Request) -> AuditNews:
    asked = edge.query(request, NewsAsked)
    parts, actor = edge.ops(request), edge.actor(request)
    links = await audit.news(parts, actor, _which(asked), asked.after, asked.wait)
    return AuditNews([shape(link) for link in links], links[-1].seq if links else asked.after)


def _which(asked: WhichAsked) -> Which:
    return Which(
        workspace=asked.workspace,
        target=asked.target,
        actor=asked.actor,
        action=asked.action,
        outcome=asked.outcome,
    )


async def records(request: Request) -> Response:
    after = edge.query(request, RecordsAsked).after
    links = await audit.records(edge.ops(request), edge.actor(request), after)
    return Response(b"".join(map(exported.encode, links)), media_type=JSONL)


async def proof(request: Request) -> ProofShape:
    found = await audit.verify(edge.ops(request), edge.actor(request))
    return ProofShape(found.head.seq, found.head.hash, found.broken)


async def key(request: Request) -> KeyShape:
    signer = edge.ops(request).signer
    return KeyShape(signer.id, signer.public.hex())


def shape(link: Link) -> RecordShape:
    fields = {name: getattr(link.act, name) for name in FIELDS}
    return RecordShape(seq=link.seq, hash=link.hash, **fields)


doors = (
    Door(
        method="GET",
        path="/v1/audit",
        handler=page,
        needs=Action.AUDIT_READ,
        summary="Acts and refusals, newest first",
        asks=AuditAsked,
        gives=AuditPage,
    ),
    Door(
        method="GET",
        path="/v1/audit/news",
        handler=news,
        needs=Action.AUDIT_READ,
        summary="Acts and refusals after one, oldest first; with `wait`, as soon as there are any",
        asks=NewsAsked,
        gives=AuditNews,
    ),
    Door(
        method="GET",
        path="/v1/audit/records",
        handler=records,
        needs=Action.AUDIT_READ,
        summary="Up to 1,000 records after one, oldest first, a JSON object a line",
        asks=RecordsAsked,
        gives=str,
        gives_media=JSONL,
    ),
    Door(
        method="GET",
        path="/v1/audit/proof",
        handler=proof,
        needs=Action.AUDIT_READ,
        summary="Whether every record is as it was written",
        gives=ProofShape,
    ),
    Door(
        method="GET",
        path="/v1/evidence-key",
        handler=key,
        needs=None,
        summary="What evidence is signed with: the public half",
        gives=KeyShape,
    ),
)
