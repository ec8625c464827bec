"""One act, or one refusal of it: who, on whose behalf, did what, to what, and what came of it."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.ids import ActorId

ACTION = re.compile(r"[a-z]+\.[a-z_]+")


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
    actor: ActorId
    kind: Kind
    action: str
    target: str
    on_behalf_of: ActorId | None = None
    workspace: str = ""
    outcome: Outcome = Outcome.DONE
    reason: str = ""
    trace: str = ""


def act(at: datetime, by: Actor, action: str, target: str, **rest: str) -> Act:
    """An act that was done by this actor. `rest` are further fields of `Act`."""
    outcome = Outcome(rest.pop("outcome", Outcome.DONE))
    return Act(
        at=at,
        actor=by.id,
        kind=by.kind,
        on_behalf_of=by.on_behalf_of,
        trace=by.trace,
        action=action,
        target=target,
        outcome=outcome,
        **rest,
    )
