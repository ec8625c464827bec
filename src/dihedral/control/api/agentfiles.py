"""Agents' files over HTTP: applied, shown, and an older version taken again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.errors import NotFound
from dihedral.domain.right import Action
from dihedral.model.rules import agentfile
from dihedral.model.store.specs import Taken, Version
from dihedral.model.work.agentfiles import AgentFiles
from dihedral.model.work.agentforms import Applied, Held

Path = Annotated[str, Meta(min_length=1, max_length=1000)]
Texts = Annotated[dict[Path, str], Meta(min_length=1, max_length=400)]


class FilesAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`files` are texts by their paths: each YAML file is an agent's, the others are what these
    name. With `dry` nothing is kept, and it is said what would be."""

    files: Texts
    dry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedShape:
    """`outcome`: created, updated, unchanged, or again (an older version). `difference` is between
    the file that held and this one, a line each; `granted` what the agent may from now on, empty
    where it may just that already."""

    name: str
    outcome: str
    version: int
    digest: str
    difference: tuple[str, ...]
    granted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedPage:
    items: list[AppliedShape]
    next: str | None
    dry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenShape:
    """A version, and since when it held. `follows`: when the program is brought up to date, its
    next file takes the place of this one."""

    version: int
    digest: str
    shipped: bool
    holds: bool
    follows: bool
    taken_by: str
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPage:
    """The last first; at most 100."""

    items: list[TakenShape]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShape:
    """`text` is the whole file printed again, with the texts that it named inside."""

    name: str
    version: int
    digest: str
    shipped: bool
    holds: bool
    applied_by: str
    applied_at: datetime
    model: str
    text: str


async def apply(request: Request) -> AppliedPage:
    asked = await edge.body(request, FilesAsked)
    done = await _files(request).apply(edge.actor(request), asked.files, dry=asked.dry)
    return AppliedPage(items=[_applied(one) for one in done], next=None, dry=asked.dry)


async def history(request: Request) -> TakenPage:
    organization = edge.actor(request).organization
    _, taken = await _files(request).see(organization, _name(request))
    return TakenPage(items=[_taken(one, one is taken[0]) for one in taken], next=None)


async def read(request: Request) -> FileShape:
    organization = edge.actor(request).organization
    held, taken = await _files(request).see(organization, _name(request), _number(request))
    return _file(held, taken[0].version)


async def take(request: Request) -> AppliedShape:
    actor, name = edge.actor(request), _name(request)
    return _applied(await _files(request).take(actor, name, _number(request)))


def _applied(one: Applied) -> AppliedShape:
    return AppliedShape(
        name=one.name,
        outcome=one.outcome,
        version=one.version,
        digest=one.digest,
        difference=one.difference,
        granted=one.granted,
    )


def _taken(one: Taken, holds: bool) -> TakenShape:
    return TakenShape(
        version=one.version.version,
        digest=one.version.digest,
        shipped=one.version.shipped,
        holds=holds,
        follows=one.follows,
        taken_by=one.by,
        taken_at=one.at,
    )


def _file(held: Held, now: Version) -> FileShape:
    made = held.version
    return FileShape(
        name=made.name,
        version=made.version,
        digest=made.digest,
        shipped=made.shipped,
        holds=made.version == now.version,
        applied_by=made.applied_by,
        applied_at=made.applied_at,
        model=held.file.needs.model,
        text=agentfile.show(held.file),
    )


def _files(request: Request) -> AgentFiles:
    return edge.thinking(request).files


def _name(request: Request) -> str:
    name: str = request.path_params["agent"]
    return name


def _number(request: Request) -> int:
    """Raises NotFound."""
    said: str = request.path_params["number"]
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise NotFound("version of an agent", said)
    return int(said)


_VERSIONS = "/v1/agents/{agent}/versions"
_ONE = f"{_VERSIONS}/{{number}}"
# fmt: off
doors = (
    Door(method="POST", path="/v1/agent-files", handler=apply, needs=Action.AGENT_SET,
         summary="Apply agents' files, all or none, or see what that would do", takes=FilesAsked,
         gives=AppliedPage),
    Door(method="GET", path=_VERSIONS, handler=history, needs=Action.AGENT_READ,
         summary="Which versions of an agent's file held, the last first", gives=TakenPage),
    Door(method="GET", path=_ONE, handler=read, needs=Action.AGENT_READ,
         summary="A version of an agent's file, printed again", gives=FileShape),
    Door(method="POST", path=f"{_ONE}/take", handler=take, needs=Action.AGENT_SET,
         summary="Let an older version of an agent's file hold again", gives=AppliedShape),
)
# fmt: on
