"""A workspace's terms over HTTP: the document as it was written, and all that holds."""

from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.right import Action
from dihedral.ops.rules import terms
from dihedral.ops.work import agreement
from dihedral.ops.work.agreement import Agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedShape:
    """A term that is another now; `looser` says that more may pass, null that nobody can tell."""

    path: str
    before: Any
    after: Any
    looser: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsShape:
    """`text` is the workspace's own document, empty where the server's holds; `effective` is all
    that holds, as YAML, and `terms` the same as data. `moved` is what this call moved."""

    workspace: str
    text: str
    effective: str
    terms: dict[str, Any]
    moved: list[MovedShape]


class TermsAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`text` is YAML; empty goes back to the server's. `was` is the text that was read before."""

    text: str
    was: str | None = None


async def read(request: Request) -> TermsShape:
    return _shape(await agreement.see(edge.ops(request), edge.actor(request), _key(request)))


async def put(request: Request) -> TermsShape:
    asked = await edge.body(request, TermsAsked)
    parts, actor = edge.ops(request), edge.actor(request)
    return _shape(await agreement.agree(parts, actor, _key(request), asked.text, asked.was))


def _shape(agreed: Agreed) -> TermsShape:
    return TermsShape(
        workspace=agreed.workspace.name,
        text=agreed.workspace.terms,
        effective=terms.show(agreed.terms),
        terms=terms.document(agreed.terms),
        moved=[
            MovedShape(path=m.path, before=m.before, after=m.after, looser=m.looser)
            for m in agreed.moved
        ],
    )


def _key(request: Request) -> str:
    key: str = request.path_params["workspace"]
    return key


_ONE = "/v1/workspaces/{workspace}/terms"
doors = (
    Door(
        method="GET",
        path=_ONE,
        handler=read,
        needs=Action.TERMS_READ,
        summary="The terms on which the workspace takes changes",
        gives=TermsShape,
    ),
    Door(
        method="PUT",
        path=_ONE,
        handler=put,
        needs=Action.TERMS_SET,
        summary="Set the terms; runs that are judged from now on are judged on them",
        takes=TermsAsked,
        gives=TermsShape,
    ),
)
