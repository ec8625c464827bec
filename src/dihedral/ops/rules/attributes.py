"""A resource as the price book reads it: by names, with defaults, and saying what was assumed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dihedral.ops.rules import pricenames
from dihedral.ops.rules.pricebook import NoPrice, PriceBook
from dihedral.ops.rules.pricenames import Name
from dihedral.ops.rules.priceparts import Kind

_UNITS = {" GB": " GB", "CPU": "vCPU"}  # a task's size may be written so
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Side:
    """A resource before or after; `joined` are the resources that say more of it."""

    values: Mapping[str, Any]
    unknown: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    joined: Mapping[str, "Side"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pot:
    """What gathers while one resource is priced."""

    book: PriceBook
    region: str
    kind: Kind
    assumed: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads names of a resource, or of one of its blocks, with the book's defaults."""

    side: Side
    whole: Side
    prefix: str
    pot: Pot
    got: dict[str, Any] = field(default_factory=dict)

    def has(self, text: str) -> bool:
        for name in pricenames.names(text):
            value = self._look(name)[0]
            if value is not None and value not in _EMPTY:
                return True
        return False

    def get(self, text: str) -> Any:
        """Raises NoPrice where it has no value, and the book no default."""
        if text not in self.got:
            self.got[text] = self._get(pricenames.names(text))
        return self.got[text]

    def _get(self, found: tuple[Name, ...]) -> Any:
        hidden = ""
        for name in found:
            value, unknown = self._look(name)
            if value is not None:
                if hidden:
                    self._say(f"{hidden} is known only after apply: {name.text} taken")
                return value if not name.plus else _plus(name, value)
            hidden = hidden or (name.text if unknown else "")
        return self._default(found, hidden)

    def _default(self, found: tuple[Name, ...], hidden: str) -> Any:
        full = "" if found[0].scope else self.prefix
        known = self.pot.kind.defaults
        for name in found:
            key = full + name.text if full + name.text in known else name.text
            if key in known:
                default = known[key]
                if hidden:
                    shown = "not set" if default in _EMPTY else default
                    self._say(f"{full}{hidden} taken as {shown}")
                return default if not name.plus else _plus(name, default)
        first = found[0]
        if first.scope.startswith("@") and first.scope[1:] not in self.whole.joined:
            raise NoPrice(f"its {_told(first.scope)} is not in this plan")
        why = "known only after apply" if hidden else "not set"
        raise NoPrice(f"{full}{first.text.removeprefix('usage.')} is {why}")

    def _look(self, name: Name) -> tuple[Any, bool]:
        if not name.scope:
            return _held(self.side, name.steps)
        if name.scope == "usage":
            return walk(self.whole.usage, name.steps), False
        if name.scope[:1] == "@" and name.steps[0] == "usage":
            other = self.whole.joined.get(name.scope[1:])
            return (walk(other.usage, name.steps[1:]) if other else None), False
        side = self.whole if name.scope == "^" else self.whole.joined.get(name.scope[1:])
        return _held(side, name.steps) if side is not None else (None, False)

    def _say(self, what: str) -> None:
        self.pot.assumed.append(what)


def _held(side: Side, steps: tuple[str, ...]) -> tuple[Any, bool]:
    """A value, and whether it is known only after apply."""
    if steps[0] in side.unknown and walk(side.unknown, steps) is True:
        return None, True
    return walk(side.values, steps), False


def _plus(name: Name, value: Any) -> Decimal:
    return max(amount(name.text, value) + name.plus, Decimal(0))


def _told(join: str) -> str:
    return join[1:].replace("_", " ")


def walk(values: Any, steps: tuple[str, ...]) -> Any:
    """`scaling_config.desired_size`: a block is a list of one."""
    for step in steps:
        if isinstance(values, list):
            values = values[0] if values else None
        if not isinstance(values, dict):
            return True if values is True else None
        values = values.get(step)
    return values


def amount(name: str, value: Any) -> Decimal:
    """Raises NoPrice."""
    if isinstance(value, Decimal):
        return value
    if type(value) is int and value >= 0:
        return Decimal(value)
    if isinstance(value, list):
        return Decimal(len(value))
    if isinstance(value, str) and value[-3:] in _UNITS:
        return amount(name, value[: -len(_UNITS[value[-3:]])].strip()) * 1024
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        raise NoPrice(f"{name} is {value!r}, which is no number") from None
    if not found.is_finite() or found < 0:
        raise NoPrice(f"{name} is {value!r}, which is no amount")
    return found


def readers(within: str, whole: Reader) -> list[Reader]:
    """One of each block at the path `within`."""
    name = pricenames.names(within)[0]
    joined = name.scope.startswith("@")
    side = whole.side.joined.get(name.scope[1:]) if joined else whole.side
    if side is None:
        return []
    pairs = list(_blocks(side.values, side.unknown, name.steps))
    if not pairs:
        pairs = [(block, {}) for block in whole.pot.kind.defaults.get(name.text, ())]
        if walk(side.unknown, name.steps) is True:
            said = "one by default" if pairs else "not set"
            whole.pot.assumed.append(f"{name.text} taken as {said}")
    found = []
    for block, marks in pairs:
        inner = Side(block, marks if isinstance(marks, dict) else {})
        found.append(Reader(inner, whole.whole, f"{name.text}.", whole.pot))
    return found


def _blocks(values: Any, unknown: Any, steps: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """Every block at the end of a path, through all blocks on its way."""
    if isinstance(values, list):
        for at, one in enumerate(values):
            mark = unknown[at] if isinstance(unknown, list) and at < len(unknown) else {}
            yield from _blocks(one, mark, steps)
    elif isinstance(values, dict):
        if not steps:
            yield values, unknown
        else:
            mark = unknown.get(steps[0]) if isinstance(unknown, dict) else {}
            yield from _blocks(values.get(steps[0]), mark, steps[1:])
