"""Budgets as meters: what is spent and held of a cap, drawn here; and what was spent, in rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from dihedral.control.web import words
from dihedral.domain.model import Usage
from dihedral.domain.spend import TOKENS, Budget, Purpose, Scope
from dihedral.ops.rules import budget as rules
from dihedral.ops.store.budgets import Sum
from dihedral.ops.work.budgets import Seen

NEAR = 80  # percent of a cap from which on it is nearly used up
SMALL = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Meter:
    """How full one cap is: `spent` and `held` in percent of it, together 100 at most."""

    subject: str
    said: str
    spent: float
    held: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A budget that holds, in words, with its meters; `kind` is set, default, or limit. `hidden`
    says that the reader may not see how full it is."""

    budget: Budget
    kind: str
    says: str
    meters: tuple[Meter, ...]
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A row of what was spent: `percent` is of the most in its currency and purpose; amounts are of
    what has a price, and `notes` tell of the rest."""

    name: str
    purpose: Purpose
    spent: str
    held: str
    tokens: str
    entries: int
    percent: float
    held_percent: float
    notes: tuple[str, ...]


def held(seen: Seen) -> Held:
    return Held(
        budget=seen.budget,
        kind=seen.kind,
        says=rules.line(seen.budget),
        meters=() if seen.hidden and not seen.lines else tuple(_meters(seen)),
        hidden=seen.hidden,
    )


def rows(sums: Iterable[Sum]) -> tuple[Spent, ...]:
    """As they come: the dearest first."""
    found = list(sums)
    most: dict[tuple[Purpose, str], Decimal] = {}
    for one in found:
        place = one.purpose, one.currency
        most[place] = max(most.get(place, Decimal(0)), one.spent + one.held)
    return tuple(_row(one, most[one.purpose, one.currency]) for one in found)


def amount(number: Decimal, unit: str) -> str:
    """Small amounts of money are said to their last sign: calls cost parts of a cent."""
    if unit == TOKENS:
        return f"{number:,.0f} tokens"
    if 0 < abs(number) < SMALL:
        return f"{number.normalize():f} {unit}"
    return f"{number:,.2f} {unit}"


def _meters(seen: Seen) -> Iterable[Meter]:
    """One for each subject that counts on it; where none does yet, an empty one for each cap."""
    one = seen.budget
    if one.scope is Scope.CALL:
        return
    caps = {} if one.money is None else {one.currency: one.money}
    caps |= {} if one.tokens is None else {TOKENS: Decimal(one.tokens)}
    lines = [line for line in seen.lines if line.unit in caps]
    for line in lines:
        yield _meter(line.subject, line.unit, caps[line.unit], line.spent, line.held)
    for unit in caps.keys() - {line.unit for line in lines}:
        yield _meter(one.subject, unit, caps[unit], Decimal(0), Decimal(0))


def _meter(subject: str, unit: str, cap: Decimal, spent: Decimal, held: Decimal) -> Meter:
    of, full = _percent(spent, cap), _percent(spent + held, cap)
    more = f", {amount(held, unit)} held" if held else ""
    said = f"{amount(spent, unit)} spent{more}, of {amount(cap, unit)}"
    tone = "bad" if full >= 100 else "warn" if full >= NEAR else "good"
    return Meter(subject, said, of, round(full - of, 1), tone)


def _row(one: Sum, most: Decimal) -> Spent:
    notes = []
    if one.unknown:
        notes.append(f"{words.many(one.unknown, 'entry', 'entries')} without a price, not in it")
    if one.lost:
        notes.append(f"{words.many(one.lost, 'call')} whose end nobody saw, at the worst")
    monthly = " a month" if one.purpose is Purpose.BUILDING else ""
    priced = one.entries > one.unknown
    return Spent(
        name=one.name,
        purpose=one.purpose,
        spent=amount(one.spent, one.currency) + monthly if priced else "unknown",
        held=amount(one.held, one.currency) + monthly if one.held else "",
        tokens=_tokens(one.usage) if one.purpose is Purpose.THINKING else "",
        entries=one.entries,
        percent=_percent(one.spent, most),
        held_percent=_percent(one.held, most),
        notes=tuple(notes),
    )


def _tokens(usage: Usage) -> str:
    return f"{usage.input:,} in, {usage.output:,} out"


def _percent(part: Decimal, whole: Decimal) -> float:
    """Of nothing, all is spent; what is built may also take away."""
    if whole <= 0:
        return 100.0 if part > 0 else 0.0
    return round(float(min(max(part, Decimal(0)), whole) / whole * 100), 1)
