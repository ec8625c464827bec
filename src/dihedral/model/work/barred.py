"""What an agent called for that it was not given, in the audit log, as what it may not do is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dihedral.domain.audit import Outcome, act
from dihedral.domain.conversation import Message
from dihedral.kit.db import Tx
from dihedral.model.rules import calls

if TYPE_CHECKING:
    from dihedral.model.work.perform import Performer


def note(performer: "Performer", tx: Tx, new: Sequence[Message]) -> None:
    """One act for each thing of the messages that are kept in `tx`."""
    thinking, where = performer.mind.thinking, performer.conversation
    for what in calls.barred(new, performer.tools, performer.spec.delegates):
        done = act(
            thinking.now(),
            performer.actor,
            "tool.call",
            what,
            workspace=where.workspace or "",
            outcome=Outcome.DENIED,
            reason=f"{performer.spec.name} is not given that ({where.id})",
        )
        thinking.note(tx, done)
