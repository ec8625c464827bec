"""What takes secrets out of what Terraform says, and out of our own log while a run has them."""

from collections.abc import Callable, Sequence

import anyio.to_thread

from dihedral.domain.run import Run
from dihedral.domain.workspace import Variable
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.ops.rules import planjson, redact
from dihedral.ops.work.plane import Ops


async def clearing(
    ops: Ops, tx: Tx, run: Run, variables: Sequence[Variable]
) -> Callable[[str], str]:
    """Hides the workspace's sensitive variables; and once there is a plan, all that it holds."""
    if run.plan_json is None:
        return redact.before_plan(variables)
    text = await blobs.get(tx, ops.keyring, run.plan_json)
    return await anyio.to_thread.run_sync(lambda: redact.scrubber(planjson.read(text), variables))
