"""A workspace's files: those that were applied last, and what the guard says of others."""

from collections.abc import Mapping
from dataclasses import replace

import anyio.to_thread

from dihedral.domain.ids import Digest, WorkspaceId
from dihedral.domain.verdict import Verdict
from dihedral.domain.workspace import Workspace
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.ops.rules import bundle, guard, terms
from dihedral.ops.store import runs
from dihedral.ops.work.plane import Ops


async def current(ops: Ops, tx: Tx, workspace: WorkspaceId) -> Mapping[str, bytes]:
    """Empty where nothing is applied."""
    return await stored(ops, tx, (await runs.current(tx, workspace)).configuration)


async def stored(ops: Ops, tx: Tx, configuration: Digest | None) -> Mapping[str, bytes]:
    """Empty for none."""
    if configuration is None:
        return {}
    return bundle.decode(await blobs.get(tx, ops.keyring, configuration))


async def guarded(
    ops: Ops, workspace: Workspace, files: Mapping[str, bytes], applied: Mapping[str, bytes]
) -> Verdict:
    """What the guard says of the files, seen beside those that were applied last."""
    allowed = terms.read(workspace.terms, ops.terms).guard
    rules = replace(allowed, root=workspace.working_directory)
    return await anyio.to_thread.run_sync(guard.read, files, rules, applied)
