"""A policy set in a row: what it is called, where it holds, who set it and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.store.policies import Kept, Scope

# fmt: off
PLACES: Mapping[Scope, str] = {
    Scope.NAMED:     "where a workspace's terms name it",
    Scope.GLOBAL:    "in every workspace",
    Scope.PROJECT:   "in every workspace of a project",
    Scope.WORKSPACE: "in one workspace",
}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A set. `place` says in words where it holds, `where` names the project or the workspace;
    `own` is one that comes with the program, which nobody set."""

    name: str
    description: str
    level: str
    policies: int
    version: str
    scope: Scope
    place: str
    where: str
    source: str
    revision: str
    by: str
    at: datetime | None
    own: bool


def of(kept: Kept, named: Mapping[str, str]) -> Row:
    key = kept.workspace or kept.project or ""
    where = named.get(key, key)
    return Row(
        name=kept.name,
        description=kept.description,
        level=kept.level,
        policies=kept.policies,
        version=kept.version,
        scope=kept.scope,
        place=PLACES[kept.scope],
        where=where,
        source=kept.source,
        revision=kept.revision,
        by=kept.actor,
        at=kept.at,
        own=False,
    )


def own(found: PolicySet, *, named: bool) -> Row:
    """Of one that comes with the program; `named` by the server's own terms."""
    return Row(
        name=found.name,
        description=found.description,
        level=found.level,
        policies=len(found.rego),
        version=found.version,
        scope=Scope.NAMED,
        place=PLACES[Scope.NAMED] + (", as the server's do" if named else ""),
        where="",
        source="the program",
        revision="",
        by="",
        at=None,
        own=True,
    )
