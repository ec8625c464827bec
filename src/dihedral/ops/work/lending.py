"""What other workspaces lend to a run: their outputs, in a state file that holds nothing else.

What is lent is a function of the outputs alone, so its bytes are part of the run's inputs
(`consent.inputs`): where an output changes between a plan and its apply, the apply is refused, and
no approval goes on to another plan. docs/adr/0013
"""

from collections.abc import Mapping

import anyio.to_thread

from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.run import Run, Status
from dihedral.domain.workspace import Workspace
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.ops.rules import bundle, readings, redact, state, terms
from dihedral.ops.rules.readings import Readings
from dihedral.ops.store import readings as store
from dihedral.ops.store import states, workspaces
from dihedral.ops.work.plane import Ops

Lent = Mapping[str, bytes | None]
"""By workspace; None where there is none of that name, or nothing was ever applied in it."""


async def lent(ops: Ops, tx: Tx, workspace: Workspace) -> Lent:
    """What the workspace's terms let it read. Raises Invalid for terms nobody can read."""
    names = terms.read(workspace.terms, ops.terms).guard.lenders
    return {name: await _outputs(ops, tx, workspace, name) for name in names}


def demand(found: Lent, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What is there. Raises Conflict where the files read what is not, since Terraform would only
    say that it found no file."""
    for name in sorted(readings.asked(files)):
        if name not in found:
            raise Conflict(
                f"the configuration reads the outputs of workspace {name}, and the terms do not"
                " grant that; its owners may grant it (guard.remote_states), then plan again"
            )
        if found[name] is None:
            raise Conflict(
                f"the configuration reads the outputs of workspace {name}, which has no state: it"
                " is gone, or nothing was ever applied in it; apply it first, then plan again"
            )
    return {name: text for name, text in found.items() if text is not None}


async def reads(ops: Ops, tx: Tx, run: Run, plan_json: bytes) -> Readings:
    """What the run's configuration takes from other workspaces, by its plan. Raises Invalid."""
    if not readings.any_in(plan_json):
        return {}
    files = bundle.decode(await blobs.get(tx, ops.keyring, run.configuration))
    root = (await workspaces.find(tx, run.workspace)).working_directory
    return await anyio.to_thread.run_sync(readings.of, plan_json, files, root)


async def begun(tx: Tx, run: Run) -> None:
    """What the run reads counts before its apply does anything, however that ends, beside what was
    read before. No workspace may be locked in `tx`: of two that read each other, each would wait
    for the other's."""
    if not run.destroy:
        await store.add(tx, run.workspace, run.numbers.get("reads", {}))


async def done(tx: Tx, run: Run) -> None:
    """Once a run is applied, or had nothing to change, what it reads is all that counts."""
    over = run.status in (Status.APPLIED, Status.PLANNED_AND_FINISHED)
    if over and not run.plan_only and not run.refresh_only:
        read = {} if run.destroy else run.numbers.get("reads", {})
        await store.put(tx, run.workspace, read)


async def _outputs(ops: Ops, tx: Tx, reader: Workspace, name: str) -> bytes | None:
    try:
        source = await workspaces.find(tx, name, reader.organization)
    except NotFound:
        return None
    version = await states.current(tx, source.id)
    if version is None or source.name != name:  # an id is a key as well, but no grant
        return None
    clear = redact.outputs(await workspaces.variables(tx, ops.keyring, source.id))
    return state.lent(await blobs.get(tx, ops.keyring, version.content), source.id, clear)
