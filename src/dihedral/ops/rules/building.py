"""Whether what a run adds a month still fits in the budgets that hold it, as a verdict.

Over a budget is a no that says how it is lifted; what has no price is a person's to judge, since
unknown is never nothing. What is taken away frees nothing: it was agreed to when it was built.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from dihedral.domain.spend import Account, Balance, Budget, Whose
from dihedral.domain.verdict import Finding, Ruling, Verdict
from dihedral.ops.rules import budget
from dihedral.ops.rules.budget import Worst

GATE = "budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The budgets that hold a run of somebody, and what counts on them without it."""

    budgets: Sequence[Budget]
    whose: Whose
    balances: Mapping[Account, Balance]
    at: datetime


def adds(numbers: Mapping[str, Any]) -> Worst:
    """What a run adds a month, of its numbers as they are shown and kept (`rules.numbers`)."""
    cost = numbers.get("cost") or {}
    currency = cost.get("currency") or "USD"
    if cost.get("likely") is None or cost["unpriced"]:
        return Worst(None, currency)
    return Worst(max(Decimal(0), Decimal(cost["likely"])), currency)


def judge(room: Room, numbers: Mapping[str, Any]) -> Verdict | None:
    """None where no budget holds it."""
    claims = budget.claims(room.budgets, room.whose, adds(numbers), room.at)
    if not claims:
        return None
    known = [claim for claim in claims if claim.needs is not None]
    if over := budget.refusal(known, room.balances):
        said = budget.told(over)
        return Verdict(Ruling.DENY, GATE, said, (Finding(said, mend=f"`{over.lift}`"),))
    if len(known) < len(claims):
        said = "not all of what it adds a month is known, and a budget holds what is built"
        return Verdict(Ruling.ASK, GATE, said, (Finding(said),))
    return Verdict(Ruling.ALLOW, GATE, "what it adds a month fits in the budgets that hold it")
