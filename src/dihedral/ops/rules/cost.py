"""What a plan costs a month, after minus before, and whether that may pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from dihedral.domain.change import Action, Change, Plan, tags_only
from dihedral.domain.cost import ZERO, Cost, Priced, Span, Unpriced
from dihedral.domain.money import Money
from dihedral.domain.verdict import Finding, Ruling, Verdict, strictest
from dihedral.ops.rules import pricebook
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.pricebook import Attributes, NoPrice, PriceBook
from dihedral.ops.rules.redact import visible

GATE = "cost"
_SAME = frozenset({Action.NOOP, Action.READ, Action.FORGET})  # what is forgotten goes on costing
_NAMED = 5


def estimate(plan: Plan, book: PriceBook, region: str) -> Cost:
    """The monthly difference; `region` is for resources whose own region the plan does not say."""
    till = _Till(book, region)
    found = [
        _change(change, till)
        for change in plan.changes
        if change.mode == "managed"
        and change.action not in _SAME
        and not tags_only(change)
        and not pricebook.is_free(change.type, book)
    ]
    priced = tuple(one for one in found if isinstance(one, Priced))
    unpriced = tuple(one for one in found if isinstance(one, Unpriced))
    total = sum((one.delta for one in priced), ZERO)
    known = bool(priced) or not unpriced
    return Cost(
        low=Money(total.low, book.currency) if known else None,
        likely=Money(total.likely, book.currency) if known else None,
        high=Money(total.high, book.currency) if known else None,
        priced=priced,
        unpriced=unpriced,
        dated=book.dated,
    )


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
        findings=tuple(Finding(f"no price: {u.why}", u.address) for u in cost.unpriced),
        approvers=max((v.approvers for v in verdicts if v.ruling is ruling), default=1),
    )


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


Found = tuple[Span, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Till:
    """A price book, and the prices already looked up; it lives as long as one estimate."""

    book: PriceBook
    region: str
    seen: dict[bytes, Found] = field(default_factory=dict)

    def price(self, kind: str, values: Mapping[str, Any] | None, unknown: Any) -> Found:
        if values is None:
            return ZERO, ()
        whole = Attributes(values, unknown if isinstance(unknown, dict) else {})
        held = pricebook.narrow(kind, whole, self.book)
        key = msgspec.json.encode((kind, held.values, held.unknown), order="sorted")
        if key not in self.seen:
            self.seen[key] = pricebook.price(kind, held, self.book)
        return self.seen[key]


def _change(change: Change, till: _Till) -> Priced | Unpriced:
    where = visible(change.address)
    try:
        scale, assumed = _scale(_region(change, till.region), till.book)
        before, had = till.price(change.type, change.before, {})
        after, guessed = till.price(change.type, change.after, change.after_unknown)
    except NoPrice as cause:
        return Unpriced(where, visible(change.type), visible(str(cause)))
    delta = after - before
    ends = [end * by for end in (delta.low, delta.high) for by in (scale.low, scale.high)]
    spread = Span(min(ends), delta.likely * scale.likely, max(ends))
    return Priced(where, change.type, spread, tuple(dict.fromkeys((*assumed, *guessed, *had))))


def _region(change: Change, default: str) -> str:
    own = (change.after or change.before or {}).get("region")
    return own if isinstance(own, str) and own else change.region or default


def _scale(region: str, book: PriceBook) -> tuple[Span, tuple[str, ...]]:
    if region == book.region:
        return Span(Decimal(1), Decimal(1), Decimal(1)), ()
    if not region:
        raise NoPrice("the region is not known")
    if region.startswith(book.apart):
        raise NoPrice(f"the price book has no prices for {region}")
    low, _, high = book.elsewhere
    spread = f"{(1 - low) * 100:.0f} % less to {(high - 1) * 100:.0f} % more"
    said = f"{pricebook.UNVERIFIED} for {region}: that of {book.region}; {region} may cost {spread}"
    return Span(*book.elsewhere), (said,)
