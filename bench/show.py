"""How a measurement is printed: medians of several rounds, or everything as JSON."""

import argparse
import json
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any


def parser(module: str, about: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--json", action="store_true", help="print every figure as JSON")
    return made


def spread(rounds: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(median(rounds), 4),
        "min": round(min(rounds), 4),
        "max": round(max(rounds), 4),
        "rounds": len(rounds),
    }


def show(found: Mapping[str, Any], rows: Sequence[tuple[str, str]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, indent=2))
        return
    width = max((len(name) for name, _ in rows), default=0)
    for name, said in rows:
        print(f"{name:{width}}  {said}")


def seconds(rounds: Sequence[float]) -> str:
    return f"{median(rounds):.3f} s  ({min(rounds):.3f} to {max(rounds):.3f})"
