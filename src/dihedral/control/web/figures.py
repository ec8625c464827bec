"""The three numbers of a run, as large as they deserve: speed, cost, risk."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dihedral.control.web import words
from dihedral.domain.run import OVER, Run

NAMED = 8  # reasons that a number opens into
# fmt: off
TONES: Mapping[str, str] = {
    "contained": "good", "limited": "warn", "wide": "bad", "critical": "bad",
}
GOES: Mapping[str, str] = {
    "surely": "surely lost", "probably": "probably lost", "only if empty": "goes only if empty",
}
STEPS: Mapping[str, str] = {
    "plan": "Terraform plans", "show": "the plan is read", "judge": "the gates judge",
    "apply": "Terraform applies", "init": "providers are found", "prepare": "it is prepared",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Figure:
    """`said` is the number, `note` what it is of; `rows` are its parts, what and how much."""

    name: str
    said: str
    note: str
    tone: str = "plain"
    rows: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def figures(run: Run) -> tuple[Figure, ...]:
    return (_speed(run), _cost(run), _risk(run))


def _speed(run: Run) -> Figure:
    if not run.speed:
        return Figure("Speed", "—", "nothing is measured yet")
    rows = tuple((STEPS.get(k, words.spaced(k)), words.duration(v)) for k, v in run.speed.items())
    note = "of machines, from start to end" if run.status in OVER else "of machines until now"
    if run.waiting_since:
        rows = (*rows, ("then it waited for people since", f"{run.waiting_since:%H:%M} UTC"))
    return Figure("Speed", words.duration(sum(run.speed.values())), note, "plain", rows)


def _cost(run: Run) -> Figure:
    cost: Mapping[str, Any] = run.numbers.get("cost") or {}
    if not cost:
        return Figure("Cost", "—", "not known before it is planned")
    currency, unpriced = cost.get("currency") or "", cost.get("unpriced") or []
    if cost.get("likely") is None:
        said, tone = "unknown", "warn"
    else:
        amount = Decimal(cost["likely"])
        said = f"{'' if cost.get('verified') else '~'}{amount:+,.2f} {currency}"
        tone = "warn" if amount > 0 or unpriced else "good"
    rows = tuple(
        (one["address"], f"{Decimal(one['before']):,.2f} → {Decimal(one['after']):,.2f}")
        for one in _dearest(cost.get("priced") or [])
    )
    before, after = cost.get("before"), cost.get("after")
    note = f"a month: {before} → {after} {currency}" if after is not None else "a month"
    return Figure("Cost", said, note, tone, rows, tuple(_remarks(cost)))


def _dearest(priced: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that differ the most."""
    moved = [one for one in priced if one["before"] != one["after"]]
    moved.sort(key=lambda one: -abs(Decimal(one["likely"])))
    return moved[:NAMED]


def _remarks(cost: Mapping[str, Any]) -> list[str]:
    said = []
    if cost.get("low") is not None and cost["low"] != cost.get("high"):
        said.append(f"It is between {cost['low']} and {cost['high']} {cost['currency']} a month.")
    if unpriced := cost.get("unpriced") or []:
        named = ", ".join(one["address"] for one in unpriced[:NAMED])
        more = " and more" if len(unpriced) > NAMED else ""
        said.append(f"Nobody knows what these cost: {named}{more}.")
    if cost.get("flagged"):
        said.append(f"{cost['flagged']}.")
    elif cost.get("dated"):
        said.append(f"Prices are of {cost['dated']}.")
    return said + [f"{one}." for one in cost.get("warnings") or []]


def _risk(run: Run) -> Figure:
    risk: Mapping[str, Any] = run.numbers.get("risk") or {}
    if not risk:
        return Figure("Risk", "—", "not known before it is planned")
    level, lost = str(risk.get("level", "")), risk.get("counts", {}).get("lost", 0)
    tone = "bad" if lost or risk.get("opens") else TONES.get(level, "warn")
    note = f"{risk.get('touched', 0):,} of {risk.get('known', 0):,} touched"
    note += f"; {words.many(lost, 'loss of data', 'losses of data')}" if lost else ""
    rows = [(why, level) for level, whys in risk.get("reasons", {}).items() for why in whys]
    rows += [(one, "opens") for one in (risk.get("opens") or [])[:NAMED]]
    rows += [
        (one["where"], GOES.get(one["sure"], one["sure"]))
        for one in (risk.get("losses") or [])[:NAMED]
    ]
    back = [f"{one['where']}: {one['why']}" for one in (risk.get("back") or [])[:NAMED]]
    felt = [
        f"{name} is read by {', '.join(readers)}"
        for name, readers in risk.get("elsewhere", {}).items()
    ]
    return Figure("Risk", level, note, tone, tuple(rows), (*back, *felt))
