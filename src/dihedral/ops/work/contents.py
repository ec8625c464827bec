"""What the directory of a step starts from, gathered in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dihedral.domain.errors import Conflict
from dihedral.domain.run import Run
from dihedral.domain.workspace import Category, Variable, Workspace
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.ops.rules import bundle
from dihedral.ops.store import states, workspaces
from dihedral.ops.work import consent, hush, lending
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.workdir import Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """`env` are the workspace's own environment variables; `clear` hides the sensitive ones."""

    contents: Contents
    env: dict[str, str] = field(repr=False)
    clear: Callable[[str], str]


async def gather(ops: Ops, tx: Tx, run: Run, workspace: Workspace, phase: str) -> Given:
    """Raises Conflict where what the run reads of other workspaces is not there, or not what it
    was planned with: a read that Terraform puts off until the apply must find the same. From here
    on an apply counts as reading it."""
    base = await states.current(tx, workspace.id)
    variables = await workspaces.variables(tx, ops.keyring, workspace.id)
    files = bundle.decode(await blobs.get(tx, ops.keyring, run.configuration))
    lent = await lending.lent(ops, tx, workspace)
    applying = phase == "apply"
    if applying and lent and not await consent.fits(ops, tx, run.id, workspace, lent):
        raise Conflict("what it reads of other workspaces has changed just now; plan it again")
    if applying:
        await lending.begun(tx, run)
    return Given(
        contents=Contents(
            files=files,
            working_directory=workspace.working_directory,
            simulated=workspace.simulated,
            literals=_values(variables, Category.TERRAFORM, hcl=False),
            expressions=_values(variables, Category.TERRAFORM, hcl=True),
            state=await blobs.get(tx, ops.keyring, base.content) if base else None,
            plan=await _blob(ops, tx, run.plan_file) if applying else None,
            lock_file=await _blob(ops, tx, run.lock_file) if applying else None,
            lent=lending.demand(lent, files),
        ),
        env=_values(variables, Category.ENV, hcl=False),
        clear=await hush.clearing(ops, tx, run, variables),
    )


def _values(variables: Sequence[Variable], category: Category, *, hcl: bool) -> dict[str, str]:
    return {v.key: v.value or "" for v in variables if v.category is category and v.hcl is hcl}


async def _blob(ops: Ops, tx: Tx, digest: str | None) -> bytes | None:
    return await blobs.get(tx, ops.keyring, digest) if digest else None
