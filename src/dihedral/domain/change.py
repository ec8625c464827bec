"""What a plan would do: one `Change` a resource instance, as Terraform's plan JSON says it.

Source  developer.hashicorp.com/terraform/internals/json-format, `resource_changes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Object = Mapping[str, Any]  # a resource's attributes, as JSON has them


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
    nothing but `rules.plan` may show them."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole plan. `readers` maps an address without index to those that refer to it."""

    terraform_version: str
    format_version: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    outputs: Mapping[str, Action] = field(default_factory=dict)
    known: frozenset[str] = frozenset()  # every managed address, before the plan or after it
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    regions: Mapping[str, str] = field(
        default_factory=dict
    )  # provider key → region, where constant
    errored: bool = False
    complete: bool = True
    failed_checks: tuple[str, ...] = ()
