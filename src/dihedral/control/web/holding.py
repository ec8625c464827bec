"""What holds in a workspace: its policies, the budgets that a change there counts on, its terms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.web import meters, shell, words
from dihedral.control.web.meters import Held
from dihedral.domain.errors import Invalid
from dihedral.domain.right import Action
from dihedral.domain.verdict import ORDER, Ruling
from dihedral.ops.rules import policylist, terms
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.policylist import Listed
from dihedral.ops.rules.terms import Moved, Terms
from dihedral.ops.store.policies import Kept, Scope
from dihedral.ops.work import agreement, budgets, policysets
from dihedral.ops.work.policysets import Holding

# fmt: off
PLACES = {
    Scope.GLOBAL:    "holds in every workspace of the organization",
    Scope.PROJECT:   "holds in every workspace of the project",
    Scope.WORKSPACE: "holds in this workspace",
    Scope.NAMED:     "named by the terms",
}
RULINGS = {Ruling.DENY: "Denied", Ruling.ASK: "Asked about", Ruling.ALLOW: "Allowed unasked"}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """A set. `place` says in words why it holds here, `broken` why it cannot be used."""

    name: str
    version: str
    level: str
    description: str
    place: str
    source: str
    by: str
    at: datetime | None
    broken: str
    rules: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What follows for some acts of a plan: a ruling in words, and the acts."""

    ruling: Ruling
    said: str
    whats: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """`own` is the workspace's own document, `moved` in what it differs from the server's; `fault`
    is why the terms cannot be read, and then nothing passes here. `may` says which of the three
    who looks may change."""

    policies: tuple[Policies, ...] = ()
    budgets: tuple[Held, ...] = ()
    rows: tuple[Row, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    hosts: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    effective: str = ""
    own: str = ""
    may: frozenset[str]
    fault: str = ""


async def holds(request: Request, key: str, own: str | None = None) -> Holds:
    """`own` is the document as it came back by a form that could not be kept."""
    ops, actor = edge.ops(request), edge.actor(request)
    may = frozenset(name for name, needs in _ACTS.items() if shell.may(actor, needs))
    held = tuple(meters.held(one) for one in await budgets.holding(ops, actor, key))
    try:
        agreed = await agreement.see(ops, actor, key)
    except Invalid as fault:
        return Holds(budgets=held, own=own or "", fault=str(fault), may=may)
    found = await policysets.here(ops, actor, key, agreed.terms)
    return Holds(
        policies=tuple(_policies(one, agreed.terms) for one in found),
        budgets=held,
        rows=tuple(_rows(agreed.terms.limits)),
        limits=tuple(_limits(agreed.terms.limits)),
        hosts=agreed.terms.hosts,
        moved=terms.moved(ops.terms, agreed.terms),
        effective=terms.show(agreed.terms),
        own=agreed.workspace.terms if own is None else own,
        may=may,
    )


_ACTS = {
    "policies": Action.POLICY_SET,
    "budgets": Action.BUDGET_SET,
    "terms": Action.TERMS_SET,
}


def _policies(one: Holding, held: Terms) -> Policies:
    found, kept = one.policies, one.kept
    return Policies(
        name=found.name,
        version=found.version,
        level=found.level,
        description=found.description,
        place=_place(kept, found.name in held.policies),
        source=_source(kept) if kept or not found.broken else "nowhere",
        by=kept.actor if kept else "",
        at=kept.at if kept else None,
        broken=found.broken,
        rules=policylist.of(found),
    )


def _place(kept: Kept | None, named: bool) -> str:
    said = [] if kept is None or kept.scope is Scope.NAMED else [PLACES[kept.scope]]
    return ", ".join([*said, PLACES[Scope.NAMED]] if named else said)


def _source(kept: Kept | None) -> str:
    if kept is None:
        return "comes with the program"
    return f"from {kept.source}" + (f", {kept.revision[:12]}" if kept.revision else "")


def _rows(limits: Limits) -> Iterator[Row]:
    """The strictest first, and of those the ones with the most people."""
    groups: dict[tuple[Ruling, int], list[str]] = {}
    for name, tier in limits.tiers.items():
        many = tier.approvers if tier.ruling is Ruling.ASK else 0
        groups.setdefault((tier.ruling, many), []).append(tier.says.rstrip(":") or name)
    for ruling, many in sorted(groups, key=lambda at: (-ORDER.index(at[0]), -at[1])):
        said = RULINGS[ruling]
        said = f"{words.many(many, 'person', 'people')} asked" if many else said
        yield Row(ruling, said, tuple(groups[ruling, many]))


def _limits(limits: Limits) -> Iterator[tuple[str, str]]:
    yield "May touch unasked", f"{limits.share:.0%} of the resources"
    yield "May cost more unasked", f"{limits.increase} a month"
    yield "Waits for people", words.duration(limits.expiry)
