"""A provider's schema, in the form that `terraform providers schema -json` prints.

Shape   `type` is a cty type: a word ("string") or a list (["set", "string"], ["object", {…}]).
        A block's nesting mode is single, group, list, set or map.
Source  developer.hashicorp.com/terraform/cli/commands/providers/schema
"""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Type: TypeAlias = Any  # a word or a list, as JSON has it
Mode: TypeAlias = Literal["single", "group", "list", "set", "map"]

ONE = ("single", "group")


@dataclass(frozen=True, slots=True)
class Attribute:
    type: Type = None
    nested_type: "Nested | None" = None
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    write_only: bool = False
    deprecated: bool = False
    description: str = ""
    description_kind: str = "plain"

    @property
    def settable(self) -> bool:
        return self.optional or self.required


@dataclass(frozen=True, slots=True)
class Nested:
    nesting_mode: Mode
    attributes: dict[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    attributes: dict[str, Attribute] = field(default_factory=dict)
    block_types: dict[str, "BlockType"] = field(default_factory=dict)
    description: str = ""
    description_kind: str = "plain"
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class BlockType:
    nesting_mode: Mode
    block: Block = field(default_factory=Block)
    min_items: int = 0
    max_items: int = 0


@dataclass(frozen=True, slots=True)
class Schema:
    block: Block = field(default_factory=Block)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Parameter:
    type: Type
    name: str = ""
    description: str = ""
    is_nullable: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    return_type: Type
    parameters: list[Parameter] = field(default_factory=list)
    variadic_parameter: Parameter | None = None
    summary: str = ""
    description: str = ""


def type_of(attribute: Attribute) -> Type:
    nested = attribute.nested_type
    if nested is None:
        return attribute.type
    members = {name: type_of(member) for name, member in nested.attributes.items()}
    return wrapped(nested.nesting_mode, ["object", members])


def type_of_block(block: Block) -> Type:
    members = {name: type_of(attribute) for name, attribute in block.attributes.items()}
    for name, inner in block.block_types.items():
        members[name] = wrapped(inner.nesting_mode, type_of_block(inner.block))
    return ["object", members]


def type_of_member(block: Block, name: str) -> Type:
    """The type of one attribute or nested block of `block`. Raises KeyError."""
    if name in block.attributes:
        return type_of(block.attributes[name])
    inner = block.block_types[name]
    return wrapped(inner.nesting_mode, type_of_block(inner.block))


def wrapped(mode: str, inner: Type) -> Type:
    return inner if mode in ONE else [mode, inner]


def nothing(mode: str) -> Any:
    """What a block that nobody wrote is: null where there can be one, else empty."""
    return None if mode in ONE else {} if mode == "map" else []
