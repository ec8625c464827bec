"""What a policy set objects to, as its policies say of themselves: without asking an engine.

Where a policy says nothing of itself, it is listed by its package. A rule that only warns is not
told apart: what is listed is how much the policy weighs when it denies.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import regonotes
from dihedral.ops.rules.policyset import WORDS, Level, PolicySet
from dihedral.ops.rules.regonotes import Annotation

MOST = 300  # policies of a set
_OBJECTS = re.compile(r"^(deny|violation|warn)(_\w+)?\b", re.MULTILINE)
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)
_SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """`level` is how much it weighs; all else is empty where the policy does not say it."""

    id: str
    title: str = ""
    severity: str = ""
    level: Level
    why: str = ""
    remedy: str = ""


def of(one: PolicySet) -> tuple[Listed, ...]:
    """The gravest first, `MOST` at most."""
    found = [each for path, text in one.rego.items() for each in _file(one, path, text)]
    found.sort(key=lambda each: (-tuple(Level).index(each.level), _rank(each.severity), each.id))
    return tuple(found[:MOST])


def _file(one: PolicySet, path: str, text: str) -> Iterator[Listed]:
    named = _PACKAGE.search(text)
    package = named[1] if named else path
    queries = [q for q in one.queries or () if q.package == package]
    if one.queries is not None:
        yield from (
            Listed(id=q.name, title=f"{q.package}.{q.rule}", level=q.level) for q in queries
        )
        return
    try:
        said = [a for a in regonotes.annotations(path, text) if _tells(a)]
    except Invalid as cause:
        yield Listed(id=package, title=str(cause), level=one.level)
        return
    if said:
        yield from (_listed(one, package, each) for each in said)
    elif _OBJECTS.search(text):
        yield Listed(id=package, level=one.level)


def _tells(said: Annotation) -> bool:
    custom = said.body.get("custom")
    return bool(said.body.get("title") or (isinstance(custom, Mapping) and custom.get("id")))


def _listed(one: PolicySet, package: str, said: Annotation) -> Listed:
    custom = said.body.get("custom") or {}
    level = custom.get("level")
    return Listed(
        id=_text(custom.get("id")) or package,
        title=_text(said.body.get("title")),
        severity=_text(custom.get("severity")),
        level=WORDS.get(level, one.level) if isinstance(level, str) else one.level,
        why=_text(said.body.get("description")),
        remedy=_text(custom.get("remedy") or custom.get("remediation")),
    )


def _text(value: Any) -> str:
    return " ".join(str(value or "").split())[:2000]


def _rank(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)
