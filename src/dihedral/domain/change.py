"""What a plan would do: one `Change` a resource instance, as Terraform's plan JSON says it.

Source  developer.hashicorp.com/terraform/internals/json-format, `resource_changes`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Object = Mapping[str, Any]  # a resource's attributes, as JSON has them

TAGS = frozenset({"tags", "tags_all", "labels", "effective_labels", "terraform_labels"})
_INDEX = re.compile(r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]')


class Action(StrEnum):
    NOOP = "no-op"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    REPLACE = "replace"  # in either order
    DELETE = "delete"
    FORGET = "forget"  # leaves the state, stays in the world


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
    reason: str = ""  # Terraform's `action_reason`
    before: Object | None = None
    after: Object | None = None
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    replace_paths: tuple[tuple[str | int, ...], ...] = ()
    importing: str = ""  # the id that is imported, if any
    moved_from: str = ""
    create_first: bool = False  # a replacement that creates before it deletes
    deposed: str = ""
    region: str = ""  # of its provider, where the plan says it as a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What becomes of one output of the root module. Values may be sensitive, as in `Change`."""

    name: str
    action: Action
    before: Any = None
    after: Any = None
    after_unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. `readers` maps an address without index to those that refer to it.

    `complete` is False when another plan is needed after this one, or when it does not say all
    its changes. `invoked` are the addresses of provider actions that the apply would run.
    """

    terraform_version: str
    format_version: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    deferred: tuple[Change, ...] = ()
    outputs: tuple[Output, ...] = ()
    known: frozenset[str] = frozenset()  # every managed address, before the plan or after it
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    regions: Mapping[str, str] = field(
        default_factory=dict
    )  # provider key → region, where constant
    errored: bool = False
    complete: bool = True
    failed_checks: tuple[str, ...] = ()
    invoked: tuple[str, ...] = ()


def tags_only(change: Change) -> bool:
    """Whether an update changes nothing but tags."""
    if change.action is not Action.UPDATE:
        return False
    before, after = change.before or {}, change.after or {}
    unknown = change.after_unknown if isinstance(change.after_unknown, dict) else {}
    differ = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    differ |= {name for name, mark in unknown.items() if mark not in (False, None, {}, [])}
    return bool(differ) and differ <= TAGS


def bare(address: str) -> str:
    """An address without any index: `module.a["x"].aws_vpc.b[0]` is `module.a.aws_vpc.b`."""
    return _INDEX.sub("", address) if "[" in address else address
