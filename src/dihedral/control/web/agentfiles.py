"""Versions of an agent's file: each as it is printed again, beside another one of them; applied
from a form, and an older one taken again."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.web import diff, paper, shell
from dihedral.control.web.diff import FileDiff
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.right import Action, Place
from dihedral.model.rules import agentfile
from dihedral.model.store.specs import Taken
from dihedral.model.work.agentfiles import AgentFiles
from dihedral.model.work.agentforms import Applied, Held
from dihedral.ops.rules import access

PATH, FILE = "/agents", "agent.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage(Page):
    """`against` is the number of the version that it is held beside, 0 where there is none;
    `change` is what differs between the two, None where nothing does. `holds` is the one in
    force."""

    template: ClassVar[str] = "agentversion.html"
    name: str
    held: Held
    text: str
    holds: int
    numbers: tuple[int, ...]
    against: int
    change: FileDiff | None
    may_set: bool
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyPage(Page):
    """`text` is what was filled in, and `done` what it would do, or did (where `kept`)."""

    template: ClassVar[str] = "agentapply.html"
    text: str = ""
    done: tuple[Applied, ...] = ()
    kept: bool = False
    error: str = ""


async def read(request: Request) -> Response:
    return await _page(request)


async def take(request: Request) -> Response:
    name, number = _name(request), _number(request.path_params["number"])
    try:
        await _files(request).take(edge.actor(request), name, number)
    except (Conflict, Invalid) as fault:
        return await _page(request, problem.STATUS[type(fault)], error=str(fault))
    return paper.go(f"{PATH}/{quote(name, safe='')}?done=taken")


async def blank(request: Request) -> Response:
    """Where it comes from an agent's page, with that agent's file filled in."""
    name, text, actor = request.query_params.get("agent", ""), "", edge.actor(request)
    access.demand(actor, Action.AGENT_SET, Place(actor.organization))
    if name:
        held, _ = await _files(request).see(edge.actor(request).organization, name)
        text = agentfile.show(held.file)
    return await shell.show(request, ApplyPage(text=text))


async def apply(request: Request) -> Response:
    """A look at what it would do first, where that is asked for."""
    filled = await paper.form(request, paper.LONGEST * 4)
    text, dry = filled.get("text", ""), filled.get("do", "look") != "apply"
    try:
        done = await _files(request).apply(edge.actor(request), {FILE: text}, dry=dry)
    except (Conflict, Invalid) as fault:
        page = ApplyPage(text=text, error=str(fault))
        return await shell.show(request, page, problem.STATUS[type(fault)])
    return await shell.show(request, ApplyPage(text=text, done=tuple(done), kept=not dry))


async def _page(request: Request, status: int = 200, *, error: str = "") -> Response:
    files, name = _files(request), _name(request)
    organization = edge.actor(request).organization
    number = _number(request.path_params["number"])
    held, taken = await files.see(organization, name, number)
    numbers = tuple(sorted({one.version.version for one in taken} | {number}, reverse=True))
    other = _against(request, number, taken)
    before = agentfile.show((await files.see(organization, name, other))[0].file) if other else ""
    text = agentfile.show(held.file)
    found = diff.diff({FILE: text.encode()}, {FILE: before.encode()}).files if other else ()
    page = VersionPage(
        name=name,
        held=held,
        text=text,
        holds=taken[0].version.version,
        numbers=numbers,
        against=other,
        change=found[0] if found else None,
        may_set=shell.may(edge.actor(request), Action.AGENT_SET),
        error=error,
    )
    return await shell.show(request, page, status)


def _against(request: Request, number: int, taken: list[Taken]) -> int:
    """The one that is asked for, else the one before it, if there is one. Raises NotFound."""
    if said := request.query_params.get("against", ""):
        return _number(said)
    return max((x.version.version for x in taken if x.version.version < number), default=0)


def _files(request: Request) -> AgentFiles:
    return edge.thinking(request).files


def _name(request: Request) -> str:
    name: str = request.path_params["agent"]
    return name


def _number(said: str) -> int:
    """Raises NotFound."""
    if not (said.isascii() and said.isdigit() and 0 < len(said) < 10):
        raise NotFound("version of an agent", said[:40])
    return int(said)


_ONE, _APPLY = f"{PATH}/{{agent}}/versions/{{number}}", "/agent-files"
# fmt: off
doors = (
    paper.door("GET", _ONE, read, Action.AGENT_READ, "A version of an agent's file"),
    paper.door("POST", f"{_ONE}/take", take, Action.AGENT_SET, "Let an older version hold again"),
    paper.door("GET", _APPLY, blank, Action.AGENT_SET, "Where an agent's file is applied"),
    paper.door("POST", _APPLY, apply, Action.AGENT_SET, "Apply an agent's file, or look first"),
)
# fmt: on
