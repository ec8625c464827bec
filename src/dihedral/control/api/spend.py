"""What was spent over HTTP, of thinking and of building, by whatever one asks."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.errors import Invalid
from dihedral.domain.model import Usage
from dihedral.domain.right import Action
from dihedral.domain.spend import Purpose
from dihedral.ops.store.budgets import MOST
from dihedral.ops.work import budgets as work


class By(StrEnum):
    AGENT = "agent"
    PERSON = "person"
    TEAM = "team"
    MODEL = "model"
    ENDPOINT = "endpoint"
    CONVERSATION = "conversation"
    DAY = "day"
    MONTH = "month"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendShape:
    """`spent` and `held` are of entries whose price is known; `unknown` counts the others. What is
    built is money a month. `lost` are calls whose end nobody saw: they count at their worst."""

    name: str
    purpose: Purpose
    currency: str
    spent: Decimal
    held: Decimal
    entries: int
    unknown: int
    lost: int
    tokens: Usage


@dataclass(frozen=True, slots=True)
class SpendPage:
    """`cut` says that there are more lines than these."""

    items: list[SpendShape]
    cut: bool


class SpendAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """From `since` on, and before `until`, both with a time zone."""

    by: By = By.ALL
    since: datetime | None = None
    until: datetime | None = None


async def page(request: Request) -> SpendPage:
    asked = edge.query(request, SpendAsked)
    for instant in (asked.since, asked.until):
        if instant and instant.tzinfo is None:
            raise Invalid("an instant has a time zone: 2026-11-01T00:00:00Z")
    ops, actor = edge.ops(request), edge.actor(request)
    found = await work.spent(ops, actor, asked.by, asked.since, asked.until)
    items = [
        SpendShape(
            name=one.name,
            purpose=one.purpose,
            currency=one.currency,
            spent=one.spent,
            held=one.held,
            entries=one.entries,
            unknown=one.unknown,
            lost=one.lost,
            tokens=one.usage,
        )
        for one in found
    ]
    return SpendPage(items, len(items) == MOST)


doors = (
    Door(
        method="GET",
        path="/v1/spend",
        handler=page,
        needs=Action.SPEND_READ,
        summary="What was spent and is held, by agent, person, team, model, endpoint or time",
        asks=SpendAsked,
        gives=SpendPage,
    ),
)
