"""Names in a price book: paths to attributes, with a scope and alternatives.

Shape   `a.b` is an attribute of a block; `a|b` the first that has a value; `^a` is of the resource
        where a part is within one of its blocks; `@task.cpu` of what it is joined with; `usage.a`
        of the usage file; `a-1` one less.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

_HOLE = re.compile(r"\{([^}]+)\}")


class Name(NamedTuple):
    """`scope` is `` (here), `^` (the resource), `usage`, or `@` and the name of a join."""

    scope: str
    steps: tuple[str, ...]
    plus: Decimal
    text: str


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[Name, ...]:
    """The alternatives of a name."""
    return tuple(_name(one) for one in text.split("|"))


def _name(text: str) -> Name:
    bare, _, less = text.partition("-")
    plus = Decimal(-int(less)) if less else Decimal(0)
    if bare.startswith("@"):
        scope, _, rest = bare.partition(".")
        return Name(scope, tuple(rest.split(".")), plus, bare)
    if bare.startswith("usage."):
        return Name("usage", tuple(bare.removeprefix("usage.").split(".")), plus, bare)
    scope = "^" if bare.startswith("^") else ""
    return Name(scope, tuple(bare.removeprefix("^").split(".")), plus, bare.removeprefix("^"))


def holes(rate: str) -> tuple[str, ...]:
    """`ebs.{type}.gb` in pieces, the odd ones names."""
    return tuple(_HOLE.split(rate))


def inside(rate: str) -> list[str]:
    """The names in the braces of a rate."""
    return _HOLE.findall(rate)
