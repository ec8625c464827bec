"""A run's blast radius over HTTP: who feels it, as a tree and as a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.ops.rules import dependence, picture
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.dependence import Graph
from dihedral.ops.work import pipeline
from dihedral.ops.work.pipeline import Story

SVG = "image/svg+xml"
LISTED = 400  # nodes of the tree; a picture has room for fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShape:
    """`depth` below what it reads; `mark` is what happens to it, `felt` where nothing does."""

    id: str
    kind: str
    depth: int
    mark: str
    count: int
    loses: bool
    opens: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlastShape:
    """`nodes` is a tree in its order of reading; `edges` lead from what is read to its reader.
    `elsewhere` are the outputs that change, each with the workspaces that read it. `back` is what
    is not simply taken back; `left` counts nodes that are not listed."""

    line: str
    level: str
    reasons: Mapping[str, list[str]]
    reversible: str
    back: list[dict[str, str]]
    elsewhere: Mapping[str, list[str]]
    nodes: list[NodeShape]
    edges: tuple[tuple[str, str], ...]
    groups: str
    left: int


async def read(request: Request) -> BlastShape:
    story, found = await _found(request, LISTED)
    risk: Mapping[str, Any] = story.run.numbers.get("risk") or {}
    return BlastShape(
        line=_line(story),
        level=risk.get("level", ""),
        reasons=risk.get("reasons", {}),
        reversible=risk.get("reversible", ""),
        back=risk.get("back", []),
        elsewhere=risk.get("elsewhere", {}),
        nodes=[
            NodeShape(
                id=node.id,
                kind=node.kind,
                depth=depth,
                mark=node.mark,
                count=node.count,
                loses=node.loses,
                opens=node.opens,
            )
            for depth, node in dependence.tree(found)
        ],
        edges=found.edges,
        groups=found.groups,
        left=found.left,
    )


async def draw(request: Request) -> Response:
    story, found = await _found(request, dependence.MOST)
    title = f"{story.run.id} · {story.workspace.name}"
    drawn = picture.svg(found, title, _line(story))
    safely = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return Response(drawn, media_type=SVG, headers=safely)


async def _found(request: Request, most: int) -> tuple[Story, Graph]:
    run = parse(RunId, request.path_params["run"])
    story = await pipeline.see(edge.ops(request), edge.actor(request), run)
    risk: Mapping[str, Any] = story.run.numbers.get("risk") or {}
    if not risk:
        raise Conflict(f"{run} is {story.run.status}; its plan is not judged, so nothing is known")
    text = await pipeline.artefact(edge.ops(request), edge.actor(request), run, "plan_json")
    return story, await to_thread.run_sync(_graph, text, most, risk.get("elsewhere", {}))


def _graph(text: bytes, most: int, elsewhere: Mapping[str, list[str]]) -> Graph:
    return dependence.of(plans.decode(text), most, elsewhere)


def _line(story: Story) -> str:
    line: str = story.run.numbers.get("lines", {}).get("risk", "")
    return line


_RUN = "/v1/runs/{run}"
doors = (
    Door(
        method="GET",
        path=f"{_RUN}/blast",
        handler=read,
        needs=Action.RUN_READ,
        summary="What the run touches, and who would feel it",
        gives=BlastShape,
    ),
    Door(
        method="GET",
        path=f"{_RUN}/blast.svg",
        handler=draw,
        needs=Action.RUN_READ,
        summary="The same as a picture",
        gives=str,
        gives_media=SVG,
    ),
)
