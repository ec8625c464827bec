"""The server's owner as a person: whoever reads the data directory acts without a row in the
database, until something must refer to him.

What he then has is a grant of source `owner`. It counts for agents that work for him. Nobody logs
in with it: whoever is invited by that name loses it when he sets a password (`ops.work.links`), and
a login from elsewhere never becomes a person that is there already (`ops.work.federated`).
"""

from dihedral.domain.actor import HOME, Actor, Kind
from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.person import Person, person_id
from dihedral.domain.right import Grant, Place, Role
from dihedral.kit.db import Tx
from dihedral.ops.store import people
from dihedral.ops.work import audit
from dihedral.ops.work.plane import Ops


async def known(ops: Ops, tx: Tx, actor: Actor) -> Person:
    """The person that acts, made where it is the owner. Raises NotFound for who can be nobody."""
    try:
        return await people.find(tx, actor.id)
    except NotFound:
        if not _owner(actor):
            raise
    made = Person(id=person_id(actor.id), created_at=ops.now())
    try:
        await people.add(tx, made)
    except Conflict:  # made meanwhile, and perhaps somebody else: he gets nothing
        return await people.find(tx, actor.id)
    grant = Grant(Role.ADMINISTRATOR, Place(HOME))
    await people.give(
        tx,
        people.Given(
            holder=made.id,
            grant=grant,
            source=people.OWNER,
            given_by=actor.id,
            given_at=made.created_at,
        ),
    )
    audit.noted(ops, tx, actor, "person.create", made.id, reason="the server's owner")
    return made


def _owner(actor: Actor) -> bool:
    """Whoever comes in with a session or a token has a row, and rows of people are never deleted;
    so a person without one came in with the data directory's token."""
    came = actor.session or actor.token
    return actor.kind is Kind.PERSON and actor.organization == HOME and not came
