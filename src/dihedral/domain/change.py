"""What a plan would do: one `Change` a resource instance, as Terraform's plan JSON says it.

Source  developer.hashicorp.com/terraform/internals/json-format, `resource_changes`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

Object = Mapping[str, Any]  # a resource's attributes, as JSON has them

TAGS = frozenset({"tags", "tags_all", "labels", "effective_labels", "terraform_labels"})
INDEX = re.compile(r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]')


Path = tuple[str | int, ...]  # the way to an attribute: names, and indexes of lists

# fmt: off
REASONS: Mapping[str, str] = MappingProxyType({  # Terraform's `action_reason`, in words
    "replace_because_tainted":              "an earlier apply left it damaged",
    "replace_because_cannot_update":        "it cannot be changed in place",
    "replace_by_request":                   "its replacement was asked for",
    "replace_by_triggers":                  "what it is told to follow changes",
    "delete_because_no_resource_config":    "it is no longer in the configuration",
    "delete_because_no_module":             "its module is no longer in the configuration",
    "delete_because_wrong_repetition":      "its count or for_each came or went",
    "delete_because_count_index":           "its number is beyond the count",
    "delete_because_each_key":              "its key is no longer in for_each",
    "delete_because_no_move_target":        "it would move to where nothing is configured",
    "read_because_config_unknown":          "its configuration is known only after the apply",
    "read_because_dependency_pending":      "what it depends on changes first",
    "read_because_check_nested":            "a check reads it",
    # why something is left for another plan
    "instance_count_unknown":               "how many there will be is known only later",
    "resource_config_unknown":              "its configuration is known only later",
    "provider_config_unknown":              "its provider's settings are known only later",
    "absent_prereq":                        "what it needs is not there yet",
    "deferred_prereq":                      "what it depends on waits as well",
})
# fmt: on


class Action(StrEnum):
    NOOP = "no-op"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    REPLACE = "replace"  # in either order
    DELETE = "delete"
    FORGET = "forget"  # leaves the state, stays in the world


class Level(StrEnum):
    """How far a plan reaches, in order; `ops.rules.levels` says what has which."""

    CONTAINED = "contained"  # adds, or changes names; taken back by destroying it again
    LIMITED = "limited"  # changes what exists; few feel it, and nothing is lost
    WIDE = "wide"  # many feel it, or somebody outside does, or data may be lost
    CRITICAL = "critical"  # data or control is surely lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`address` is whole, with module and index. `before`/`after` hold sensitive values in clear:
    nothing but `rules.redact` may show them."""

    address: str
    type: str
    provider: str
    action: Action
    mode: str = "managed"
    module: str = ""
    reason: str = ""  # Terraform's `action_reason`; of a deferred change, why it waits
    before: Object | None = field(default=None, repr=False)
    after: Object | None = field(default=None, repr=False)
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    replace_paths: tuple[Path, ...] = ()
    importing: str = ""  # the id that is imported, if any
    identity: Object | None = None  # its identity, where the provider has such (after, else before)
    generated: str = ""  # the configuration that Terraform wrote for an import
    moved_from: str = ""
    create_first: bool = False  # a replacement that creates before it deletes
    deposed: str = ""
    region: str = ""  # of its provider, where the plan says it as a constant

    @property
    def because(self) -> str:
        """Why, in words; a reason that is not known here, as Terraform writes it."""
        return REASONS.get(self.reason, self.reason.replace("_", " "))

    @property
    def forced(self) -> tuple[str, ...]:
        """The attributes that force a replacement: `ebs_block_device[0].size`."""
        return tuple(dict.fromkeys(dotted(path) for path in self.replace_paths if path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What becomes of one output of the root module. Values may be sensitive, as in `Change`."""

    name: str
    action: Action
    before: Any = field(default=None, repr=False)
    after: Any = field(default=None, repr=False)
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None


@dataclass(frozen=True, slots=True)
class Check:
    """One `check` block, condition or validation, and what its failures say.

    `status` is pass, fail, error or unknown. Messages are Terraform's own, and may hold values.
    """

    address: str
    status: str
    kind: str = ""
    messages: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return self.status in ("fail", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """An action of a provider that the apply would run: nothing in the state tells of it."""

    address: str
    type: str = ""
    provider: str = ""
    values: Any = field(default=None, repr=False)
    unknown: Any = None
    sensitive: Any = None
    by: str = ""  # the resource whose change sets it off, if any
    event: str = ""  # when, e.g. `AfterCreate`
    deferred: str = ""  # why it waits for another plan, if it does


@dataclass(frozen=True, slots=True)
class Given:
    """A variable of the root module, with the value that the plan was made with."""

    value: Any = field(repr=False)
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. `readers` maps an address without index to those that refer to it, `feeds` an
    output to the addresses that it is made of.

    `complete` is False when another plan is needed after this one, or when it does not say all
    its changes. `invoked` are the addresses of provider actions that the apply would run.
    `secrets` are texts known to be sensitive that no change holds: like the values of changes,
    nothing but `rules.redact` may see them.
    """

    terraform_version: str
    format_version: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    deferred: tuple[Change, ...] = ()
    outputs: tuple[Output, ...] = ()
    known: frozenset[str] = frozenset()  # every managed address, before the plan or after it
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    feeds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    regions: Mapping[str, str] = field(
        default_factory=dict
    )  # provider key → region, where constant
    errored: bool = False
    complete: bool = True
    failed_checks: tuple[str, ...] = ()
    invoked: tuple[str, ...] = ()
    invocations: tuple[Invocation, ...] = ()  # those of `invoked` and those that wait
    checks: tuple[Check, ...] = ()
    relevant: tuple[tuple[str, str], ...] = ()  # resource and attribute that the plan rests on
    variables: Mapping[str, Given] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    made_at: str = ""  # as Terraform writes it: RFC 3339, UTC
    applyable: bool = True


def tags_only(change: Change) -> bool:
    """Whether an update changes nothing but tags."""
    if change.action is not Action.UPDATE:
        return False
    before, after = change.before or {}, change.after or {}
    unknown = change.after_unknown if isinstance(change.after_unknown, dict) else {}
    differ = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    differ |= {name for name, mark in unknown.items() if mark not in (False, None, {}, [])}
    return bool(differ) and differ <= TAGS


def dotted(path: Path) -> str:
    """`("disk", 0, "size")` as `disk[0].size`."""
    said = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return said.removeprefix(".")


def bare(address: str) -> str:
    """An address without any index: `module.a["x"].aws_vpc.b[0]` is `module.a.aws_vpc.b`."""
    return INDEX.sub("", address) if "[" in address else address
