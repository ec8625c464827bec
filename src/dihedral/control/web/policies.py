"""Policy sets: what each objects to, where it holds, its files, and what it was asked about; and
forms that set one, let it hold elsewhere, and remove it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.web import paper, policyrow, shell
from dihedral.control.web.paper import Page
from dihedral.control.web.policyrow import PLACES, Row
from dihedral.domain.actor import Actor
from dihedral.domain.errors import Conflict, Forbidden, Invalid, NotFound, Upstream
from dihedral.domain.right import Action
from dihedral.domain.right import Place as Whole
from dihedral.ops.rules import access, policylist
from dihedral.ops.rules.policylist import Listed
from dihedral.ops.rules.policyset import MANIFEST, Level
from dihedral.ops.store.policies import Judged, Scope, Version
from dihedral.ops.work import policy, policysets
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.policygit import Repository
from dihedral.ops.work.policysets import Place, Source

PATH, FILE, WRITTEN = "/policies", "main.rego", "a page"
LARGEST, MOST = 4 * paper.LONGEST, 200  # bytes of a form; files on a page
FAULTS = (Conflict, Invalid, NotFound, Upstream)
DONE = {
    "set": "It is set, and holds for every run that is judged from now on.",
    "moved": "It holds there for every run that is judged from now on.",
    "removed": "That set holds nowhere any more. What it said of runs is kept with them.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies(Page):
    """`filled` is what was in the form that came back."""

    template: ClassVar[str] = "policies.html"
    sets: tuple[Row, ...]
    may_set: bool
    filled: Mapping[str, str]
    places: Mapping[Scope, str]
    levels: tuple[Level, ...] = tuple(Level)
    notice: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPage(Page):
    """`files` are None for who may not read them, `left` counts those that are not shown. `filled`
    is what the form that sets it anew begins with, where a page can."""

    template: ClassVar[str] = "policy.html"
    row: Row
    broken: str
    rules: tuple[Listed, ...]
    files: tuple[tuple[str, str], ...] | None
    left: int
    versions: tuple[Version, ...]
    judged: tuple[Judged, ...]
    may_set: bool
    filled: Mapping[str, str]
    places: Mapping[Scope, str]
    levels: tuple[Level, ...] = tuple(Level)
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _all(request)


async def one(request: Request) -> Response:
    return await _one(request)


async def put(request: Request) -> Response:
    """From a repository, or from one file as it was typed."""
    _demand(request)
    filled = await paper.form(request, LARGEST)
    name, (ops, actor) = filled.get("name", "").strip(), _who(request)
    try:
        place = _place(filled)
        after = filled.get("after", "")
        if filled.get("from") == "git":
            await policysets.put_git(ops, actor, name, _repository(filled), place, after)
        else:
            source = Source(WRITTEN, after=after)
            await policysets.put(ops, actor, name, _files(filled), place, source)
    except FAULTS as fault:
        status = problem.STATUS[type(fault)]
        return await _all(request, status, filled=filled, error=str(fault))
    return paper.go(f"{_path(name)}?done=set")


async def move(request: Request) -> Response:
    _demand(request)
    filled, name = await paper.form(request), _name(request)
    try:
        await policysets.move(*_who(request), name, _place(filled))
    except (Conflict, Invalid, NotFound) as fault:
        return await _one(request, problem.STATUS[type(fault)], error=str(fault))
    return paper.go(f"{_path(name)}?done=moved")


async def remove(request: Request) -> Response:
    await policysets.drop(*_who(request), _name(request))
    return paper.go(f"{PATH}?done=removed")


async def _all(
    request: Request, status: int = 200, *, filled: Mapping[str, str] | None = None, error: str = ""
) -> Response:
    ops, actor = _who(request)
    kept = await policysets.page(ops, actor)
    named = await policysets.named(ops, actor, kept)
    own = (policyrow.own(x, named=x.name in ops.terms.policies) for x in policy.built_in().values())
    rows = sorted([*own, *(policyrow.of(x, named) for x in kept)], key=lambda row: row.name)
    page = Policies(
        sets=tuple(rows),
        may_set=access.everywhere(actor, Action.POLICY_SET),
        filled=filled or {},
        places=PLACES,
        notice=DONE.get(request.query_params.get("done", ""), ""),
        error=error,
    )
    return await shell.show(request, page, status)


async def _one(request: Request, status: int = 200, *, error: str = "") -> Response:
    (ops, actor), name = _who(request), _name(request)
    found, versions = policy.built_in().get(name), tuple[Version, ...]()
    if found:
        row = policyrow.own(found, named=name in ops.terms.policies)
    else:
        seen = await policysets.see(ops, actor, name)
        found, versions = seen.policies, seen.versions
        row = policyrow.of(seen.kept, await policysets.named(ops, actor, [seen.kept]))
    held = await _texts(request, name)
    page = PolicyPage(
        row=row,
        broken=found.broken,
        rules=policylist.of(found),
        files=None if held is None else tuple(held.items())[:MOST],
        left=max(0, len(held or ()) - MOST),
        versions=versions,
        judged=tuple(await policysets.judged(ops, actor, name)),
        may_set=access.everywhere(actor, Action.POLICY_SET),
        filled=_filled(row, held or {}),
        places=PLACES,
        notice=DONE.get(request.query_params.get("done", ""), ""),
        error=error,
    )
    return await shell.show(request, page, status)


async def _texts(request: Request, name: str) -> Mapping[str, str] | None:
    try:
        held = await policysets.files(*_who(request), name)
    except Forbidden:
        return None
    return {path: body.decode(errors="replace") for path, body in held.items()}


def _filled(row: Row, held: Mapping[str, str]) -> Mapping[str, str]:
    """What a page can fill in again: a file that was typed, or where a repository is."""
    said = {"name": row.name, "after": row.version, "scope": row.scope, "where": row.where}
    if row.revision:
        url, _, rest = row.source.partition("#")
        ref, _, directory = rest.partition(":")
        return {**said, "from": "git", "url": url, "ref": ref, "directory": directory}
    if row.source == WRITTEN and not held.keys() - {FILE, MANIFEST}:
        told = {"description": row.description, "level": row.level}
        return {**said, **told, "from": "text", "text": held.get(FILE, "")}
    return {}


def _place(filled: Mapping[str, str]) -> Place:
    """Raises Invalid."""
    where = filled.get("where", "").strip()
    try:
        scope = Scope(filled.get("scope", ""))
    except ValueError:
        raise Invalid("say where the set is to hold, one of the list") from None
    if where and scope in (Scope.GLOBAL, Scope.NAMED):
        raise Invalid(f"what holds {PLACES[scope]} needs no name of one: leave it empty")
    if not where and scope in (Scope.PROJECT, Scope.WORKSPACE):
        raise Invalid(f"what holds {PLACES[scope]} needs its name: say which one")
    return Place(
        scope=scope,
        project=where if scope is Scope.PROJECT else "",
        workspace=where if scope is Scope.WORKSPACE else "",
    )


def _repository(filled: Mapping[str, str]) -> Repository:
    said = {name: filled.get(name, "").strip() for name in ("url", "ref", "directory")}
    return Repository(url=said["url"], ref=said["ref"] or "HEAD", directory=said["directory"])


def _files(filled: Mapping[str, str]) -> Mapping[str, bytes]:
    """One file of policies, and what is said of it; JSON is YAML."""
    said = {name: filled[name].strip() for name in ("description", "level") if filled.get(name)}
    text = filled.get("text", "").replace("\r\n", "\n")
    return {FILE: text.encode(), MANIFEST: msgspec.json.encode(said) + b"\n"}


def _demand(request: Request) -> None:
    """Before what was filled in is looked at. Raises Forbidden."""
    actor = edge.actor(request)
    access.demand(actor, Action.POLICY_SET, Whole(actor.organization))


def _who(request: Request) -> tuple[Ops, Actor]:
    return edge.ops(request), edge.actor(request)


def _name(request: Request) -> str:
    name: str = request.path_params["policy_set"]
    return name


def _path(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"


_ONE = f"{PATH}/{{policy_set}}"
doors = (
    paper.door("GET", PATH, read, Action.POLICY_READ, "Policy sets, by name"),
    paper.door("POST", PATH, put, Action.POLICY_SET, "Set a policy set"),
    paper.door("GET", _ONE, one, Action.POLICY_READ, "A policy set"),
    paper.door("POST", f"{_ONE}/place", move, Action.POLICY_SET, "Let it hold elsewhere"),
    paper.door("POST", f"{_ONE}/remove", remove, Action.POLICY_SET, "Remove a policy set"),
)
