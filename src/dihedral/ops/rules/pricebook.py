"""A price book: prices of one region with their date and sources, and how a type is made of parts.

Shape   TOML. `table.NAME` maps a size to an hourly price. `type.NAME` has `parts` and `defaults`.
        A part has a `price` or a `table` with the attribute (`key`) that says the size; `hours`
        multiplies by a month's hours; `times` are attributes that multiply; `above` is free;
        `usage` is a stated guess (low, likely, high) where no attribute says how much; `when`
        says for which values it counts (`5.7*` is a beginning), `least` and `under` for which
        amounts, `given` whether an attribute must have a value or must not; `within` repeats it
        for each nested block. One part with `base` must count, or the resource has no price.
        `unverified` is a price that nobody has checked against a source: a part's, or a size's
        that `table` does not have; whoever is told the price is told so.
        `sources` has an entry for each table's name and for each type's `source`.
Units   the book's currency; a month has 730 hours.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from dihedral.domain.cost import ZERO, Span
from dihedral.domain.errors import Invalid

HOURS = Decimal(730)
UNVERIFIED = "price not verified"  # how every such assumption begins


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    price: Decimal | None = None
    table: str = ""
    key: str = ""
    hours: bool = False
    factor: Decimal = Decimal(1)
    times: tuple[str, ...] = ()
    above: Decimal = Decimal(0)
    usage: tuple[Decimal, Decimal, Decimal] | None = None
    when: dict[str, list[Any]] = {}
    least: dict[str, Decimal] = {}
    under: dict[str, Decimal] = {}
    given: dict[str, bool] = {}
    within: str = ""
    base: bool = False
    unverified: bool = False


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`notes` are said with every price of the type: what it takes for granted."""

    parts: tuple[Part, ...]
    source: str
    notes: tuple[str, ...] = ()
    defaults: dict[str, Any] = {}


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`dated` is empty for what has no date: guesses, rules, what nobody has checked."""

    what: str
    dated: str = ""


class PriceBook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`elsewhere` spans what the same costs in regions without prices here; `dated` is oldest."""

    dated: str
    region: str
    sources: dict[str, Source]
    elsewhere: tuple[Decimal, Decimal, Decimal]
    apart: tuple[str, ...]  # beginnings of regions that are priced quite otherwise
    free: frozenset[str]  # types, or beginnings that end in `*`
    table: dict[str, dict[str, Decimal]]
    type: dict[str, Kind]
    unverified: dict[str, dict[str, Decimal]] = {}
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Attributes:
    """One side of a change; what is unknown has no value, unless the book knows a default."""

    values: Mapping[str, Any]
    unknown: Mapping[str, Any] = field(default_factory=dict)


class NoPrice(ValueError):
    """Why there is none, in words."""


def parse_book(text: bytes) -> PriceBook:
    """Raises Invalid."""
    try:
        document = tomllib.loads(text.decode(), parse_float=Decimal)
        return _sourced(msgspec.convert(document, PriceBook, strict=False))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as cause:
        raise Invalid(
            f"the price book cannot be read: {cause}; mend it, or take the built-in"
        ) from cause


def _sourced(book: PriceBook) -> PriceBook:
    named = {*book.table, *book.unverified, *(kind.source for kind in book.type.values())}
    if missing := sorted(named - set(book.sources)):
        raise msgspec.ValidationError(f"no source for {', '.join(missing)}")
    return book


def narrow(kind: str, held: Attributes, book: PriceBook) -> Attributes:
    """Only what the price depends on, so that equal resources are priced once."""
    known = book.type.get(kind)
    parts = known.parts if known else ()
    names = {n.partition(".")[0] for p in parts for n in (p.within or p.key, *_also(p)) if n}
    values, unknown = held.values, held.unknown
    return Attributes(
        {name: values[name] for name in names if name in values},
        {name: unknown[name] for name in names if name in unknown},
    )


def _also(part: Part) -> tuple[str, ...]:
    return () if part.within else (*part.times, *part.when, *part.least, *part.under, *part.given)


def is_free(kind: str, book: PriceBook) -> bool:
    """Whether the type is known to cost nothing by itself."""
    steps = kind.split("_")
    beginnings = ("_".join(steps[:n]) + "_*" for n in range(1, len(steps)))
    return kind in book.free or any(b in book.free for b in beginnings)


def price(kind: str, held: Attributes, book: PriceBook) -> tuple[Span, tuple[str, ...]]:
    """The monthly price of a resource and what was assumed. Raises NoPrice."""
    known = book.type.get(kind)
    if known is None:
        raise NoPrice("the price book does not know this type")
    assumed: list[str] = []
    total, based = ZERO, not any(part.base for part in known.parts)
    for part in known.parts:
        for reader in _readers(part, held, known, assumed):
            if _counts(part, reader):
                based = based or part.base
                total += _amount(part, reader, book)
                assumed += _guess(part)
    if not based:
        raise NoPrice("the price book has no price for this variant")
    return total, tuple(dict.fromkeys((*known.notes, *assumed)))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads attributes of a resource or of one of its blocks, with the book's defaults."""

    held: Attributes
    defaults: Mapping[str, Any]
    prefix: str
    assumed: list[str]

    def has(self, name: str) -> bool:
        unknown = _walk(self.held.unknown, name) is True
        return not unknown and _walk(self.held.values, name) not in (None, "", [])

    def get(self, name: str) -> Any:
        value, unknown = _walk(self.held.values, name), _walk(self.held.unknown, name) is True
        if value is not None and not unknown:
            return value
        full = self.prefix + name
        if full not in self.defaults:
            raise NoPrice(f"{full} is {'known only after apply' if unknown else 'not set'}")
        if unknown:
            default = self.defaults[full]
            self.assumed.append(f"{full} taken as {'not set' if default in ('', []) else default}")
        return self.defaults[full]


def _walk(values: Any, name: str) -> Any:
    """`scaling_config.desired_size`: a block is a list of one."""
    if "." not in name:
        return values.get(name) if isinstance(values, Mapping) else None
    for step in name.split("."):
        values = values[0] if isinstance(values, list) and values else values
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _readers(part: Part, held: Attributes, kind: Kind, assumed: list[str]) -> Iterator[_Reader]:
    if not part.within:
        yield _Reader(held, kind.defaults, "", assumed)
        return
    said = held.values.get(part.within)
    blocks = said if isinstance(said, list) and said else kind.defaults.get(part.within, [])
    marks = held.unknown.get(part.within)
    for at, block in enumerate(blocks):
        mark = marks[at] if isinstance(marks, list) and at < len(marks) else {}
        inner = Attributes(block, mark if isinstance(mark, dict) else {})
        yield _Reader(inner, kind.defaults, f"{part.within}.", assumed)


def _counts(part: Part, reader: _Reader) -> bool:
    return (
        all(reader.has(name) is wanted for name, wanted in part.given.items())
        and all(_fits(reader.get(name), values) for name, values in part.when.items())
        and all(_number(name, reader.get(name)) >= end for name, end in part.least.items())
        and all(_number(name, reader.get(name)) < end for name, end in part.under.items())
    )


def _fits(value: Any, wanted: list[Any]) -> bool:
    beginnings = tuple(w[:-1] for w in wanted if isinstance(w, str) and w.endswith("*"))
    return value in wanted or (isinstance(value, str) and value.startswith(beginnings))


def _amount(part: Part, reader: _Reader, book: PriceBook) -> Span:
    unit = part.price if part.price is not None else _listed(part, reader, book)
    quantity = part.factor
    for name in part.times:
        quantity *= _number(name, reader.get(name))
    quantity = max(quantity - part.above, Decimal(0)) * (HOURS if part.hours else 1)
    low, likely, high = part.usage or (Decimal(1),) * 3
    return Span(unit * quantity * low, unit * quantity * likely, unit * quantity * high)


def _number(name: str, value: Any) -> Decimal:
    if isinstance(value, list):
        return Decimal(len(value))
    try:
        return Decimal(str(value))
    except ArithmeticError:
        raise NoPrice(f"{name} is {value!r}, which is no number") from None


def _listed(part: Part, reader: _Reader, book: PriceBook) -> Decimal:
    size = reader.get(part.key)
    size = size[0] if isinstance(size, list) and size else size
    if isinstance(size, str) and size in book.table.get(part.table, {}):
        return book.table[part.table][size]
    if isinstance(size, str) and size in book.unverified.get(part.table, {}):
        reader.assumed.append(f"{UNVERIFIED}: {part.what} {size}")
        return book.unverified[part.table][size]
    raise NoPrice(f"the price book has no price for {part.key} {size!r}")


def _guess(part: Part) -> list[str]:
    said = [f"{UNVERIFIED}: {part.what}"] if part.unverified else []
    if part.usage and len(set(part.usage)) > 1:
        low, likely, high = part.usage
        said.append(f"{part.what}: {likely:,f} a month ({low:,f} to {high:,f})")
    return said
