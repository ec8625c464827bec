"""The OpenAPI document, made from the doors and the shapes that pass through them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dihedral import __version__
from dihedral.control.edge import ACTOR, Door, Problem

JSON = "application/json"
_PARAMETER = re.compile(r"\{(\w+)\}")
_REF = "#/components/schemas/{name}"


def document(doors: Sequence[Door]) -> dict[str, Any]:
    doors = [door for door in doors if not door.page]
    shapes = [s for d in doors for s in (d.asks, d.takes, d.gives) if s is not None]
    schemas, components = msgspec.json.schema_components([Problem, *shapes], ref_template=_REF)
    known = dict(zip([Problem, *shapes], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door, known, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dihedral",
            "version": __version__,
            "description": "Every fault is a problem (RFC 9457) with a stable `code`.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(door: Door, known: Mapping[Any, Any], components: Mapping[str, Any]) -> Any:
    operation: dict[str, Any] = {
        "operationId": _name(door),
        "summary": door.summary,
        "parameters": [*_parameters(door, components)],
        "responses": {
            str(door.status): _response(door, known),
            "default": {
                "description": "What went wrong",
                "content": {"application/problem+json": {"schema": known[Problem]}},
            },
        },
    }
    if door.takes is not None:
        operation["requestBody"] = {"content": {JSON: {"schema": known[door.takes]}}}
    if door.media:
        operation["requestBody"] = {"content": {media: {} for media in door.media}}
    return operation


def _response(door: Door, known: Mapping[Any, Any]) -> dict[str, Any]:
    if door.gives is None:
        return {"description": "Done"}
    return {
        "description": "Done",
        "content": {door.gives_media: {"schema": known[door.gives]}},
    }


def _parameters(door: Door, components: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in _PARAMETER.findall(door.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    if door.asks is not None:
        asked = components[door.asks.__name__]
        for name, schema in asked["properties"].items():
            required = name in asked.get("required", ())
            yield {"name": name, "in": "query", "required": required, "schema": schema}
    yield {
        "name": ACTOR,
        "in": "header",
        "required": False,
        "description": "Who asks, until there is a login",
        "schema": {"type": "string"},
    }


def _name(door: Door) -> str:
    words = re.sub(r"[^a-z]+", "_", _PARAMETER.sub(r"\1", door.path.removeprefix("/v1")))
    return f"{door.method.lower()}{words}".strip("_")
