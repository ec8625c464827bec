"""Why a run is allowed, asks, or is denied, over HTTP."""

from dataclasses import dataclass

from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import Status
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import explain
from dihedral.ops.rules.explain import Said
from dihedral.ops.work import agreement, pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainShape:
    """`changes` is what would change the answer, `unknown` what nobody knows; `people` says who
    must approve, empty where nobody can, or need."""

    run: RunId
    status: Status
    ruling: Ruling | None
    answer: str
    people: str
    gates: tuple[Said, ...]
    changes: tuple[str, ...]
    unknown: tuple[str, ...]


async def read(request: Request) -> ExplainShape:
    run = parse(RunId, request.path_params["run"])
    ops = edge.ops(request)
    story = await pipeline.see(ops, edge.actor(request), run)
    agreed = await agreement.see(ops, edge.actor(request), story.workspace.id)
    found = explain.explain(
        story.run,
        story.workspace,
        story.verdicts,
        story.approvals,
        agreed.terms,
        self_approval=ops.self_approval,
    )
    found = explain.held(found, story.held)
    return ExplainShape(
        run=run,
        status=story.run.status,
        ruling=found.ruling,
        answer=found.answer,
        people=found.people,
        gates=found.gates,
        changes=found.changes,
        unknown=found.unknown,
    )


doors = (
    Door(
        method="GET",
        path="/v1/runs/{run}/explain",
        handler=read,
        needs=Action.RUN_READ,
        summary="Why it asks, allows or denies, and what would change that",
        gives=ExplainShape,
    ),
)
