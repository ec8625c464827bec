"""The guard's section of a terms document, in and out."""

from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import sections
from dihedral.ops.rules.guard import GuardRules

SIZES = ("max_files", "max_file", "max_bytes")


def rules_of(section: Any) -> GuardRules:
    """What a section allows; what it leaves out is the default. Raises Invalid."""
    sections.known(sections.mapping(section, "guard"), ("providers", "modules", *SIZES), "guard")
    found: dict[str, Any] = {name: _size(section[name], name) for name in SIZES if name in section}
    if section.get("providers") is not None:
        found["providers"] = frozenset(_providers(section["providers"]))
    if section.get("modules") is not None:
        found["modules"] = sections.words(section["modules"], "guard.modules")
    return GuardRules(**found)


def shown(rules: GuardRules) -> dict[str, Any]:
    return {
        "providers": {name: {} for name in sorted(rules.providers)},
        "modules": list(rules.modules),
        **{name: getattr(rules, name) for name in SIZES},
    }


def looser(new: GuardRules, old: GuardRules) -> bool:
    """Whether `new` lets a file pass that `old` would not."""
    more = new.providers - old.providers or set(new.modules) - set(old.modules)
    return bool(more) or any(getattr(new, name) > getattr(old, name) for name in SIZES)


def _providers(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        for name, pins in value.items():
            if pins:
                raise Invalid(f"guard.providers.{name} is not empty; write {{}}, with no pins")
        value = list(value)
    return sections.words(value, "guard.providers")


def _size(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10**9:
        raise Invalid(f"guard.{name} is {value!r}; it is a whole number, 1 at least")
    return value
