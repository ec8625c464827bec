"""A tool's arguments: their JSON schema, and what a model sent read as what the tool takes.

Surprise: a model's slips that can mean one thing only are mended here: null for "not given", a
number as text, a list or an object as JSON in a text. Everything else is told, so that it can
mend it itself.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from dihedral.domain.errors import Invalid

T = TypeVar("T", bound=msgspec.Struct)

LONGEST = 300  # characters of what is quoted back


def schema(takes: type[msgspec.Struct]) -> dict[str, Any]:
    """Of an object, whole: small models and grammars know no `$ref`."""
    (top,), parts = msgspec.json.schema_components([takes], ref_template="{name}")
    found: dict[str, Any] = _whole(top, parts)
    found.pop("description", None)
    return found


def read(tool: str, takes: type[T], given: Mapping[str, Any]) -> T:
    """Raises Invalid, and says what it takes."""
    try:
        return msgspec.convert(_mended(takes, given), takes, strict=False)
    except msgspec.ValidationError as cause:
        why = str(cause)[:LONGEST]
        raise Invalid(
            f"the arguments of {tool} do not fit: {why}. It takes {signature(takes)}; call it again"
        ) from None


def signature(takes: type[msgspec.Struct]) -> str:
    """`{workspace?: string, files: [{path: string, content: string}]}`"""
    return _said(schema(takes))


def _whole(part: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_whole(one, parts) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        kept = {k: v for k, v in part.items() if k != "$ref"}
        return {**_whole(parts[part["$ref"]], parts), **kept}
    return {
        k: _whole(v, parts) for k, v in part.items() if k not in ("title",) or k == "properties"
    }


def _mended(takes: type[msgspec.Struct], given: Mapping[str, Any]) -> dict[str, Any]:
    texts = {f.encode_name for f in msgspec.structs.fields(takes) if _text(f.type)}
    sent = {str(name): value for name, value in given.items() if value is not None}
    return {name: value if name in texts else _decoded(value) for name, value in sent.items()}


def _text(of: Any) -> bool:
    kind = msgspec.inspect.type_info(of)
    kind = kind.type if isinstance(kind, msgspec.inspect.Metadata) else kind
    kinds = kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)
    return any(isinstance(one, msgspec.inspect.StrType) for one in kinds)


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def _said(part: Mapping[str, Any]) -> str:
    if "anyOf" in part:
        return " | ".join(_said(one) for one in part["anyOf"] if one.get("type") != "null")
    if "enum" in part:
        return " | ".join(repr(one) for one in part["enum"])
    if part.get("type") == "array":
        return f"[{_said(part.get('items', {}))}]"
    if "properties" in part:
        needed = set(part.get("required", ()))
        rows = (
            f"{n}{'' if n in needed else '?'}: {_said(p)}" for n, p in part["properties"].items()
        )
        return f"{{{', '.join(rows)}}}"
    return str(part.get("type", "any"))
