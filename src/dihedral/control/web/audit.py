"""The audit log: acts and refusals, newest first; and whether the chain of them holds."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dihedral.control import edge
from dihedral.control.api.audit import JSONL
from dihedral.control.edge import Door
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.actor import HOME
from dihedral.domain.audit import Link, Outcome
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action
from dihedral.ops.rules import records
from dihedral.ops.store.audit import Which
from dihedral.ops.work import audit
from dihedral.ops.work.audit import Proof

PATH, SIZE = "/audit", 100
FILTERS = ("actor", "action", "target", "workspace", "outcome", "since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Page):
    """`said` is what the list is narrowed to. `proof` is None until somebody asks for it. `signer`
    is the public half of what evidence is signed with. `may_export`: who reads all of the log."""

    template: ClassVar[str] = "audit.html"
    links: tuple[Link, ...]
    said: dict[str, str]
    older: str
    proof: Proof | None = None
    signer: str
    may_export: bool
    outcomes: tuple[Outcome, ...] = tuple(Outcome)


async def read(request: Request) -> Response:
    return await _page(request)


async def prove(request: Request) -> Response:
    return await _page(request, await audit.verify(edge.ops(request), edge.actor(request)))


async def _page(request: Request, proof: Proof | None = None) -> Response:
    asked = request.query_params
    said = {name: asked.get(name, "").strip()[:200] for name in FILTERS}
    before = asked.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 16):
        raise Invalid(f"there is no record {before!r}")
    if said["outcome"] and said["outcome"] not in set(Outcome):
        raise Invalid(f"there is no outcome {said['outcome']!r}")
    which = Which(
        workspace=said["workspace"] or None,
        target=said["target"] or None,
        actor=said["actor"] or None,
        action=said["action"] or None,
        outcome=Outcome(said["outcome"]) if said["outcome"] else None,
        since=_day(said["since"]),
        until=_day(said["until"], timedelta(days=1)),
    )
    number = int(before) if before else None
    links = await audit.page(edge.ops(request), edge.actor(request), which, SIZE, number)
    kept = {name: value for name, value in said.items() if value}
    page = Audit(
        links=tuple(links),
        said=said,
        older=f"{PATH}?{urlencode({**kept, 'before': links[-1].seq})}"
        if len(links) == SIZE
        else "",
        proof=proof,
        signer=edge.ops(request).signer.public.hex(),
        may_export=edge.actor(request).organization == HOME,
    )
    return await shell.show(request, page)


async def export(request: Request) -> Response:
    """All records, in order, as `dihedral audit verify FILE` reads them. Raises Forbidden."""
    ops, actor = edge.ops(request), edge.actor(request)
    first = await audit.records(ops, actor, 0)
    head = {"content-disposition": 'attachment; filename="audit.jsonl"'}

    async def lines() -> AsyncIterator[bytes]:
        links = first
        while links:
            yield b"".join(map(records.encode, links))
            links = await audit.records(ops, actor, links[-1].seq)

    return StreamingResponse(lines(), media_type=JSONL, headers=head)


def _day(said: str, more: timedelta = timedelta()) -> datetime | None:
    """The midnight with which a day begins, or after it with `more`, by UTC. Raises Invalid."""
    if not said:
        return None
    try:
        return datetime.combine(date.fromisoformat(said), time(), UTC) + more
    except (ValueError, OverflowError):
        raise Invalid(f"a day is such as 2026-05-01, not {said[:40]!r}") from None


doors = (
    paper.door("GET", PATH, read, Action.AUDIT_READ, "Acts and refusals, newest first"),
    Door(
        method="GET",
        path=f"{PATH}/export",
        handler=export,
        needs=Action.AUDIT_READ,
        summary="All records, to be kept",
        gives=str,
        gives_media=JSONL,
        page=True,
    ),
    paper.door("POST", f"{PATH}/proof", prove, Action.AUDIT_READ, "Whether the chain holds"),
)
