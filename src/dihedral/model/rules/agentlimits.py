"""The limits of an agent's file: of a turn, a month, a plan. What is left out is the default.

Units   money is US dollars a turn or a month, `result` characters; `any` is no limit.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from dihedral.domain.agent import Limits
from dihedral.domain.agentspec import TurnLimits
from dihedral.domain.change import Level
from dihedral.domain.model import Ability
from dihedral.domain.money import Money
from dihedral.model.rules.marked import Marked

_MOST = Decimal(1_000_000)  # dollars
_TURN = {  # the least and the most of each
    "rounds": (1, 200),
    "seconds": (1, 86_400),
    "tokens": (1000, 100_000_000),
    "calls": (1, 10_000),
    "retries": (0, 20),
    "result": (1000, 100_000),
}
_UNBOUND = ("tokens", "money")  # of a turn; all else has some limit


def read(found: Marked | None) -> tuple[TurnLimits, Limits]:
    """Raises Invalid. A turn's calls and seconds hold for the agent's own leash, too."""
    said = found.section(("turn", "month", "blast")) if found else {}
    turn = _turn(said["turn"]) if "turn" in said else TurnLimits()
    month = said["month"].section(("money", "delta")) if "month" in said else {}
    limits = Limits(calls=turn.calls, seconds=turn.seconds)
    for name, one in month.items():
        amount = None if one.is_any() else Money(_cents(one))
        limits = replace(limits, money=amount) if name == "money" else replace(limits, delta=amount)
    if "blast" in said:
        limits = replace(limits, blast=said["blast"].choice(Level))
    return turn, limits


def shown(turn: TurnLimits, limits: Limits) -> dict[str, Any]:
    return {
        "turn": {
            "rounds": turn.rounds,
            "seconds": turn.seconds,
            "tokens": "any" if turn.tokens is None else turn.tokens,
            "money": "any" if turn.money is None else _plain(turn.money),
            "calls": turn.calls,
            "retries": turn.retries,
            "result": turn.result,
        },
        "month": {"money": _money(limits.money), "delta": _money(limits.delta)},
        "blast": limits.blast.value,
    }


def seconds(one: Marked) -> timedelta:
    """Until a first token."""
    said = one.amount(Decimal(3600))
    if said <= 0:
        one.wrong(f"{one.path} is more than 0 seconds")
    return timedelta(seconds=float(said))


def abilities(found: Marked | None) -> frozenset[Ability]:
    return (
        frozenset(one.choice(Ability) for one in found.items(len(Ability)))
        if found
        else frozenset()
    )


def _turn(found: Marked) -> TurnLimits:
    said: dict[str, Any] = {}
    for name, one in found.section((*_TURN, "money")).items():
        if name in _UNBOUND and one.is_any():
            said[name] = None
        else:
            said[name] = _cents(one) if name == "money" else one.number(*_TURN[name])
    return TurnLimits(**said)


def _cents(one: Marked) -> Decimal:
    said = one.amount(_MOST)
    if said != round(said, 2):
        one.wrong(f"{one.path} is in whole cents, not {said}")
    return said


def _money(money: Money | None) -> str:
    return "any" if money is None else _plain(money.amount)


def _plain(amount: Decimal) -> str:
    """20, 20.0 and 20.00 are one amount, and one digest."""
    return f"{amount:.2f}"
