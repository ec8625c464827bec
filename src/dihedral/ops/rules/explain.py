"""Why a run is allowed, asks, or is denied, in plain words; what would change that; and what is
not known.

It says again what the gates said when they judged, never judges anew. Where a term behind it is
another one by now, it says that too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dihedral.domain.approval import Approval
from dihedral.domain.run import Run, Status
from dihedral.domain.verdict import ORDER, Finding, Ruling, Verdict, strictest
from dihedral.domain.workspace import Workspace
from dihedral.ops.rules import sections
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.terms import Terms

ALWAYS = ("share", "critical", "unpriced", "increase")
NAMED = 8  # places that a point names
_DENIED, _WAITS = Status.POLICY_SOFT_FAILED, Status.POLICY_CHECKED
# where a gate's finding names no term of its own
BEHIND: Mapping[str, str] = {"guard": "guard", "plan": "guard", "policy": "policy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One reason of a gate. `term` is the path of the term behind it, empty where none is; `now`
    is what that term says today, where it said something else when the run was judged."""

    ruling: Ruling
    says: str
    whats: tuple[str, ...]
    count: int
    term: str
    approvers: int
    mend: str
    now: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    gate: str
    ruling: Ruling
    approvers: int
    reason: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`answer` is the whole in a sentence or two; `changes` is what would make it another."""

    ruling: Ruling | None
    answer: str
    people: str
    gates: tuple[Said, ...]
    changes: tuple[str, ...]
    unknown: tuple[str, ...]


def basis(limits: Limits, names: Iterable[str]) -> dict[str, Any]:
    """The terms that a judgement rests on, as they are kept with its run."""
    tiers = {name: sections.shown_tier(limits.tier(name)) for name in dict.fromkeys(names)}
    return {"tiers": tiers, "limits": sections.shown_limits(limits), "auto": limits.auto_apply}


def explain(
    run: Run,
    workspace: Workspace,
    verdicts: Sequence[Verdict],
    approvals: Sequence[Approval],
    terms: Terms,
    *,
    self_approval: bool = False,
) -> Explanation:
    """`terms` are those that hold in the workspace now."""
    held = run.numbers.get("terms", {})
    gates = tuple(_gate(v, run, held, terms) for v in _ordered(verdicts))
    ruling = strictest(verdicts) if verdicts else None
    return Explanation(
        ruling=ruling,
        answer=_answer(run, gates, ruling, [a.approver for a in approvals]),
        people=_people(run, len(approvals), self_approval=self_approval),
        gates=gates,
        changes=tuple(dict.fromkeys(_changes(run, workspace, gates, terms))),
        unknown=tuple(_unknown(run, workspace)),
    )


def held(found: Explanation, why: str) -> Explanation:
    """The same of a run that is not begun, and why; empty where it goes on."""
    if not why:
        return found
    return replace(
        found,
        answer=f"It is held: {why}. {found.answer}",
        people="",
        changes=("it goes on where it stopped once its agent is resumed", *found.changes),
    )


def _ordered(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda v: (-ORDER.index(v.ruling), -v.approvers, v.gate))


def _gate(verdict: Verdict, run: Run, held: Mapping[str, Any], terms: Terms) -> Said:
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for one in (*verdict.findings, *_costs(verdict, run, held)):
        term = one.term or _unpriced(verdict, one) or BEHIND.get(verdict.gate, "")
        grouped.setdefault((term, one.message, one.mend), []).append(one.where)
    points = [
        _point(verdict, (term, says, mend), tuple(filter(None, wheres)), held, terms)
        for (term, says, mend), wheres in grouped.items()
    ]
    points.sort(key=lambda p: (-ORDER.index(p.ruling), -p.approvers))
    return Said(
        gate=verdict.gate,
        ruling=verdict.ruling,
        approvers=verdict.approvers if verdict.ruling is Ruling.ASK else 0,
        reason=verdict.reason,
        points=tuple(points),
    )


def _point(
    verdict: Verdict,
    what: tuple[str, str, str],
    wheres: tuple[str, ...],
    held: Mapping[str, Any],
    terms: Terms,
) -> Point:
    term, says, mend = what
    name = term.removeprefix("tiers.") if term.startswith("tiers.") else ""
    then: Mapping[str, Any] = held.get("tiers", {}).get(name, {})
    today = sections.shown_tier(terms.limits.tier(name)) if name else {}
    ruling = Ruling(then["ruling"]) if then else verdict.ruling
    asked = int(then.get("approvers", 1)) if then else verdict.approvers
    return Point(
        ruling=ruling,
        says=says,
        whats=wheres[:NAMED],
        count=len(wheres),
        term=term,
        approvers=asked if ruling is Ruling.ASK else 0,
        mend=mend,
        now=_tier(today) if then and today != dict(then) else "",
    )


def _unpriced(verdict: Verdict, finding: Finding) -> str:
    return "tiers.unpriced" if verdict.gate == "cost" and finding.where else ""


def _costs(verdict: Verdict, run: Run, held: Mapping[str, Any]) -> Iterator[Finding]:
    """The increase over the limit, of which the gate of cost has no finding."""
    likely, most = (run.numbers.get("cost") or {}).get("likely"), held.get("limits", {})
    told = any(f.term == "tiers.increase" for f in verdict.findings) or verdict.gate != "cost"
    if likely and not told and float(likely) > float(most.get("increase", "inf")):
        said = f"costs {float(likely):,.2f} USD a month more, and limits.increase is"
        mend = "choose something smaller, or agree on the money first"
        yield Finding(f"{said} {most['increase']}", "", mend, "tiers.increase")


def _answer(
    run: Run, gates: Sequence[Said], ruling: Ruling | None, approvers: Sequence[str]
) -> str:
    status = run.status.replace("_", " ")
    if run.effect is None and ruling is not Ruling.DENY:
        early = _EARLY.get(run.status)
        over = f"{status} ({run.reason}) and was not judged" if run.reason else status
        return f"It is {early}; nothing is decided yet." if early else f"It is {over}."
    strict = _listed([g.gate for g in gates if g.ruling is ruling])
    if run.status is _DENIED:
        return f"It is denied by: {strict}. No approval can let it pass."
    if run.status is _WAITS and ruling is Ruling.ALLOW:
        return f"Every gate allows it. {_BY_HAND}"
    if run.status is _WAITS:
        return f"It waits for a person, since not every gate allows it; these ask: {strict}."
    judged = "every gate allowed it" if ruling is Ruling.ALLOW else f"these did {ruling}: {strict}"
    said = f"It is {status}{f' ({run.reason})' if run.reason else ''}"
    if run.plan_only:
        return f"{said}. It was only to be planned; when it was judged, {judged}."
    by = f" It was approved by {_listed(approvers)}." if approvers else ""
    return f"{said}. When it was judged, {judged}.{by}"


_BY_HAND = "It waits for a person because the workspace does not apply by itself."
_EARLY: Mapping[Status, str] = {
    Status.PENDING: "waiting for a worker",
    Status.PLANNING: "being planned",
    Status.PLANNED: "being judged",
}


def _people(run: Run, given: int, *, self_approval: bool) -> str:
    """Who must say yes; empty where nobody can, or need."""
    if run.status is not _WAITS:
        return ""
    left = max(0, run.approvers - given)
    which = "person" if run.approvers == 1 else "people"
    so_far = f", of whom {given} said so" if given else ""
    but = "" if self_approval else f" not {run.proposer}, who proposed it, and"
    return (
        f"{run.approvers} {which} must say yes{so_far}: {left} more,{but} no agent"
        f" (`dihedral run approve {run.id}`)"
    )


def _changes(run: Run, workspace: Workspace, gates: Sequence[Said], terms: Terms) -> Iterator[str]:
    points = [(g, p) for g in gates for p in g.points if p.ruling is not Ruling.ALLOW]
    for _, point in points:
        if point.mend:
            first = f" ({point.whats[0]}{' …' if point.count > 1 else ''})" if point.whats else ""
            yield f"{point.mend}{first}"
    yield from _behind([point for _, point in points if point.term], workspace, terms)
    if run.status is _WAITS and all(g.ruling is Ruling.ALLOW for g in gates):
        yield (
            "what every gate allows is applied without a person after"
            f" `dihedral workspace set {workspace.name} --auto-apply`"
        )
    if points and run.status in (_DENIED, Status.ERRORED, Status.DISCARDED):
        yield "a run is never judged again: propose the change again after that"


def _behind(points: Sequence[Point], workspace: Workspace, terms: Terms) -> Iterator[str]:
    """The terms behind the reasons, by who may change them."""
    theirs, fixed = [], []
    for point in points:
        said = f"`{point.term}`"
        if point.term.startswith("tiers."):
            said += f" ({_words(point.ruling, point.approvers)})"
        if point.now:
            yield f"the term {said} is {point.now} by now; a new run is judged on that"
        elif {point.term, point.term.partition(".")[0]} & set(terms.fixed):
            fixed.append(said)
        else:
            theirs.append(said)
    if theirs := list(dict.fromkeys(theirs)):
        how = f"with `dihedral workspace terms {workspace.name} --set FILE`"
        yield f"the owners of {workspace.name} may change what lies behind it, {how}: " + ", ".join(
            theirs
        )
    if fixed := list(dict.fromkeys(fixed)):
        yield f"what the server fixes, only who runs it may change: {', '.join(fixed)}"


def _unknown(run: Run, workspace: Workspace) -> Iterator[str]:
    risk, cost = run.numbers.get("risk") or {}, run.numbers.get("cost") or {}
    does: Mapping[str, Sequence[str]] = risk.get("does", {})
    if cost and cost.get("likely") is None:
        yield "what it costs"
    if unpriced := cost.get("unpriced"):
        yield f"the price of {_listed([u['address'] for u in unpriced][:NAMED])}"
    for what in does.get("unknown", ())[:NAMED]:
        yield what
    if does.get("deferred") or does.get("incomplete"):
        yield "what the plan leaves for another one after it"
    if workspace.simulated and risk:
        yield "whether a cloud would accept it: the workspace is simulated"
    for what in does.get("rough", ())[:NAMED]:
        yield f"how {what} behaves: it is only roughly simulated"


def _tier(shown: Mapping[str, Any]) -> str:
    return _words(Ruling(shown["ruling"]), shown.get("approvers", 0))


def _words(ruling: Ruling, approvers: int) -> str:
    people = f", {approvers} people" if approvers > 1 else ""
    return f"{ruling.value}{people if ruling is Ruling.ASK else ''}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
