"""The guard's tables on what Terraform itself understood: the `configuration` in a plan's JSON.

Shape   an expression is `{"constant_value": …}` or `{"references": […]}`; a block in it is an
        object of them, or a list of such objects. Nothing else of an expression is in a plan.
Source  developer.hashicorp.com/terraform/internals/json-format
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import blocks, constraint, paths, pins, provider, reach
from dihedral.ops.rules.grants import GuardRules, short
from dihedral.ops.rules.hcl import Block, Value
from dihedral.ops.rules.paths import Note


class _Provisioner(Struct):
    type: str


class _Resource(Struct):
    address: str
    type: str = ""
    mode: str = "managed"
    expressions: Any = None
    provisioners: tuple[_Provisioner, ...] | None = None


class _Action(Struct):
    type: str = ""
    address: str = ""


class _Module(Struct):
    resources: tuple[_Resource, ...] | None = None
    actions: tuple[_Action, ...] | None = None
    module_calls: "dict[str, _Call] | None" = None


class _Call(Struct):
    source: str = ""
    version_constraint: str = ""
    module: _Module | None = None


class _Provider(Struct):
    name: str = ""
    full_name: str = ""
    version_constraint: str = ""
    module_address: str = ""
    expressions: Any = None


class _Configuration(Struct):
    root_module: _Module = field(default_factory=_Module)
    provider_config: dict[str, _Provider] | None = None


class _Change(Struct):
    address: str = ""
    type: str = ""
    mode: str = "managed"
    provider_name: str = ""
    change: msgspec.Raw = msgspec.Raw(b"{}")


class _Variable(Struct):
    value: Any = None


class _Document(Struct):
    configuration: _Configuration | None = None
    resource_changes: tuple[_Change, ...] | None = None
    resource_drift: tuple[_Change, ...] | None = None
    variables: dict[str, _Variable] | None = None


class _After(Struct):
    after: Any = None


def judge(plan_json: bytes, rules: GuardRules) -> list[Note]:
    """Everything in a plan that the rules do not allow."""
    try:
        document = msgspec.json.decode(plan_json, type=_Document)
        if document.configuration is None:
            return [Note("", 0, "the plan does not say what it was made from", "plan again")]
        return list(_all(document, document.configuration, rules))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as cause:
        return [Note("", 0, f"the plan's configuration cannot be read: {cause}", "plan again")]


def _all(document: _Document, written: _Configuration, rules: GuardRules) -> Iterator[Note]:
    yield from _providers(document, written, rules)
    settings = {name: v.value for name, v in (document.variables or {}).items()}
    for name, said in sorted((written.provider_config or {}).items()):
        known = settings if not said.module_address else {}
        block = Block("provider", (said.name,), _values(said.expressions, known), (), 0)
        yield from provider.judge(f"provider {name}", block, rules)
    yield from _module(written.root_module, "", rules)
    for change in document.resource_changes or ():
        yield from _files(change, rules)


def _providers(document: _Document, written: _Configuration, rules: GuardRules) -> Iterator[Note]:
    versions: dict[str, list[str]] = {}
    for said in (written.provider_config or {}).values():
        wanted = versions.setdefault(said.full_name or short(said.name), [])
        wanted += [said.version_constraint] if said.version_constraint else []
    for some in (document.resource_changes or (), document.resource_drift or ()):
        for change in some:
            if change.provider_name:
                versions.setdefault(change.provider_name, [])
    for source, wanted in sorted(versions.items()):
        pin = rules.pin(source)
        if pin is None:
            yield Note("", 0, *pins.foreign(source, rules))
        elif pin.version and wanted:
            yield from _version(source, ", ".join(wanted), pin.version)


def _version(source: str, wanted: str, pinned: str) -> Iterator[Note]:
    inner, outer = constraint.parse(wanted), constraint.parse(pinned)
    if not (inner and outer and constraint.within(inner, outer)):
        why = f"provider {source} is wanted as {wanted}, and must be {pinned}"
        mend = "narrow the version in required_providers; else only a lock file holds it"
        yield Note("", 0, why, mend, Ruling.ASK)


def _module(module: _Module, path: str, rules: GuardRules) -> Iterator[Note]:
    for resource in module.resources or ():
        yield from _resource(path + resource.address, resource, rules)
    for action in module.actions or ():
        block = Block("action", (action.type, action.address), {}, (), 0)
        yield from reach.judge(path + action.address, block, "", rules)
    for name, call in (module.module_calls or {}).items():
        inside = f"{path}module.{name}"
        if not call.source.startswith(("./", "../")):
            why = pins.remote(call.source, call.version_constraint, rules)
            yield from [Note(inside, 0, *why)] if why else []
        if call.module:
            yield from _module(call.module, f"{inside}.", rules)


def _resource(address: str, resource: _Resource, rules: GuardRules) -> Iterator[Note]:
    for provisioner in resource.provisioners or ():
        if provisioner.type not in rules.provisioners:
            why, mend = reach.BANNED["provisioner"]
            yield Note(address, 0, f"{why} ({provisioner.type})", mend)
    kind = "resource" if resource.mode == "managed" else resource.mode
    attributes = blocks.FILES.get((kind, resource.type), ())
    if kind == "resource" and not attributes:
        return
    values = _values(resource.expressions, {})
    if kind != "resource":
        yield from reach.judge(address, Block(kind, (resource.type, ""), values, (), 0), "", rules)
    for attribute in attributes:
        said = values.get(attribute)
        if said and said.text is not None:
            yield from _path(address, attribute, said.text, rules)


def _files(change: _Change, rules: GuardRules) -> Iterator[Note]:
    """Paths as they came out, however they were computed."""
    kind = "resource" if change.mode == "managed" else change.mode
    attributes = blocks.FILES.get((kind, change.type))
    if attributes:
        after = msgspec.json.decode(change.change, type=_After).after
        for attribute in attributes if isinstance(after, dict) else ():
            if isinstance(after.get(attribute), str):
                yield from _path(change.address, attribute, after[attribute], rules)


def _path(address: str, attribute: str, said: str, rules: GuardRules) -> Iterator[Note]:
    found = paths.inside(said, "", rules.root)
    if found is None or blocks.OWN.search(found):
        where = "outside of the directory" if found is None else "which is Terraform's own"
        why = f"{attribute} is {said!r}, {where}"
        yield Note(address, 0, why, "keep files inside the directory")


def _values(expressions: Any, known: Mapping[str, Any]) -> dict[str, Value]:
    found = expressions if isinstance(expressions, dict) else {}
    return {name: _value(name, said, known) for name, said in found.items()}


def _value(name: str, said: Any, known: Mapping[str, Any]) -> Value:
    if isinstance(said, list):
        return Value(0, elements=tuple(_value(name, one, known) for one in said))
    if not isinstance(said, dict):
        return Value(0, source=json.dumps(said))
    if "constant_value" in said:
        return _constant(said["constant_value"])
    references = said.get("references")
    if not isinstance(references, list):
        return Value(0, items=_values(said, known))
    first = str(references[0]) if references else ""
    value = known.get(first.removeprefix("var.")) if first.startswith("var.") else None
    if name == "role_arn" and isinstance(value, str) and len(references) == 1:
        return Value(0, text=value, source=first)
    return Value(0, source=first)


def _constant(value: Any) -> Value:
    if isinstance(value, str):
        return Value(0, text=value, path=value, source=value)
    if isinstance(value, dict):
        return Value(0, items={str(k): _constant(v) for k, v in value.items()})
    if isinstance(value, list):
        return Value(0, elements=tuple(map(_constant, value)))
    return Value(0, source=json.dumps(value))
