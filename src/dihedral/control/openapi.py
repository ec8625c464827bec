"""The OpenAPI document, made from the doors and the shapes that pass through them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from dihedral import __version__
from dihedral.control.edge import ACTOR, PROBES, SAFE, Door
from dihedral.control.problem import Problem

JSON = "application/json"
BEARER = "bearer"
READY = "/v1/ready"
PROBLEMS: Mapping[int, str] = {
    400: "The call makes no sense as such, or broke off",
    401: "It is not known who asks",
    402: "A budget is used up, or nobody knows what it would cost",
    403: "It may not be done, or not from there",
    404: "There is no such thing, or none that may be seen",
    408: "The body did not come in time",
    409: "It has moved on since it was looked at, or is there already",
    413: "The body is too large",
    414: "The address is too long",
    415: "The body is of another media type",
    422: "The words make no sense",
    429: "Asked too often",
    431: "The headers are too many",
    502: "Something outside failed",
    503: "The database, or something else that is needed, is away",
}
HEADERS: Mapping[int, tuple[str, str]] = {
    401: ("WWW-Authenticate", "How one says who one is"),
    429: ("Retry-After", "Seconds after which to come back"),
}
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
        "components": {
            "schemas": components,
            "responses": {str(status): _problem(status, known) for status in PROBLEMS},
            "securitySchemes": {BEARER: {"type": "http", "scheme": "bearer"}},
        },
    }


def statuses(door: Door) -> set[int]:
    """Of the problems that a door may answer with; a fault of our own (500) is none of them."""
    found = {400, 403, 414, 431}
    takes = door.takes is not None or bool(door.media)
    if door.path not in PROBES:
        found |= {429, 503}
    if door.path == READY:
        found |= {503}
    if door.needs is not None:
        found |= {401}
    if "{" in door.path or takes or door.asks is not None:
        found |= {404, 422}
    if takes:
        found |= {408, 413, 415}
    if door.method not in SAFE:
        found |= {409}
    return found | set(door.also)


def _operation(door: Door, known: Mapping[Any, Any], components: Mapping[str, Any]) -> Any:
    operation: dict[str, Any] = {
        "operationId": _name(door),
        "summary": door.summary,
        "parameters": [*_parameters(door, components)],
        "responses": {
            str(door.status): _response(door, known),
            **{str(s): {"$ref": f"#/components/responses/{s}"} for s in sorted(statuses(door))},
        },
    }
    if door.needs is not None:
        operation["security"] = [{BEARER: []}]
    if door.takes is not None:
        operation["requestBody"] = {"content": {JSON: {"schema": known[door.takes]}}}
    if door.media:
        operation["requestBody"] = {"content": {media: {} for media in door.media}}
    return operation


def _problem(status: int, known: Mapping[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": known[Problem]}},
    }
    if status in HEADERS:
        name, said = HEADERS[status]
        described["headers"] = {name: {"description": said, "schema": {"type": "string"}}}
    return described


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
        "description": "Who is meant, with the token of the data directory's owner",
        "schema": {"type": "string"},
    }


def _name(door: Door) -> str:
    words = re.sub(r"[^a-z]+", "_", _PARAMETER.sub(r"\1", door.path.removeprefix("/v1")))
    return f"{door.method.lower()}{words}".strip("_")
