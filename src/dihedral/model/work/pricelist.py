"""What models cost that somebody sells, as this release knows it, and how old that is."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from dihedral.domain.model import Ability, Price, Wire
from dihedral.model.rules import address

OLD = 120  # days after which a price is flagged: sellers change them a few times a year
SOURCE = "LiteLLM 1.106.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A model as its seller offers it."""

    seller: str
    name: str
    price: Price
    context: int
    most: int
    abilities: frozenset[Ability]


@cache
def every() -> Mapping[tuple[str, str], Sold]:
    """By seller and name."""
    text = (files("dihedral.prices") / "models.csv").read_text("utf-8")
    return {(r["seller"], r["name"]): _sold(r) for r in csv.DictReader(io.StringIO(text))}


def find(wire: Wire, url: str, upstream: str) -> Sold | None:
    """What is sold there under that name; None where that is not known."""
    return every().get((address.seller(wire, url), upstream))


def old(price: Price, today: date) -> bool:
    return (today - price.as_of).days > OLD


def _sold(row: Mapping[str, str]) -> Sold:
    return Sold(
        seller=row["seller"],
        name=row["name"],
        price=Price(
            input=Decimal(row["input"]),
            output=Decimal(row["output"]),
            cached=_money(row["cached"]),
            written=_money(row["written"]),
            reasoning=_money(row["reasoning"]),
            as_of=date.fromisoformat(row["as_of"]),
            source=SOURCE,
        ),
        context=int(row["context"]),
        most=int(row["most"]),
        abilities=frozenset(map(Ability, row["abilities"].split())),
    )


def _money(text: str) -> Decimal | None:
    return Decimal(text) if text else None
