"""A resource as the price book reads it: by names, with defaults, and saying what was assumed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from dihedral.ops.rules import pricenames
from dihedral.ops.rules.pricebook import NoPrice, PriceBook
from dihedral.ops.rules.pricenames import Name
from dihedral.ops.rules.priceparts import Kind, Part

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

    def has(self, text: str) -> bool:
        return any(self._look(name)[0] not in _EMPTY for name in pricenames.names(text))

    def get(self, text: str) -> Any:
        """Raises NoPrice where it has no value, and the book no default."""
        found = pricenames.names(text)
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
        for key, name in ((k, n) for n in found for k in (full + n.text, n.text)):
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
        if name.scope == "usage":
            return walk(self.whole.usage, name.steps), False
        if name.scope[:1] == "@" and name.steps[0] == "usage":
            other = self.whole.joined.get(name.scope[1:])
            return (walk(other.usage, name.steps[1:]) if other else None), False
        side = self.whole.joined.get(name.scope[1:]) if name.scope[:1] == "@" else self.side
        side = self.whole if name.scope == "^" else side
        if side is None:
            return None, False
        unknown = walk(side.unknown, name.steps) is True
        return (None if unknown else walk(side.values, name.steps)), unknown

    def _say(self, what: str) -> None:
        self.pot.assumed.append(what)


def _plus(name: Name, value: Any) -> Decimal:
    return max(amount(name.text, value) + name.plus, Decimal(0))


def _told(join: str) -> str:
    return join[1:].replace("_", " ")


def walk(values: Any, steps: tuple[str, ...]) -> Any:
    """`scaling_config.desired_size`: a block is a list of one."""
    for step in steps:
        if isinstance(values, list):
            values = values[0] if values else None
        if not isinstance(values, Mapping):
            return True if values is True else None
        values = values.get(step)
    return values


def amount(name: str, value: Any) -> Decimal:
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


def readers(part: Part, whole: Reader) -> Iterator[Reader]:
    if not part.within:
        yield whole
        return
    name = pricenames.names(part.within)[0]
    joined = name.scope.startswith("@")
    side = whole.side.joined.get(name.scope[1:]) if joined else whole.side
    if side is None:
        return
    pairs = list(_blocks(side.values, side.unknown, name.steps))
    if not pairs:
        pairs = [(block, {}) for block in whole.pot.kind.defaults.get(name.text, ())]
    for block, marks in pairs:
        inner = Side(block, marks if isinstance(marks, dict) else {})
        yield replace(whole, side=inner, prefix=f"{name.text}.")


def _blocks(values: Any, unknown: Any, steps: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """Every block at the end of a path, through all blocks on its way."""
    if isinstance(values, list):
        for at, one in enumerate(values):
            mark = unknown[at] if isinstance(unknown, list) and at < len(unknown) else {}
            yield from _blocks(one, mark, steps)
    elif isinstance(values, Mapping):
        if not steps:
            yield values, unknown
        else:
            mark = unknown.get(steps[0]) if isinstance(unknown, Mapping) else {}
            yield from _blocks(values.get(steps[0]), mark, steps[1:])
