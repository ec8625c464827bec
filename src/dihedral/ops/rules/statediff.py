"""What differs between two states: by address, with names of attributes and never their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dihedral.ops.rules import state


@dataclass(frozen=True, slots=True)
class Differences:
    """`changed` has the attributes that differ, at the top, by name. Outputs are told apart."""

    created: tuple[str, ...]
    destroyed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    outputs: tuple[str, ...]


def between(old: bytes | None, new: bytes) -> Differences:
    """From nothing, where there is no old one. Raises Invalid."""
    before, after = state.instances(old) if old else {}, state.instances(new)
    said = (state.decode(old).outputs if old else {}), state.decode(new).outputs
    both = before.keys() & after.keys()
    return Differences(
        created=tuple(sorted(after.keys() - before.keys())),
        destroyed=tuple(sorted(before.keys() - after.keys())),
        changed={
            address: names
            for address in sorted(both)
            if (names := _differing(before[address], after[address]))
        },
        outputs=_differing(*said),
    )


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    absent = object()
    names = sorted(old.keys() | new.keys())
    return tuple(name for name in names if old.get(name, absent) != new.get(name, absent))
