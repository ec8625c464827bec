"""A person's yes to one effect, on one state, in one workspace. It is used once."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dihedral.domain.ids import ActorId, ApprovalId, Digest, RunId, WorkspaceId
from dihedral.domain.run import Run


class How(StrEnum):
    PERSON = "person"  # someone other than the proposer
    SELF = "self"  # the proposer, because `self_approval` is set; the record says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    id: ApprovalId
    run: RunId
    workspace: WorkspaceId
    effect: Digest
    base_state: Digest | None
    approver: ActorId
    how: How
    at: datetime
    comment: str = ""
    seal: bytes = field(default=b"", repr=False)  # docs/adr/0006
    used_at: datetime | None = None


def misfit(approval: Approval, run: Run) -> str:
    """Why the approval is not for what the run would do now; empty when it is."""
    if approval.workspace != run.workspace:
        return "the approval was given for another workspace"
    if approval.effect != run.effect:
        return "the approval was given for another plan"
    if approval.base_state != run.base_state:
        return "the approval was given on another state"
    if approval.used_at is not None:
        return "the approval has been used"
    return ""
