"""Models over HTTP: the endpoints that serve them. A credential goes in and never comes out."""

from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api.modelshapes import (
    EndpointAsked,
    EndpointChanged,
    EndpointPage,
    EndpointShape,
    PriceAsked,
    SoldAsked,
    SoldPage,
    SoldShape,
    TrialShape,
    price,
    shape,
    tried,
)
from dihedral.control.edge import Door
from dihedral.domain.model import Price
from dihedral.domain.right import Action
from dihedral.kit.log import Secret
from dihedral.model.rules import hedge
from dihedral.model.work import models as work
from dihedral.model.work import pricelist

OWN = "said by an administrator"  # the source of a price that was set here


async def page(request: Request) -> EndpointPage:
    found = await work.page(edge.thinking(request).models, edge.actor(request))
    return EndpointPage([shape(one, _today(request)) for one in found], None)


async def read(request: Request) -> EndpointPage:
    found = await work.page(edge.thinking(request).models, edge.actor(request), _key(request))
    return EndpointPage([shape(one, _today(request)) for one in found], None)


async def create(request: Request) -> EndpointShape:
    asked = await edge.body(request, EndpointAsked)
    models, actor = edge.thinking(request).models, edge.actor(request)
    fields, secret = _fields(asked, _today(request))
    added = await work.add(models, actor, fields, secret or None, insecure=asked.insecure)
    return shape(added, _today(request))


async def change(request: Request) -> EndpointShape:
    asked = await edge.body(request, EndpointChanged)
    models, actor = edge.thinking(request).models, edge.actor(request)
    fields, secret = _fields(asked, _today(request))
    key = _key(request)
    moved = await work.change(models, actor, key, fields, secret, insecure=asked.insecure)
    return shape(moved, _today(request))


async def drop(request: Request) -> None:
    await work.drop(edge.thinking(request).models, edge.actor(request), _key(request))


async def test(request: Request) -> TrialShape:
    models, actor = edge.thinking(request).models, edge.actor(request)
    return tried(await work.prove(models, actor, _key(request)), _today(request))


async def prices(request: Request) -> SoldPage:
    word = edge.query(request, SoldAsked).find.lower()
    today = _today(request)
    return SoldPage(
        [
            SoldShape(
                seller=one.seller,
                name=one.name,
                price=price(one.price, today),
                context=one.context,
                most=one.most,
                abilities=sorted(one.abilities),
            )
            for one in pricelist.every().values()
            if word in f"{one.seller} {one.name}".lower()
        ],
        None,
    )


def _fields(asked: EndpointChanged, today: date) -> tuple[dict[str, Any], Secret | None]:
    """What was said, and the credential apart from it."""
    given = {f.name: getattr(asked, f.name) for f in msgspec.structs.fields(asked)}
    given = {name: value for name, value in given.items() if value is not UNSET}
    given.pop("insecure")
    secret = given.pop("secret", None)
    if isinstance(said := given.get("price"), PriceAsked):
        given["price"] = Price(**msgspec.structs.asdict(said), as_of=today, source=OWN)
    if "hedge" in given:
        given["hedge"] = hedge.read(given["hedge"])
    return given, None if secret is None else Secret(secret)


def _today(request: Request) -> date:
    return edge.thinking(request).now().date()


def _key(request: Request) -> str:
    key: str = request.path_params["model"]
    return key


_ALL, _ONE = "/v1/models", "/v1/models/{model}"
# fmt: off
doors = (
    Door(method="GET", path=_ALL, handler=page, needs=Action.MODEL_READ,
         summary="Every endpoint, by model, and how it does", gives=EndpointPage),
    Door(method="POST", path=_ALL, handler=create, needs=Action.MODEL_SET,
         summary="An endpoint for a model, which is new with its first one", takes=EndpointAsked,
         gives=EndpointShape, status=201),
    Door(method="GET", path="/v1/model-prices", handler=prices, needs=Action.MODEL_READ,
         summary="What models cost that somebody sells, and as of when", asks=SoldAsked,
         gives=SoldPage),
    Door(method="GET", path=_ONE, handler=read, needs=Action.MODEL_READ,
         summary="The endpoints of a model, by its name, or one by its id", gives=EndpointPage),
    Door(method="PATCH", path=_ONE, handler=change, needs=Action.MODEL_SET,
         summary="Change an endpoint, by its id or the name of a model that has one",
         takes=EndpointChanged, gives=EndpointShape),
    Door(method="DELETE", path=_ONE, handler=drop, needs=Action.MODEL_SET,
         summary="Remove an endpoint, and its credential", status=204),
    Door(method="POST", path=f"{_ONE}/test", handler=test, needs=Action.MODEL_SET,
         summary="Ask an endpoint for real: whether it answers, how fast, what it can",
         gives=TrialShape, also=(402,)),
)
# fmt: on
