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
class Priced:
    """One resource's monthly change; `assumes` says what was taken for granted."""

    address: str
    type: str
    delta: Span
    assumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unpriced:
    address: str
    type: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The monthly difference of a plan: after minus before.

    The three amounts cover what is priced. They are None when something costs and nothing of it
    has a price. `dated` is the day of the oldest price in the book.
    """

    low: Money | None
    likely: Money | None
    high: Money | None
    priced: tuple[Priced, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    dated: str = ""
