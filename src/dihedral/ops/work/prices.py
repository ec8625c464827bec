"""The price book: the one that comes with the program, and a file of the user's over it."""

import csv
import io
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import pricebook
from dihedral.ops.rules.pricebook import Page, PriceBook, Rates


def load(over: Path | None = None) -> PriceBook:
    """The built-in book, with the prices of `over` before its own. Raises Invalid."""
    pages = built_in()
    if over is not None:
        pages.append(_read(over))
    return pricebook.bind(pages)


def built_in() -> list[Page]:
    folder = files("dihedral.ops.rules") / "prices"
    found = sorted((f for f in folder.iterdir() if f.is_file()), key=lambda f: f.name)
    pages = [pricebook.read_page(f.read_bytes(), f.name) for f in found if f.name.endswith(".toml")]
    machines = (folder / "ec2.csv").read_text("utf-8")
    return [*pages, Page(rates=_machines(machines))]


def _machines(text: str) -> tuple[Rates, ...]:
    """`region,type,price` a line: many numbers, which TOML would be slow to read."""
    by: dict[str, dict[str, Decimal | list[tuple[Decimal, Decimal]]]] = {}
    for region, size, price in csv.reader(io.StringIO(text)):
        by.setdefault(region, {})[size] = Decimal(price)
    return tuple(
        Rates(of="ec2.linux", source="ec2", region=region, each=each) for region, each in by.items()
    )


def _read(path: Path) -> Page:
    try:
        return pricebook.read_page(path.read_bytes(), str(path))
    except OSError as cause:
        raise Invalid(
            f"the price book {path} cannot be read ({cause.strerror}); set DIHEDRAL_PRICES to one"
            " that `dihedral prices refresh` wrote, or unset it"
        ) from cause
