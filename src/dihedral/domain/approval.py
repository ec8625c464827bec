"""A person's yes to one effect, on one state, in one workspace. It is used once, and in time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dihedral.domain.ids import ActorId, ApprovalId, Digest, RunId, WorkspaceId
from dihedral.domain.run import Run


class How(StrEnum):
    PERSON = "person"  # someone other than the proposer
    SELF = "self"  # the proposer, because `self_approval` is set; the record says so
    CARRIED = "carried"  # given to an earlier plan that would have done the same
    POLICY = "policy"  # by nobody: every gate allows, and the workspace applies by itself


class Ending(StrEnum):
    """Why an approval holds no longer, other than that it was used."""

    WITHDRAWN = "withdrawn"  # by whoever gave it
    EXPIRED = "expired"  # it was not used in time
    VOID = "void"  # what would be done is not what it was given for, or the run is over
    CARRIED = "carried"  # it goes on as the approval of a newer plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`overrides` names the gates that asked and were answered. `asked_at` is when the run began
    to wait. A carried one has the giver, the time and the end of the one that it goes on from."""

    id: ApprovalId
    run: RunId
    workspace: WorkspaceId
    effect: Digest
    base_state: Digest | None
    approver: ActorId
    how: How
    at: datetime
    configuration: Digest | None = None
    inputs: Digest | None = None
    comment: str = ""
    channel: str = ""  # cli, api, web …
    overrides: tuple[str, ...] = ()
    asked_at: datetime | None = None
    expires_at: datetime | None = None
    carried_from: ApprovalId | None = None
    seal: bytes = field(default=b"", repr=False)  # docs/adr/0006
    used_at: datetime | None = None
    ended_at: datetime | None = None
    ended_as: Ending | None = None
    ended_why: str = ""


def misfit(approval: Approval, run: Run) -> str:
    """Why the approval is not for what the run would do now; empty when it is."""
    if approval.workspace != run.workspace:
        return "the approval was given for another workspace"
    if approval.configuration != run.configuration:
        return "the approval was given for another configuration"
    if approval.inputs != run.inputs:
        return "the approval was given for other values of its variables, or of what it reads"
    if approval.effect != run.effect:
        return "the approval was given for another plan"
    if approval.base_state != run.base_state:
        return "the approval was given on another state"
    if approval.used_at is not None:
        return "the approval has been used"
    return ""


def lapsed(approval: Approval, now: datetime) -> bool:
    """Whether its time is over; it counts no longer, also before anybody has noticed."""
    return approval.expires_at is not None and approval.expires_at <= now


def live(given: Iterable[Approval]) -> list[Approval]:
    """Those that nobody ended. Whether they are in time is asked apart, when it matters."""
    return [a for a in given if a.ended_at is None]


def seats(given: Iterable[Approval], run: Run, now: datetime) -> list[Approval]:
    """The approvals that count for what the run would do now, one for each person."""
    counting = [a for a in live(given) if not lapsed(a, now) and not misfit(a, run)]
    return list({a.approver: a for a in counting if a.how is not How.POLICY}.values())
