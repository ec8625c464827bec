"""What Infracost says of a plan, as our cost.

Shape   `infracost breakdown --format json`: each project has `pastBreakdown` and `breakdown`, with
        resources by address, their components and sub-resources; a component without a
        `monthlyCost` is used in an amount that nobody told. `summary` counts, by type, what it
        does not support and what costs nothing.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from dihedral.domain.change import Action, Change, Plan, tags_only
from dihedral.domain.cost import ZERO, Component, Cost, Priced, Span, Unpriced
from dihedral.domain.errors import Invalid
from dihedral.ops.rules import cost
from dihedral.ops.rules.redact import visible

NAME = "infracost"
_STAYS = frozenset({Action.NOOP, Action.READ, Action.FORGET})


class Part(msgspec.Struct, frozen=True):
    name: str
    monthlyCost: Decimal | None = None


class Resource(msgspec.Struct, frozen=True):
    name: str
    monthlyCost: Decimal | None = None
    costComponents: tuple[Part, ...] | None = None
    subresources: "tuple[Resource, ...] | None" = None


class Breakdown(msgspec.Struct, frozen=True):
    resources: tuple[Resource, ...] | None = None


class Project(msgspec.Struct, frozen=True):
    name: str
    breakdown: Breakdown | None = None
    pastBreakdown: Breakdown | None = None


class Summary(msgspec.Struct, frozen=True):
    unsupportedResourceCounts: dict[str, int] | None = None
    noPriceResourceCounts: dict[str, int] | None = None


class Output(msgspec.Struct, frozen=True):
    projects: tuple[Project, ...]
    currency: str
    summary: Summary | None = None


def read(text: bytes, plan: Plan) -> Cost:
    """Raises Invalid for what it did not write."""
    try:
        told = msgspec.json.decode(text, type=Output, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Invalid(f"infracost's answer cannot be read: {cause}; upgrade it") from cause
    before, after = _named(told, past=True), _named(told, past=False)
    free = (told.summary and told.summary.noPriceResourceCounts) or {}
    priced: list[Priced] = []
    unpriced: list[Unpriced] = []
    unchanged: list[Priced] = []
    known_free: list[Unpriced] = []
    for change in plan.changes:
        if change.mode != "managed":
            continue
        first, last = before.get(change.address), after.get(change.address)
        where, kind = visible(change.address), visible(change.type)
        same = change.action in _STAYS or tags_only(change)
        if first or last:
            one = _priced(where, kind, first, last)
            (unchanged if same else priced).append(one)
        if same:
            continue
        if not (first or last) and change.type in free:
            known_free.append(Unpriced(where, kind, "infracost counts it as free"))
        elif why := _missing(change, first, last):
            unpriced.append(Unpriced(where, kind, visible(why)))
    return cost.summed(
        Cost(
            low=None,
            likely=None,
            high=None,
            priced=tuple(priced),
            unpriced=tuple(unpriced),
            unchanged=tuple(unchanged),
            free=tuple(known_free),
            estimator=NAME,
        ),
        told.currency,
    )


def failed(why: str) -> Cost:
    """Nothing is known of the whole plan."""
    nothing = Unpriced("the plan", "", f"infracost did not estimate it: {visible(why)}")
    return Cost(low=None, likely=None, high=None, unpriced=(nothing,), estimator=NAME)


def _named(told: Output, *, past: bool) -> Mapping[str, Resource]:
    sides = (p.pastBreakdown if past else p.breakdown for p in told.projects)
    return {r.name: r for side in sides if side for r in side.resources or ()}


def _missing(change: Change, first: Resource | None, last: Resource | None) -> str:
    if not (first or last):
        return "infracost does not support it"
    told = {
        part.name
        for side in (first, last)
        if side
        for part in _parts(side, "")
        if part.monthlyCost is None
    }
    return f"infracost was not told how much is used: {', '.join(sorted(told))}" if told else ""


def _parts(resource: Resource, path: str) -> Iterator[Part]:
    for part in resource.costComponents or ():
        yield Part(path + part.name, part.monthlyCost)
    for inner in resource.subresources or ():
        yield from _parts(inner, f"{path}{inner.name}: ")


def _priced(where: str, kind: str, first: Resource | None, last: Resource | None) -> Priced:
    before, after = _total(first), _total(last)
    names = dict.fromkeys(p.name for side in (first, last) if side for p in _parts(side, ""))
    return Priced(
        where,
        kind,
        after - before,
        (),
        before,
        after,
        tuple(Component(visible(n), _amount(first, n), _amount(last, n)) for n in names),
    )


def _total(resource: Resource | None) -> Span:
    amounts = [p.monthlyCost for p in _parts(resource, "")] if resource else []
    return _span(sum((a for a in amounts if a is not None), Decimal(0)))


def _amount(resource: Resource | None, name: str) -> Span:
    found: list[Any] = (
        [p.monthlyCost for p in _parts(resource, "") if p.name == name] if resource else []
    )
    return _span(sum((a for a in found if a is not None), Decimal(0)))


def _span(amount: Decimal) -> Span:
    return Span(amount, amount, amount) if amount else ZERO
