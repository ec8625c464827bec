"""Going back: what was applied when a state version came about, proposed anew.

Surprise: the state itself is not touched. Terraform plans the older files against what is there
now, the gates judge that, and people read it like any other change. `workspaces.rollback` is the
other way: it mends a state that says what is not so, and changes nothing in the world.
"""

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import StateVersionId
from dihedral.domain.ports import Proposal
from dihedral.domain.right import Action
from dihedral.domain.run import Run
from dihedral.kit import blobs
from dihedral.ops.rules import bundle
from dihedral.ops.store import runs
from dihedral.ops.work import permitted, pipeline
from dihedral.ops.work.plane import Ops


async def propose(ops: Ops, actor: Actor, key: str, version: StateVersionId, source: str) -> Run:
    """A run of the files that made this state version, with today's variables. Raises NotFound,
    Forbidden, Conflict (no run made it; the workspace is locked)."""
    async with ops.db.tx() as tx:
        where = await permitted.workspace(tx, actor, key, Action.RUN_PROPOSE)
        found = await permitted.state_version(tx, actor, version, Action.STATE_READ)
        if found.workspace != where.id:
            raise NotFound("state version", version)
        if found.run is None:
            raise Conflict(
                f"no run made {version}, so nobody knows which files belong to it; propose them"
                " yourself with `dihedral plan`"
            )
        made = await runs.find(tx, found.run)
        files = bundle.decode(await blobs.get(tx, ops.keyring, made.configuration))
    proposal = Proposal(
        workspace=where.id,
        files=files,
        reason=f"Go back to what was applied with serial {found.serial}, by {made.id}",
        source=source,
        destroy=made.destroy,
    )
    return await pipeline.propose(ops, actor, proposal)
