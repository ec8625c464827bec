"""A script in a file: YAML, so JSON too, with `apiVersion`, `kind: Script`, `spec.rules`.

A rule's `say` is a list of answers, or one; an answer is a mapping, or only its text. What is wrong
is told by place, never by content: whoever names a file to us may not be one who may read it.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from dihedral.domain.errors import Invalid
from dihedral.model.work.providers.script import Rule, Rules, Say, Trip, Use

VERSION, KIND = "dihedral/v1", "Script"
LARGEST = 1_000_000  # bytes
_INSIDE: Mapping[type, Mapping[str, type]] = {
    Rule: {"say": Say},
    Say: {"calls": Use, "trip": Trip},
}


class _Loader(yaml.SafeLoader):
    """Without aliases, by which a short file could be a huge one."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="alias", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)


def read(path: Path) -> Rules:
    """Raises OSError, Invalid."""
    with path.open("rb") as file:
        return parse(file.read(LARGEST + 1))


def parse(data: bytes) -> Rules:
    """Raises Invalid."""
    if len(data) > LARGEST:
        raise Invalid(f"it has more than {LARGEST:,} bytes")
    try:
        told = yaml.load(data, _Loader)  # noqa: S506  a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as cause:
        mark = getattr(cause, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise Invalid(f"it is no YAML{where}") from None
    if not isinstance(told, dict) or (told.get("apiVersion"), told.get("kind")) != (VERSION, KIND):
        raise Invalid(f"it does not begin with apiVersion: {VERSION} and kind: {KIND}")
    spec = told.get("spec")
    rules = spec.get("rules") if isinstance(spec, dict) else None
    if not isinstance(rules, list) or not rules:
        raise Invalid("it has no list spec.rules")
    return Rules(tuple(_rule(rule, f"spec.rules[{n}]") for n, rule in enumerate(rules)))


def _rule(told: object, where: str) -> Rule:
    if isinstance(told, dict):
        say = told.get("say")
        says = say if isinstance(say, list) else [say]
        told = {**told, "say": [{"text": s} if isinstance(s, str) else s for s in says]}
    _known(told, Rule, where)
    try:
        rule = msgspec.convert(told, Rule)
    except msgspec.ValidationError as cause:
        raise Invalid(f"{where}: {cause}") from None
    if not rule.say:
        raise Invalid(f"{where}: say is empty")
    try:
        for pattern in (rule.model, rule.system, rule.last, rule.said, *rule.take.values()):
            re.compile(pattern)
    except re.error as cause:
        raise Invalid(f"{where} has a regular expression that is none: {cause}") from None
    return rule


def _known(told: object, kind: type, where: str) -> None:
    """Raises Invalid for a key that nobody reads: it would be a slip of the pen."""
    if not isinstance(told, dict):
        raise Invalid(f"{where} is not a mapping")
    names = [field.name for field in fields(cast(Any, kind))]
    if extra := [key for key in told if key not in names]:
        raise Invalid(f"{where} has {len(extra)} unknown keys; there are: {', '.join(names)}")
    for name, inner in _INSIDE.get(kind, {}).items():
        value = told.get(name)
        for number, one in enumerate(value if isinstance(value, list) else [value]):
            if one is not None:
                _known(one, inner, f"{where}.{name}[{number}]")
