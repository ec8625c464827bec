"""Budgets over HTTP: what may be spent, what is, and who changes that."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.ids import ActorId, BudgetId
from dihedral.domain.right import Action
from dihedral.domain.spend import Period, Purpose, Scope
from dihedral.ops.rules import budget
from dihedral.ops.work import budgets as work
from dihedral.ops.work.budgets import Slot

Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Tokens = Annotated[int, Meta(ge=0, le=2**53)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShape:
    """What counts on a budget, of one subject, in one unit: a currency, or `tokens`."""

    subject: str
    unit: str
    held: Decimal
    spent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShape:
    """`kind` is `set`, `default` (nobody set it) or `limit` (an agent's own). `subject` is empty
    for each of its scope. null is no cap. `says` is all of it in words. `lines` is what counts on
    it in this period, those with the most first."""

    id: BudgetId
    kind: str
    scope: Scope
    subject: str
    period: Period
    purpose: Purpose
    money: Decimal | None
    currency: str
    tokens: int | None
    set_by: ActorId
    set_at: datetime | None
    says: str
    lines: list[LineShape]


@dataclass(frozen=True, slots=True)
class BudgetPage:
    items: list[BudgetShape]
    next: str | None


class Caps(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """null is no cap; what is left out stays."""

    money: Decimal | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    tokens: Tokens | UnsetType | None = UNSET


class BudgetAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`subject` is a conversation's id, the name of an agent, a person or a project; empty for each
    of them. `period` is `ever` for calls and conversations, else `month`, where none is said."""

    scope: Scope
    subject: Annotated[str, Meta(max_length=200)] = ""
    period: Period | None = None
    purpose: Purpose = Purpose.THINKING
    money: Decimal | UnsetType | None = UNSET
    currency: Currency | UnsetType = UNSET
    tokens: Tokens | UnsetType | None = UNSET


async def page(request: Request) -> BudgetPage:
    found = await work.page(edge.ops(request), edge.actor(request))
    return BudgetPage([shape(one) for one in found], None)


async def read(request: Request) -> BudgetShape:
    return shape(await work.see(edge.ops(request), edge.actor(request), _name(request)))


async def put(request: Request) -> BudgetShape:
    asked = await edge.body(request, BudgetAsked)
    slot = Slot(
        scope=asked.scope, subject=asked.subject, period=asked.period, purpose=asked.purpose
    )
    return shape(await work.put(edge.ops(request), edge.actor(request), slot, _caps(asked)))


async def change(request: Request) -> BudgetShape:
    asked = await edge.body(request, Caps)
    ops, actor = edge.ops(request), edge.actor(request)
    return shape(await work.change(ops, actor, _name(request), _caps(asked)))


async def drop(request: Request) -> None:
    await work.remove(edge.ops(request), edge.actor(request), _name(request))


def shape(seen: work.Seen) -> BudgetShape:
    one = seen.budget
    return BudgetShape(
        id=one.id,
        kind=seen.kind,
        scope=one.scope,
        subject=one.subject,
        period=one.period,
        purpose=one.purpose,
        money=one.money,
        currency=one.currency,
        tokens=one.tokens,
        set_by=one.set_by,
        set_at=one.set_at if seen.kind == "set" else None,
        says=budget.line(one),
        lines=[
            LineShape(subject=x.subject, unit=x.unit, held=x.held, spent=x.spent)
            for x in seen.lines
        ],
    )


def _caps(asked: BudgetAsked | Caps) -> dict[str, Any]:
    given = {name: getattr(asked, name) for name in ("money", "currency", "tokens")}
    return {name: value for name, value in given.items() if value is not UNSET}


def _name(request: Request) -> str:
    name: str = request.path_params["budget"]
    return name


_ALL, _ONE = "/v1/budgets", "/v1/budgets/{budget}"
# fmt: off
doors = (
    Door(method="GET", path=_ALL, handler=page, needs=Action.BUDGET_READ,
         summary="Budgets: those that are set, defaults, and agents' own limits",
         gives=BudgetPage),
    Door(method="PUT", path=_ALL, handler=put, needs=Action.BUDGET_SET,
         summary="Set the budget of a scope, a subject and a period", takes=BudgetAsked,
         gives=BudgetShape),
    Door(method="GET", path=_ONE, handler=read, needs=Action.BUDGET_READ,
         summary="A budget, by its id or as SCOPE:SUBJECT, and what counts on it",
         gives=BudgetShape),
    Door(method="PATCH", path=_ONE, handler=change, needs=Action.BUDGET_SET,
         summary="Other caps; they count at the next call, and wake nothing by themselves",
         takes=Caps, gives=BudgetShape),
    Door(method="DELETE", path=_ONE, handler=drop, needs=Action.BUDGET_SET,
         summary="Remove a budget; where there is a default, that holds again", status=204),
)
# fmt: on
