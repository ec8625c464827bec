"""Drafting: a workspace's whole configuration once a blueprint has been added to it.

Shape  An instance is one file at the root, `orders.tf`, whose first line names its blueprint.
       Names of instances have no underscore, so `providers_….tf` and `versions_aws.tf` are free.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dihedral.domain.blueprint import Blueprint, Slot, SlotKind, Value, named_by
from dihedral.domain.errors import Invalid
from dihedral.model.rules import hcl, naming

Files = Mapping[str, bytes]

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_HEADER = re.compile(rb"# From the blueprint ([a-z0-9-]+)\.")
_VERSIONS = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}
"""
_PROVIDER = """\
# Everything that blueprints make in {region}.
provider "aws" {{
  alias  = "{alias}"
  region = "{region}"

  default_tags {{
    tags = {{ managed-by = "dihedral" }}
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`files` is the whole configuration; `written` are the paths that are new or differ."""

    instance: str
    address: str
    files: Files
    written: tuple[str, ...]


def missing(blueprint: Blueprint, values: Mapping[str, Value]) -> tuple[Slot, ...]:
    """The required slots that have no value yet, in the blueprint's order."""
    return tuple(
        slot
        for slot in blueprint.slots
        if slot.required and slot.default is None and values.get(slot.variable, "") == ""
    )


def draft(
    blueprint: Blueprint,
    values: Mapping[str, Value],
    region: str,
    files: Files,
    request: str = "",
) -> Draft:
    """`files` with this instance added, or written anew if it was there.

    Raises Invalid when a value is missing or not allowed, or its name is taken.
    """
    if not _REGION.fullmatch(region):
        raise Invalid(f"{region!r} is not an AWS region; write it as eu-central-1")
    chosen = _chosen(blueprint, values)
    name = str(chosen[named_by(blueprint).variable])
    path = f"{name}.tf"
    _demand_free(blueprint, name, files)
    kept = {p: b for p, b in files.items() if p != path and not _belongs(blueprint, p)}
    alias = region.replace("-", "_")
    new = {f"modules/{p}": b for p, b in blueprint.files.items()}
    new |= _ground(kept, region, alias)
    call = _call(blueprint, name, chosen, alias)
    new[path] = f"{_header(blueprint, name, request)}{call}".encode()
    _demand_single(name, new[path], kept)
    whole = kept | new
    written = tuple(sorted(p for p, b in whole.items() if files.get(p) != b))
    return Draft(instance=name, address=f"module.{name}", files=whole, written=written)


def _chosen(blueprint: Blueprint, values: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments of the module call: what was given, then the slots' defaults."""
    slots = {slot.variable: slot for slot in blueprint.slots}
    if strange := sorted(set(values) - set(slots)):
        raise Invalid(
            f"{blueprint.name} takes no {strange[0]!r}; it takes {', '.join(sorted(slots))}"
        )
    if lacking := missing(blueprint, values):
        raise Invalid(f"{blueprint.name} needs {lacking[0].variable}: {lacking[0].question}")
    given = {k: v for k, v in values.items() if v != ""}
    found = {k: given.get(k, slot.default) for k, slot in sorted(slots.items())}
    return {
        k: _value(blueprint, slots[k], v)
        for k, v in found.items()
        if v is not None and slots[k].kind is not SlotKind.REGION
    }


def _value(blueprint: Blueprint, slot: Slot, value: Value) -> Value:
    if slot.kind is SlotKind.NAME:
        return naming.instance(str(value), blueprint.name)
    if slot.choices and value not in slot.choices:
        raise Invalid(
            f"{slot.variable} of {blueprint.name} is one of {', '.join(slot.choices)}, "
            f"not {value!r}"
        )
    return value


def _demand_free(blueprint: Blueprint, name: str, files: Files) -> None:
    """The name is unused or this blueprint's own, and `modules/` holds nobody else's module."""
    held = files.get(f"{name}.tf")
    if held is not None and (other := _maker(held)) != blueprint.name:
        whose = f"an instance of the blueprint {other}" if other else "a file of your own"
        raise Invalid(f"{name}.tf is {whose}; choose another name than {name!r}")
    if any(_maker(body) for body in files.values()):
        return
    ours = {f"modules/{p}": b for p, b in blueprint.files.items()}
    for path, body in files.items():
        if _belongs(blueprint, path) and ours.get(path) != body:
            raise Invalid(f"{path} is not from the blueprint {blueprint.name}; move it elsewhere")


def _demand_single(name: str, body: bytes, kept: Files) -> None:
    taken = {
        (block.kind, block.labels): path
        for path, source in kept.items()
        if _at_root(path)
        for block in hcl.blocks(source)
    }
    for block in hcl.blocks(body):
        if path := taken.get((block.kind, block.labels)):
            raise Invalid(
                f"{path} already has {block.kind} {block.labels[0]!r}; "
                f"choose another name than {name!r}"
            )


def _maker(body: bytes) -> str:
    """The blueprint that a file was made from; empty when it was not."""
    found = _HEADER.match(body)
    return found[1].decode() if found else ""


def _belongs(blueprint: Blueprint, path: str) -> bool:
    """Whether the path lies in a module folder that the blueprint brings along."""
    parts = path.split("/")
    folders = {p.split("/")[0] for p in blueprint.files}
    return len(parts) > 2 and parts[0] == "modules" and parts[1] in folders


def _at_root(path: str) -> bool:
    return "/" not in path and path.endswith(".tf")


def _ground(kept: Files, region: str, alias: str) -> dict[str, bytes]:
    """What a module call stands on, unless the workspace's own files have it."""
    here = [block for p, b in kept.items() if _at_root(p) for block in hcl.blocks(b)]
    ground: dict[str, bytes] = {}
    if not any(
        block.kind == "terraform" and "required_providers" in block.blocks for block in here
    ):
        ground["versions_aws.tf"] = _VERSIONS.encode()
    aliases = {b.attributes.get("alias") for b in here if b.kind == "provider"}
    if f'"{alias}"' not in aliases:
        ground[f"providers_{alias}.tf"] = _PROVIDER.format(region=region, alias=alias).encode()
    return ground


def _header(blueprint: Blueprint, name: str, request: str) -> str:
    first = f"# From the blueprint {blueprint.name}. Asking again for {name} rewrites this file.\n"
    return first + (f"# Request: {hcl.comment(request)}\n\n" if request else "\n")


def _call(blueprint: Blueprint, name: str, chosen: Mapping[str, Value], alias: str) -> str:
    fixed = {
        "source": f'"./modules/{blueprint.name}"',
        "providers": f"{{ aws = aws.{alias} }}",
    }
    rows = {key: hcl.literal(value) for key, value in chosen.items()}
    head = f'module "{name}" {{\n{hcl.table(fixed)}\n{hcl.table(rows)}}}\n'
    return head + "".join(
        _output(block, name) for block in _outputs(blueprint) if block.kind == "output"
    )


def _output(block: hcl.Block, name: str) -> str:
    label = block.labels[0]
    kept = {k: v for k, v in block.attributes.items() if k in ("description", "sensitive")}
    rows = kept | {"value": f"module.{name}.{label}"}
    return f'\noutput "{name.replace("-", "_")}_{label}" {{\n{hcl.table(rows)}}}\n'


def _outputs(blueprint: Blueprint) -> tuple[hcl.Block, ...]:
    return tuple(
        block
        for path, body in sorted(blueprint.files.items())
        if re.fullmatch(rf"{re.escape(blueprint.name)}/[^/]+\.tf", path)
        for block in hcl.blocks(body)
    )
