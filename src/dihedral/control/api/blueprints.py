"""Blueprints over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.blueprint import Blueprint, Slot, SlotKind, Value
from dihedral.domain.errors import NotFound
from dihedral.domain.right import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotShape:
    """`choices` is empty where any value will do."""

    name: str
    kind: SlotKind
    question: str
    required: bool
    default: Value | None
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueprintShape:
    """`origin` is the directory that it was read from; `replaces` that of one of the same name."""

    name: str
    title: str
    summary: str
    owner: str
    origin: str
    replaces: str
    slots: list[SlotShape]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueprintWhole:
    """`phrasings` by language; `files` are paths of its module and of those that it uses."""

    blueprint: BlueprintShape
    phrasings: Mapping[str, tuple[str, ...]]
    files: list[str]


@dataclass(frozen=True, slots=True)
class BlueprintPage:
    items: list[BlueprintShape]
    next: str | None


async def page(request: Request) -> BlueprintPage:
    return BlueprintPage([shape(b) for b in edge.thinking(request).blueprints.values()], None)


async def read(request: Request) -> BlueprintWhole:
    name = request.path_params["blueprint"]
    found = edge.thinking(request).blueprints.get(name)
    if found is None:
        raise NotFound("blueprint", name)
    return BlueprintWhole(
        blueprint=shape(found), phrasings=found.phrasings, files=sorted(found.files)
    )


def shape(blueprint: Blueprint) -> BlueprintShape:
    return BlueprintShape(
        name=blueprint.name,
        title=blueprint.title,
        summary=blueprint.summary,
        owner=blueprint.owner,
        origin=blueprint.origin,
        replaces=blueprint.replaces,
        slots=[shape_slot(slot) for slot in blueprint.slots],
    )


def shape_slot(slot: Slot) -> SlotShape:
    return SlotShape(
        name=slot.variable,
        kind=slot.kind,
        question=slot.question,
        required=slot.required,
        default=slot.default,
        choices=slot.choices,
    )


doors = (
    Door(
        method="GET",
        path="/v1/blueprints",
        handler=page,
        needs=Action.BLUEPRINT_READ,
        summary="Blueprints, by name",
        gives=BlueprintPage,
    ),
    Door(
        method="GET",
        path="/v1/blueprints/{blueprint}",
        handler=read,
        needs=Action.BLUEPRINT_READ,
        summary="A blueprint, with how people ask for it",
        gives=BlueprintWhole,
    ),
)
