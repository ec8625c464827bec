"""What a policy says of itself: OPA's annotations, `# METADATA` and YAML in the comments below.

Source  openpolicyagent.org/docs/policy-language#annotations (scopes rule, document, package,
        subpackages; the nearer wins)
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from dihedral.domain.errors import Invalid
from dihedral.ops.rules.policyset import WORDS, Level

_PACKAGE = re.compile(r"\s*package\s+([\w.]+)")
_RULE = re.compile(r"\s*(?:default\s+)?([A-Za-z_]\w*)")
_SCOPES = ("subpackages", "package", "document", "rule")  # from the widest


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What findings are shown with. `level` is None where the policy leaves it to its set."""

    id: str = ""
    title: str = ""
    severity: str = ""
    remedy: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """`rule` is empty where it holds for a package; `line` is where its rule begins."""

    scope: str
    package: str
    rule: str
    line: int
    body: Mapping[str, Any]


@lru_cache(maxsize=256)  # the same files are read for every run, and YAML is slow
def annotations(file: str, text: str) -> tuple[Annotation, ...]:
    """Every annotation of a file. Raises Invalid for one that is not YAML."""
    lines = text.splitlines()
    package = next((named[1] for line in lines if (named := _PACKAGE.match(line))), "")
    found: list[Annotation] = []
    for at, line in enumerate(lines):
        if line.strip() == "# METADATA":
            found += _annotation(file, package, lines, at)
    return tuple(found)


def note(found: Iterable[Annotation], package: str, rule: str) -> Note:
    """What holds for a rule. Of several definitions that differ the strictest level counts, and
    nothing else is said: a finding does not tell which of them it comes from."""
    held = [a for a in found if _holds(a, package, rule)]
    wide: dict[str, Any] = {}
    for scope in _SCOPES[:-1]:
        for one in sorted((a for a in held if a.scope == scope), key=lambda a: len(a.package)):
            wide = _over(wide, one.body)
    near = [_note(_over(wide, a.body)) for a in held if a.scope == "rule"]
    if not near:
        return _note(wide)
    if len(set(near)) == 1:
        return near[0]
    levels = [n.level for n in near if n.level]
    return Note(level=max(levels, key=tuple(Level).index, default=None))


def _annotation(file: str, package: str, lines: Sequence[str], at: int) -> Iterator[Annotation]:
    end = at + 1
    while end < len(lines) and lines[end].lstrip().startswith("#"):
        end += 1
    text = "\n".join(line.lstrip()[1:].removeprefix(" ") for line in lines[at + 1 : end])
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as cause:
        raise Invalid(f"{file}:{at + 1}: the METADATA is not YAML: {_first(cause)}") from cause
    if not isinstance(body, dict):
        raise Invalid(f"{file}:{at + 1}: the METADATA says nothing")
    while end < len(lines) and not lines[end].strip():
        end += 1
    after = lines[end] if end < len(lines) else ""
    of_package = _PACKAGE.match(after)
    scope = body.get("scope") or ("package" if of_package else "rule")
    rule = _RULE.match(after)
    named = rule[1] if rule and scope in ("rule", "document") and not of_package else ""
    yield Annotation(scope, package, named, end + 1, body)


def _holds(one: Annotation, package: str, rule: str) -> bool:
    if one.scope == "subpackages":
        return package == one.package or package.startswith(f"{one.package}.")
    return one.package == package and one.rule in ("", rule)


def _over(wide: Mapping[str, Any], near: Mapping[str, Any]) -> dict[str, Any]:
    """A nearer annotation over a wider one; `custom` key by key."""
    custom = {**(wide.get("custom") or {}), **(near.get("custom") or {})}
    return {**wide, **near, "custom": custom}


def _note(body: Mapping[str, Any]) -> Note:
    custom = body.get("custom") or {}
    level = custom.get("level")
    if level is not None and level not in WORDS:
        raise Invalid(f"the METADATA's level is {level!r}; it is one of {', '.join(WORDS)}")
    return Note(
        id=str(custom.get("id") or ""),
        title=str(body.get("title") or ""),
        severity=str(custom.get("severity") or ""),
        remedy=" ".join(str(custom.get("remedy") or custom.get("remediation") or "").split()),
        level=WORDS[level] if level is not None else None,
    )


def _first(cause: Exception) -> str:
    return " ".join(str(cause).split())[:200]
