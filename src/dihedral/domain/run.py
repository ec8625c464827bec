"""A run: one proposed change to one workspace, from files to infrastructure.

`MOVES` is the whole life of a run. Every other question about status is answered from it.
Statuses carry HCP Terraform's names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from types import MappingProxyType
from typing import Any

from dihedral.domain.errors import Conflict
from dihedral.domain.ids import ActorId, Digest, RequestId, RunId, WorkspaceId


class Status(StrEnum):
    PENDING = "pending"  # waits for a worker
    PLANNING = "planning"
    PLANNED = "planned"  # gates read the plan: cost, policy, blast radius
    POLICY_CHECKED = "policy_checked"  # waits for a person
    CONFIRMED = "confirmed"  # waits for a worker again
    APPLYING = "applying"
    APPLIED = "applied"
    PLANNED_AND_FINISHED = "planned_and_finished"  # plan-only, or nothing to change
    POLICY_SOFT_FAILED = "policy_soft_failed"  # a gate denied it
    ERRORED = "errored"
    DISCARDED = "discarded"
    CANCELED = "canceled"


class Fact(StrEnum):
    CLAIMED = "claimed"  # by a worker
    PLANNED = "planned"
    FINISHED = "finished"  # judged, and nothing is to be applied
    CLEARED = "cleared"  # every gate allows
    HELD = "held"  # a gate asks for a person
    DENIED = "denied"  # a gate denies
    SECONDED = "seconded"  # one of several people said yes
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"  # somebody took their yes back
    DISCARDED = "discarded"  # a person said no
    EXPIRED = "expired"  # nobody said anything in time, or nobody used what was said
    REPLANNED = "replanned"
    APPLIED = "applied"
    REFUSED = "refused"  # what would be applied is not what was approved
    BROKE = "broke"
    LOST = "lost"  # the worker died
    STOP_ASKED = "stop_asked"
    CANCELED = "canceled"


S, F = Status, Fact

# fmt: off
MOVES: Mapping[tuple[Status, Fact], Status] = MappingProxyType({
    (S.PENDING,        F.CLAIMED):    S.PLANNING,
    (S.PENDING,        F.DENIED):     S.POLICY_SOFT_FAILED,  # by the guard, which reads files first
    (S.PENDING,        F.BROKE):      S.ERRORED,  # it cannot even be begun
    (S.PENDING,        F.CANCELED):   S.CANCELED,
    (S.PLANNING,       F.PLANNED):    S.PLANNED,
    (S.PLANNING,       F.DENIED):     S.POLICY_SOFT_FAILED,
    (S.PLANNING,       F.BROKE):      S.ERRORED,
    (S.PLANNING,       F.LOST):       S.PENDING,  # a plan changes nothing, so it may be made again
    (S.PLANNING,       F.CANCELED):   S.CANCELED,
    (S.PLANNED,        F.FINISHED):   S.PLANNED_AND_FINISHED,
    (S.PLANNED,        F.CLEARED):    S.CONFIRMED,
    (S.PLANNED,        F.HELD):       S.POLICY_CHECKED,
    (S.PLANNED,        F.DENIED):     S.POLICY_SOFT_FAILED,
    (S.PLANNED,        F.BROKE):      S.ERRORED,
    (S.PLANNED,        F.CANCELED):   S.CANCELED,
    (S.POLICY_CHECKED, F.SECONDED):   S.POLICY_CHECKED,
    (S.POLICY_CHECKED, F.APPROVED):   S.CONFIRMED,
    (S.POLICY_CHECKED, F.WITHDRAWN):  S.POLICY_CHECKED,
    (S.POLICY_CHECKED, F.REPLANNED):  S.PENDING,  # its approvals stay if it would do the same
    (S.POLICY_CHECKED, F.DISCARDED):  S.DISCARDED,
    (S.POLICY_CHECKED, F.EXPIRED):    S.DISCARDED,
    (S.POLICY_CHECKED, F.CANCELED):   S.CANCELED,
    (S.CONFIRMED,      F.CLAIMED):    S.APPLYING,
    (S.CONFIRMED,      F.WITHDRAWN):  S.POLICY_CHECKED,
    (S.CONFIRMED,      F.EXPIRED):    S.DISCARDED,
    (S.CONFIRMED,      F.REFUSED):    S.ERRORED,
    (S.CONFIRMED,      F.BROKE):      S.ERRORED,
    (S.CONFIRMED,      F.CANCELED):   S.CANCELED,
    (S.APPLYING,       F.APPLIED):    S.APPLIED,
    (S.APPLYING,       F.BROKE):      S.ERRORED,
    (S.APPLYING,       F.LOST):       S.ERRORED,  # never again by itself: state may be half-written
    (S.APPLYING,       F.STOP_ASKED): S.APPLYING,  # Terraform is interrupted, ends in order
    (S.APPLYING,       F.CANCELED):   S.CANCELED,
})
# fmt: on

OVER = frozenset(Status) - {status for status, _ in MOVES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`plan_only` and `destroy` are choices of the proposer. The rest fills in as the run goes.

    `lease` names the worker's hold on the run; a worker that comes back from the dead finds
    another and stops. `origin` is what led to it, as the model plane tells it. `effect` is the
    digest of what the plan would do, not of its bytes, and `inputs` that of the variables it was
    planned with. `on_behalf_of` is the person whose words led to the proposal, where that is not
    the proposer; `replans` the run that this one does again. `base` is the configuration that was
    applied when its files were written, None where none was.
    """

    id: RunId
    workspace: WorkspaceId
    proposer: ActorId
    configuration: Digest
    created_at: datetime
    status: Status = Status.PENDING
    message: str = ""
    source: str = "cli"
    plan_only: bool = False
    destroy: bool = False
    refresh_only: bool = False
    request: RequestId | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: ActorId | None = None
    replans: RunId | None = None
    base: Digest | None = None
    lease: str | None = None
    reason: str = ""
    plan_file: Digest | None = None
    plan_json: Digest | None = None
    lock_file: Digest | None = None
    effect: Digest | None = None
    base_state: Digest | None = None  # of the state version planned on; None when there was none
    inputs: Digest | None = None
    waiting_since: datetime | None = None  # when a person was asked for the first time
    expires_at: datetime | None = None  # when nobody needs to answer any more
    ended: Fact | None = None  # what ended it: `discarded` by a person is not `expired`
    tool: str = ""  # e.g. `terraform 1.11.4`
    evidence: Digest | None = None
    approvers: int = 1  # people who must say yes
    seal: bytes | None = field(default=None, repr=False)  # docs/adr/0006
    summary: Mapping[str, Any] = field(default_factory=dict)  # the plan's counts
    speed: Mapping[str, float] = field(default_factory=dict)  # seconds by step
    numbers: Mapping[str, Any] = field(default_factory=dict)  # cost and risk, as shown


def move(run: Run, fact: Fact) -> Run:
    """The run after `fact`. Raises Conflict when the table has no such row."""
    try:
        status = MOVES[run.status, fact]
    except KeyError:
        raise Conflict(f"{run.id} is {run.status}; it cannot be {fact.replace('_', ' ')}") from None
    return replace(run, status=status, ended=fact if status in OVER else None)


def fold(facts: Iterable[Fact]) -> Status:
    """The status of a run to which these things happened. Raises KeyError when they cannot have."""
    return reduce(lambda status, fact: MOVES[status, fact], facts, Status.PENDING)


def unplanned(run: Run) -> Run:
    """The run without its plan and all that was said of it; what was asked for stays."""
    return replace(
        run,
        lease=None,
        reason="",
        plan_file=None,
        plan_json=None,
        lock_file=None,
        effect=None,
        base_state=None,
        inputs=None,
        expires_at=None,
        tool="",
        approvers=1,
        seal=None,
        summary={},
        numbers={},
    )


def anew(run: Run, name: RunId, at: datetime) -> Run:
    """A new run that asks for the same, for the same people."""
    return Run(
        id=name,
        workspace=run.workspace,
        proposer=run.proposer,
        configuration=run.configuration,
        created_at=at,
        message=run.message,
        source=run.source,
        plan_only=run.plan_only,
        destroy=run.destroy,
        refresh_only=run.refresh_only,
        request=run.request,
        origin=run.origin,
        on_behalf_of=run.on_behalf_of,
        replans=run.id,
        base=run.base,
    )


def may(run: Run, fact: Fact) -> bool:
    """Whether the table has a row for it; buttons and commands ask this."""
    return (run.status, fact) in MOVES


def drawing() -> str:
    """The table as a Mermaid state diagram; `docs/run.md` shows it, and a test compares."""
    lines = ["stateDiagram-v2", "    [*] --> pending"]
    lines += [f"    {before} --> {after}: {fact}" for (before, fact), after in MOVES.items()]
    lines += [f"    {status} --> [*]" for status in Status if status in OVER]
    return "\n".join(lines)
