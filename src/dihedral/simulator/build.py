"""A provider's schema and facts, made once into one file that can be served without thinking.

Shape   MAGIC, the length of the index (8 bytes), the index (MessagePack), then bytes that the
        index points into. `entries` are ready map entries of the schema response, `types` the JSON
        of one type, `facts` its facts. Spans are [offset, length], counted from the index's end.
        `stubs` holds an empty entry for each type: a real entry sent after a stub replaces it,
        since in protobuf the last value of a map's key wins.
Source  field numbers of Terraform's plugin protocol 5 and 6, as documented with Terraform
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from dihedral.simulator import wire
from dihedral.simulator.schema import Attribute, Block, BlockType, Function, Parameter, Schema

MAGIC = b"dihedral-simulator-3\n"
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
KINDS = {
    "resource_schemas": ("resource", 2),
    "data_source_schemas": ("data", 3),
    "ephemeral_resource_schemas": ("ephemeral", 8),
}
STUB = wire.field(2, b"")
CAPABILITIES = wire.field(6, wire.integer(1, 1) + wire.integer(2, 1) + wire.integer(3, 1))


class Source(msgspec.Struct):
    """One provider as `terraform providers schema -json` has it; types stay JSON until needed."""

    provider: msgspec.Raw = msgspec.Raw(b'{"block":{}}')
    provider_meta: msgspec.Raw = msgspec.Raw(b"")
    resource_schemas: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
    data_source_schemas: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
    ephemeral_resource_schemas: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
    functions: dict[str, Function] = msgspec.field(default_factory=dict)


class Index(msgspec.Struct):
    address: str
    protocol: int
    entries: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    whole: tuple[int, int] = (0, 0)
    types: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    facts: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)


def source(schema: dict[str, Any] | bytes) -> Source:
    """Raises ValueError, naming the place, when it is not a provider's schema."""
    raw = schema if isinstance(schema, bytes) else msgspec.json.encode(schema)
    return msgspec.json.decode(raw, type=Source)


def write(address: str, schema: Source, facts: dict[str, Any], path: Path) -> None:
    """Atomic: whoever reads `path` sees nothing or the whole. Raises ValueError on a bad type."""
    data = compiled(address, schema, facts)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def compiled(address: str, schema: Source, facts: dict[str, Any]) -> bytes:
    index, body = Index(address, _protocol(schema)), bytearray()
    stubs = _entries(index, body, schema)
    _add(index.entries, body, "tail", _tail(schema, index.protocol))
    index.whole = (0, len(body))
    _add(index.entries, body, "stubs", stubs)
    _add(index.types, body, "provider", bytes(schema.provider))
    for key, _, raw in _types(schema):
        _add(index.types, body, key, bytes(raw))
    for name, fact in facts.items():
        _add(index.facts, body, name, msgspec.json.encode(fact))
    head = msgspec.msgpack.encode(index)
    return MAGIC + len(head).to_bytes(8, "big") + head + bytes(body)


def _entries(index: Index, body: bytearray, schema: Source) -> bytes:
    provider = _schema(_decoded(schema.provider), index.protocol)
    _add(index.entries, body, "head", wire.field(1, provider))
    stubs = bytearray()
    for key, number, raw in _types(schema):
        name = key.partition(":")[2]
        entry = _entry(number, name, _schema(_decoded(raw, name), index.protocol))
        _add(index.entries, body, key, entry)
        stubs += _entry(number, name, STUB)
    return bytes(stubs)


def _types(schema: Source) -> Iterator[tuple[str, int, msgspec.Raw]]:
    for group, (kind, number) in KINDS.items():
        for name, raw in getattr(schema, group).items():
            yield f"{kind}:{name}", number, raw


def _protocol(schema: Source) -> int:
    """6 when an attribute has attributes of its own, which 5 cannot say."""
    raws = [schema.provider, *(raw for _, _, raw in _types(schema))]
    return 6 if any(b'"nested_type"' in bytes(raw) for raw in raws) else 5


def _add(spans: dict[str, tuple[int, int]], body: bytearray, key: str, data: bytes) -> None:
    spans[key] = (len(body), len(data))
    body += data


def _decoded(raw: msgspec.Raw, name: str = "the provider") -> Schema:
    try:
        return msgspec.json.decode(raw, type=Schema)
    except msgspec.MsgspecError as cause:
        raise ValueError(f"the schema of {name} cannot be read: {cause}") from cause


def _tail(schema: Source, protocol: int) -> bytes:
    functions = b"".join(
        wire.field(7, wire.field(1, name) + wire.field(2, _function(function)))
        for name, function in schema.functions.items()
    )
    raw = bytes(schema.provider_meta)
    meta = wire.field(5, _schema(_decoded(schema.provider_meta), protocol)) if raw else b""
    return functions + CAPABILITIES + meta


def _entry(number: int, name: str, schema: bytes) -> bytes:
    return wire.field(number, wire.field(1, name) + wire.field(2, schema))


def _schema(schema: Schema, protocol: int) -> bytes:
    return wire.integer(1, schema.version) + wire.field(2, _block(schema.block, protocol))


def _block(block: Block, protocol: int) -> bytes:
    members = (_attribute(n, a, protocol) for n, a in block.attributes.items())
    blocks = (_nested(n, b, protocol) for n, b in block.block_types.items())
    return (
        wire.each(2, members)
        + wire.each(3, blocks)
        + wire.text(4, block.description)
        + wire.integer(5, block.description_kind == "markdown")
        + wire.integer(6, block.deprecated)
    )


def _nested(name: str, nested: BlockType, protocol: int) -> bytes:
    return (
        wire.field(1, name)
        + wire.field(2, _block(nested.block, protocol))
        + wire.integer(3, NESTING[nested.nesting_mode])
        + wire.integer(4, nested.min_items)
        + wire.integer(5, nested.max_items)
    )


def _attribute(name: str, attribute: Attribute, protocol: int) -> bytes:
    return (
        wire.field(1, name)
        + _shape(name, attribute, protocol)
        + wire.text(3, attribute.description)
        + wire.integer(4, attribute.required)
        + wire.integer(5, attribute.optional)
        + wire.integer(6, attribute.computed)
        + wire.integer(7, attribute.sensitive)
        + wire.integer(8, attribute.description_kind == "markdown")
        + wire.integer(9, attribute.deprecated)
        + wire.integer(10 if protocol == 5 else 11, attribute.write_only)
    )


def _shape(name: str, attribute: Attribute, protocol: int) -> bytes:
    nested = attribute.nested_type
    if nested is None:
        if attribute.type is None:
            raise ValueError(f"the attribute {name} has no type")
        return wire.field(2, msgspec.json.encode(attribute.type))
    members = (_attribute(n, a, protocol) for n, a in nested.attributes.items())
    return wire.field(10, wire.each(1, members) + wire.integer(3, NESTING[nested.nesting_mode]))


def _function(function: Function) -> bytes:
    last = function.variadic_parameter
    return (
        wire.each(1, map(_parameter, function.parameters))
        + (wire.field(2, _parameter(last)) if last else b"")
        + wire.field(3, wire.field(1, msgspec.json.encode(function.return_type)))
        + wire.text(4, function.summary)
        + wire.text(5, function.description)
    )


def _parameter(parameter: Parameter) -> bytes:
    return (
        wire.field(1, parameter.name)
        + wire.field(2, msgspec.json.encode(parameter.type))
        + wire.integer(3, parameter.is_nullable)
        + wire.text(5, parameter.description)
    )
