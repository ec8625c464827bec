"""The three numbers of every page: speed, cost and risk, in one form."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dihedral.domain.cost import Cost, Priced, Span, Unpriced
from dihedral.domain.money import Money
from dihedral.ops.rules import blast, cost
from dihedral.ops.rules.blast import Blast
from dihedral.ops.rules.reversible import Back, Ease

LISTED = 200  # of each list in the stored form


@dataclass(frozen=True, slots=True)
class Numbers:
    """`speed` is seconds by step, in the order of the steps."""

    speed: Mapping[str, float]
    cost: Cost
    risk: Blast


def show(numbers: Numbers) -> dict[str, Any]:
    """As JSON: amounts are text, so that no cent is lost; what is unknown is null."""
    return {
        "speed": {"seconds": round(_total(numbers.speed), 3), "steps": dict(numbers.speed)},
        "cost": show_cost(numbers.cost),
        "risk": show_risk(numbers.risk),
        "line": line(numbers),
    }


def line(numbers: Numbers) -> str:
    """`speed 1.2 s (plan 0.9 s) · cost +12.40 USD/month · risk 5 of 40 resources, no data lost`."""
    parts = (speed_line(numbers.speed), cost.line(numbers.cost), blast.line(numbers.risk))
    return " · ".join(
        f"{name} {said}" for name, said in zip(("speed", "cost", "risk"), parts, strict=True)
    )


def speed_line(speed: Mapping[str, float]) -> str:
    """The whole time and where most of it went."""
    if not speed:
        return "not measured"
    step = max(speed, key=lambda name: speed[name])
    where = f" ({step} {speed[step]:.1f} s)" if len(speed) > 1 else ""
    return f"{_total(speed):.1f} s{where}"


def show_cost(found: Cost) -> dict[str, Any]:
    """The difference, and what the whole costs before and after; unchanged things by number."""
    return {
        "low": _amount(found.low),
        "likely": _amount(found.likely),
        "high": _amount(found.high),
        "currency": found.likely.currency if found.likely else None,
        "per": "month",
        "dated": found.dated,
        "verified": cost.verified(found),
        "before": _amount(found.before),
        "after": _amount(found.after),
        "estimator": found.estimator,
        "flagged": found.flagged,
        "warnings": list(found.warnings),
        "priced": [_priced(p) for p in found.priced],
        "unpriced": [_unpriced(u) for u in found.unpriced],
        "unchanged": {"priced": len(found.unchanged), "unpriced": len(found.unknown)},
        "free": _reasons(found.free),
    }


def _priced(one: Priced) -> dict[str, Any]:
    return {
        "address": one.address,
        "type": one.type,
        **_span(one.delta),
        "before": f"{one.before.likely:.2f}",
        "after": f"{one.after.likely:.2f}",
        "components": [
            {
                "what": c.what,
                "before": f"{c.before.likely:.2f}",
                "after": f"{c.after.likely:.2f}",
                "guessed": c.guessed,
            }
            for c in one.components
        ],
        "dated": one.dated,
        "assumes": list(one.assumes),
    }


def _unpriced(one: Unpriced) -> dict[str, str]:
    return {"address": one.address, "type": one.type, "why": one.why}


def _reasons(free: Iterable[Unpriced]) -> list[dict[str, Any]]:
    """The free types, each with why and how many there are."""
    counts = Counter((one.type, one.why) for one in free)
    return [{"type": kind, "why": why, "count": n} for (kind, why), n in sorted(counts.items())]


def show_risk(found: Blast) -> dict[str, Any]:
    """The level first. Lists are cut at `LISTED`; `counts` has how many there are."""
    whole = {"dependants": found.dependants, "opens": found.opens, **found.does}
    return {
        "level": found.level.value,
        "reasons": {level.value: list(whys) for level, whys in found.reasons.items()},
        "reversible": found.ease.value,
        "touched": found.touched,
        "known": found.known,
        "share": round(found.share, 4),
        "lost": list(found.lost[:LISTED]),
        "losses": [
            {"where": where, "sure": loss.sure.value, "left": loss.left, "held": loss.held}
            for where, loss in islice(found.losses.items(), LISTED)
        ],
        "back": [
            {"where": where, "reversible": way.ease.value, "why": way.why}
            for where, way in islice(_hardest(found), LISTED)
        ],
        "opens": list(found.opens[:LISTED]),
        "dependants": list(found.dependants[:LISTED]),
        "elsewhere": {name: list(readers) for name, readers in found.elsewhere.items()},
        "does": {tier: list(whats[:LISTED]) for tier, whats in found.does.items()},
        "counts": {name: len(whats) for name, whats in whole.items()},
    }


def _hardest(found: Blast) -> Iterator[tuple[str, Back]]:
    """What is not simply taken back, the hardest first."""
    for ease in (Ease.NO, Ease.EFFORT):
        yield from ((where, way) for where, way in found.back.items() if way.ease is ease)


def _total(speed: Mapping[str, float]) -> float:
    return sum(speed.values())


def _amount(money: Money | None) -> str | None:
    return f"{money.amount:.2f}" if money else None


def _span(span: Span) -> dict[str, str]:
    return {name: f"{getattr(span, name):.2f}" for name in ("low", "likely", "high")}
