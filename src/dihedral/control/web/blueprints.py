"""Blueprints: what can be had without a model, and what each needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.blueprint import Blueprint
from dihedral.domain.errors import NotFound
from dihedral.domain.right import Action

PATH = "/blueprints"
TONGUES: Mapping[str, str] = {"en": "English", "de": "German", "es": "Spanish", "zh": "Chinese"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprints(Page):
    """`sought` narrows them to those that hold it in what they say of themselves."""

    template: ClassVar[str] = "blueprints.html"
    blueprints: tuple[Blueprint, ...]
    sought: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueprintPage(Page):
    """`files` are the module's texts by path; one that is no text is not among them."""

    template: ClassVar[str] = "blueprint.html"
    blueprint: Blueprint
    phrasings: tuple[tuple[str, tuple[str, ...]], ...]
    files: tuple[tuple[str, str], ...]


async def read(request: Request) -> Response:
    sought = request.query_params.get("q", "").strip()[:200]
    known = edge.thinking(request).blueprints.values()
    found = tuple(one for one in known if sought.casefold() in _said(one))
    return await shell.show(request, Blueprints(blueprints=found, sought=sought))


async def one(request: Request) -> Response:
    name = request.path_params["blueprint"]
    found = edge.thinking(request).blueprints.get(name)
    if found is None:
        raise NotFound("blueprint", name)
    page = BlueprintPage(
        blueprint=found,
        phrasings=tuple((TONGUES.get(k, k), v) for k, v in found.phrasings.items() if v),
        files=tuple(_texts(found.files)),
    )
    return await shell.show(request, page)


def _said(one: Blueprint) -> str:
    phrasings = (text for some in one.phrasings.values() for text in some)
    return "\n".join((one.name, one.title, one.summary, *phrasings)).casefold()


def _texts(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    found = []
    for path, raw in sorted(files.items()):
        try:
            found.append((path, raw.decode()))
        except UnicodeDecodeError:
            continue
    return found


doors = (
    paper.door("GET", PATH, read, Action.BLUEPRINT_READ, "Blueprints, by name"),
    paper.door("GET", f"{PATH}/{{blueprint}}", one, Action.BLUEPRINT_READ, "A blueprint"),
)
