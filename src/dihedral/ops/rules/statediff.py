"""What differs between two states: by address, with names of attributes and never their values.

Attributes that are written the same are not read: of ten thousand resources most are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dihedral.ops.rules import state
from dihedral.ops.rules.state import Filled


@dataclass(frozen=True, slots=True)
class Differences:
    """`changed` has the attributes that differ, at the top, by name. Outputs are told apart."""

    created: tuple[str, ...]
    destroyed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    outputs: tuple[str, ...]


def between(old: bytes | None, new: bytes) -> Differences:
    """From nothing, where there is no old one. Raises Invalid."""
    held = state.filled(new)
    was = state.filled(old) if old else Filled({}, {})
    before, after = was.instances, held.instances
    both = before.keys() & after.keys()
    return Differences(
        created=tuple(sorted(after.keys() - before.keys())),
        destroyed=tuple(sorted(before.keys() - after.keys())),
        changed={
            address: names
            for address in sorted(both)
            if bytes(before[address]) != bytes(after[address])
            and (names := _differing(_read(before[address]), _read(after[address])))
        },
        outputs=_differing(was.outputs, held.outputs),
    )


def _read(attributes: msgspec.Raw) -> Mapping[str, Any]:
    found = msgspec.json.decode(attributes)
    return found if isinstance(found, dict) else {}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    absent = object()
    names = sorted(old.keys() | new.keys())
    return tuple(name for name in names if old.get(name, absent) != new.get(name, absent))
