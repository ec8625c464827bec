"""What a want came to, in tokens and money, as the journal has it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from dihedral.domain.model import Usage
from dihedral.model.work.asking import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What came of work that was handed on, and what it took."""

    text: str
    failed: bool = False
    usage: Usage = field(default_factory=Usage)
    money: Decimal | None = None


def told(said: Said) -> dict[str, Any]:
    """How the answer came, for the journal."""
    return {
        "usage": asdict(said.usage),
        "money": plain(said.money),
        "finish": said.finish,
        "endpoint": said.endpoint,
        "upstream": said.upstream,
        "why": said.why,
        "first": said.first,
        "seconds": said.seconds,
        "tries": [asdict(one) for one in said.tries],
    }


def plain(money: Decimal | None) -> str | None:
    return None if money is None else str(money)


def usage_of(*numbers: Mapping[str, Any]) -> Usage:
    return summed([Usage(**how["usage"]) for how in numbers if how.get("usage")])


def money_of(*numbers: Mapping[str, Any]) -> Decimal | None:
    """None where the price of some of it is not known."""
    used = [how for how in numbers if how.get("usage")]
    if any(how.get("money") is None for how in used):
        return None
    return sum((Decimal(how["money"]) for how in used), Decimal(0))


def summed(parts: Iterable[Usage]) -> Usage:
    total = dict.fromkeys(asdict(Usage()), 0)
    for part in parts:
        for name, value in asdict(part).items():
            total[name] += value
    return Usage(**total)
