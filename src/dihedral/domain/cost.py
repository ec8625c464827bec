"""What a change costs a month. What has no price is listed as such, never counted as zero."""

from dataclasses import dataclass
from decimal import Decimal

from dihedral.domain.money import Money


@dataclass(frozen=True, slots=True)
class Span:
    """An amount a month, as usage may turn out: `low` ≤ `likely` ≤ `high`."""

    low: Decimal
    likely: Decimal
    high: Decimal

    def __add__(self, other: "Span") -> "Span":
        return Span(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __sub__(self, other: "Span") -> "Span":
        """Of two sizes of one thing: usage is taken to stay what it is, low by low."""
        ends = sorted((self.low - other.low, self.likely - other.likely, self.high - other.high))
        return Span(ends[0], self.likely - other.likely, ends[2])


ZERO = Span(Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Component:
    """One line of a bill. `guessed`: nobody said how much is used, so a default counts."""

    what: str
    before: Span
    after: Span
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Priced:
    """One resource's month. `assumes` says what was taken for granted; `dated` is the day of its
    oldest price, or empty where none of them has a date."""

    address: str
    type: str
    delta: Span
    assumes: tuple[str, ...] = ()
    before: Span = ZERO
    after: Span = ZERO
    components: tuple[Component, ...] = ()
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A resource without a price, or one that is known to cost nothing, and why."""

    address: str
    type: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The monthly difference of a plan: after minus before; and both of these, whole.

    The amounts cover what is priced. They are None when something costs and nothing of it has a
    price. `priced` and `unpriced` are of what changes; `unchanged` and `unknown` of what stays as
    it is, which counts in `before` and `after`. `dated` is the day of the oldest price in it.
    """

    low: Money | None
    likely: Money | None
    high: Money | None
    priced: tuple[Priced, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    dated: str = ""
    before: Money | None = None
    after: Money | None = None
    unchanged: tuple[Priced, ...] = ()
    unknown: tuple[Unpriced, ...] = ()
    free: tuple[Unpriced, ...] = ()
    warnings: tuple[str, ...] = ()
    flagged: str = ""  # why its prices may be too old
    estimator: str = "price book"
