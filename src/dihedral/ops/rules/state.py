"""Terraform's own state file, as far as we read it.

Source  the `version: 4` format that Terraform 0.12 and later and OpenTofu write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from dihedral.domain.errors import Invalid


@dataclass(frozen=True, slots=True)
class State:
    lineage: str
    serial: int
    resources: int  # managed instances
    outputs: dict[str, Any]  # name → {"value", "type", "sensitive"?}
    addresses: tuple[str, ...]  # managed ones, whole, in order
    terraform_version: str


def decode(text: bytes) -> State:
    """Raises Invalid when `text` is not a whole state file of version 4."""
    try:
        raw = msgspec.json.decode(text)
        if raw["version"] != 4:
            raise Invalid(f"state files of version {raw['version']} are not read; version 4 is")
        held = [r for r in raw.get("resources") or () if r["mode"] == "managed"]
        addresses = sorted(_address(r, i) for r in held for i in r["instances"])
        return State(
            lineage=raw["lineage"],
            serial=int(raw["serial"]),
            resources=len(addresses),
            outputs=raw.get("outputs") or {},
            addresses=tuple(addresses),
            terraform_version=raw.get("terraform_version", ""),
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as cause:
        raise Invalid("this is not a Terraform state file") from cause


def instances(text: bytes) -> dict[str, dict[str, Any]]:
    """Managed ones by address, each with its attributes. Raises Invalid."""
    decode(text)
    raw = msgspec.json.decode(text)
    return {
        _address(held, one): one.get("attributes") or {}
        for held in raw.get("resources") or ()
        if held["mode"] == "managed"
        for one in held["instances"]
    }


def renumber(text: bytes, serial: int) -> bytes:
    """The same state with another serial, for a rollback; nothing else is touched.

    Raises Invalid.
    """
    decode(text)
    raw = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({**raw, "serial": msgspec.Raw(b"%d" % serial)})


def lent(text: bytes, lineage: str, clear: Callable[[Any], Any] = lambda value: value) -> bytes:
    """A state that holds nothing but the outputs of `text` that are not marked sensitive, and that
    `clear` leaves as they are; it says nothing that changes without them. Raises Invalid.
    """
    outputs = {
        name: {"value": output.get("value"), "type": output.get("type")}
        for name, output in decode(text).outputs.items()
        if not output.get("sensitive") and clear(output.get("value")) == output.get("value")
    }
    bare = {"version": 4, "serial": 1, "lineage": lineage, "outputs": outputs, "resources": []}
    return msgspec.json.encode(bare, order="sorted")


def shown(outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs as a person may see them: name → value, `(sensitive)` where marked so."""
    return {
        name: "(sensitive)" if output.get("sensitive") else output.get("value")
        for name, output in sorted(outputs.items())
    }


def _address(resource: dict[str, Any], instance: dict[str, Any]) -> str:
    module = resource["module"] + "." if resource.get("module") else ""
    key = instance.get("index_key")
    index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
    return f"{module}{resource['type']}.{resource['name']}{index}"
