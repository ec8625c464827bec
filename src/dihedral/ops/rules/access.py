"""Who may do what to a run. A person decides; an agent proposes."""

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.approval import How
from dihedral.domain.errors import Forbidden
from dihedral.domain.run import Run


def may_approve(actor: Actor, run: Run, *, self_approval: bool) -> How:
    """How this actor's yes counts. Raises Forbidden."""
    if actor.kind is not Kind.PERSON:
        raise Forbidden("only a person approves a run")
    if actor.id != run.proposer:
        return How.PERSON
    if not self_approval:
        raise Forbidden(
            f"{actor.id} proposed {run.id}, so somebody else approves it;"
            " where one person works alone, start with DIHEDRAL_SELF_APPROVAL=1"
        )
    return How.SELF


def may_discard(actor: Actor, run: Run) -> None:
    """Raises Forbidden."""
    if actor.kind is not Kind.PERSON and actor.id != run.proposer:
        raise Forbidden("an agent discards only its own runs")


def may_cancel(actor: Actor, run: Run) -> None:
    """Raises Forbidden."""
    if actor.kind is not Kind.PERSON and actor.id != run.proposer:
        raise Forbidden("an agent cancels only its own runs")
