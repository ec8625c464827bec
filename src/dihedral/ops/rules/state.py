"""Terraform's own state file, as far as we read it.

Source  the `version: 4` format that Terraform 0.12 and later and OpenTofu write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from dihedral.domain.errors import Invalid

_NOTHING = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One managed instance. `needs` are the resources that it depends on, however far, without
    index: Terraform writes down every one of them."""

    address: str
    module: str
    type: str
    name: str
    provider: str
    needs: tuple[str, ...] = ()
    tainted: bool = False


@dataclass(frozen=True, slots=True)
class State:
    lineage: str
    serial: int
    resources: int  # managed instances
    outputs: dict[str, Any]  # name → {"value", "type", "sensitive"?}
    held: tuple[Held, ...]  # by address
    terraform_version: str


@dataclass(frozen=True, slots=True)
class Filled:
    """`instances` are managed ones by address, with their attributes as they are written: an
    object, or null."""

    outputs: dict[str, Any]
    instances: dict[str, msgspec.Raw]


class _Instance(msgspec.Struct):
    """Without its attributes, which a state has the most of, and most who read it need not."""

    index_key: int | str | None = None
    dependencies: list[str] | None = None
    status: str | None = None


class _Resource(msgspec.Struct):
    mode: str
    type: str
    name: str
    instances: Sequence[_Instance]
    module: str | None = None
    provider: str = ""


class _Whole(_Instance):
    attributes: msgspec.Raw = _NOTHING


class _Filled(_Resource):
    instances: Sequence[_Whole]


class _Version(msgspec.Struct):
    version: int


class _File(msgspec.Struct):
    lineage: str
    serial: int
    outputs: dict[str, Any] | None = None
    resources: list[_Resource] | None = None
    terraform_version: str = ""


class _Full(_File):
    resources: list[_Filled] | None = None  # type: ignore[assignment]


F = TypeVar("F", bound=_File)


def decode(text: bytes) -> State:
    """Raises Invalid when `text` is not a whole state file of version 4."""
    raw = _read(text, _File)
    managed = [r for r in raw.resources or () if r.mode == "managed"]
    held = [_held(r, i) for r in managed for i in r.instances]
    return State(
        lineage=raw.lineage,
        serial=raw.serial,
        resources=len(held),
        outputs=raw.outputs or {},
        held=tuple(sorted(held, key=lambda one: one.address)),
        terraform_version=raw.terraform_version,
    )


def filled(text: bytes) -> Filled:
    """The same with attributes. Raises Invalid."""
    raw = _read(text, _Full)
    instances = {
        _whole(held.module or "", held.type, held.name, one.index_key): one.attributes
        for held in raw.resources or ()
        if held.mode == "managed"
        for one in held.instances
    }
    return Filled(raw.outputs or {}, instances)


def _read(text: bytes, kind: type[F]) -> F:
    try:
        said = msgspec.json.decode(text, type=_Version).version
        if said != 4:
            raise Invalid(f"state files of version {said} are not read; version 4 is")
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, ValueError) as cause:
        raise Invalid("this is not a Terraform state file") from cause


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


def _held(resource: _Resource, instance: _Instance) -> Held:
    module = resource.module or ""
    return Held(
        address=_whole(module, resource.type, resource.name, instance.index_key),
        module=module,
        type=resource.type,
        name=resource.name,
        provider=resource.provider,
        needs=tuple(instance.dependencies or ()),
        tainted=instance.status == "tainted",
    )


def _whole(module: str, kind: str, name: str, key: int | str | None) -> str:
    index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
    return f"{module}{module and '.'}{kind}.{name}{index}"
