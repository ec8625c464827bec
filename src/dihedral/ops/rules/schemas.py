"""A provider's resource types and data sources, as its schema says them.

Source  developer.hashicorp.com/terraform/cli/commands/providers/schema, format version 1.x
Shape   a name is `aws_sqs_queue` for a resource type, `data.aws_sqs_queue` for a data source.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from dihedral.domain.brief import Attribute, ResourceType
from dihedral.domain.errors import Invalid, NotFound

DATA = "data."
_DEEP = 6  # blocks within blocks; some schemas nest one in itself
_SCALARS = frozenset({"string", "number", "bool", "dynamic"})


class Schemas(msgspec.Struct):
    """Of one provider; each type is read when it is asked for."""

    resource_schemas: dict[str, msgspec.Raw] = {}
    data_source_schemas: dict[str, msgspec.Raw] = {}

    @property
    def names(self) -> tuple[str, ...]:
        data = (DATA + name for name in self.data_source_schemas)
        return (*sorted(self.resource_schemas), *sorted(data))


class _Told(msgspec.Struct):
    provider_schemas: dict[str, Schemas] = {}


class _Attribute(msgspec.Struct):
    type: Any = None
    nested_type: "_Nested | None" = None
    description: str = ""
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False


class _Nested(msgspec.Struct):
    attributes: dict[str, _Attribute] = {}
    nesting_mode: str = "single"


class _Block(msgspec.Struct):
    attributes: dict[str, _Attribute] = {}
    block_types: dict[str, "_Inner"] = {}


class _Inner(msgspec.Struct):
    nesting_mode: str = "single"
    block: _Block = msgspec.field(default_factory=_Block)
    min_items: int = 0
    max_items: int = 0


class _Type(msgspec.Struct):
    block: _Block = msgspec.field(default_factory=_Block)


def read(text: bytes, provider: str) -> Schemas:
    """`provider` as `hashicorp/aws`. Raises Invalid when the text has none of it."""
    try:
        told = msgspec.json.decode(text, type=_Told).provider_schemas
    except msgspec.DecodeError as cause:
        raise Invalid("this is no schema of a provider") from cause
    for address, found in told.items():
        if address.endswith(f"/{provider}"):
            return found
    raise Invalid(f"there is no schema of the provider {provider}")


def of(schemas: Schemas, provider: str, name: str) -> ResourceType:
    """Raises NotFound, Invalid."""
    data = name.startswith(DATA)
    held = schemas.data_source_schemas if data else schemas.resource_schemas
    raw = held.get(name.removeprefix(DATA))
    if raw is None:
        raise NotFound(f"type of {provider}", name)
    try:
        block = msgspec.json.decode(raw, type=_Type).block
    except msgspec.DecodeError as cause:
        raise Invalid(f"the schema of {name} cannot be read") from cause
    return ResourceType(name, provider, tuple(_attributes(block, "", _DEEP)))


def _attributes(block: _Block, above: str, deep: int) -> Iterator[Attribute]:
    """What must be given first, then what may be, then what only comes back."""
    every = sorted(block.attributes.items(), key=_order)
    for name, one in every:
        yield from _attribute(above + name, one, deep)
    for name, inner in sorted(block.block_types.items(), key=lambda i: (not i[1].min_items, i[0])):
        yield Attribute(
            path=above + name,
            of=_many(inner),
            required=inner.min_items > 0,
            computed=False,
        )
        if deep:
            yield from _attributes(inner.block, f"{above}{name}.", deep - 1)


def _order(item: tuple[str, _Attribute]) -> tuple[bool, bool, str]:
    name, one = item
    return (not one.required, not one.optional, name)


def _attribute(path: str, one: _Attribute, deep: int) -> Iterator[Attribute]:
    yield Attribute(
        path=path,
        of=_type(one.type) if one.nested_type is None else f"{one.nested_type.nesting_mode} of:",
        required=one.required,
        computed=one.computed and not one.optional,
        sensitive=one.sensitive,
        description=" ".join(one.description.split()),
    )
    if one.nested_type and deep:
        yield from _attributes(_Block(one.nested_type.attributes), f"{path}.", deep - 1)


def _many(inner: _Inner) -> str:
    most = f", at most {inner.max_items}" if inner.max_items else ""
    return f"block ({inner.nesting_mode}{most})"


def _type(of: Any) -> str:
    """`["list", "string"]` as `list(string)`, as Terraform writes it."""
    if isinstance(of, str):
        return of if of in _SCALARS else "any"
    if not isinstance(of, list) or len(of) < 2:
        return "any"
    if of[0] == "object" and isinstance(of[1], Mapping):
        inner = ", ".join(f"{name}={_type(kind)}" for name, kind in of[1].items())
        return f"object({inner})"
    if of[0] == "tuple":
        return "tuple"
    return f"{of[0]}({_type(of[1])})"
