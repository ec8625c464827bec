"""A price book: what things cost where, since when and by whose word; and of what a type is made.

Shape   TOML files, merged. A `[[rates]]` has prices `each` by name, below the name `of`, of one
        `region` (the book's where none is written, `*` where it is the same everywhere) and one
        `source`. A price is a number, or tiers `[[width, price], …]` whose last width is 0.
        A `[types.NAME]` has `parts`, each a line of the bill; see `priceparts`.
        `[[free]]` lists types that cost nothing by themselves, with the reason.
Units   the book's currency; a month has 730 hours.
        A source without a date has not been checked, unless it is `sure`; whoever is told such a
        price is told so.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import priceparts
from dihedral.ops.rules.priceparts import Kind, Part

HOURS = Decimal(730)
UNVERIFIED = "price not verified"  # how every such assumption begins
EVERYWHERE = "*"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    dated: str = ""
    sure: bool = False


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: str | list[str]
    source: str
    each: dict[str, Decimal | list[tuple[Decimal, Decimal]]]
    region: str = ""

    def named(self) -> Iterator[tuple[str, Decimal | list[tuple[Decimal, Decimal]]]]:
        for start in [self.of] if isinstance(self.of, str) else self.of:
            for name, price in self.each.items():
                yield f"{start}.{name}" if start else name, price


class Free(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    why: str
    types: tuple[str, ...]  # or beginnings that end in `*`


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a book. Whatever is missing is empty, or another file's."""

    region: str = ""
    currency: str = ""
    elsewhere: tuple[Decimal, Decimal, Decimal] | None = None
    apart: tuple[str, ...] = ()
    sources: dict[str, Source] = {}
    rates: tuple[Rates, ...] = ()
    types: dict[str, Kind] = {}
    groups: dict[str, tuple[Part, ...]] = {}
    free: tuple[Free, ...] = ()


class Rate(NamedTuple):
    """Tiers of (width, price); the last has no end."""

    tiers: tuple[tuple[Decimal, Decimal], ...]
    source: str


@dataclass(frozen=True, slots=True)
class PriceBook:
    """`elsewhere` spans what the same costs in regions without prices here, if not `apart`."""

    region: str
    currency: str
    elsewhere: tuple[Decimal, Decimal, Decimal]
    apart: tuple[str, ...]
    sources: Mapping[str, Source]
    rates: Mapping[str, Mapping[str, Rate]]  # by region
    types: Mapping[str, Kind]
    free: Mapping[str, str]
    targets: frozenset[str] = field(default_factory=frozenset)  # types that others are joined with

    @property
    def dated(self) -> str:
        """The day of the oldest source."""
        return min((s.dated for s in self.sources.values() if s.dated), default="")

    def verified(self, rate: Rate) -> bool:
        source = self.sources[rate.source]
        return bool(source.dated) or source.sure


class NoPrice(ValueError):
    """Why there is none, in words."""


def read_page(text: bytes, name: str = "the price book") -> Page:
    """Raises Invalid."""
    try:
        document = tomllib.loads(text.decode(), parse_float=Decimal)
        return msgspec.convert(document, Page, strict=False)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as cause:
        raise Invalid(
            f"{name} is no price book that can be read: {cause}; mend it, or take the built-in"
        ) from cause


def bind(pages: Iterable[Page]) -> PriceBook:
    """One book of its pages; a later one's rates win, unless they alone are unverified.
    Raises Invalid."""
    read = tuple(pages)
    sources = {name: source for page in read for name, source in page.sources.items()}
    groups = {name: group for page in read for name, group in page.groups.items()}
    written = {name: kind for page in read for name, kind in page.types.items()}
    types = {name: priceparts.made(kind, written, groups) for name, kind in written.items()}
    region = next((page.region for page in reversed(read) if page.region), "")
    if not region:
        raise Invalid("the price book says no region; write `region`, or take the built-in")
    return PriceBook(
        region=region,
        currency=next((page.currency for page in reversed(read) if page.currency), "USD"),
        elsewhere=next((p.elsewhere for p in reversed(read) if p.elsewhere), (Decimal(1),) * 3),
        apart=tuple(start for page in read for start in page.apart),
        sources=sources,
        rates=_rates(read, sources, region),
        types=types,
        free={t: free.why for page in read for free in page.free for t in free.types},
        targets=frozenset(
            target
            for kind in types.values()
            for join in kind.joins.values()
            for target in join.types
        ),
    )


def parse_book(text: bytes) -> PriceBook:
    """A book of one page. Raises Invalid."""
    return bind([read_page(text)])


def _rates(
    pages: Iterable[Page], sources: Mapping[str, Source], region: str
) -> dict[str, dict[str, Rate]]:
    found: dict[str, dict[str, Rate]] = {region: {}, EVERYWHERE: {}}
    for page in pages:
        for group in page.rates:
            source = sources.get(group.source)
            if source is None:
                raise Invalid(f"the price book has no source {group.source!r}; add it to `sources`")
            held = found.setdefault(group.region or region, {})
            checked = bool(source.dated) or source.sure
            for name, price in group.named():
                if checked or name not in held:
                    held[name] = Rate(_tiers(price, name), group.source)
    return found


def _tiers(
    price: Decimal | list[tuple[Decimal, Decimal]], name: str
) -> tuple[tuple[Decimal, Decimal], ...]:
    tiers = tuple(price) if isinstance(price, list) else ((Decimal(0), price),)
    if not tiers or tiers[-1][0] != 0 or any(p < 0 or w < 0 for w, p in tiers):
        raise Invalid(
            f"the price book's {name} is no price: a number from 0, or tiers [width, price]"
            " that end with width 0"
        )
    return tiers


def is_free(kind: str, book: PriceBook) -> str:
    """Why the type costs nothing by itself; empty where that is not known."""
    if kind in book.free:
        return book.free[kind]
    steps = kind.split("_")
    starts = ("_".join(steps[:n]) + "_*" for n in range(1, len(steps)))
    return next((book.free[start] for start in starts if start in book.free), "")
