"""Models: the endpoints that serve each, how they do, and forms that add, change and try them.

A credential goes in by a form and is on no page ever after.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.api import models as api
from dihedral.control.api import modelshapes
from dihedral.control.api.modelshapes import EndpointShape, TrialShape
from dihedral.control.web import paper, shell
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Conflict, Invalid, OverBudget
from dihedral.domain.model import Ability, DataClass, Hosting, Price, Wire
from dihedral.domain.right import Action
from dihedral.kit.log import Secret
from dihedral.model.rules import hedge
from dihedral.model.work import models

PATH = "/models"
DONE = {
    "added": "It is added. Try it: that shows whether it answers, and what it can.",
    "changed": "It is changed, everywhere within seconds.",
    "removed": "It is gone, and its credential too.",
}
_MONEY, _COUNT = re.compile(r"\d{1,7}(?:\.\d{1,9})?"), re.compile(r"\d{1,9}")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Models(Page):
    """Endpoints by model. `trial` is what came of trying one just now; `filled` is what was in the
    form that came back, without the credential."""

    template: ClassVar[str] = "models.html"
    models: Mapping[str, tuple[EndpointShape, ...]]
    may_set: bool
    trial: TrialShape | None
    filled: Mapping[str, str]
    wires: tuple[Wire, ...] = tuple(Wire)
    hostings: tuple[Hosting, ...] = tuple(Hosting)
    abilities: tuple[Ability, ...] = tuple(Ability)
    classes: tuple[DataClass, ...] = tuple(DataClass)
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _page(request)


async def add(request: Request) -> Response:
    filled = await paper.form(request)
    try:
        fields = {"model": filled.get("model", "").strip(), **_fields(request, filled)}
        fields |= {
            "wire": _one(Wire, filled, "wire"),
            "upstream": filled.get("upstream", "").strip(),
        }
        secret, insecure = filled.get("secret", "").strip(), "insecure" in filled
        kept = Secret(secret) if secret else None
        await models.add(_models(request), edge.actor(request), fields, kept, insecure=insecure)
    except (Conflict, Invalid) as fault:
        return await _again(request, fault, {k: v for k, v in filled.items() if k != "secret"})
    return paper.go(f"{PATH}?done=added")


async def change(request: Request) -> Response:
    filled, key = await paper.form(request), request.path_params["model"]
    try:
        fields: dict[str, Any] = {**_fields(request, filled), "enabled": "enabled" in filled}
        await _repriced(request, key, fields)
        said = filled.get("secret", "").strip()
        secret = Secret(said) if said else Secret("") if "forget" in filled else None
        await models.change(_models(request), edge.actor(request), key, fields, secret)
    except (Conflict, Invalid) as fault:
        return await _again(request, fault)
    return paper.go(f"{PATH}?done=changed")


async def remove(request: Request) -> Response:
    try:
        await models.drop(_models(request), edge.actor(request), request.path_params["model"])
    except (Conflict, Invalid) as fault:
        return await _again(request, fault)
    return paper.go(f"{PATH}?done=removed")


async def test(request: Request) -> Response:
    today, key = edge.ops(request).now().date(), request.path_params["model"]
    try:
        trial = await models.prove(_models(request), edge.actor(request), key)
    except (Conflict, Invalid, OverBudget) as fault:
        return await _again(request, fault)
    return await _page(request, trial=modelshapes.tried(trial, today))


async def _again(
    request: Request,
    fault: Conflict | Invalid | OverBudget,
    filled: Mapping[str, str] | None = None,
) -> Response:
    return await _page(request, problem.STATUS[type(fault)], filled=filled, error=str(fault))


async def _page(
    request: Request,
    status: int = 200,
    *,
    trial: TrialShape | None = None,
    filled: Mapping[str, str] | None = None,
    error: str = "",
) -> Response:
    actor, today = edge.actor(request), edge.ops(request).now().date()
    found: dict[str, list[EndpointShape]] = {}
    for one in await models.page(_models(request), actor):
        found.setdefault(one.endpoint.model, []).append(modelshapes.shape(one, today))
    page = Models(
        models={name: tuple(some) for name, some in found.items()},
        may_set=shell.may(actor, Action.MODEL_SET),
        trial=trial,
        filled=filled or {},
        notice=DONE.get(request.query_params.get("done", ""), ""),
        error=error,
    )
    return await shell.show(request, page, status)


def _fields(request: Request, filled: Mapping[str, str]) -> dict[str, Any]:
    """What was filled in; what is left empty is not in it. Raises Invalid."""
    found: dict[str, Any] = {}
    if url := filled.get("url", "").strip():
        found["url"] = url
    if filled.get("hosting"):
        found["hosting"] = _one(Hosting, filled, "hosting")
    if filled.get("data"):
        found["data"] = _one(DataClass, filled, "data")
    for name in ("context", "most", "concurrency"):
        if number := filled.get(name, "").strip():
            if not _COUNT.fullmatch(number):
                raise Invalid(f"{name} is a whole number, not {number[:40]!r}")
            found[name] = int(number)
    if said := filled.get("hedge", "").strip():
        found["hedge"] = hedge.read(said)
    if price := _price(request, filled):
        found["price"] = price
    if "abilities" in filled:
        found["abilities"] = frozenset(one for one in Ability if f"can-{one}" in filled)
    return found


def _price(request: Request, filled: Mapping[str, str]) -> Price | None:
    given, output = filled.get("input", "").strip(), filled.get("output", "").strip()
    if not (given or output):
        return None
    for one in (given, output):
        if not _MONEY.fullmatch(one):
            raise Invalid(f"a price has dollars a million tokens, in and out, not {one[:40]!r}")
    today = edge.ops(request).now().date()
    return Price(input=Decimal(given), output=Decimal(output), as_of=today, source=api.OWN)


async def _repriced(request: Request, key: str, fields: dict[str, Any]) -> None:
    """A price that the form only sends back stays as it was read, and as of when. Empty is
    unknown."""
    said = fields.pop("price", None)
    held = (await models.page(_models(request), edge.actor(request), key))[0].endpoint.price
    pairs = [price and (price.input, price.output) for price in (said, held)]
    if pairs[0] != pairs[1]:
        fields["price"] = said


def _one(kind: type[E], filled: Mapping[str, str], name: str) -> E:
    try:
        return kind(filled.get(name, ""))
    except ValueError:
        raise Invalid(f"the {name} of an endpoint is one of {', '.join(kind)}") from None


def _models(request: Request) -> models.Models:
    return edge.thinking(request).models


_ONE = f"{PATH}/{{model}}"
doors = (
    paper.door("GET", PATH, read, Action.MODEL_READ, "Models, and the endpoints that serve them"),
    paper.door("POST", PATH, add, Action.MODEL_SET, "Add an endpoint"),
    paper.door("POST", _ONE, change, Action.MODEL_SET, "Change an endpoint"),
    paper.door("POST", f"{_ONE}/test", test, Action.MODEL_SET, "Try an endpoint for real"),
    paper.door("POST", f"{_ONE}/remove", remove, Action.MODEL_SET, "Remove an endpoint"),
)
