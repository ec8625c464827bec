"""What people say of a run; and one way of saying no: asking for another change in its place."""

from dihedral.domain.actor import Actor
from dihedral.domain.comment import LONGEST, Comment
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import CommentId, RunId
from dihedral.domain.right import Action
from dihedral.domain.run import Run
from dihedral.kit.db import Tx
from dihedral.ops.store import comments
from dihedral.ops.work import audit, permitted, pipeline
from dihedral.ops.work.plane import Ops

MOST = 500  # of one run


async def add(ops: Ops, actor: Actor, run: RunId, text: str) -> Comment:
    """Raises NotFound, Forbidden, Invalid."""
    async with ops.db.tx() as tx:
        held = await permitted.run_held(tx, actor, run, Action.RUN_COMMENT)
        made = await _add(ops, tx, actor, held, text)
        audit.noted(ops, tx, actor, "run.comment", run, workspace=held.workspace)
    return made


async def send_back(ops: Ops, actor: Actor, run: RunId, text: str) -> Run:
    """The run, discarded, since another change is asked for: what was said is its reason.

    Raises NotFound, Forbidden, Conflict, Invalid.
    """
    async with ops.db.tx() as tx:
        reason = f"another change is asked for: {text.strip()}"
        moved = await pipeline.decline(ops, tx, actor, run, reason[:LONGEST])
        await _add(ops, tx, actor, moved, text, sends_back=True)
        return moved


async def page(ops: Ops, actor: Actor, run: RunId) -> list[Comment]:
    """All of a run, the oldest first. Raises NotFound."""
    async with ops.db.tx() as tx:
        await permitted.run(tx, actor, run, Action.RUN_READ)
        return await comments.of_run(tx, run)


async def _add(
    ops: Ops, tx: Tx, actor: Actor, run: Run, text: str, *, sends_back: bool = False
) -> Comment:
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Invalid(f"a comment has 1 to {LONGEST:,} characters; this has {len(said):,}")
    if len(await comments.of_run(tx, run.id)) >= MOST:
        raise Conflict(f"{run.id} has {MOST} comments already; say the rest elsewhere")
    made = Comment(
        id=CommentId(ops.mint("cmt")),
        run=run.id,
        author=actor.id,
        text=said,
        at=ops.now(),
        sends_back=sends_back,
    )
    await comments.add(tx, made)
    return made
