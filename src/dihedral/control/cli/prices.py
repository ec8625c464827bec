"""`dihedral prices`: what things cost, since when and by whose word. It needs no server."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dihedral.control.cli.here import AsJson

if TYPE_CHECKING:
    from dihedral.ops.rules.pricebook import PriceBook

app = typer.Typer(
    help="The price book: its sources and dates, and newer prices over it.",
    epilog="Example: dihedral prices --json",
    invoke_without_command=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """The price book that holds now: sources, dates, how many prices and types."""
    if context.invoked_subcommand:
        return
    from dihedral.control.cli import here, screen
    from dihedral.ops.work import prices

    over = here.settings().prices
    told = _told(prices.load(over), over)
    if as_json:
        return screen.raw(json.dumps(told).encode())
    screen.pairs(
        [
            (
                "types",
                f"{told['types']} priced, {told['free']} free, {told['refused']} known to vary",
            ),
            ("oldest price", told["dated"]),
            ("region", f"{told['region']}, and {', '.join(told['regions'])}"),
            ("over it", told["over"] or "nothing; DIHEDRAL_PRICES names a file"),
        ]
    )
    screen.gap()
    rows = [(s["name"], s["dated"] or "not dated", s["prices"], s["what"]) for s in told["sources"]]
    screen.table(("source", "dated", "prices", "what"), rows)


@app.command(
    "refresh",
    epilog="Example: dihedral prices refresh ec2-us-east-1.json rds.csv --out prices.toml",
)
def refresh(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE|URL…", help="AWS's public price files.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The price book to write.")],
    as_json: AsJson = False,
) -> None:
    """Write a price book of AWS's public price files, JSON or CSV, for DIHEDRAL_PRICES."""
    from dihedral.control.cli import screen
    from dihedral.ops.work import prices

    offers = prices.refresh(sources, out)
    told: list[dict[str, Any]] = [
        {
            "from": where,
            "service": offer.service,
            "dated": offer.published[:10],
            "products": offer.products,
            "prices": {region: len(rates) for region, rates in sorted(offer.rates.items())},
        }
        for where, offer in offers
    ]
    if as_json:
        return screen.raw(json.dumps({"out": str(out), "offers": told}).encode())
    for one in told:
        counted = ", ".join(f"{n} of {region}" for region, n in one["prices"].items())
        screen.say(f"{one['service']} of {one['dated']}: {counted}")
    screen.say(f"Written to {out}. It counts with: export DIHEDRAL_PRICES={out.absolute()}")


def _told(book: "PriceBook", over: Path | None) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for rates in book.rates.values():
        for rate in rates.values():
            counts[rate.source] = counts.get(rate.source, 0) + 1
    kinds = book.types.values()
    return {
        "types": sum(1 for kind in kinds if kind.parts),
        "refused": sum(1 for kind in kinds if not kind.parts),
        "free": len(book.free),
        "dated": book.dated,
        "region": book.region,
        "regions": sorted(set(book.rates) - {book.region, "*"}),
        "over": str(over) if over else None,
        "sources": [
            {"name": name, "dated": s.dated, "prices": counts[name], "what": s.what}
            for name, s in sorted(book.sources.items())
            if name in counts
        ],
    }
