"""A workspace's state versions: how each differs, and going back to one, which is a proposal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import deciding, paper, shell
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import RunId, StateVersionId, parse
from dihedral.domain.ports import Proposal
from dihedral.domain.right import Action
from dihedral.domain.run import Run
from dihedral.domain.workspace import StateVersion
from dihedral.ops.rules.statediff import Differences
from dihedral.ops.work import goingback, pipeline, watch, workspaces
from dihedral.ops.work.workspaces import Estate

SIZE = 50
LISTED = 300  # lines of a comparison


@dataclass(frozen=True, slots=True)
class Line:
    """`sign` is +, - or ~; `names` are attributes that differ."""

    sign: str
    what: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Against the version before it, or `since` it, with the current one. `left` were too many."""

    of: StateVersion
    since: bool
    counts: Mapping[str, int]
    lines: tuple[Line, ...]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """`run` made the current one; those that it made on the way have the same files."""

    rows: tuple[StateVersion, ...]
    current: StateVersionId | None
    run: RunId | None
    compared: Compared | None


async def shown(request: Request, found: Estate, path: str) -> dict[str, Any]:
    """What the view of a workspace's page adds."""
    ops, actor, asked = edge.ops(request), edge.actor(request), request.query_params
    said = asked.get("before")
    before = parse(StateVersionId, said) if said else None
    rows = await workspaces.state_versions(ops, actor, found.workspace.name, before)
    last = {"view": "states", "before": rows[-1].id} if len(rows) == SIZE else {}
    newest = found.version
    states = States(
        rows=tuple(rows),
        current=newest.id if newest else None,
        run=newest.run if newest else None,
        compared=await _compared(request),
    )
    return {"states": states, "older": f"{path}?{urlencode(last)}" if last else ""}


async def _compared(request: Request) -> Compared | None:
    asked = request.query_params
    if not (of := asked.get("of") or asked.get("since")):
        return None
    ops, actor, since = edge.ops(request), edge.actor(request), "of" not in asked
    version = await watch.state_version(ops, actor, parse(StateVersionId, of))
    lines = _lines(await watch.differences(ops, actor, version.id, since=since))
    return Compared(
        of=version,
        since=since,
        counts={sign: sum(one.sign == sign for one in lines) for sign in "+-~"},
        lines=tuple(lines[:LISTED]),
        left=max(0, len(lines) - LISTED),
    )


def _lines(found: Differences) -> list[Line]:
    """What is gone first."""
    return [
        *(Line("-", one) for one in found.destroyed),
        *(Line("~", one, names) for one, names in found.changed.items()),
        *(Line("+", one) for one in found.created),
        *(Line("~", f"output {one}") for one in found.outputs),
    ]


async def rollback(request: Request) -> Response:
    version = parse(StateVersionId, request.path_params["version"])
    ops, actor, key = edge.ops(request), edge.actor(request), request.path_params["workspace"]
    return await _proposed(request, goingback.propose(ops, actor, key, version, deciding.WEB))


async def refresh(request: Request) -> Response:
    """Looks what is really there: as a run, whose plan says what differs from the state."""
    ops, actor, key = edge.ops(request), edge.actor(request), request.path_params["workspace"]
    found = await workspaces.which(ops, actor, key, Action.RUN_PROPOSE)
    proposal = Proposal(
        workspace=found.id,
        files={},
        reason="Look for drift",
        source=deciding.WEB,
        refresh_only=True,
    )
    return await _proposed(request, pipeline.propose(ops, actor, proposal))


async def _proposed(request: Request, proposing: Any) -> Response:
    try:
        run: Run = await proposing
    except (Conflict, Invalid) as fault:
        back = f"/workspaces/{quote(request.path_params['workspace'], safe='')}?view=states"
        page = paper.Message("It cannot be proposed", str(fault), back, "Back to the states")
        return await shell.show(request, page, 409)
    return paper.go(f"/runs/{run.id}")


_ONE = "/workspaces/{workspace}"
doors = (
    paper.door(
        "POST",
        f"{_ONE}/states/{{version}}/rollback",
        rollback,
        Action.RUN_PROPOSE,
        "Propose what was applied with an older state",
    ),
    paper.door(
        "POST",
        f"{_ONE}/refresh",
        refresh,
        Action.RUN_PROPOSE,
        "Look whether the world is as it was left",
    ),
)
