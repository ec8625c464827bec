"""The verbs of a tour. It is its person's own, and nothing but what that person is shown depends on
it."""

from dihedral.domain.actor import Actor
from dihedral.domain.ids import RunId
from dihedral.domain.right import Action
from dihedral.domain.tour import Tour
from dihedral.ops.store import tours
from dihedral.ops.work import permitted
from dihedral.ops.work.plane import Ops


async def see(ops: Ops, actor: Actor) -> Tour | None:
    """None where it never began."""
    async with ops.db.tx() as tx:
        return await tours.find(tx, actor.id)


async def begin(ops: Ops, actor: Actor) -> None:
    """From the first step, also where there was one before."""
    async with ops.db.tx() as tx:
        await tours.begin(tx, actor.id, ops.now())


async def read(ops: Ops, actor: Actor, run: RunId) -> None:
    """The person says to have read the run's page. Raises NotFound."""
    async with ops.db.tx() as tx:
        await permitted.run(tx, actor, run, Action.RUN_READ)
        await tours.read(tx, actor.id, run)


async def end(ops: Ops, actor: Actor) -> None:
    async with ops.db.tx() as tx:
        await tours.end(tx, actor.id, ops.now())
