"""One act, or one refusal of it: who, on whose behalf, did what, to what, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.actor import HOME, Actor, Kind
from dihedral.domain.ids import ActorId, OrganizationId

# fmt: off
FIELDS = (
    "at", "organization", "actor", "kind", "on_behalf_of", "action", "target", "workspace",
    "outcome", "reason", "trace",
)
# fmt: on
START = "0" * 64  # the hash before the first record


class Outcome(StrEnum):
    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`action` is a `noun.verb` and stays what it is for ever; `target` is an id or a name.

    `trace` is the call's: the trace id of its `traceparent`, or one that was made for it.
    """

    at: datetime
    organization: OrganizationId = HOME
    actor: ActorId
    kind: Kind
    action: str
    target: str
    on_behalf_of: ActorId | None = None
    workspace: str = ""
    outcome: Outcome = Outcome.DONE
    reason: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A record in its place."""

    seq: int
    act: Act
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: its newest record's number and hash."""

    seq: int = 0
    hash: str = START


def act(at: datetime, by: Actor, action: str, target: str, **rest: str) -> Act:
    """An act that was done by this actor. `rest` are further fields of `Act`."""
    outcome = Outcome(rest.pop("outcome", Outcome.DONE))
    return Act(
        at=at,
        organization=OrganizationId(rest.pop("organization", by.organization)),
        actor=by.id,
        kind=by.kind,
        on_behalf_of=by.on_behalf_of,
        trace=by.trace,
        action=action,
        target=target,
        outcome=outcome,
        **rest,
    )
