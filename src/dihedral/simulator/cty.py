"""Terraform's values: cty, carried as MessagePack.

Shape   Objects and maps are dicts; lists, sets and tuples are lists; null is None.
        An unknown value is a MessagePack extension: type 0 plain, 12 refined. The bytes that came
        in are the bytes that go out, since a refinement that is lost is a changed value.
        A `dynamic` value is the pair [its type as JSON bytes, the value].
Source  github.com/zclconf/go-cty, docs/types.md and msgpack
"""

from typing import Any, TypeAlias

import msgspec

from dihedral.simulator.schema import Type

Value: TypeAlias = Any
Object: TypeAlias = dict[str, Any]

Unknown: TypeAlias = msgspec.msgpack.Ext
UNKNOWN = msgspec.msgpack.Ext(0, b"\x00")

EMPTY = {"string": "", "number": 0, "bool": False, "list": [], "set": [], "map": {}}
MANY = ("list", "set")
WRITTEN = {True: "true", False: "false"}


def loads(data: bytes) -> Value:
    return msgspec.msgpack.decode(data)


def dumps(value: Value) -> bytes:
    return msgspec.msgpack.encode(value)


def unknown(value: Value) -> bool:
    return isinstance(value, Unknown)


def unsure(value: Value) -> bool:
    """Whether an unknown lies anywhere in the value."""
    if isinstance(value, dict):
        return any(unsure(member) for member in value.values())
    if isinstance(value, list):
        return any(unsure(member) for member in value)
    return isinstance(value, Unknown)


def kind(shape: Type) -> str:
    return shape if isinstance(shape, str) else str(shape[0])


def empty(shape: Type) -> Value:
    """What a cloud answers for a thing that nobody set: "", 0, false, or a collection of none."""
    found = EMPTY.get(kind(shape))
    return type(found)() if isinstance(found, list | dict) else found


def same(one: Value, other: Value, shape: Type) -> bool:
    """Equality as Terraform has it: the order of a set does not count."""
    return bool(canon(one, shape) == canon(other, shape))


def canon(value: Value, shape: Type) -> Any:
    """A form that is equal exactly when the values are, and can be a key."""
    if value is None or isinstance(value, bool | bytes):
        return value
    if isinstance(value, Unknown):
        return ("unknown", value.code, value.data)
    if isinstance(value, list):
        return _canon_list(value, shape)
    if isinstance(value, dict):
        return tuple(
            sorted(
                (name, repr(canon(member, _member(shape, name)))) for name, member in value.items()
            )
        )
    return number(value) if kind(shape) == "number" else value


def _canon_list(value: list[Value], shape: Type) -> Any:
    what = kind(shape)
    if what == "set":
        return tuple(sorted(repr(canon(member, shape[1])) for member in value))
    if what == "tuple":
        return tuple(canon(member, inner) for member, inner in zip(value, shape[1], strict=False))
    inner = shape[1] if what == "list" else "dynamic"
    return tuple(canon(member, inner) for member in value)


def _member(shape: Type, name: str) -> Type:
    what = kind(shape)
    if what == "object":
        return shape[1].get(name, "dynamic")
    return shape[1] if what == "map" else "dynamic"


def number(value: Value) -> Any:
    """A number that JSON or MessagePack carries as text, as a number. A word stays a word."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def could_be(planned: Value, prior: Value) -> bool:
    """Whether the unknown parts of `planned` could turn out so that it equals `prior`."""
    if unknown(planned):
        return True
    if isinstance(planned, dict):
        return isinstance(prior, dict) and all(
            could_be(member, prior.get(name)) for name, member in planned.items()
        )
    if isinstance(planned, list):
        return (
            isinstance(prior, list)
            and len(planned) == len(prior)
            and all(any(could_be(one, old) for old in prior) for one in planned)
        )
    return bool(planned == prior)


def conform(value: Value, shape: Type) -> Value:
    """A value from a state's JSON made to fit today's type.

    Unknown members fall away, missing ones become null, and primitives are turned into each other
    as Terraform does.
    """
    if value is None:
        return None
    fit = CONFORM.get(kind(shape))
    return fit(value, shape) if fit else value


def _object(value: Value, shape: Type) -> Value:
    if not isinstance(value, dict):
        return None
    return {name: conform(value.get(name), inner) for name, inner in shape[1].items()}


def _many(value: Value, shape: Type) -> Value:
    return [conform(member, shape[1]) for member in value] if isinstance(value, list) else None


def _map(value: Value, shape: Type) -> Value:
    if not isinstance(value, dict):
        return None
    return {name: conform(member, shape[1]) for name, member in value.items()}


def _tuple(value: Value, shape: Type) -> Value:
    if not isinstance(value, list):
        return None
    return [conform(member, inner) for member, inner in zip(value, shape[1], strict=False)]


def _dynamic(value: Value, shape: Type) -> Value:
    if not (isinstance(value, dict) and value.keys() == {"type", "value"}):
        return None
    return [msgspec.json.encode(value["type"]), conform(value["value"], value["type"])]


def _string(value: Value, shape: Type) -> Value:
    return WRITTEN[value] if isinstance(value, bool) else str(value)


def _number(value: Value, shape: Type) -> Value:
    if not isinstance(value, str):
        return value
    return float(value) if "." in value or "e" in value.lower() else int(value)


def _bool(value: Value, shape: Type) -> Value:
    return value == "true" if isinstance(value, str) else value


CONFORM = {
    "object": _object,
    "list": _many,
    "set": _many,
    "map": _map,
    "tuple": _tuple,
    "dynamic": _dynamic,
    "string": _string,
    "number": _number,
    "bool": _bool,
}
