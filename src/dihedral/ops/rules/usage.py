"""Infracost's usage file: how much is used, where no attribute says so.

Shape   version 0.1: `resource_type_default_usage` by type, `resource_usage` by address, where
        `a.b[*]` stands for every instance. Values are numbers, words, or maps of them. What is
        nearer wins, key by key: the type, then `[*]`, then the address.
Source  infracost.io/docs/features/usage_based_resources.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import yaml

from dihedral.domain.change import bare
from dihedral.domain.errors import Invalid

VERSION = "0.1"
_SECTIONS = frozenset({"version", "resource_usage", "resource_type_default_usage"})

Amounts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    resources: Mapping[str, Amounts] = field(default_factory=dict)
    types: Mapping[str, Amounts] = field(default_factory=dict)

    def of(self, address: str, kind: str) -> Amounts:
        """What is said of one instance, the nearest word for each key."""
        if not self.resources and not self.types:
            return {}
        found = self.types.get(kind, {})
        starred = f"{bare(address)}[*]" if address.endswith("]") else ""
        for name in (starred, address):
            if name in self.resources:
                found = _over(found, self.resources[name])
        return found


def parse(text: bytes) -> Usage:
    """Raises Invalid for what is not such a file; what it says may still mean nothing."""
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as cause:
        raise Invalid(f"the usage file is not YAML: {cause}; mend it") from cause
    if not isinstance(document, dict):
        raise Invalid("the usage file is not a map; begin it with `version: 0.1`")
    if str(document.get("version")) != VERSION:
        raise Invalid(
            f"the usage file has version {document.get('version')}, and only {VERSION} is known"
            f" here; write `version: {VERSION}`"
        )
    if wrong := sorted(map(str, set(document) - _SECTIONS)):
        raise Invalid(
            f"the usage file has {', '.join(wrong)}, which is no section;"
            f" write {' or '.join(sorted(_SECTIONS - {'version'}))}"
        )
    return Usage(
        resources=_section(document, "resource_usage"),
        types=_section(document, "resource_type_default_usage"),
    )


def _section(document: Mapping[str, Any], name: str) -> dict[str, Amounts]:
    section = document.get(name) or {}
    if not isinstance(section, dict):
        raise Invalid(f"the usage file's {name} is not a map; write `address: {{key: number}}`")
    found: dict[str, Amounts] = {}
    for key, said in section.items():
        if said is not None and not isinstance(said, dict):
            raise Invalid(f"the usage file says {said!r} of {key}; write `key: number` below it")
        found[str(key)] = said or {}
    return found


def _over(under: Amounts, over: Amounts) -> Amounts:
    both = dict(under)
    for key, value in over.items():
        old = both.get(key)
        both[key] = (
            _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return both


def warnings(
    usage: Usage, known: Mapping[str, str], keys: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    """What of the file has no effect. `known` are types by address, `keys` usage keys by type."""
    stars = {f"{bare(a)}[*]": kind for a, kind in known.items() if a.endswith("]")}
    there = {**known, **stars}
    for address, said in usage.resources.items():
        kind = there.get(address)
        if kind is None:
            near = get_close_matches(address, there, 1, 0.8)
            yield f"usage: {address} is not in the plan{_hint(near)}"
        else:
            yield from _checked(address, said, kind, keys)
    for kind, said in usage.types.items():
        yield from _checked(kind, said, kind, keys)


def _checked(
    where: str, said: Amounts, kind: str, keys: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    if kind not in keys:
        yield f"usage: {where} changes nothing, the price book does not know {kind}"
        return
    for key, value in _leaves(said, ""):
        if key not in keys[kind]:
            near = get_close_matches(key, keys[kind], 1, 0.6)
            yield f"usage: {where} has {key}, which {kind} does not use{_hint(near)}"
        elif value is None:
            yield f"usage: {where} says nothing of {key}"


def _leaves(said: Amounts, path: str) -> Iterator[tuple[str, Any]]:
    for key, value in said.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _hint(near: list[str]) -> str:
    return f"; did you mean {near[0]}?" if near else ""
