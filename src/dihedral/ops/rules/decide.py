"""The decision: every verdict together, the strictest wins, and silence is a no."""

from collections.abc import Iterable, Sequence

from dihedral.domain.verdict import ORDER, Decision, Ruling, Verdict, strictest
from dihedral.ops.rules.limits import Limits


def decide(verdicts: Iterable[Verdict], limits: Limits) -> Decision:
    """The decision on a run. A gate of `limits.gates` that has not spoken denies."""
    spoken = tuple(verdicts)
    silent = [gate for gate in limits.gates if gate not in {v.gate for v in spoken}]
    whole = spoken + tuple(map(_silence, silent))
    ruling = strictest(whole)
    asking = [v.approvers for v in whole if v.ruling is Ruling.ASK]
    waits = ruling is Ruling.ALLOW and not limits.auto_apply
    return Decision(
        ruling=ruling,
        reason=_reason(ruling, whole) + (_WAITS if waits else ""),
        verdicts=tuple(sorted(whole, key=lambda v: -ORDER.index(v.ruling))),
        approvers=max([1, *asking]) if waits or ruling is Ruling.ASK else 0,
        must_ask=waits or ruling is Ruling.ASK,
    )


_WAITS = "; a person confirms it, since the workspace does not apply by itself"


def _silence(gate: str) -> Verdict:
    return Verdict(Ruling.DENY, gate, "did not answer, and a gate that is silent does not allow")


def _reason(ruling: Ruling, verdicts: Sequence[Verdict]) -> str:
    if ruling is Ruling.ALLOW:
        return "every gate allows it"
    told = "; ".join(f"{v.gate}: {v.reason}" for v in verdicts if v.ruling is ruling)
    return told or "no gate has spoken"
