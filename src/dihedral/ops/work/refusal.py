"""Whether a confirmed run may still be applied. Anything that does not fit is a reason not to."""

from dihedral.domain.approval import lapsed, live, misfit, seats
from dihedral.domain.run import Run
from dihedral.domain.workspace import Workspace
from dihedral.kit import blobs, keys
from dihedral.kit.blob import Sealed
from dihedral.kit.db import Tx
from dihedral.ops.rules import seal
from dihedral.ops.store import approvals, states
from dihedral.ops.work import consent
from dihedral.ops.work.plane import Ops

AGAIN = "plan it again and read what it would do now"


async def reason(ops: Ops, tx: Tx, run: Run, workspace: Workspace) -> str:
    """Why the run is not applied; empty when it is what was judged, approved and planned on."""
    if workspace.lock:
        return f"the workspace is locked by {workspace.lock.by}: {workspace.lock.reason}"
    if not await keys.genuine(tx, ops.keyring, run.seal, seal.of_run(run)):
        return f"what is stored for it is not what was judged; {AGAIN}"
    for digest in (run.configuration, run.plan_file, run.lock_file):
        if digest and not await _whole(ops, tx, digest):
            return f"what is stored for it cannot be read; {AGAIN}"
    newest = await states.current(tx, workspace.id)
    if (newest and newest.content) != run.base_state:
        return f"the state has moved on since it was planned; {AGAIN}"
    if await consent.inputs(ops, tx, workspace, like=run.inputs) != run.inputs:
        return (
            "the workspace's variables or settings have changed since it was planned, or the"
            f" outputs that it may read of other workspaces; {AGAIN}"
        )
    return await _disapproved(ops, tx, run)


async def _disapproved(ops: Ops, tx: Tx, run: Run) -> str:
    given, now = live(await approvals.of_run(tx, run.id)), ops.now()
    for approval in given:
        if why := misfit(approval, run):
            return f"{why}; {AGAIN}"
        if lapsed(approval, now):
            return f"the approval of {approval.approver} has expired; {AGAIN}"
        if not await keys.genuine(tx, ops.keyring, approval.seal, seal.of_approval(approval)):
            return f"the approval of {approval.approver} is not as it was given; {AGAIN}"
    if not run.approvers and not given:
        return f"nothing says that it needs nobody; {AGAIN}"
    if (said := len(seats(given, run, now))) < run.approvers:
        return f"it has {said} of {run.approvers} approvals"
    return ""


async def _whole(ops: Ops, tx: Tx, digest: str) -> bool:
    try:
        await blobs.get(tx, ops.keyring, digest)
    except Sealed:
        return False
    return True
