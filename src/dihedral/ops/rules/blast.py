"""Blast radius: what a plan touches, loses and opens, and who can feel it.

Units   counts are of resource instances; `dependants` of addresses without index, since that is
        how a configuration refers to them. `share` is touched / known, 0..1; an addition or a tag
        touches nothing that exists.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dihedral.domain.change import Action, Change, Plan, bare, tags_only
from dihedral.domain.verdict import Finding, Ruling, Verdict, strictest
from dihedral.ops.rules import graph, openings, stateful
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.redact import visible

GATE = "blast"
_GOES = frozenset({Action.DELETE, Action.REPLACE})
_NAMED = 5  # addresses that a reason names; the findings have all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """`does` maps a tier of `rules.limits` to the addresses (or phrases) that fall into it."""

    does: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    touched: int = 0
    known: int = 0
    dependants: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.touched / self.known if self.known else 0.0

    @property
    def lost(self) -> tuple[str, ...]:
        return self.does.get("lost", ())

    @property
    def opens(self) -> tuple[str, ...]:
        return (*self.does.get("exposes", ()), *self.does.get("opens", ()))


def measure(plan: Plan, rough: Mapping[str, str] | None = None) -> Blast:
    """What the plan does. `rough` says of a type how roughly the simulator knows it."""
    acting = [c for c in plan.changes if c.action not in (Action.NOOP, Action.READ)]
    does: dict[str, list[str]] = {}
    for tier, what in (*_changes(plan), *_rough(acting, rough or {}), *_whole(plan)):
        does.setdefault(tier, []).append(visible(what))
    touched = [c for c in acting if c.action is not Action.CREATE and not tags_only(c)]
    roots = {bare(c.address) for c in touched}
    felt = graph.reach(roots, plan.readers) - roots
    return Blast(
        does={tier: tuple(whats) for tier, whats in does.items()},
        touched=len({c.address for c in touched}),
        known=len(plan.known),
        dependants=tuple(sorted(map(visible, felt - {bare(c.address) for c in acting}))),
    )


def judge(blast: Blast, limits: Limits) -> Verdict:
    """The verdict: the strictest tier among what the plan does."""
    does = dict(blast.does)
    if blast.share > limits.share:
        does["share"] = (f"{blast.touched} of {blast.known}",)
    found = [
        (Verdict(tier.ruling, GATE, "", approvers=tier.approvers), tier.says, whats)
        for name, whats in does.items()
        if (tier := limits.tier(name))
    ]
    if not found:
        return Verdict(Ruling.ALLOW, GATE, "changes nothing")
    ruling = strictest(verdict for verdict, _, _ in found)
    worst = [one for one in found if one[0].ruling is ruling]
    worst.sort(key=lambda one: -one[0].approvers)
    return Verdict(
        ruling=ruling,
        gate=GATE,
        reason="; ".join(f"{says} {_names(whats)}" for _, says, whats in worst),
        findings=tuple(
            Finding(says.rstrip(":"), what)
            for verdict, says, whats in found
            if verdict.ruling is not Ruling.ALLOW
            for what in whats
        ),
        approvers=max(verdict.approvers for verdict, _, _ in worst),
    )


def line(blast: Blast) -> str:
    """`5 of 40 resources, no data lost`; says what is lost, opened, or felt by others."""
    counts = Counter({tier: len(whats) for tier, whats in blast.does.items()})
    said = [f"{blast.touched} of {blast.known} resources"]
    said += [f"{counts['create']} new"] if counts["create"] else []
    said += [f"loses data of {len(blast.lost)}" if blast.lost else "no data lost"]
    said += [f"{len(blast.opens)} opened to the world"] if blast.opens else []
    said += [f"{len(blast.dependants)} depend on it"] if blast.dependants else []
    return ", ".join(said)


def _changes(plan: Plan) -> Iterator[tuple[str, str]]:
    for change in plan.changes:
        if change.mode == "managed":
            yield from _change(change)


def _change(change: Change) -> Iterator[tuple[str, str]]:
    where = change.address + (f" (deposed {change.deposed})" if change.deposed else "")
    if change.importing:
        yield "import", where
    if change.moved_from:
        yield "move", f"{change.moved_from} to {where}"
    if change.action is not Action.NOOP:
        yield ("tag" if tags_only(change) else change.action.value), where
    if change.action in _GOES and change.type in stateful.TYPES:
        yield "lost", where
    for opening in openings.of(change):
        yield ("exposes" if opening.severe else "opens"), f"{where}: {opening.what}"


def _rough(changes: list[Change], rough: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for kind in sorted({c.type for c in changes} & rough.keys()):
        yield "rough", f"{kind} ({rough[kind]})"


def _whole(plan: Plan) -> Iterator[tuple[str, str]]:
    """What is to say of the plan itself."""
    if plan.errored:
        yield "errored", "Terraform ended the plan with an error"
    elif not plan.complete:
        yield "incomplete", "another plan is needed after it"
    yield from (("deferred", c.address) for c in plan.deferred)
    yield from (("checks", name) for name in plan.failed_checks)
    yield from (("invoked", name) for name in plan.invoked)


def _names(whats: tuple[str, ...]) -> str:
    more = f" and {len(whats) - _NAMED} more" if len(whats) > _NAMED else ""
    return ", ".join(whats[:_NAMED]) + more
