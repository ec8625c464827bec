"""The price book: the one that comes with the program, and a file of the user's over it."""

import csv
import io
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cache, partial
from importlib.resources import files
from itertools import chain
from pathlib import Path

import msgspec

from dihedral.domain.errors import Invalid, Upstream
from dihedral.ops.rules import bulk, pricebook
from dihedral.ops.rules.pricebook import Page, PriceBook, Rates

CHUNK = 1 << 18


def load(over: Path | None = None) -> PriceBook:
    """The built-in book, with the prices of `over` before its own. Raises Invalid."""
    return _own() if over is None else pricebook.bind([*built_in(), _read(over)])


@cache
def _own() -> PriceBook:
    """Bound once for a process: its files are of the program, and nobody writes in a book."""
    return pricebook.bind(built_in())


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


def skus() -> bulk.Skus:
    """Which product of AWS's files is which of our rates."""
    text = (files("dihedral.ops.rules") / "skus.toml").read_bytes()
    return msgspec.convert(tomllib.loads(text.decode(), parse_float=Decimal), bulk.Skus)


def refresh(sources: Sequence[str], out: Path) -> list[tuple[str, bulk.Offer]]:
    """The prices of these files or addresses, written as a price book to `out`, whole or not at
    all. Raises Invalid for what is no price file, Upstream for what cannot be had."""
    known = skus()
    offers = [(source, _offer(source, known)) for source in sources]
    text = "\n".join(bulk.write(offers)) + "\n"
    pricebook.bind([*built_in(), pricebook.read_page(text.encode(), "the new price book")])
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(text, "utf-8")
        part.replace(out)
    except OSError as cause:
        raise Invalid(f"{out} cannot be written: {cause.strerror}; name another file") from cause
    return offers


def _offer(source: str, known: bulk.Skus) -> bulk.Offer:
    try:
        with _opened(source) as chunks:
            first = next(chunks, b"")
            whole = chain([first], chunks)
            if first.lstrip()[:1] == b"{":
                return bulk.read_json(whole, known)
            return bulk.read_csv(_lines(whole), known)
    except Invalid as fault:
        raise Invalid(f"{source}: {fault}") from fault
    except (UnicodeDecodeError, csv.Error, ArithmeticError, KeyError, AttributeError) as cause:
        raise Invalid(f"{source} is no price file of AWS's: {cause!r}; fetch it again") from cause


@contextmanager
def _opened(source: str) -> Iterator[Iterator[bytes]]:
    """A file or an address, in chunks. Raises Invalid, Upstream."""
    if not source.startswith(("http://", "https://")):
        try:
            with Path(source).open("rb") as file:
                yield iter(partial(file.read, CHUNK), b"")
        except OSError as cause:
            raise Invalid(f"{source} cannot be read: {cause.strerror}; name a file") from cause
        return
    import httpx  # noqa: PLC0415  heavy, and only an address needs it

    try:
        with httpx.stream("GET", source, timeout=60, follow_redirects=True) as answer:
            answer.raise_for_status()
            yield answer.iter_bytes(CHUNK)
    except httpx.HTTPError as cause:
        raise Upstream(f"{source} does not answer as it should ({cause}); try again") from cause


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode() for line in whole)
    if rest:
        yield rest.decode()
