"""What exists, as far as this run has seen: fed by refresh and apply, asked by data sources."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dihedral.simulator.cty import Object, unknown

Key = tuple[str, str]


def name_of(thing: Mapping[str, Any] | None) -> str:
    """What an object is called: its id, or its ARN where it has none."""
    found = (thing or {}).get("id") or (thing or {}).get("arn")
    return found if isinstance(found, str) else ""


class World:
    """One per opening, shared by its threads and provider aliases; nothing else sees it."""

    def __init__(self) -> None:
        self._things: dict[Key, Object] = {}
        self._gone: set[Key] = set()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def keep(self, kind: str, thing: Object) -> None:
        if name_of(thing):
            with self._lock:
                self._things[kind, name_of(thing)] = thing

    def forget(self, kind: str, thing: Mapping[str, Any] | None) -> None:
        with self._lock:
            self._things.pop((kind, name_of(thing)), None)
            self._gone.add((kind, name_of(thing)))

    def get(self, kind: str, name: str) -> Object | None:
        with self._lock:
            return self._things.get((kind, name))

    def used(self, kind: str, name: str) -> bool:
        """Whether the name belongs to a thing that exists, or did: a cloud gives no id twice."""
        with self._lock:
            return (kind, name) in self._things or (kind, name) in self._gone

    def count(self, what: str) -> int:
        """How often this was called with `what` before: 0 the first time."""
        with self._lock:
            self._counts[what] += 1
            return self._counts[what] - 1

    def of(self, kind: str) -> list[Object]:
        """All things of a type, in the order of their names."""
        with self._lock:
            return [thing for (type_, _), thing in sorted(self._things.items()) if type_ == kind]

    def found(self, kind: str, asked: Mapping[str, Any]) -> Iterator[Object]:
        """The things of a type that have what is asked: every plain argument that both sides know,
        all the tags, and the filters by attribute or `tag:Name`. Nothing asked finds nothing."""
        plain = {k: v for k, v in asked.items() if isinstance(v, str | int | float) and v != ""}
        plain.pop("region", None)
        tags = asked.get("tags") or {}
        filters = [one for one in asked.get("filter") or [] if isinstance(one, dict)]
        for thing in self.of(kind):
            shared = {k: v for k, v in plain.items() if thing.get(k) is not None}
            tests = [thing[k] == v for k, v in shared.items()]
            tests += [(thing.get("tags") or {}).get(k) == v for k, v in _items(tags)]
            tests += [_passes(thing, one) for one in filters]
            if tests and all(tests):
                yield thing


def _items(tags: Any) -> list[tuple[str, Any]]:
    return [(k, v) for k, v in tags.items() if not unknown(v)] if isinstance(tags, dict) else []


def _passes(thing: Object, filter_: Object) -> bool:
    name, values = str(filter_.get("name") or ""), filter_.get("values") or []
    if name.startswith("tag:"):
        return (thing.get("tags") or {}).get(name[4:]) in values
    return thing.get(name.replace("-", "_")) in values
