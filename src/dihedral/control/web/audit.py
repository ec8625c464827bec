"""The audit log: acts and refusals, newest first; and whether the chain of them holds."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.audit import Link, Outcome
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action
from dihedral.ops.store.audit import Which
from dihedral.ops.work import audit
from dihedral.ops.work.audit import Proof

PATH, SIZE = "/audit", 100
FILTERS = ("actor", "action", "target", "workspace", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Page):
    """`said` is what the list is narrowed to. `proof` is None until somebody asks for it."""

    template: ClassVar[str] = "audit.html"
    links: tuple[Link, ...]
    said: dict[str, str]
    older: str
    proof: Proof | None = None
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
    )
    return await shell.show(request, page)


doors = (
    paper.door("GET", PATH, read, Action.AUDIT_READ, "Acts and refusals, newest first"),
    paper.door("POST", f"{PATH}/proof", prove, Action.AUDIT_READ, "Whether the chain holds"),
)
