"""The guard's section of a terms document, in and out; `rules.grants` says what it may hold."""

from dataclasses import fields
from typing import Any

import msgspec

from dihedral.ops.rules import grants, sections
from dihedral.ops.rules.grants import GuardRules, ModuleGrant, Pin, StateGrant

SIZES = ("max_files", "max_file", "max_bytes")
# fields of which more lets more pass
_OPENS = ("modules", "remote_states", "backends", "provisioners", "data", "accounts", "releases")


def rules_of(section: Any) -> GuardRules:
    """What a section allows; what it leaves out is the default. Raises Invalid."""
    found = {k: v for k, v in sections.mapping(section, "guard").items() if v is not None}
    sections.known(found, [f.name for f in fields(GuardRules) if f.name != "root"], "guard")
    named = found.get("providers")
    if isinstance(named, list):
        found["providers"] = {key: {} for key in sections.words(named, "guard.providers")}
    elif isinstance(named, dict):
        found["providers"] = {name: pin or {} for name, pin in named.items()}
    return grants.rules_of(found)


def shown(rules: GuardRules) -> dict[str, Any]:
    """As plain data, in an order of its own; reading it again gives the same rules."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rules, order="sorted"))
    plain.pop("root")
    plain["providers"] = {name: _pin(pin) for name, pin in sorted(rules.providers.items())}
    plain["modules"] = [_grant(grant) for grant in rules.modules]
    plain["remote_states"] = [_grant(grant) for grant in rules.remote_states]
    return plain


def looser(new: GuardRules, old: GuardRules) -> bool | None:
    """Whether `new` lets a file pass that `old` would not; None where nobody can tell."""
    if set(new.providers) - set(old.providers) or any(
        getattr(new, name) > getattr(old, name) for name in SIZES
    ):
        return True
    if any(one not in getattr(old, name) for name in _OPENS for one in getattr(new, name)):
        return True
    pinned = {name: pin for name, pin in old.providers.items() if name in new.providers}
    if pinned != new.providers or new.protected != old.protected or new.data != old.data:
        return None
    return False


def _pin(pin: Pin) -> dict[str, Any]:
    said: dict[str, Any] = {"version": pin.version} if pin.version else {}
    return said | ({"hashes": sorted(pin.hashes)} if pin.hashes else {})


def _grant(grant: str | ModuleGrant | StateGrant) -> Any:
    if isinstance(grant, str):
        return grant
    plain = msgspec.to_builtins(grant)
    return {name: value for name, value in plain.items() if value}
