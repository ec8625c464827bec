"""Of what a type's price is made: the parts of its bill, as a price book writes them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from dihedral.ops.rules import pricenames


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a bill: the price of `rate` times a quantity.

    A name reads an attribute by its path (`scaling_config.desired_size`); `a|b` is the first that
    has a value, `^a` is of the resource where the part is `within` a block, `@task.cpu` of what it
    is joined with, `usage.a` of the usage file, `a-1` is one less. `rate` may hold names in braces.
    The quantity is `factor`, times `times`, times the number that `times_rate` names, times a
    month's hours with `hours`, times the `usage` (its keys multiplied, by `per`) or the `guess`
    (low, likely, high); `peak` is the largest of usage keys, each by its own amount; `chunks`
    rounds up. Of the first of `times` only what is `above` costs, less what usage has `included`;
    less than `floor` costs as much. `price_of` is a name that multiplies the cost, and `region` one
    that says where. `when` and `unless` say for which values it counts (`5.7*` is a beginning),
    `least` and `under` for which amounts, `given` whether there is a value at all.
    Where any part is `base`, one of them must count, or the resource has no price.
    `group` stands for the parts of `[groups.NAME]`, below `within` and with these `times`.
    """

    what: str = ""
    rate: str = ""
    hours: bool = False
    factor: Decimal = Decimal(1)
    times: tuple[str, ...] = ()
    times_rate: str = ""
    above: Decimal = Decimal(0)
    floor: Decimal = Decimal(0)
    usage: tuple[str, ...] = ()
    per: Decimal = Decimal(1)
    peak: dict[str, Decimal] = {}
    chunks: dict[str, Decimal] = {}
    included: dict[str, Decimal] = {}
    price_of: str = ""
    region: str = ""
    guess: tuple[Decimal, Decimal, Decimal] | None = None
    when: dict[str, list[Any]] = {}
    unless: dict[str, list[Any]] = {}
    least: dict[str, Decimal] = {}
    under: dict[str, Decimal] = {}
    given: dict[str, bool] = {}
    within: str = ""
    base: bool = False
    group: str = ""


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A variant that costs otherwise and has no price here."""

    why: str
    when: dict[str, list[Any]] = {}
    unless: dict[str, list[Any]] = {}
    given: dict[str, bool] = {}


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another resource that says what this one costs: of these types, named by these attributes;
    or, as a `reader`, one that refers to this one. `where` says what it must be."""

    types: tuple[str, ...]
    by: tuple[str, ...] = ()
    where: dict[str, str] = {}
    reader: bool = False
    on: tuple[str, ...] = ("id", "name", "arn")


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`notes` are said with every price of the type; `hours` is the usage key of its hours; `also`
    are usage keys that are known and change nothing; `reads` is worked out."""

    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    defaults: dict[str, Any] = {}
    joins: dict[str, Join] = {}
    refuse: tuple[Refusal, ...] = ()
    hours: str = ""
    also: tuple[str, ...] = ()
    like: str = ""
    reads: tuple[str, ...] = ()
    usage: frozenset[str] = frozenset()


def made(kind: Kind, types: Mapping[str, Kind], groups: Mapping[str, tuple[Part, ...]]) -> Kind:
    """The kind as it counts: its model, its groups and what it reads put in."""
    if kind.like:
        model = types[kind.like]
        kind = msgspec.structs.replace(
            model, notes=kind.notes or model.notes, defaults={**model.defaults, **kind.defaults}
        )
    parts = tuple(one for part in kind.parts for one in _spread(part, groups))
    named = [name for part in parts for name in _names(part)]
    named += [n for r in kind.refuse for n in (*r.when, *r.unless, *r.given)]
    named += [by for join in kind.joins.values() for by in join.by]
    steps = [one for name in named for one in pricenames.names(name)]
    usage = {".".join(n.steps) for n in steps if n.scope == "usage"}
    usage |= {key for part in parts for key in _keys(part)}
    return msgspec.structs.replace(
        kind,
        parts=parts,
        reads=tuple(sorted({n.steps[0] for n in steps if n.scope in ("", "^")})),
        usage=frozenset(usage | set(kind.also) | ({kind.hours} - {""})),
    )


def _keys(part: Part) -> tuple[str, ...]:
    return (*part.usage, *part.peak, *part.chunks, *part.included)


def _spread(part: Part, groups: Mapping[str, tuple[Part, ...]]) -> Iterable[Part]:
    if not part.group:
        return (part,)
    return (
        msgspec.structs.replace(
            one, within=part.within, times=(*one.times, *part.times), what=part.what + one.what
        )
        for one in groups[part.group]
    )


def _names(part: Part) -> Iterable[str]:
    """Every name that a part reads, as one of the resource."""
    inner = (
        *pricenames.inside(part.rate),
        *pricenames.inside(part.times_rate),
        *part.times,
        *filter(None, (part.price_of, part.region)),
        *part.when,
        *part.unless,
        *part.least,
        *part.under,
        *part.given,
    )
    if not part.within:
        return inner
    outer = (n for name in inner for n in name.split("|") if n[0] in "^@" or n.startswith("usage."))
    return (part.within, *outer)
