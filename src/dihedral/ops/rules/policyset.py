"""A policy set: a directory of Rego, what it is called, how strict it is, and what it is told.

Shape   `*.rego` are policies and what these share; `*_test.rego` are their tests, which do not
        judge. `data.json`, `data.yaml` become `data.*`, below the path of their folder. Two files
        are optional: `policies.yaml` (`name`, `description`, `level`, `input`), and `policies.hcl`
        as HCP Terraform has it, whose queries are then all that is asked.
Source  conftest.dev; developer.hashicorp.com/terraform/cloud-docs/policy-enforcement
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
import yaml

from dihedral.domain.errors import Invalid
from dihedral.domain.ids import Digest
from dihedral.ops.rules import hcl, syntax

MANIFEST, QUERIES = "policies.yaml", "policies.hcl"
_DATA = ("data.json", "data.yaml", "data.yml")
FILES = (".rego", *_DATA, MANIFEST, QUERIES)


class Level(StrEnum):
    """How much a policy weighs, from the least."""

    ADVISORY = "advisory"  # it is said
    SOFT = "soft-mandatory"  # a person is asked
    HARD = "hard-mandatory"  # it is denied


# fmt: off
WORDS: Mapping[str, Level] = {
    **{level.value: level for level in Level}, "mandatory": Level.HARD,
}
# fmt: on


class Shape(StrEnum):
    """What `input` is: the plan itself, or an object with `plan` and `run` in it."""

    CONFTEST = "conftest"
    HCP = "hcp"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Query:
    """One policy of `policies.hcl`: `name`, and the rule that it asks."""

    name: str
    package: str
    rule: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """`version` is the digest of its files. `queries` is None where every rule with a known name
    is asked. `broken` says why the set cannot be used at all; then it denies."""

    name: str
    version: str = ""  # a Digest
    description: str = ""
    level: Level = Level.HARD
    shape: Shape = Shape.CONFTEST
    rego: Mapping[str, str] = field(default_factory=dict, repr=False)
    tests: Mapping[str, str] = field(default_factory=dict, repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    queries: tuple[Query, ...] | None = None
    broken: str = ""


class Manifest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str = ""
    description: str = ""
    level: Level = Level.HARD
    input: Shape | None = None


def wanted(path: str) -> bool:
    """Whether a file of the directory belongs to the set."""
    return path.endswith((".rego",)) or path.rpartition("/")[2] in FILES


def read(files: Mapping[str, bytes], name: str = "") -> PolicySet:
    """The set of a directory's files; the rest of them is left out. Raises Invalid."""
    kept = {path: files[path] for path in sorted(files) if wanted(path)}
    manifest = _manifest(kept.get(MANIFEST, b""))
    rego = {path: _text(path, body) for path, body in kept.items() if path.endswith(".rego")}
    if not rego:
        raise Invalid("there is no *.rego file in it; a policy set is a directory of Rego")
    queries = tuple(_queries(kept[QUERIES])) if QUERIES in kept else None
    return PolicySet(
        name=name or manifest.name,
        version=version(kept),
        description=manifest.description,
        level=manifest.level,
        shape=manifest.input or (Shape.CONFTEST if queries is None else Shape.HCP),
        rego={path: text for path, text in rego.items() if not path.endswith("_test.rego")},
        tests={path: text for path, text in rego.items() if path.endswith("_test.rego")},
        data=_data(kept),
        queries=queries,
    )


def version(files: Mapping[str, bytes]) -> Digest:
    """SHA-256 over the paths and contents, in order."""
    whole = hashlib.sha256()
    for path in sorted(files):
        name = path.encode()
        whole.update(b"%d %d\n%s" % (len(name), len(files[path]), name))
        whole.update(files[path])
    return Digest(whole.hexdigest())


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both objects; where they differ `over` holds, key by key."""
    both = dict(under)
    for key, value in over.items():
        before = both.get(key)
        inside = isinstance(before, Mapping) and isinstance(value, Mapping)
        both[key] = merged(before, value) if inside else value  # type: ignore[arg-type]
    return both


def document(path: str, body: bytes) -> Any:
    """The value of a JSON or YAML file. Raises Invalid."""
    try:
        return msgspec.json.decode(body) if path.endswith(".json") else yaml.safe_load(body)
    except (msgspec.DecodeError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as cause:
        raise Invalid(f"{path} cannot be read: {_first(cause)}") from cause


def _data(files: Mapping[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, body in files.items():
        folder, _, name = path.rpartition("/")
        if name not in _DATA:
            continue
        value = document(path, body)
        if value is None:
            continue
        if not isinstance(value, dict):
            raise Invalid(f"{path} is not an object; its keys become data.*")
        for part in reversed(folder.split("/") if folder else []):
            value = {part: value}
        found = merged(found, value)
    return found


def _manifest(body: bytes) -> Manifest:
    try:
        return msgspec.convert(document(MANIFEST, body) or {}, Manifest)
    except msgspec.ValidationError as cause:
        raise Invalid(f"{MANIFEST} does not fit: {cause}") from cause


def _queries(body: bytes) -> Iterator[Query]:
    try:
        blocks = hcl.read(body, syntax.reader()).blocks
    except syntax.Unreadable as cause:
        raise Invalid(f"{QUERIES}:{cause.line} cannot be read: {cause}") from cause
    for block in blocks:
        if block.kind == "policy":
            yield _query(block)


def _query(block: hcl.Block) -> Query:
    given = {name: value.text for name, value in block.values.items()}
    name, place = " ".join(block.labels), f"{QUERIES}:{block.line}"
    path = (given.get("query") or "").split(".")
    if path[0] != "data" or len(path) < 3 or not all(map(str.isidentifier, path)):
        raise Invalid(f"{place}: the query of policy {name} is written as data.PACKAGE.RULE")
    level = WORDS.get(given.get("enforcement_level") or Level.ADVISORY)
    if level is None:
        raise Invalid(f"{place}: enforcement_level of {name} is one of {', '.join(WORDS)}")
    return Query(name, ".".join(path[1:-1]), path[-1], level)


def _text(path: str, body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as cause:
        raise Invalid(f"{path} is not UTF-8") from cause


def _first(cause: Exception) -> str:
    return " ".join(str(cause).split())[:200]
