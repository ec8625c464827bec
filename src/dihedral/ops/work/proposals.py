"""A proposal becomes a run, once for each key."""

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import Digest, RunId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Run
from dihedral.kit.db import Tx
from dihedral.ops.store import runs
from dihedral.ops.work.plane import Ops


async def earlier(tx: Tx, actor: Actor, proposal: Proposal) -> Run | None:
    """The run that the proposal's key names already. Raises Conflict where that is another's."""
    found = await runs.by_key(tx, proposal.key) if proposal.key else None
    if found and (found.workspace, found.proposer) != (proposal.workspace, actor.id):
        raise Conflict("this proposal's key is another run's; propose again with a new one")
    return found


def run(ops: Ops, actor: Actor, proposal: Proposal, configuration: Digest) -> Run:
    """A new one, which nothing knows yet."""
    return Run(
        id=RunId(ops.mint("run")),
        workspace=proposal.workspace,
        proposer=actor.id,
        configuration=configuration,
        created_at=ops.now(),
        message=proposal.reason,
        source=proposal.source,
        plan_only=proposal.plan_only,
        destroy=proposal.destroy,
        refresh_only=proposal.refresh_only,
        request=proposal.request,
        origin=proposal.origin,
        on_behalf_of=actor.on_behalf_of or proposal.on_behalf_of,
    )
