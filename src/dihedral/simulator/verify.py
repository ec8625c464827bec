"""What came along, held against a user's own `terraform providers schema -json`.

Shape   a difference is one line: where, how it is known here, how it is there. Only types that are
        known here are compared. Facts that no schema states cannot be.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from dihedral.simulator import known
from dihedral.simulator.notation import Schema, types
from dihedral.simulator.notation.words import SECTIONS
from dihedral.simulator.notation.writing import flags

ABSENT = "absent"


def verify(dump: bytes) -> Iterator[str]:
    """The differences of every provider of the dump that is known. Raises ValueError."""
    try:
        found = msgspec.json.decode(dump)["provider_schemas"]
    except (msgspec.DecodeError, KeyError, TypeError) as cause:
        raise ValueError("this is not the output of `terraform providers schema -json`") from cause
    for name in known.PROVIDERS:
        address = f"{known.HOST}/{name}"
        if address in found:
            yield from (
                f"{name} {line}" for line in differences(known.read(name)[0], found[address])
            )


def differences(here: Schema, there: Schema) -> Iterator[str]:
    for word, section in SECTIONS.items():
        for name, made in here.get(section, {}).items():
            other = there.get(section, {}).get(name)
            if other is None:
                yield f"{word} {name}: known here, {ABSENT} there"
            else:
                yield from _differing(f"{word} {name}", made["block"], other["block"])


def _differing(place: str, here: dict[str, Any], there: dict[str, Any]) -> Iterator[str]:
    """A member that one side lacks stands for all that lies in it."""
    ours, theirs = dict(_members(here, "")), dict(_members(there, ""))
    both = ours.keys() & theirs.keys()
    for path in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(path, ABSENT), theirs.get(path, ABSENT)
        parent = path.rpartition(".")[0]
        if one != other and (not parent or parent in both):
            yield f"{place}.{path}: {one} here, {other} there"


def _members(block: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, made in block.get("attributes", {}).items():
        nested = made.get("nested_type")
        form = nested["nesting_mode"] if nested else types.show(made["type"])
        yield path + name, " ".join([form, *flags(made)])
        yield from _members(nested or {}, f"{path}{name}.")
    for name, made in block.get("block_types", {}).items():
        bounds = f"{made.get('min_items') or ''}..{made.get('max_items') or ''}"
        yield path + name, f"block {made['nesting_mode']} {bounds}"
        yield from _members(made["block"], f"{path}{name}.")
