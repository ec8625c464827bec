"""Budgets that hold, how full they are, and what was spent by whom."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.web import meters, overview, paper, shell
from dihedral.control.web.meters import Held, Spent
from dihedral.control.web.paper import Page
from dihedral.domain.errors import Invalid, NotFound
from dihedral.domain.right import Action
from dihedral.domain.spend import Period, Purpose, Scope
from dihedral.ops.rules import access
from dihedral.ops.store.budgets import MOST
from dihedral.ops.work import budgets
from dihedral.ops.work.budgets import Slot

PATH = "/budgets"
GROUPS: Mapping[str, str] = {
    "agent": "Agents",
    "person": "People",
    "team": "Teams",
    "model": "Models",
    "endpoint": "Endpoints",
    "day": "Days",
}
DONE = {"set": "It holds from the next call on.", "removed": "That budget holds no more."}
_MONEY, _TOKENS = re.compile(r"\d{1,10}(?:\.\d{1,6})?"), re.compile(r"\d{1,15}")
_CURRENCY = re.compile(r"[A-Z]{3}")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets(Page):
    """`own` is whether what is shown of spending is of the reader alone; `filled` is what was in
    the form that came back."""

    template: ClassVar[str] = "budgets.html"
    held: tuple[Held, ...]
    spent: tuple[Spent, ...]
    cut: bool
    own: bool
    by: str
    days: int
    spans: tuple[int, ...]
    may_set: bool
    filled: Mapping[str, str]
    groups: Mapping[str, str]
    scopes: tuple[Scope, ...] = tuple(reversed(Scope))
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _page(request)


async def put(request: Request) -> Response:
    filled = await paper.form(request)
    try:
        slot = Slot(
            scope=_one(Scope, filled, "scope"),
            subject=filled.get("subject", "").strip(),
            period=_one(Period, filled, "period") if filled.get("period") else None,
            purpose=_one(Purpose, filled, "purpose"),
        )
        await budgets.put(edge.ops(request), edge.actor(request), slot, _caps(filled))
    except (Invalid, NotFound) as fault:
        return await _page(request, problem.STATUS[type(fault)], filled=filled, error=str(fault))
    return paper.go(f"{PATH}?done=set")


async def remove(request: Request) -> Response:
    name = request.path_params["budget"]
    try:
        await budgets.remove(edge.ops(request), edge.actor(request), name)
    except Invalid as fault:
        return await _page(request, 422, error=str(fault))
    return paper.go(f"{PATH}?done=removed")


async def _page(
    request: Request, status: int = 200, *, filled: Mapping[str, str] | None = None, error: str = ""
) -> Response:
    ops, actor, asked = edge.ops(request), edge.actor(request), request.query_params
    by, said = asked.get("by", "agent"), asked.get("days", "30")
    if by not in GROUPS or said not in {str(one) for one in overview.SPANS}:
        raise Invalid("spending is shown by one of the listed things, over one of the listed spans")
    since = ops.now() - timedelta(days=int(said))
    sums = await budgets.spent(ops, actor, by, since, None)
    page = Budgets(
        held=tuple(meters.held(one) for one in await budgets.page(ops, actor)),
        spent=meters.rows(sums),
        cut=len(sums) == MOST,
        own=not access.everywhere(actor, Action.SPEND_READ),
        by=by,
        days=int(said),
        spans=overview.SPANS,
        may_set=shell.may(actor, Action.BUDGET_SET),
        filled=filled or {},
        groups=GROUPS,
        notice=DONE.get(asked.get("done", ""), ""),
        error=error,
    )
    return await shell.show(request, page, status)


def _caps(filled: Mapping[str, str]) -> dict[str, Any]:
    """What is left empty is no cap; nothing filled in is none at all, where that is said. Raises
    Invalid."""
    money, tokens = filled.get("money", "").strip(), filled.get("tokens", "").strip()
    currency = filled.get("currency", "").strip() or "USD"
    if not (money or tokens or "uncapped" in filled):
        raise Invalid("a budget caps money, tokens, or both: fill in one of them, or choose no cap")
    if (money or tokens) and "uncapped" in filled:
        raise Invalid("no cap and an amount do not go together: choose one of them")
    if money and not _MONEY.fullmatch(money):
        raise Invalid(f"an amount is such as 20 or 0.50, not {money[:40]!r}")
    if tokens and not _TOKENS.fullmatch(tokens):
        raise Invalid(f"tokens are a whole number such as 1000000, not {tokens[:40]!r}")
    if not _CURRENCY.fullmatch(currency):
        raise Invalid(f"a currency is three capital letters such as USD, not {currency[:40]!r}")
    return {
        "money": Decimal(money) if money else None,
        "currency": currency,
        "tokens": int(tokens) if tokens else None,
    }


def _one(kind: type[E], filled: Mapping[str, str], name: str) -> E:
    try:
        return kind(filled.get(name, ""))
    except ValueError:
        raise Invalid(f"the {name} of a budget is one of {', '.join(kind)}") from None


doors = (
    paper.door("GET", PATH, read, Action.BUDGET_READ, "Budgets, and what was spent"),
    paper.door("POST", PATH, put, Action.BUDGET_SET, "Set a budget"),
    paper.door("POST", f"{PATH}/{{budget}}/remove", remove, Action.BUDGET_SET, "Remove a budget"),
)
