"""Resources that say what another one costs: a launch template, a task definition, a cluster.

A plan seldom knows an id before it is applied, so a neighbour is found by its name where that is
written, and else by the configuration's own references.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
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
        near_by = [c for c in index.needs.get(bare(change.address), ()) if c.type in join.types]
        same = [c for c in near_by if _key(c.address) == _key(change.address)]
        for fitting in (same, near_by):
            if len(fitting) == 1:
                return fitting[0]
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
class _Index:
    named: Mapping[tuple[str, str], Change | None]  # None where two have the name
    needs: Mapping[str, list[Change]]
    at: Mapping[str, list[Change]]
    scaled: Mapping[str, list[Change]]  # by the last part of a `resource_id`


_NAMES = ("id", "arn", "name", "family", "cluster_identifier", "identifier", "function_name")


def _index(plan: Plan, book: PriceBook) -> _Index:
    named: dict[tuple[str, str], Change | None] = {}
    needs: dict[str, list[Change]] = defaultdict(list)
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
            needs[reader].append(change)
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
