"""Which outputs of which other workspaces a configuration reads.

A plan's JSON says which states are read, in any module, but not all that is taken from them: it
leaves out locals, dynamic blocks, conditions and checks. So the outputs are looked for in the text
of the module's files. Where that cannot tell, or there is no such text, it is every output.

Shape   workspace → outputs, sorted; `*` alone is every output.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import hcl, hcljson, lexical, paths, reach
from dihedral.ops.rules.grants import LENT
from dihedral.ops.rules.hcl import Block
from dihedral.ops.rules.planjson import Configuration, Module, Resource

Readings: TypeAlias = Mapping[str, tuple[str, ...]]

EVERY = "*"
_TYPE = reach.STATES
_PLACE = re.compile(rf"{re.escape(LENT)}/([a-z0-9][a-z0-9_-]*)\.tfstate")
# the type's name, then what follows: the head of its block, or one output of one block of the type
_USE = re.compile(
    rf'\b{_TYPE}(?:(?P<head>"[ \t]+"[\w-]+"[ \t]*\{{)'
    r"|\s*\.\s*(?P<label>[\w-]+)"
    r"(?:\s*(?:\[[^\[\]\n]*\])?\s*\.\s*outputs\s*"
    r'(?:\.\s*(?P<output>[^\W\d][\w-]*)|\[\s*"(?P<quoted>[\w-]+)"\s*\]))?)?'
)


class _Document(msgspec.Struct):
    configuration: Configuration = msgspec.field(default_factory=Configuration)


def any_in(plan_json: bytes) -> bool:
    """Whether a plan reads any state at all: most read none, and need no closer look."""
    return _TYPE.encode() in plan_json


def of(plan_json: bytes, files: Mapping[str, bytes], root: str = "") -> Readings:
    """What the configuration of a plan reads; `files` is what it was made from, `root` the
    directory in it that Terraform ran in. Raises Invalid."""
    try:
        written = msgspec.json.decode(plan_json, type=_Document).configuration
    except (msgspec.MsgspecError, RecursionError) as cause:
        raise Invalid(f"the plan's configuration cannot be read: {cause}") from cause
    found: dict[str, set[str]] = defaultdict(set)
    for module, folder in _modules(written.root_module, root):
        states = dict(_states(module))
        taken = _taken(files, folder) if states else {}
        for label, workspace in states.items():
            found[workspace] |= taken.get(label, {EVERY})
    return {
        name: (EVERY,) if EVERY in outputs else tuple(sorted(outputs))
        for name, outputs in sorted(found.items())
    }


def by_output(read_by: Readings) -> Readings:
    """Output → the workspaces that read it, from who reads what."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, outputs in sorted(read_by.items()):
        for output in outputs:
            found[output].append(name)
    return {output: tuple(names) for output, names in found.items()}


def of_output(name: str, elsewhere: Readings) -> tuple[str, ...]:
    """The workspaces that read one output, or every one."""
    return tuple(sorted({*elsewhere.get(name, ()), *elsewhere.get(EVERY, ())}))


def asked(files: Mapping[str, bytes]) -> frozenset[str]:
    """The workspaces that the blocks in these files name."""
    reader = hcl.reader()
    found: set[str] = set()
    for path, text in files.items():
        if paths.CONFIGURES.search(path) and _TYPE.encode() in lexical.unescaped(text):
            inside = hcljson.read if path.endswith(".json") else hcl.read
            for block in inside(text, reader).blocks:
                found.update(_named(block))
    return frozenset(found)


def _named(block: Block) -> Iterator[str]:
    if block.kind == "data" and block.labels[:1] == (_TYPE,):
        yield from _place(reach.settings(block).get("path"))
    for inner in block.blocks:
        yield from _named(inner)


def _place(path: Any) -> Iterator[str]:
    met = _PLACE.fullmatch(path) if isinstance(path, str) else None
    if met:
        yield met[1]


def _modules(module: Module, folder: str | None) -> Iterator[tuple[Module, str | None]]:
    """Every module, and where its files lie; None where they are not ours."""
    yield module, folder
    for call in (module.module_calls or {}).values():
        near = call.source.startswith(("./", "../")) and folder is not None
        if call.module:
            yield from _modules(
                call.module, paths.resolve(folder or "", call.source) if near else None
            )


def _states(module: Module) -> Iterator[tuple[str, str]]:
    """The label of each block that reads a workspace's outputs, and the workspace."""
    for resource in module.resources or ():
        if resource.type == _TYPE:
            for workspace in _place(_path(resource)):
                yield resource.address.rpartition(".")[2], workspace


def _path(resource: Resource) -> Any:
    config = (resource.expressions or {}).get("config") or {}
    value = config.get("constant_value")
    return value.get("path") if isinstance(value, dict) else None


def _taken(files: Mapping[str, bytes], folder: str | None) -> dict[str, set[str]]:
    """Label → outputs, by all that the files of one directory say; of a label that is not there
    nothing can be told."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, text in files.items():
        if posixpath.dirname(path) != folder or not paths.CONFIGURES.search(path):
            continue
        for met in _USE.finditer(lexical.unescaped(text).decode(errors="replace")):
            if met["head"]:
                continue
            if not met["label"]:
                return {}
            found[met["label"]].add(met["output"] or met["quoted"] or EVERY)
    return found
