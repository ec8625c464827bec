"""A run in brief: a few KB for a small model or a message, with nothing sensitive in them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import anyio
import anyio.to_thread

from dihedral.domain.actor import Actor
from dihedral.domain.brief import Brief
from dihedral.domain.ids import RunId
from dihedral.domain.right import Action
from dihedral.domain.run import OVER, Run, Status
from dihedral.domain.verdict import Ruling
from dihedral.domain.workspace import Variable, Workspace
from dihedral.ops.rules import compact, explain, plan
from dihedral.ops.rules.explain import Explanation
from dihedral.ops.rules.redact import visible
from dihedral.ops.work import agreement, permitted, pipeline, watch
from dihedral.ops.work.pipeline import Story
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.watch import PAUSE, Which

PLAN = 3000  # bytes of the plan
LOG = 2000  # characters of what Terraform said last
POINTS = 12  # reasons of gates
LINE = 400  # characters of one of them
EARLY = frozenset({Status.PENDING, Status.PLANNING, Status.PLANNED})
DENIED = frozenset({Status.POLICY_SOFT_FAILED, Status.ERRORED})


async def read(ops: Ops, actor: Actor, run: RunId, wait: float = 0.0) -> Brief:
    """As soon as its gates have spoken, or after `wait` seconds. Raises NotFound."""
    await _judged(ops, actor, run, wait)
    story = await pipeline.see(ops, actor, run)
    agreed = await agreement.see(ops, actor, story.workspace.id)
    said = explain.explain(
        story.run,
        story.workspace,
        story.verdicts,
        story.approvals,
        agreed.terms,
        self_approval=ops.self_approval,
    )
    rows = [*_explained(explain.held(said, story.held)), await _planned(ops, actor, story)]
    brief = _brief(story.run, story.workspace)
    return replace(brief, text="\n".join(filter(None, [brief.line, *rows])))


async def planned(ops: Ops, actor: Actor, run: RunId) -> str:
    """What it would do, the worst first, in a few KB. Raises NotFound, Conflict."""
    text, variables = await pipeline.planned(ops, actor, run)
    more = f"`dihedral run plan {run}` shows all of it"
    return await anyio.to_thread.run_sync(_compact, text, variables, more)


async def page(
    ops: Ops, actor: Actor, workspace: str | None, before: RunId | None, size: int
) -> list[Brief]:
    """Newest first, each in a line. Raises NotFound."""
    found = await watch.run_page(ops, actor, Which(workspace), before, size)
    return [_brief(one.run, one.workspace) for one in found]


async def _judged(ops: Ops, actor: Actor, run: RunId, wait: float) -> None:
    end = time.monotonic() + wait
    with ops.ear.waiting(run) as told:
        while True:
            told.clear()
            async with ops.db.tx() as tx:
                found = await permitted.run(tx, actor, run, Action.RUN_READ)
            left = end - time.monotonic()
            if found.status not in EARLY or left <= 0:
                return
            with anyio.move_on_after(min(left, PAUSE)):
                await told.wait()


def _brief(run: Run, workspace: Workspace) -> Brief:
    lines = run.numbers.get("lines", {})
    said = [run.summary.get("line", ""), *(f"{k} {v}" for k, v in sorted(lines.items()))]
    what = "only planned" if run.plan_only else "destroys" if run.destroy else ""
    tail = "".join(f"; {visible(part)}" for part in (what, *said) if part)
    return Brief(
        run=run.id,
        workspace=workspace.name,
        status=run.status,
        created_at=run.created_at,
        message=visible(run.message),
        judged=run.status not in EARLY,
        over=run.status in OVER,
        denied=run.status in DENIED,
        line=f"{run.id} in {workspace.name}: {run.status}{tail}",
    )


def _explained(said: Explanation) -> Iterator[str]:
    yield visible(said.answer)
    if said.people:
        yield visible(said.people)
    points = [(g, p) for g in said.gates for p in g.points if p.ruling is not Ruling.ALLOW]
    for gate, point in points[:POINTS]:
        where = f" ({', '.join(point.whats[:3])}{' …' if point.count > 3 else ''})"
        mend = f"; {point.mend}" if point.mend else ""
        row = f"{point.ruling.upper()} by {gate.gate}: {point.says}{where if point.whats else ''}"
        yield visible((row + mend)[:LINE])
    if len(points) > POINTS:
        yield f"and {len(points) - POINTS} more reasons"
    if said.unknown:
        yield visible(f"Not known: {'; '.join(said.unknown)}"[:LINE])


async def _planned(ops: Ops, actor: Actor, story: Story) -> str:
    """What it would do; where there is no plan, what Terraform said last."""
    run = story.run
    if run.plan_json is None:
        return await _log(ops, actor, run) if run.status is Status.ERRORED else ""
    text, variables = await pipeline.planned(ops, actor, run.id)
    more = f"`dihedral run plan {run.id}` shows all of it"
    shown = await anyio.to_thread.run_sync(_compact, text, variables, more)
    failed = await _log(ops, actor, run) if run.status is Status.ERRORED else ""
    return f"{shown}\n{failed}" if failed else shown


def _compact(text: bytes, variables: Sequence[Variable], more: str) -> str:
    return compact.compact(plan.decode(text), budget=PLAN, variables=variables, more=more)


async def _log(ops: Ops, actor: Actor, run: Run) -> str:
    """Its lines were cleared before they were kept."""
    said = "\n".join(piece.text for piece in await watch.log(ops, actor, run.id))
    return f"Terraform said:\n{'…' if len(said) > LOG else ''}{said[-LOG:]}" if said else ""
