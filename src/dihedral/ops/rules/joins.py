"""Resources that say what another one costs: a launch template, a task definition, a cluster.

A plan seldom knows an id before it is applied, so a neighbour is found by its name where that is
written, and else by the configuration's own references.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from dihedral.domain.change import Change, Plan, bare
from dihedral.ops.rules import attributes, pricenames
from dihedral.ops.rules.attributes import Side
from dihedral.ops.rules.pricebook import PriceBook
from dihedral.ops.rules.priceparts import Join, Kind
from dihedral.ops.rules.usage import Usage


@dataclass(slots=True)
class Neighbours:
    """All that others of a plan are joined with; it lives as long as one estimate."""

    plan: Plan
    book: PriceBook
    used: Usage
    _found: "_Index | None" = field(default=None)

    def joined(self, change: Change, kind: Kind, *, after: bool) -> Mapping[str, Side]:
        """The neighbours that are known, by the name of their join, each with its own."""
        if not kind.joins:
            return {}
        if self._found is None:
            self._found = _index(self.plan, self.book)
        found = {}
        for name, join in kind.joins.items():
            near = self._near(change, join, self._found, after=after)
            if near is not None:
                found[name] = self._side(near, after=after)
        return found

    def _side(self, near: Change, *, after: bool) -> Side:
        values = near.after if after else near.before
        unknown = near.after_unknown if after and isinstance(near.after_unknown, dict) else {}
        other = self.book.types.get(near.type)
        deeper = self.joined(near, other, after=after) if other else {}
        return Side(values or {}, unknown, self.used.of(near.address, near.type), deeper)

    def _near(self, change: Change, join: Join, index: "_Index", *, after: bool) -> Change | None:
        if join.reader:
            return self._reading(change, join, index)
        values = (change.after if after else change.before) or {}
        for name in join.by:
            said = attributes.walk(values, pricenames.names(name)[0].steps)
            for one in (said, _family(said)) if isinstance(said, str) and said else ():
                for target in join.types:
                    if near := index.named.get((target, one)):
                        return near
        found = [n for t in join.types if (n := index.needs.get((bare(change.address), t)))]
        key = _key(change.address)
        for lists in ([near.by_key.get(key, ()) for near in found], [near.all for near in found]):
            if sum(map(len, lists)) == 1:
                return next(chain.from_iterable(lists))
        return None

    def _reading(self, change: Change, join: Join, index: "_Index") -> Change | None:
        """The one that refers to this: by the configuration, or by this one's name in its own."""
        names = self.plan.readers.get(bare(change.address), frozenset())
        found = [c for name in names for c in index.at.get(name, ()) if _fits(c, join)]
        own = (change.after or change.before or {}).get("name")
        if not found and isinstance(own, str):
            found = [c for c in index.scaled.get(own, ()) if _fits(c, join)]
        same = [c for c in found if _key(c.address) == _key(change.address)]
        return next((some[0] for some in (same, found) if len(some) == 1), None)


def _fits(change: Change, join: Join) -> bool:
    values = change.after or change.before or {}
    return change.type in join.types and all(values.get(k) == v for k, v in join.where.items())


@dataclass(frozen=True, slots=True)
class _Near:
    """What one resource refers to, of one type; `by_key` is by the last index of an address."""

    all: list[Change] = field(default_factory=list)
    by_key: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class _Index:
    named: Mapping[tuple[str, str], Change | None]  # None where two have the name
    needs: Mapping[tuple[str, str], _Near]  # by who refers, and to which type
    at: Mapping[str, list[Change]]
    scaled: Mapping[str, list[Change]]  # by the last part of a `resource_id`


_NAMES = ("id", "arn", "name", "family", "cluster_identifier", "identifier", "function_name")


def _index(plan: Plan, book: PriceBook) -> _Index:
    named: dict[tuple[str, str], Change | None] = {}
    needs: dict[tuple[str, str], _Near] = defaultdict(_Near)
    at: dict[str, list[Change]] = defaultdict(list)
    scaled: dict[str, list[Change]] = defaultdict(list)
    for change in plan.changes:
        if change.mode != "managed" or change.type not in book.targets:
            continue
        for values in (change.before, change.after):
            for name in _NAMES:
                said: Any = (values or {}).get(name)
                if isinstance(said, str) and said:
                    other = named.setdefault((change.type, said), change)
                    if other is not change:
                        named[change.type, said] = None
        for reader in plan.readers.get(bare(change.address), ()):
            near = needs[reader, change.type]
            near.all.append(change)
            near.by_key[_key(change.address)].append(change)
        at[bare(change.address)].append(change)
        over = (change.after or change.before or {}).get("resource_id")
        if isinstance(over, str):
            scaled[over.rpartition("/")[2]].append(change)
    return _Index(named, needs, at, scaled)


def _family(said: Any) -> str:
    """`arn:…:task-definition/web:7` or `web:7` is the task definition of the family `web`."""
    return said.rpartition("/")[2].partition(":")[0] if isinstance(said, str) else ""


def _key(address: str) -> str:
    return address[address.rindex("[") :] if address.endswith("]") else ""
