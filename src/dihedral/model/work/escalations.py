"""What agents handed to people: read, and closed by whoever saw to it."""

from dataclasses import replace

from dihedral.domain.actor import Actor
from dihedral.domain.audit import act
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import EscalationId
from dihedral.domain.right import Action, Place
from dihedral.model.store import escalations
from dihedral.model.store.escalations import Escalation, Sought
from dihedral.model.work.mind import Mind


async def page(mind: Mind, actor: Actor, sought: Sought) -> list[Escalation]:
    """Of the organization, the oldest first. Raises Forbidden."""
    _demand(mind, actor, Action.ESCALATION_READ)
    async with mind.thinking.db.tx() as tx:
        return await escalations.page(tx, mind.keyring, actor.organization, sought)


async def see(mind: Mind, actor: Actor, name: EscalationId) -> Escalation:
    """Raises NotFound, Forbidden."""
    _demand(mind, actor, Action.ESCALATION_READ)
    async with mind.thinking.db.tx() as tx:
        return await escalations.lock(tx, mind.keyring, actor.organization, name)


async def close(mind: Mind, actor: Actor, name: EscalationId, why: str = "") -> Escalation:
    """Once. Raises NotFound, Forbidden, Conflict."""
    _demand(mind, actor, Action.ESCALATION_CLOSE)
    now = mind.thinking.now()
    async with mind.thinking.db.tx() as tx:
        held = await escalations.lock(tx, mind.keyring, actor.organization, name)
        if held.closed_at:
            raise Conflict(f"{name} is closed already, by {held.closed_by}; there is nothing to do")
        moved = replace(held, closed_at=now, closed_by=actor.id, closed_why=why.strip())
        await escalations.close(tx, mind.keyring, moved)
        mind.thinking.note(tx, act(now, actor, Action.ESCALATION_CLOSE, name))
    return moved


def _demand(mind: Mind, actor: Actor, action: Action) -> None:
    """In the whole organization: a customer's matter is no workspace's."""
    mind.thinking.files.demand(actor, action, Place(actor.organization))
