"""The price book that comes with the program."""

from importlib.resources import files

from dihedral.ops.rules.pricebook import PriceBook, parse_book


def load() -> PriceBook:
    return parse_book(files("dihedral.ops.rules").joinpath("prices.toml").read_bytes())
