"""What the API says of policy sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.run import Status
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.store.policies import Judged, Kept, Scope

BUILT_IN = "built in"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySetShape:
    """`scope` is global (every workspace), project (those of one), workspace (one) or named (where
    terms name it). `version` is the digest of its files, and verdicts name it; `level` holds for
    policies that say none."""

    name: str
    scope: Scope
    project: str | None
    workspace: str | None
    version: str
    source: str
    revision: str
    description: str
    level: str
    policies: int
    set_by: str | None
    set_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionShape:
    version: str
    source: str
    revision: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedShape:
    """A run that the set was asked about, in that version: what all that held for it came to, and
    who said yes where that asked."""

    run: str
    workspace: str
    status: Status
    version: str
    ruling: Ruling
    reason: str
    overridden: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySetWhole:
    """`judged` are the newest runs that may be read, newest first; `broken` says why the set cannot
    be used, and so denies."""

    policy_set: PolicySetShape
    versions: list[VersionShape]
    files: list[str]
    judged: list[JudgedShape]
    broken: str


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """Of the newest version: their text, by path."""

    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PolicySetPage:
    items: list[PolicySetShape]
    next: str | None


def shape(kept: Kept) -> PolicySetShape:
    return PolicySetShape(
        name=kept.name,
        scope=kept.scope,
        project=kept.project,
        workspace=kept.workspace,
        version=kept.version,
        source=kept.source,
        revision=kept.revision,
        description=kept.description,
        level=kept.level,
        policies=kept.policies,
        set_by=kept.actor,
        set_at=kept.at,
    )


def shape_judged(one: Judged) -> JudgedShape:
    return JudgedShape(
        run=one.run,
        workspace=one.workspace,
        status=one.status,
        version=one.version,
        ruling=one.ruling,
        reason=one.reason,
        overridden=one.overridden,
        at=one.at,
    )


def shape_own(name: str, one: PolicySet) -> PolicySetShape:
    return PolicySetShape(
        name=name,
        scope=Scope.NAMED,
        project=None,
        workspace=None,
        version=one.version,
        source=BUILT_IN,
        revision="",
        description=one.description,
        level=one.level,
        policies=len(one.rego),
        set_by=None,
        set_at=None,
    )
