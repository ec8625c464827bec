"""What one resource costs a month by a price book: each line of its bill."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Any

from dihedral.domain.cost import ZERO, Span
from dihedral.ops.rules import pricenames
from dihedral.ops.rules.attributes import Pot, Reader, Side, amount, readers, walk
from dihedral.ops.rules.pricebook import EVERYWHERE, HOURS, UNVERIFIED, NoPrice, PriceBook, Rate
from dihedral.ops.rules.priceparts import Kind, Part, Refusal

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    amount: Span
    guessed: bool


@dataclass(frozen=True, slots=True)
class Bill:
    lines: tuple[Line, ...] = ()
    assumes: tuple[str, ...] = ()
    dated: str = ""
    total: Span = ZERO


def price(kind: Kind, side: Side, book: PriceBook, region: str) -> Bill:
    """The monthly bill of a resource and what was assumed. Raises NoPrice."""
    pot = Pot(book, region, kind)
    whole = Reader(side, side, "", pot)
    for refusal in kind.refuse:
        if _refused(refusal, whole):
            raise NoPrice(refusal.why)
    lines: list[Line] = []
    based = not any(part.base for part in kind.parts)
    inside: dict[str, list[Reader]] = {"": [whole]}
    for part in kind.parts:
        if part.within not in inside:
            inside[part.within] = readers(part.within, whole)
        for reader in inside[part.within]:
            if _counts(part, reader):
                based = based or part.base
                lines.append(_line(part, reader))
    if not based:
        raise NoPrice("the price book has no price for this variant")
    said = (*kind.notes, *pot.assumed)
    total = sum((line.amount for line in lines), ZERO)
    return Bill(tuple(lines), tuple(dict.fromkeys(said)), min(pot.dates, default=""), total)


def _refused(refusal: Refusal, reader: Reader) -> bool:
    return (
        all(reader.has(name) is wanted for name, wanted in refusal.given.items())
        and all(reader.has(name) and _fits(reader.get(name), v) for name, v in refusal.when.items())
        and not any(
            reader.has(name) and _fits(reader.get(name), v) for name, v in refusal.unless.items()
        )
    )


def _counts(part: Part, reader: Reader) -> bool:
    for name, wanted in part.given.items():  # loops, for these are most of the time
        if reader.has(name) is not wanted:
            return False
    for name, values in part.when.items():
        if not _fits(reader.get(name), values):
            return False
    for name, values in part.unless.items():
        if _fits(reader.get(name), values):
            return False
    return all(amount(name, reader.get(name)) >= end for name, end in part.least.items()) and all(
        amount(name, reader.get(name)) < end for name, end in part.under.items()
    )


def _fits(value: Any, wanted: list[Any]) -> bool:
    if value in wanted:
        return True
    if not isinstance(value, str):
        return False
    return any(
        isinstance(one, str) and one[-1:] == "*" and value.startswith(one[:-1]) for one in wanted
    )


def _line(part: Part, reader: Reader) -> Line:
    rate, spread = _rate(part, reader)
    quantity, guessed = _quantity(part, reader)
    costs = [_cost(rate, end) for end in quantity]
    if part.price_of:
        worth = amount(part.price_of, reader.get(part.price_of))
        costs = [worth * one for one in costs]
    amounts = Span(costs[0] * spread.low, costs[1] * spread.likely, costs[2] * spread.high)
    return Line(part.what, amounts, guessed)


def _rate(part: Part, reader: Reader) -> tuple[Rate, Span]:
    name = _named(part.rate, reader)
    where = str(reader.get(part.region)) if part.region else reader.pot.region
    rate, spread = find(name, reader.pot.book, where)
    source = reader.pot.book.sources[rate.source]
    if source.dated:
        reader.pot.dates.append(source.dated)
    if not reader.pot.book.verified(rate):
        size = name.rpartition(".")[2] if "{" not in part.rate else _size(part, name)
        said = f"{part.what} {size}" if "{" in part.rate else part.what
        reader.pot.assumed.append(f"{UNVERIFIED}: {said}")
    if spread.high != spread.low and any(price for _, price in rate.tiers):
        reader.pot.assumed.append(_apart(reader.pot.book, where))
    return rate, spread


def _size(part: Part, name: str) -> str:
    return name.removeprefix(pricenames.holes(part.rate)[0])


def _named(text: str, reader: Reader) -> str:
    pieces = pricenames.holes(text)
    if len(pieces) == 1:
        return text
    return "".join(_word(reader.get(p)) if at % 2 else p for at, p in enumerate(pieces))


def _word(value: Any) -> str:
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, str) and value.startswith("arn:"):
        return value.rpartition("/")[2]
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=256)
def _wide(elsewhere: tuple[Decimal, Decimal, Decimal]) -> Span:
    return Span(*elsewhere)


def find(name: str, book: PriceBook, region: str) -> tuple[Rate, Span]:
    """A price, and by how much it may be off in that region. Raises NoPrice."""
    for where in (region, EVERYWHERE):
        if rate := book.rates.get(where, {}).get(name):
            return rate, Span(_ONE, _ONE, _ONE)
    if not region:
        raise NoPrice("the region is not known")
    if region.startswith(book.apart):
        raise NoPrice(f"the price book has no prices for {region} of {name}")
    if rate := book.rates[book.region].get(name):
        return rate, _wide(book.elsewhere)
    raise NoPrice(f"the price book has no price for {name}")


def _apart(book: PriceBook, region: str) -> str:
    low, _, high = book.elsewhere
    spread = f"{(1 - low) * 100:.0f} % less to {(high - 1) * 100:.0f} % more"
    return f"{UNVERIFIED} for {region}: that of {book.region}; {region} may cost {spread}"


def _quantity(part: Part, reader: Reader) -> tuple[tuple[Decimal, Decimal, Decimal], bool]:
    whole = part.factor
    for at, text in enumerate(part.times):
        one = amount(text, reader.get(text))
        whole *= one if at else max(one - part.above - _included(part, reader), part.floor)
    if part.times_rate:
        pot = reader.pot
        whole *= find(_named(part.times_rate, reader), pot.book, pot.region)[0].tiers[0][1]
    if part.hours:
        whole *= _hours(reader)
    used = _used(part, reader)
    if used is not None:
        return (whole * used,) * 3, False
    if part.guess is None:
        return (whole,) * 3, False
    low, likely, high = part.guess
    if len(set(part.guess)) > 1:
        reader.pot.assumed.append(f"{part.what}: {likely:,f} a month ({low:,f} to {high:,f})")
    sure = low == likely != 0  # as much at least, whatever the usage
    return (whole * low, whole * likely, whole * high), not sure


def _included(part: Part, reader: Reader) -> Decimal:
    said = ((walk(reader.whole.usage, (key,)), share) for key, share in part.included.items())
    return sum((_told(v) * share for v, share in said if v is not None), Decimal(0))


def _hours(reader: Reader) -> Decimal:
    key = reader.pot.kind.hours
    said = reader.whole.usage.get(key) if key else None
    return HOURS if said is None else _told(said)


def _told(value: Any) -> Decimal:
    """An amount of the usage file. Raises NoPrice."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return amount("an amount of the usage file", value)
    raise NoPrice(f"the usage file has {value!r}, which is no amount")


def _used(part: Part, reader: Reader) -> Decimal | None:
    """What the usage file says of this part, or None."""
    usage = reader.whole.usage
    if not usage:
        return None
    if part.peak:
        peaks = [(walk(usage, (key,)), by) for key, by in part.peak.items()]
        tops = [_told(value) / by for value, by in peaks if value is not None]
        return max(tops) if tops else None
    if not part.usage:
        return None
    said = {key: walk(usage, tuple(key.split("."))) for key in part.usage}
    missing = [key for key, value in said.items() if value is None]
    if missing:
        if len(missing) < len(said) and part.guess and not any(part.guess):
            raise NoPrice(f"{part.what}: the usage file lacks {', '.join(missing)}")
        if len(missing) < len(said):
            reader.pot.assumed.append(f"{part.what}: the usage file lacks {', '.join(missing)}")
        return None
    found = _ONE / part.per
    for value in said.values():
        found *= _told(value)
    for key, size in part.chunks.items():
        value = walk(usage, (key,))
        if value is not None:
            found *= (_told(value) / size).to_integral_value(ROUND_CEILING)
    return found


def _cost(rate: Rate, quantity: Decimal) -> Decimal:
    if len(rate.tiers) == 1:
        return rate.tiers[0][1] * quantity
    total = Decimal(0)
    for width, unit in rate.tiers:
        here = min(quantity, width) if width else quantity
        total += here * unit
        quantity -= here
    return total
