"""Whether a run may go ahead with the sandbox that there is, as a verdict."""

from collections.abc import Sequence

from dihedral.domain.actor import Kind
from dihedral.domain.verdict import Finding, Ruling, Verdict

GATE = "sandbox"
DOCTOR = "`dihedral doctor` says what to change"
SETTING = "DIHEDRAL_UNSANDBOXED=1"


def judge(way: str, refused: str, proposer: Kind, network: str, *, unsandboxed: bool) -> Verdict:
    """`way` is how cages are made here; where it is empty, `refused` says why there are none.
    `unsandboxed` is the explicit setting of whoever runs the worker. `network` is for reading."""
    if way:
        return Verdict(Ruling.ALLOW, GATE, f"Terraform runs in a sandbox ({way}; {network})")
    if proposer is Kind.AGENT:
        why = f"what an agent proposed runs in a sandbox only, and here is none: {refused}"
        return Verdict(Ruling.DENY, GATE, why, (Finding(refused, mend=DOCTOR),))
    if not unsandboxed:
        why = f"there is no sandbox here: {refused}"
        mend = f"{DOCTOR}; {SETTING} runs what people propose without one"
        return Verdict(Ruling.DENY, GATE, f"{why}; {mend}", (Finding(refused, mend=mend),))
    why = f"ran without a sandbox, as {SETTING} says: {refused}"
    return Verdict(Ruling.ASK, GATE, why, (Finding(refused, mend=DOCTOR),))


def network(hosts: Sequence[str], *, simulated: bool) -> str:
    """What of the network it reaches, in words."""
    if simulated or not hosts:
        return "no network"
    return f"network to {', '.join(hosts)} only"


def fits(planned: Sequence[Verdict], now: Verdict) -> str:
    """Why a run that was planned so must not be applied so; empty when it may: nobody has agreed
    to go without a sandbox where it was planned in one."""
    if now.ruling is Ruling.DENY:
        return now.reason
    agreed = any(v.gate == GATE and v.ruling is Ruling.ASK for v in planned)
    if now.ruling is Ruling.ASK and not agreed:
        return f"it was planned in a sandbox, and there is none here now: {DOCTOR}"
    return ""
