"""A scenario: what goes wrong, slowly or differently in a simulated cloud.

Shape   docs/simulator.md describes each member, with an example.
Source  the environment variable DIHEDRAL_SCENARIO (JSON, or the path of a file), or an opening
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

When = Literal["plan", "apply", "read", "destroy", "data", "configure", "import"]
ANY = "*"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where something holds: for a type, and for objects with these attributes."""

    type: str = ANY
    match: dict[str, Any] = {}

    def holds(self, kind: str, thing: Mapping[str, Any] | None) -> bool:
        fits = all((thing or {}).get(name) == value for name, value in self.match.items())
        return self.type in (ANY, kind) and fits


class Counted(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first `after` times it does not hold, then it holds `times` times (0: for ever)."""

    after: int = 0
    times: int = 0

    def due(self, seen: int) -> bool:
        return seen >= self.after and (not self.times or seen < self.after + self.times)


class Fault(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    summary: str
    detail: str = ""
    when: When = "apply"
    severity: Literal["error", "warning"] = "error"


class Crash(Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The provider dies while it applies, with no word to Terraform."""


class Slow(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    seconds: float
    when: When = "apply"


class Drift(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody changed by hand, seen at the next refresh."""

    set: dict[str, Any] = {}
    gone: bool = False


class Answer(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a data source answers."""

    set: dict[str, Any] = {}


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: str = "123456789012"
    region: str = ""
    faults: list[Fault] = []
    slow: list[Slow] = []
    drift: list[Drift] = []
    quotas: dict[str, int] = {}
    crash: list[Crash] = []
    data: list[Answer] = []


def scenario(value: Any) -> Scenario:
    """A scenario from decoded JSON; None is the calm one. Raises ValueError, naming the place."""
    try:
        return msgspec.convert({} if value is None else value, type=Scenario)
    except msgspec.ValidationError as cause:
        raise ValueError(f"the scenario cannot be used: {cause}; see docs/simulator.md") from cause


def read(text: str) -> Scenario:
    """A scenario from JSON, or from the file that `text` names. Raises ValueError."""
    if not text.strip():
        return Scenario()
    try:
        raw = text if text.lstrip().startswith("{") else Path(text).read_text("utf-8")
        return scenario(msgspec.json.decode(raw))
    except (OSError, msgspec.DecodeError) as cause:
        raise ValueError(f"DIHEDRAL_SCENARIO cannot be read: {cause}") from cause
