"""What a plan costs a month, after minus before, and whether that may pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import msgspec

from dihedral.domain.change import Action, Change, Plan, tags_only
from dihedral.domain.cost import ZERO, Component, Cost, Priced, Span, Unpriced
from dihedral.domain.money import Money
from dihedral.domain.verdict import Finding, Ruling, Verdict, strictest
from dihedral.ops.rules import pricebook, pricing, usage
from dihedral.ops.rules.attributes import Side
from dihedral.ops.rules.joins import Neighbours
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.pricebook import NoPrice, PriceBook
from dihedral.ops.rules.priceparts import Kind
from dihedral.ops.rules.pricing import Bill
from dihedral.ops.rules.redact import visible
from dihedral.ops.rules.usage import Usage

GATE = "cost"
_SAME = frozenset({Action.NOOP, Action.FORGET})  # what is forgotten goes on costing
_NAMED = 5
_NOTHING = Bill()


def estimate(plan: Plan, book: PriceBook, region: str, used: Usage | None = None) -> Cost:
    """The monthly difference; `region` is for resources whose own region the plan does not say."""
    said = used or Usage()
    till = _Till(book, region, said, Neighbours(plan, book, said))
    priced: list[Priced] = []
    unpriced: list[Unpriced] = []
    unchanged: list[Priced] = []
    unknown: list[Unpriced] = []
    free: list[Unpriced] = []
    nothing = {t: pricebook.is_free(t, book) for t in {change.type for change in plan.changes}}
    for change in plan.changes:
        if change.mode != "managed":
            continue
        if why := nothing[change.type]:
            free.append(Unpriced(visible(change.address), change.type, why))
            continue
        same = change.action in _SAME or tags_only(change)
        found = _change(change, till, same=same)
        if isinstance(found, Priced):
            (unchanged if same else priced).append(found)
        else:
            (unknown if same else unpriced).append(found)
    return summed(
        Cost(
            low=None,
            likely=None,
            high=None,
            priced=tuple(priced),
            unpriced=tuple(unpriced),
            unchanged=tuple(unchanged),
            unknown=tuple(unknown),
            free=tuple(free),
            warnings=_warned(plan, book, used),
        ),
        book.currency,
    )


def _warned(plan: Plan, book: PriceBook, used: Usage | None) -> tuple[str, ...]:
    if used is None:
        return ()
    known = {c.address: c.type for c in plan.changes if c.mode == "managed"}
    keys = {name: kind.usage for name, kind in book.types.items()}
    keys |= {name: keys.get(name, frozenset()) | _JOINED for name in book.targets}
    return tuple(visible(said) for said in usage.warnings(used, known, keys))


def summed(found: Cost, currency: str) -> Cost:
    """The same with its sums. What has no price makes them None only if nothing has one."""
    every = (*found.priced, *found.unchanged)
    delta = sum((one.delta for one in found.priced), ZERO)
    known = bool(found.priced) or not found.unpriced
    whole = bool(every) or not (found.unpriced or found.unknown)
    before = sum(one.before.likely for one in every) + ZERO.likely
    after = sum(one.after.likely for one in every) + ZERO.likely
    return replace(
        found,
        low=Money(delta.low, currency) if known else None,
        likely=Money(delta.likely, currency) if known else None,
        high=Money(delta.high, currency) if known else None,
        before=Money(before, currency) if whole else None,
        after=Money(after, currency) if whole else None,
        dated=min((one.dated for one in every if one.dated), default=""),
    )


def flag(found: Cost, today: date, age: timedelta) -> Cost:
    """The same, flagged where its oldest price is older than `age`."""
    if not found.dated or today - date.fromisoformat(found.dated) <= age:
        return found
    why = f"prices from {found.dated} are older than {age.days} days: dihedral prices refresh"
    return replace(found, flagged=why)


def judge(cost: Cost, limits: Limits) -> Verdict:
    """ASK about what has no price, and about an increase over the limit."""
    found: list[tuple[str, str]] = []
    if cost.unpriced:
        names = [one.address for one in cost.unpriced]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        found.append(("unpriced", ", ".join(names[:_NAMED]) + more))
    over = cost.likely and cost.likely.amount > limits.increase.amount
    if cost.likely and (over or cost.likely.currency != limits.increase.currency):
        found.append(
            ("increase", f"{_signed(cost.likely)}/month, and {limits.increase} is the limit")
        )
    tiers = [(limits.tier(name), what) for name, what in found]
    verdicts = [Verdict(t.ruling, GATE, "", approvers=t.approvers) for t, _ in tiers]
    ruling = strictest(verdicts) if verdicts else Ruling.ALLOW
    told = "; ".join(f"{tier.says} {what}" for tier, what in tiers)
    return Verdict(
        ruling=ruling,
        gate=GATE,
        reason=f"{line(cost)}{': ' if told else ''}{told}",
        findings=tuple(_findings(cost)),
        approvers=max((v.approvers for v in verdicts if v.ruling is ruling), default=1),
    )


def _findings(cost: Cost) -> Iterable[Finding]:
    yield from (Finding(f"no price: {u.why}", u.address) for u in cost.unpriced)
    yield from (Finding(said) for said in cost.warnings)
    if cost.flagged:
        yield Finding(cost.flagged)


def line(cost: Cost) -> str:
    """`+12.40 USD/month (2 not priced)`; `~` before a sum of prices that are not all verified."""
    said = (
        f"{'' if verified(cost) else '~'}{_signed(cost.likely)}/month"
        if cost.likely
        else "not known"
    )
    spread = cost.low != cost.high and cost.low and cost.high
    if spread and cost.low and cost.high:
        said += f" ({cost.low.amount:+,.2f} to {cost.high.amount:+,.2f})"
    return said + (f" ({len(cost.unpriced)} not priced)" if cost.unpriced else "")


def verified(cost: Cost) -> bool:
    """Whether every price in it was checked against the book's sources, for its own region."""
    said = (assumed for one in cost.priced for assumed in one.assumes)
    return not any(one.startswith(pricebook.UNVERIFIED) for one in said)


def _signed(money: Money) -> str:
    return f"{money.amount:+,.2f} {money.currency}"


Compared = tuple[Span, tuple[str, ...], Span, Span, tuple[Component, ...], str]


@dataclass(frozen=True, slots=True)
class _Till:
    """A price book, and the bills already written; it lives as long as one estimate."""

    book: PriceBook
    region: str
    used: Usage
    near: Neighbours
    seen: dict[bytes, Bill | NoPrice] = field(default_factory=dict)
    pairs: dict[tuple[int, int], Compared] = field(default_factory=dict)  # by the bills' ids

    def compared(self, first: Bill, last: Bill) -> Compared:
        key = (id(first), id(last))
        if key not in self.pairs:
            self.pairs[key] = _compared(first, last)
        return self.pairs[key]

    def bill(self, kind: Kind, change: Change, *, after: bool) -> Bill:
        values = change.after if after else change.before
        if values is None:
            return _NOTHING
        unknown = change.after_unknown if after else None
        side = Side(
            _only(values, kind.reads),
            _only(unknown, kind.reads) if isinstance(unknown, dict) else {},
            self.used.of(change.address, change.type),
            self.near.joined(change, kind, after=after),
        )
        region = _region(change, self.region)
        key = _KEY.encode((change.type, region, side))
        found = self.seen.get(key)
        if found is None:
            found = self.seen[key] = _written(kind, side, self.book, region)
        if isinstance(found, NoPrice):
            raise found
        return found


_JOINED = frozenset({"capacity"})  # of what scales another, which is priced there
_KEY = msgspec.json.Encoder(order="sorted")


def _written(kind: Kind, side: Side, book: PriceBook, region: str) -> Bill | NoPrice:
    try:
        return pricing.price(kind, side, book, region)
    except NoPrice as cause:
        return cause


def _only(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Only what the price depends on, so that equal resources are priced once."""
    return {name: values[name] for name in names if name in values}


def _change(change: Change, till: _Till, *, same: bool) -> Priced | Unpriced:
    where = visible(change.address)
    try:
        kind = till.book.types.get(change.type)
        if kind is None:
            raise NoPrice("the price book does not know this type")
        first = till.bill(kind, change, after=False)
        last = first if same and change.before is not None else till.bill(kind, change, after=True)
    except NoPrice as cause:
        return Unpriced(where, visible(change.type), visible(str(cause)))
    return Priced(where, change.type, *till.compared(first, last))


def _compared(first: Bill, last: Bill) -> Compared:
    """What is the same for all resources with these two bills."""
    return (
        last.total - first.total,
        last.assumes if last is first else tuple(dict.fromkeys((*last.assumes, *first.assumes))),
        first.total,
        last.total,
        _components(first, last),
        min(filter(None, (first.dated, last.dated)), default=""),
    )


def _components(first: Bill, last: Bill) -> tuple[Component, ...]:
    """The lines of both bills that cost anything; those of one name are one."""
    found: dict[str, Component] = {}
    for bill, after in ((first, False), (last, True)):
        for one in bill.lines:
            old = found.get(one.what) or Component(one.what, ZERO, ZERO, one.guessed)
            found[one.what] = Component(
                one.what,
                old.before if after else old.before + one.amount,
                old.after + one.amount if after else old.after,
                old.guessed and one.guessed,
            )
    return tuple(one for one in found.values() if one.before.high or one.after.high)


def _region(change: Change, default: str) -> str:
    own = (change.after or change.before or {}).get("region")
    return own if isinstance(own, str) and own else change.region or default
