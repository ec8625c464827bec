"""The files of a run beside those that were applied before it: what somebody compares."""

from collections.abc import Mapping
from dataclasses import dataclass

from dihedral.domain.actor import Actor
from dihedral.domain.ids import RunId
from dihedral.domain.right import Action
from dihedral.kit import blobs
from dihedral.ops.rules import bundle
from dihedral.ops.work import permitted, sources
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class Versions:
    """`before` is empty where nothing was applied before, or all of it was destroyed."""

    now: Mapping[str, bytes]
    before: Mapping[str, bytes]


async def see(ops: Ops, actor: Actor, run: RunId) -> Versions:
    """Raises NotFound."""
    async with ops.db.tx() as tx:
        found = await permitted.run(tx, actor, run, Action.RUN_READ)
        now = bundle.decode(await blobs.get(tx, ops.keyring, found.configuration))
        return Versions(now, await sources.stored(ops, tx, found.base))
