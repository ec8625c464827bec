"""Small plans for the tests, as Terraform writes them."""

import json
from typing import Any

from dihedral.domain.change import Plan
from dihedral.ops.rules import plan

Json = dict[str, Any]


def change(address: str, *actions: str, **rest: Any) -> Json:
    """One entry of `resource_changes`; what a change itself holds may be given by name."""
    inside = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")
    held = {k: rest.pop(k) for k in (*inside, "replace_paths", "importing") if k in rest}
    path, _, name = address.rpartition(".")
    kind = path.rpartition(".")[2]
    delta = {"actions": list(actions), "before": None, "after": None, **held}
    return {
        "address": address,
        "mode": "data" if path.startswith("data.") or ".data." in path else "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": delta,
        **rest,
    }


def document(*changes: Json, **rest: Any) -> Json:
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": list(changes),
        **rest,
    }


def text(written: Json) -> bytes:
    return json.dumps(written).encode()


def read(*changes: Json, **rest: Any) -> Plan:
    """The decoded plan of these changes."""
    return plan.decode(text(document(*changes, **rest)))


def resource(address: str, *references: str, **rest: Any) -> Json:
    """One entry of a module's `resources` in `configuration`, which refers to `references`."""
    parts = address.split(".")
    return {
        "address": address,
        "mode": "data" if parts[0] == "data" else "managed",
        "type": parts[-2],
        "name": parts[-1],
        "provider_config_key": "aws",
        "expressions": {"input": {"references": list(references)}},
        **rest,
    }


def configuration(*resources: Json, **rest: Any) -> Json:
    return {"root_module": {"resources": list(resources), **rest}}
