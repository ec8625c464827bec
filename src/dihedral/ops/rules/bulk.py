"""AWS's public price files, read as they come: a file of gigabytes in a few megabytes of memory.

Shape   the JSON has `products` (a SKU's attributes) and then `terms` (`OnDemand`, by SKU; then
        `Reserved`, which we do not read). Of the products only those that our rates know are held.
        The CSV has some lines of `"name","value"` and then a line for each price.
Source  docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import jsonstream, pricenames

Prices = list[tuple[Decimal, Decimal]]  # (begins at, price)
Attributes = Mapping[str, str]


class Sku(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    service: str
    rate: str
    family: str = ""
    match: dict[str, list[str]] = {}
    usage: str = ""
    times: Decimal = Decimal(1)


class Skus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: dict[str, str]
    skus: tuple[Sku, ...]


@dataclass(slots=True)
class Offer:
    """What a file says: prices by region and rate, in tiers of (width, price)."""

    service: str = ""
    published: str = ""
    products: int = 0
    rates: dict[str, dict[str, Prices]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Wanted:
    region: str
    rate: str
    times: Decimal


def read_json(chunks: Iterable[bytes], skus: Skus) -> Offer:
    """Raises Invalid for what is no such file, or one without a price that is known here."""
    offer, wanted = Offer(), dict[str, _Wanted]()
    choose = _chooser(skus)
    for path, value in jsonstream.objects(chunks, _whole, until=("terms", "Reserved")):
        if path == ("offerCode",):
            offer.service = value
        elif path == ("publicationDate",):
            offer.published = value
        elif path[0] == "products":
            offer.products += 1
            _hold(wanted, path[1], _flat(value), choose)
        elif len(path) == 3 and path[2] in wanted:
            _put(offer, wanted[path[2]], _dimensions(value))
    return _done(offer)


def _whole(path: tuple[str, ...]) -> bool:
    """What is read in one piece: a product, and the terms of one."""
    return (len(path) == 2 and path[0] == "products") or (
        len(path) == 3 and path[:2] == ("terms", "OnDemand")
    )


def read_csv(lines: Iterable[str], skus: Skus) -> Offer:
    """Raises Invalid for what is no such file, or one without a price that is known here."""
    rows = csv.reader(lines)
    offer, names = Offer(), list[str]()
    for row in rows:
        if row and row[0] == "SKU":
            names = list(map(_columns(skus), row))
            break
        if len(row) > 1 and row[0] in ("Publication Date", "OfferCode"):
            offer.published = row[1] if row[0] == "Publication Date" else offer.published
    choose = _chooser(skus)
    tiers: dict[_Wanted, Prices] = {}
    for row in rows:
        held = dict(zip(names, row, strict=False))
        if held.get("termType") != "OnDemand":
            continue
        offer.products += 1
        offer.service = offer.service or held.get("servicecode", "")
        wanted = choose(held)
        if wanted and held.get("currency") == "USD":
            begins = held.get("startingRange") or "0"
            tiers.setdefault(wanted, []).append((Decimal(begins), Decimal(held["pricePerUnit"])))
    for wanted, prices in tiers.items():
        _put(offer, wanted, prices)
    return _done(offer)


def _done(offer: Offer) -> Offer:
    if not offer.rates:
        raise Invalid(
            f"of its {offer.products} products none has a price that is known here; take an offer"
            " file of AWS's price list, …/offers/v1.0/aws/AmazonEC2/current/us-east-1/index.json"
        )
    return offer


def _chooser(skus: Skus) -> Callable[[Attributes], _Wanted | None]:
    by: dict[tuple[str, str], list[tuple[Sku, re.Pattern[str]]]] = {}
    for sku in skus.skus:
        form = re.compile(rf"(?:[A-Z0-9]+(?:-[A-Z0-9]+)*-)?(?:{sku.usage})$") if sku.usage else _ANY
        by.setdefault((sku.service, sku.family), []).append((sku, form))

    def choose(held: Attributes) -> _Wanted | None:
        service, family = held.get("servicecode", ""), held.get("productFamily", "")
        for sku, form in (*by.get((service, family), ()), *by.get((service, ""), ())):
            if all(held.get(k) in v for k, v in sku.match.items()) and form.match(
                held.get("usagetype", "")
            ):
                return _wanted(sku, held, skus.words)
        return None

    return choose


_ANY = re.compile("")


def _wanted(sku: Sku, held: Attributes, words: Mapping[str, str]) -> _Wanted | None:
    pieces = pricenames.holes(sku.rate)
    names = [held.get(piece, "") for piece in pieces[1::2]]
    region = held.get("regionCode", "")
    if not all(names) or not region:
        return None
    for at, name in enumerate(names):
        pieces = (*pieces[: 2 * at + 1], words.get(name, name), *pieces[2 * at + 2 :])
    return _Wanted(region, "".join(pieces), sku.times)


def _flat(product: Mapping[str, Any]) -> Attributes:
    return {**product.get("attributes", {}), "productFamily": product.get("productFamily", "")}


def _hold(
    wanted: dict[str, _Wanted],
    sku: str,
    held: Attributes,
    choose: Callable[[Attributes], _Wanted | None],
) -> None:
    if found := choose(held):
        wanted[sku] = found


def _dimensions(terms: Mapping[str, Any]) -> Prices:
    return [
        (Decimal(one.get("beginRange") or "0"), Decimal(one["pricePerUnit"]["USD"]))
        for term in terms.values()
        for one in term.get("priceDimensions", {}).values()
        if "USD" in one.get("pricePerUnit", {})
    ]


def _put(offer: Offer, wanted: _Wanted, prices: Prices) -> None:
    """Tiers from where each begins. A price of 0 alone is none: it is a placeholder of theirs."""
    ordered = sorted(prices)
    if not ordered or ordered[0][0] != 0 or not any(price for _, price in ordered):
        return
    ends = [begins for begins, _ in ordered[1:]]
    widths = [end - begins for (begins, _), end in zip(ordered, ends, strict=False)]
    tiers = [
        (width, price * wanted.times)
        for width, (_, price) in zip([*widths, Decimal(0)], ordered, strict=True)
    ]
    offer.rates.setdefault(wanted.region, {})[wanted.rate] = tiers


def _columns(skus: Skus) -> Callable[[str], str]:
    """`Pre Installed S/W` is `preInstalledSw`, as the JSON has it."""
    names = {*_FIXED, *(n for sku in skus.skus for n in (*sku.match, *pricenames.inside(sku.rate)))}
    known = {name.lower(): name for name in names}
    return lambda head: known.get(head.replace(" ", "").replace("/", "").lower(), head)


_FIXED = (
    "termType",
    "startingRange",
    "pricePerUnit",
    "currency",
    "productFamily",
    "usagetype",
    "servicecode",
    "regionCode",
)


def write(offers: Iterable[tuple[str, Offer]]) -> Iterator[str]:
    """The lines of a price book with these prices, each offer with where it is from."""
    yield "# Written by `dihedral prices refresh`: prices of AWS's public price list, on demand."
    for at, (where, offer) in enumerate(offers):
        name = f"aws-{offer.service or at}-{at}"
        yield f"\n[sources.{name}]\nwhat = {_text(where)}\ndated = {_text(offer.published[:10])}"
        for region, rates in sorted(offer.rates.items()):
            yield f'\n[[rates]]\nof = ""\nsource = "{name}"\nregion = {_text(region)}'
            yield "[rates.each]"
            for rate, tiers in sorted(rates.items()):
                yield f"{_text(rate)} = {_price(tiers)}"


def _price(tiers: Prices) -> str:
    if len(tiers) == 1:
        return f"{tiers[0][1]:f}"
    return "[" + ", ".join(f"[{width:f}, {price:f}]" for width, price in tiers) + "]"


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
