"""What our estimates are worth: against the monthly cost of resources in Infracost's golden tests.

    python -m bench.cost ROWS.csv PLANS [UNIT_PRICES.csv] [--all]

ROWS has `case,resource,type,key_attribute,region,golden_date,fixed_monthly_usd,…,literal_only`.
PLANS has a plan JSON for a case, `aws__CASE.json` or `CASE/plan.json`, and its usage file beside it
as `CASE/CASE.usage.yml`; where a row's resource is in no plan, its key attributes are all there is.
UNIT_PRICES are the prices of that time: they take the place of ours, size by size. What is compared
is the sum without our usage defaults, as theirs has none.
"""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from dihedral.domain.change import Plan
from dihedral.domain.cost import Cost, Priced
from dihedral.domain.errors import Invalid
from dihedral.ops.rules import cost, pricebook, usage
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.pricebook import Page, PriceBook, Rates, Source
from dihedral.ops.rules.usage import Usage
from dihedral.ops.work import prices

Row = Mapping[str, str]
_ONE = Decimal("0.01")
# fmt: off
SIZES = {  # how their unit prices name what our rates name by size
    r"Instance usage \(Linux/UNIX, on-demand, ([^)]+)\)": "ec2.linux",
    r"Instance usage \(Windows, on-demand, ([^)]+)\)":    "ec2.windows",
    r"ElastiCache \(on-demand, ([^),]+)\)":               "cache.redis",
    r"Cluster usage \(on-demand, ([^)]+)\)":              "redshift",
    r"Instance \(on-demand, ([^)]+)\)":                   "search",
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Judged:
    row: Row
    input: str  # plan, key attributes or nothing
    found: str  # within 1 %, not priced, differs
    ours: Decimal | None
    why: str


def main(words: list[str]) -> None:
    every = "--all" in words
    rows_path, plans_path, *unit_prices = [Path(w) for w in words if not w.startswith("--")]
    with rows_path.open() as lines:
        rows = [r for r in csv.DictReader(lines) if every or r["literal_only"] == "True"]
    now = prices.load()
    then = pricebook.bind([*prices.built_in(), *map(_page, unit_prices)])
    judged = list(_judge(rows, plans_path, then))
    for one in judged:
        ours = "" if one.ours is None else f"{one.ours:.2f}"
        print(
            f"{one.found:12} {one.input:14} {one.row['resource']:62}"
            f" {one.row['fixed_monthly_usd']:>12} {ours:>12}  {one.why}"
        )
    _table(judged)
    if unit_prices:
        _moved(judged, list(_judge(rows, plans_path, now)))


def _table(judged: list[Judged]) -> None:
    for source in ("plan", "key attributes", "nothing"):
        some = Counter(one.found for one in judged if one.input == source)
        print(f"input {source:15} {sum(some.values()):4}  " + _share(some))
    print(f"all rows {'':12} {len(judged):4}  " + _share(Counter(one.found for one in judged)))


def _share(some: Mapping[str, int]) -> str:
    whole = sum(some.values()) or 1
    return ", ".join(f"{k} {n} ({n / whole:.1%})" for k, n in sorted(some.items()))


def _moved(then: list[Judged], now: list[Judged]) -> None:
    for old, new in zip(then, now, strict=True):
        if old.ours is not None and new.ours is not None and not _near(old.ours, new.ours):
            print(f"price changed since {old.row['golden_date']}: {old.row['resource']}"
                  f" {old.ours:.2f} then, {new.ours:.2f} by our book")  # fmt: skip


def _judge(rows: Sequence[Row], folder: Path, book: PriceBook) -> Iterator[Judged]:
    known: dict[tuple[str, str], Cost | None] = {}
    for row in rows:
        case = (row["case"].split("/")[0], row["region"])
        if case not in known:
            known[case] = _case(folder, case[0], book, case[1])
        priced, why, source = _one(row, known[case], book)
        if priced is None:
            yield Judged(row, source, "not priced", None, why)
            continue
        ours = sum(c.after.likely for c in priced.components if not c.guessed) + Decimal(0)
        fits = _near(Decimal(row["fixed_monthly_usd"]), ours)
        lines = "; ".join(
            f"{c.what} {c.after.likely:.2f}" for c in priced.components if not c.guessed
        )
        yield Judged(row, source, "within 1 %" if fits else "differs", ours, "" if fits else lines)


def _near(theirs: Decimal, ours: Decimal) -> bool:
    return abs(theirs - ours) <= max(abs(theirs) * _ONE, _ONE)


def _one(row: Row, case: Cost | None, book: PriceBook) -> tuple[Priced | None, str, str]:
    if case is not None:
        found = _named(case, row["resource"])
        if found[0] or found[1]:
            return *found, "plan"
    values = dict(map(_value, filter(None, row["key_attribute"].split(";"))))
    made = _plan(row, {**values, "region": row["region"]})
    found = _named(cost.estimate(made, book, row["region"]), row["resource"])
    return *found, "key attributes" if values else "nothing"


def _named(found: Cost, address: str) -> tuple[Priced | None, str]:
    priced = next((p for p in (*found.priced, *found.unchanged) if p.address == address), None)
    why = next((u.why for u in (*found.unpriced, *found.unknown) if u.address == address), "")
    return priced, why


def _value(said: str) -> tuple[str, Any]:
    name, _, value = said.partition("=")
    if value.startswith("["):
        return name, [word.strip(" '\"") for word in value.strip("[]").split(",")]
    return name, {"True": True, "False": False}.get(value, value)


def _plan(row: Row, values: Mapping[str, Any]) -> Plan:
    change = {
        "address": row["resource"],
        "mode": "managed",
        "type": row["type"],
        "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": {}},
    }
    return plans.decode(
        msgspec.json.encode({"format_version": "1.2", "resource_changes": [change]})
    )


def _case(folder: Path, case: str, book: PriceBook, region: str) -> Cost | None:
    for path in (folder / case / "plan.json", folder / f"aws__{case}.json"):
        if path.exists() and path.stat().st_size:
            return cost.estimate(plans.decode(path.read_bytes()), book, region, _usage(path, case))
    return None


def _usage(path: Path, case: str) -> Usage | None:
    said = path.parent / f"{case}.usage.yml"
    try:
        return usage.parse(said.read_bytes()) if said.exists() else None
    except Invalid as fault:
        print(f"{case}: {fault}")
        return None


def _page(path: Path) -> Page:
    """The sizes' prices of that time; what they found inconsistent is left as it is."""
    rates: list[Rates] = []
    with path.open() as lines:
        for line in csv.DictReader(lines):
            for form, name in SIZES.items():
                size = re.fullmatch(form, line["component"])
                price = round(
                    (Decimal(line["price_low_usd"]) + Decimal(line["price_high_usd"])) / 2, 5
                )
                if size and price > 0 and line["consistent"] == "True":
                    rates.append(
                        Rates(of=name, source="then", each={size[1]: price}, region=line["region"])
                    )
    return Page(
        sources={"then": Source("unit prices of that time", "2020-01-01")}, rates=tuple(rates)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
