"""The `input` of policies: a plan is large, so it is written as seldom as can be, and cut to what
is read.

Sets that name what they read share one document with all that any of them names. None of them can
tell: a key that a set does not name it does not see. A set that takes `input` as a whole gets the
whole, in the shape that it asks for.
"""

import json
from collections.abc import Iterable, Mapping, Set

import msgspec

from dihedral.ops.rules.regotree import Path

Needs = frozenset[Path] | None
Raw = Mapping[str, msgspec.Raw]
Kind = tuple[str, Needs]


class Documents:
    """`ours` are the keys of `input` that are no part of the plan. Raises msgspec.DecodeError for a
    plan that is no object."""

    def __init__(self, plan: bytes, ours: Set[str]) -> None:
        self._plan: Raw = msgspec.json.decode(plan or b"{}", type=dict[str, msgspec.Raw])
        self._ours = ours

    def kinds(self, sets: Iterable[Kind]) -> list[Kind]:
        """Which document each set is told: two of the same kind are told the same."""
        asked = list(sets)
        wanted = frozenset(p for _, needs in asked for p in needs or () if p[0] not in self._ours)
        return [(shape, None) if needs is None else ("", wanted) for shape, needs in asked]

    def written(self, kind: Kind, context: Mapping[str, object]) -> bytes:
        """The plan's own keys, `plan`, and ours, of which `context` is what is known."""
        shape, needs = kind
        plan, ours = self._plan, {k: _raw(v) for k, v in context.items()}
        if needs is None:
            flat, deep = shape in ("conftest", "both"), shape in ("hcp", "both")
            whole = {**(plan if flat else {}), **({"plan": plan} if deep else {}), **ours}
            return msgspec.json.encode(whole)
        top = {k: v for k, v in plan.items() if (k,) in needs}
        all_of_it = ("plan",) in needs
        inner = {k: v for k, v in plan.items() if all_of_it or ("plan", k) in needs}
        asks = any(path[:1] == ("plan",) for path in needs)
        return msgspec.json.encode({**top, **({"plan": inner} if asks else {}), **ours})


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())
