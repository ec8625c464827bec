"""A workspace's variables over HTTP. A sensitive value goes in and never comes out."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.errors import Invalid, NotFound
from dihedral.domain.ids import VariableId
from dihedral.domain.right import Action
from dihedral.domain.workspace import Category, Variable
from dihedral.ops.work import workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableShape:
    """`value` is null where it is sensitive."""

    id: VariableId
    key: str
    category: Category
    hcl: bool
    sensitive: bool
    description: str
    value: str | None


@dataclass(frozen=True, slots=True)
class VariablePage:
    items: list[VariableShape]
    next: str | None


class VariableAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`hcl` values are expressions, others are taken as they stand."""

    value: Annotated[str, Meta(max_length=256 * 1024)]
    hcl: bool = False
    sensitive: bool = False
    description: Annotated[str, Meta(max_length=4000)] = ""

    def __repr__(self) -> str:
        return f"VariableAsked(sensitive={self.sensitive})"


async def page(request: Request) -> VariablePage:
    found = await workspaces.variables(
        edge.ops(request), edge.actor(request), request.path_params["workspace"]
    )
    return VariablePage([shape(v) for v in found], None)


async def read(request: Request) -> VariableShape:
    category, key = _category(request), request.path_params["key"]
    found = await workspaces.variables(
        edge.ops(request), edge.actor(request), request.path_params["workspace"]
    )
    for variable in found:
        if (variable.category, variable.key) == (category, key):
            return shape(variable)
    raise NotFound("variable", key)


async def put(request: Request) -> VariableShape:
    asked = await edge.body(request, VariableAsked)
    stored = await workspaces.set_variable(
        edge.ops(request),
        edge.actor(request),
        request.path_params["workspace"],
        request.path_params["key"],
        asked.value,
        category=_category(request),
        hcl=asked.hcl,
        sensitive=asked.sensitive,
        description=asked.description,
    )
    return shape(stored)


async def drop(request: Request) -> None:
    await workspaces.unset_variable(
        edge.ops(request),
        edge.actor(request),
        request.path_params["workspace"],
        request.path_params["key"],
        _category(request),
    )


def shape(variable: Variable) -> VariableShape:
    return VariableShape(
        id=variable.id,
        key=variable.key,
        category=variable.category,
        hcl=variable.hcl,
        sensitive=variable.sensitive,
        description=variable.description,
        value=variable.value,
    )


def _category(request: Request) -> Category:
    text = request.path_params["category"]
    try:
        return Category(text)
    except ValueError:
        raise Invalid(f"{text!r} is no category of variables: it is terraform or env") from None


_ALL = "/v1/workspaces/{workspace}/variables"
_ONE = f"{_ALL}/{{category}}/{{key}}"
doors = (
    Door(
        method="GET",
        path=_ALL,
        handler=page,
        needs=Action.VARIABLE_READ,
        summary="Variables",
        gives=VariablePage,
    ),
    Door(
        method="GET",
        path=_ONE,
        handler=read,
        needs=Action.VARIABLE_READ,
        summary="A variable",
        gives=VariableShape,
    ),
    Door(
        method="PUT",
        path=_ONE,
        handler=put,
        needs=Action.VARIABLE_SET,
        summary="Set a variable of category terraform or env",
        takes=VariableAsked,
        gives=VariableShape,
    ),
    Door(
        method="DELETE",
        path=_ONE,
        handler=drop,
        needs=Action.VARIABLE_SET,
        summary="Unset a variable",
        status=204,
    ),
)
