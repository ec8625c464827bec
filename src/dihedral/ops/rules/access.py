"""Who may do what to a run. A person decides; an agent proposes."""

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.approval import How
from dihedral.domain.errors import Forbidden
from dihedral.domain.run import Run


def may_approve(actor: Actor, run: Run, *, self_approval: bool) -> How:
    """How this actor's yes counts. Raises Forbidden.

    Whose words led to the run counts as its proposer: an agent is no way to agree with oneself.
    """
    if actor.kind is not Kind.PERSON or run.source == f"agent:{actor.id}":
        raise Forbidden("only a person approves a run")
    if actor.id not in (run.proposer, run.on_behalf_of):
        return How.PERSON
    if not self_approval:
        did = "proposed" if actor.id == run.proposer else "asked for"
        raise Forbidden(
            f"{actor.id} {did} {run.id}, so somebody else approves it;"
            " where one person works alone, start with DIHEDRAL_SELF_APPROVAL=1"
        )
    return How.SELF


def may_replan(actor: Actor, run: Run) -> None:
    """Raises Forbidden."""
    if actor.kind is not Kind.PERSON and actor.id != run.proposer:
        raise Forbidden("an agent plans only its own runs again")


def may_discard(actor: Actor, run: Run) -> None:
    """Raises Forbidden."""
    if actor.kind is not Kind.PERSON and actor.id != run.proposer:
        raise Forbidden("an agent discards only its own runs")


def may_cancel(actor: Actor, run: Run) -> None:
    """Raises Forbidden."""
    if actor.kind is not Kind.PERSON and actor.id != run.proposer:
        raise Forbidden("an agent cancels only its own runs")
