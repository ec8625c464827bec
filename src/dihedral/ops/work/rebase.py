"""A proposal's files, laid over what others had applied since they were written.

What waits was written beside what was applied then. Were its files planned again as they are, they
would undo what came between; so both are merged, and where they cannot be, somebody is told.
docs/adr/0018
"""

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio.to_thread

from dihedral.domain.actor import SYSTEM
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import Digest, RunId
from dihedral.domain.run import Fact, Run, Status, may, move
from dihedral.domain.verdict import Ruling
from dihedral.kit import blobs
from dihedral.kit.db import Tx
from dihedral.kit.process import Limits
from dihedral.ops.rules import bundle, hcl, merging
from dihedral.ops.rules.merging import Clash, Files
from dihedral.ops.store import runs, workspaces
from dihedral.ops.store.runs import Applied
from dihedral.ops.work import chronicle, git, sources
from dihedral.ops.work.mend import Turn
from dihedral.ops.work.plane import Ops

LIMITS = Limits(seconds=60.0, grace=2.0, output=64 << 20)
_OPEN = range(128)  # git says how many places are open; more is a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Threefold:
    """What a run's files began from, they themselves, and what is applied now."""

    run: Run
    workspace: str
    applied: Applied
    base: Files = field(repr=False)
    mine: Files = field(repr=False)
    now: Files = field(repr=False)

    @property
    def stale(self) -> bool:
        """Whether something else was applied since the files were written."""
        return self.run.base != self.applied.configuration


async def read(ops: Ops, tx: Tx, run: Run) -> Threefold:
    applied = await runs.current(tx, run.workspace)
    return Threefold(
        run=run,
        workspace=(await workspaces.find(tx, run.workspace)).name,
        applied=applied,
        base=await sources.stored(ops, tx, run.base),
        mine=await sources.stored(ops, tx, run.configuration),
        now=await sources.stored(ops, tx, applied.configuration),
    )


async def merged(found: Threefold) -> Files:
    """The run's files as they would be, had they been written now. Raises Conflict where both
    changed the same, Upstream."""
    if not found.stale:
        return found.mine
    if found.run.destroy or found.run.refresh_only:  # they change no file, so none is theirs
        return found.now or found.mine
    sides = merging.sides(found.base, found.mine, found.now)
    files, clashes = dict(sides.files), list(sides.clashes)
    with tempfile.TemporaryDirectory(prefix="dihedral-merge-") as made:
        for path in sides.texts:
            files[path], open_ = await _text(Path(made), path, found)
            clashes += open_
    if clashes or not files:
        raise Conflict(_told(found, clashes))
    return files


async def renewed(ops: Ops, tx: Tx, held: Run, found: Threefold, files: Files) -> Run:
    """The locked run with those files; kept as its next version by `save`. Raises Conflict where
    something else was applied, or the run got other files, since they were merged."""
    applied = await runs.current(tx, held.workspace)
    if applied != found.applied or held.configuration != found.run.configuration:
        raise Conflict(
            f"something was applied in {found.workspace} just now: do it again for {held.id}"
        )
    configuration = Digest(await blobs.put(tx, ops.keyring, bundle.encode(files)))
    return replace(held, configuration=configuration, base=applied.configuration)


async def save(ops: Ops, tx: Tx, moved: Run, found: Threefold) -> str:
    """Keeps the next version of a run's files, and says so; empty where they are as they were."""
    if moved.base == found.run.base and moved.configuration == found.run.configuration:
        return ""
    await runs.renew(tx, moved, ops.now())
    by = found.applied.run
    return f"its files are laid over what {by} applied" if by else "its files begin anew"


async def caught_up(ops: Ops, turn: Turn, run: RunId) -> bool:
    """Lays a run that is to be planned next over what was applied while it waited for a worker:
    nobody has read a plan of it, so nobody is asked. Whether it is still to be planned. Raises
    Conflict, Upstream."""
    async with ops.db.tx() as tx:
        held = await runs.find(tx, run)
        if held.base == (await runs.current(tx, held.workspace)).configuration:
            return True
        found = await read(ops, tx, held)
        workspace = await workspaces.find(tx, held.workspace)
    files = await merged(found)
    verdict = await sources.guarded(ops, workspace, files, found.now)
    async with ops.db.tx() as tx:
        await turn(tx)
        held = await runs.lock(tx, run)
        if held.status is not Status.PENDING:
            return False
        moved = await renewed(ops, tx, held, found, files)
        await save(ops, tx, moved, found)
        await runs.hear(tx, run, verdict)
        if verdict.ruling is not Ruling.DENY:
            return True
        denied = replace(move(moved, Fact.DENIED), reason=f"guard: {verdict.reason}")
        await chronicle.tell(ops, tx, denied, Fact.DENIED, SYSTEM, denied.reason)
        return False


async def _text(top: Path, path: str, found: Threefold) -> tuple[bytes, tuple[Clash, ...]]:
    three = {"mine": found.mine[path], "base": found.base.get(path, b""), "now": found.now[path]}
    for name, body in three.items():
        await anyio.to_thread.run_sync((top / name).write_bytes, body)
    size = merging.mark(*three.values())
    words = ["merge-file", "-p", "--diff3", f"--marker-size={size}", *three]
    said = await git.run(top, words, f"{path[:100]} cannot be merged", LIMITS, fine=_OPEN)
    text = merging.Text(path, said, size, three["mine"], three["now"])
    return await anyio.to_thread.run_sync(merging.settled, text, hcl.reader())


def _told(found: Threefold, clashes: list[Clash]) -> str:
    run, by = found.run, found.applied.run or "somebody"
    what = merging.told(clashes) if clashes else "no file is left of them"
    ends = (
        f", and `dihedral run discard {run.id}` ends this one" if may(run, Fact.DISCARDED) else ""
    )
    return (
        f"{run.id} cannot be laid over what {by} applied since it was proposed: {what}. Nothing is"
        f" lost: its files stay with it. Next: `dihedral repo clone {found.workspace}` has what is"
        f" applied (main) and every proposal that was planned (proposal/RUN); make the change anew"
        f" there, `dihedral plan` proposes it{ends}"
    )
