"""Blast radius: what a plan touches, loses and opens, and who can feel it.

Units   counts are of resource instances; `dependants` of addresses without index, since that is
        how a configuration refers to them. `share` is touched / known, 0..1; an addition or a tag
        touches nothing that exists.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dihedral.domain.change import Action, Change, Level, Plan, bare, tags_only
from dihedral.domain.verdict import Finding, Ruling, Verdict, strictest
from dihedral.ops.rules import expiry, graph, levels, losses, openings, readings, reversible
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.losses import Loss, Sure
from dihedral.ops.rules.redact import visible
from dihedral.ops.rules.reversible import Back, Ease

GATE = "blast"
_NAMED = 5  # addresses that a reason names; the findings have all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a plan does not say of itself. `rough` says of a type how roughly the simulator knows
    it; `own` are the accounts known to be ours; `elsewhere` maps an output of this workspace to
    the workspaces that read it, and `*` to those that read every one."""

    rough: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """`does` maps a tier of `rules.limits` to the addresses (or phrases) that fall into it.

    `losses` and `back` are by address: what goes with it, and how it is taken back. `elsewhere` are
    the outputs that change, or may, and the workspaces that read them. `reasons` says why it has a
    level, the highest first.
    """

    does: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    touched: int = 0
    known: int = 0
    dependants: tuple[str, ...] = ()
    losses: Mapping[str, Loss] = field(default_factory=dict)
    back: Mapping[str, Back] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: Mapping[Level, tuple[str, ...]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        return self.touched / self.known if self.known else 0.0

    @property
    def lost(self) -> tuple[str, ...]:
        return self.does.get("lost", ())

    @property
    def opens(self) -> tuple[str, ...]:
        return tuple(what for tier in OPENS for what in self.does.get(tier, ()))

    @property
    def level(self) -> Level:
        return levels.of(self.reasons)

    @property
    def ease(self) -> Ease:
        return reversible.worst(self.back)


OPENS = ("exposes", "admin", "opens", "crosses", "privilege")
_NOTHING = Around()


def measure(plan: Plan, around: Around = _NOTHING) -> Blast:
    """What the plan does to the world, and who can feel it."""
    acting = [c for c in plan.changes if c.action not in (Action.NOOP, Action.READ)]
    gone, back = _ways(acting)
    does: dict[str, list[str]] = {}
    said = (
        _changes(plan, around),
        _losses(gone, back),
        _around(plan, acting, around),
        _whole(plan),
    )
    for tier, what in (one for part in said for one in part):
        does.setdefault(tier, []).append(visible(what))
    touched = [c for c in acting if c.action is not Action.CREATE and not tags_only(c)]
    roots = {bare(c.address) for c in touched}
    felt = graph.reach(roots, plan.readers) - roots - {bare(c.address) for c in acting}
    listed = {tier: tuple(whats) for tier, whats in does.items()}
    counts = {"touched": len({c.address for c in touched}), "felt": len(felt)}
    counts["gone"] = len(listed.get("delete", ())) + len(listed.get("replace", ()))
    return Blast(
        does=listed,
        touched=counts["touched"],
        known=len(plan.known),
        dependants=tuple(sorted(map(visible, felt))),
        losses=gone,
        back=back,
        elsewhere=_elsewhere(plan, around),
        reasons=levels.reasons(
            listed,
            counts,
            surely=sum(_surely(loss, back[where]) for where, loss in gone.items()),
            empty=sum(loss.sure is Sure.EMPTY for loss in gone.values()),
        ),
    )


def judge(blast: Blast, limits: Limits) -> Verdict:
    """The verdict: the strictest tier among what the plan does."""
    does = dict(blast.does)
    if blast.share > limits.share:
        does["share"] = (f"{blast.touched} of {blast.known}",)
    if blast.level is Level.CRITICAL:
        does["critical"] = blast.reasons[Level.CRITICAL]
    found = [
        (Verdict(tier.ruling, GATE, "", approvers=tier.approvers), tier.says, name, whats)
        for name, whats in does.items()
        if (tier := limits.tier(name))
    ]
    if not found:
        return Verdict(Ruling.ALLOW, GATE, "changes nothing")
    ruling = strictest(verdict for verdict, *_ in found)
    worst = [one for one in found if one[0].ruling is ruling]
    worst.sort(key=lambda one: -one[0].approvers)
    return Verdict(
        ruling=ruling,
        gate=GATE,
        reason="; ".join(f"{says} {_names(whats)}" for _, says, _, whats in worst),
        findings=tuple(
            Finding(says.rstrip(":"), what, MEND.get(name, ""), f"tiers.{name}")
            for verdict, says, name, whats in found
            if verdict.ruling is not Ruling.ALLOW
            for what in whats
        ),
        approvers=max(verdict.approvers for verdict, *_ in worst),
    )


def line(blast: Blast) -> str:
    """`limited: 5 of 40 resources, no data lost`; says what is lost, opened, or felt by others."""
    counts = Counter({tier: len(whats) for tier, whats in blast.does.items()})
    said = [f"{blast.touched} of {blast.known} resources"]
    said += [f"{counts['create']} new"] if counts["create"] else []
    said += [f"loses data of {len(blast.lost)}" if blast.lost else "no data lost"]
    said += ["not reversible"] if blast.ease is Ease.NO else []
    for tier, words in _LINE.items():
        said += [f"{counts[tier]} {words}"] if counts[tier] else []
    said += [f"{len(blast.dependants)} depend on it"] if blast.dependants else []
    return f"{blast.level}: {', '.join(said)}"


# fmt: off
_LINE: Mapping[str, str] = {
    "exposes": "exposed to the whole internet", "opens": "opened to the world",
    "crosses": "opened to other accounts", "admin": "given every right",
    "privilege": "given rights that lead to more", "unknown": "not known until apply",
    "elsewhere": "read by other workspaces",
}
MEND: Mapping[str, str] = {
    "lost": "keep it, or copy its data first and say so in the request",
    "irreversible": "keep it, or take a copy that can be put back",
    "exposes": "name the networks that may come in, not 0.0.0.0/0",
    "opens": "name who may come in, or make it internal",
    "crosses": "name accounts of your own only, or bind it by a condition",
    "admin": "name the actions and the resources that are needed",
    "privilege": "name the actions and the resources that are needed, not *",
    "unknown": "write it so that the plan can say it, or apply what it needs first",
    "elsewhere": "add a new output beside the old one, until nobody reads that",
    "share": "make the change in smaller steps",
    "deferred": "apply this first, and plan again",
    "incomplete": "apply this first, and plan again",
    "errored": "mend what the log says, and propose it again",
    "checks": "mend what the check says",
}
# fmt: on


def _ways(acting: Sequence[Change]) -> tuple[dict[str, Loss], dict[str, Back]]:
    """By address as it is shown: what is lost with it, and how it is taken back."""
    gone: dict[str, Loss] = {}
    back: dict[str, Back] = {}
    for change in acting:
        if change.mode != "managed":
            continue
        where, loss = visible(_where(change)), losses.of(change)
        if loss:
            gone[where] = loss
        if way := reversible.of(change, loss):
            back[where] = way
    return gone, back


def _where(change: Change) -> str:
    return change.address + (f" (deposed {change.deposed})" if change.deposed else "")


def _changes(plan: Plan, around: Around) -> Iterator[tuple[str, str]]:
    for change in plan.changes:
        if change.mode == "managed":
            yield from _change(change, around)


def _change(change: Change, around: Around) -> Iterator[tuple[str, str]]:
    where = _where(change)
    if change.importing:
        yield "import", where
    if change.moved_from:
        yield "move", f"{change.moved_from} to {where}"
    if change.action is not Action.NOOP:
        yield ("tag" if tags_only(change) else change.action.value), where
    for opening in openings.of(change, around.own):
        yield opening.tier, f"{where}: {opening.what}"


def _losses(gone: Mapping[str, Loss], back: Mapping[str, Back]) -> Iterator[tuple[str, str]]:
    yield from (("lost", where) for where in gone)
    for where, way in back.items():
        if way.ease is Ease.NO and (where not in gone or _surely(gone[where], way)):
            yield "irreversible", f"{where}: {way.why}"


def _surely(loss: Loss, way: Back) -> bool:
    return loss.sure is Sure.SURELY and way.ease is Ease.NO


def _around(plan: Plan, acting: Sequence[Change], around: Around) -> Iterator[tuple[str, str]]:
    """What others know: a storage's rules, the simulator of its types, who reads our outputs."""
    yield from (("irreversible", f"{where}: {why}") for where, why in expiry.of(acting))
    for kind in sorted({c.type for c in acting} & around.rough.keys()):
        yield "rough", f"{kind} ({around.rough[kind]})"
    for name, readers in _elsewhere(plan, around).items():
        yield "elsewhere", f"output.{name} (by {', '.join(readers)})"


def _elsewhere(plan: Plan, around: Around) -> dict[str, tuple[str, ...]]:
    """Terraform says `update` also of an output that is not known until the apply."""
    return {
        output.name: readers
        for output in plan.outputs
        if output.action in (Action.UPDATE, Action.DELETE)
        and (readers := readings.of_output(output.name, around.elsewhere))
    }


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
