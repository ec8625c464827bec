"""The flight recorder: a conversation, or a run, as one line of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import ask, chronicle, conversation, origin, paper, shell
from dihedral.control.web.chronicle import Row, Worked
from dihedral.control.web.origin import Step
from dihedral.control.web.paper import Page
from dihedral.domain.conversation import Standing
from dihedral.domain.errors import Forbidden, NotFound
from dihedral.domain.ids import ConversationId, RunId, TurnId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import OVER
from dihedral.model.work import conversations
from dihedral.ops.work import pipeline, watch
from dihedral.ops.work.pipeline import Story

DEEPEST = 4  # how often work may be handed on, as it is shown
MOST = 2000  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Page):
    """`back` is the page of what is recorded; `bundles` is what signed evidence can be had of: what
    it is, where it is, and the name of the file; `hint` says why there is none. `led` are the runs
    that a conversation led to (id, workspace, status), `steps` the turns that led to a run. `left`
    is how many rows are not shown."""

    template: ClassVar[str] = "record.html"
    title: str
    back: str
    name: str
    rows: tuple[Row, ...]
    left: int
    bundles: tuple[tuple[str, str, str], ...]
    hint: str
    led: tuple[tuple[str, str, str], ...] = ()
    steps: tuple[Step, ...] = ()


async def talked(request: Request) -> Response:
    mind, actor, now = edge.mind(request), edge.actor(request), edge.ops(request).now()
    name, oversees = conversation.name(request), conversation.oversees(request)
    shown = await conversations.show(mind, actor, name, oversees=oversees)
    works = await _worked(request, name, 0)
    stories = await _stories(request, await _runs(request, shown))
    rows = [row for one in works for row in chronicle.worked(one, now)]
    held, hint = shown.conversation, ""
    own = [("the whole conversation", f"/v1/conversations/{name}/evidence", name)]
    if held.standing is Standing.WORKING:
        own, hint = [], "The signed evidence can be had once nobody is at work on it."
    page = Record(
        title=held.title or "A conversation",
        back=f"{ask.PATH}/{name}",
        name=name,
        bundles=tuple(own + _bundles(stories)),
        hint=hint,
        led=tuple((one.run.id, one.workspace.name, one.run.status) for one in stories),
        **_rows(rows, stories),
    )
    return await shell.show(request, page)


async def ran(request: Request) -> Response:
    run = parse(RunId, request.path_params["run"])
    story = await pipeline.see(edge.ops(request), edge.actor(request), run)
    found = await origin.origin(request, story.run)
    files = shell.may(edge.actor(request), Action.AGENT_READ)
    rows = list(chronicle.led(story.run, found, files=files)) if found else []
    page = Record(
        title=f"A run of {story.workspace.name}",
        back=f"/runs/{run}",
        name=run,
        bundles=tuple(_bundles([story])),
        hint="" if story.run.status in OVER else "The signed evidence can be had once it is over.",
        steps=found.steps if found else (),
        **_rows(rows, [story]),
    )
    return await shell.show(request, page)


def _bundles(stories: Sequence[Story]) -> list[tuple[str, str, str]]:
    over = [one.run.id for one in stories if one.run.status in OVER]
    return [(run, f"/v1/runs/{run}/evidence", run) for run in over]


def _rows(rows: list[Row], stories: Sequence[Story]) -> dict[str, Any]:
    every = chronicle.ordered([*rows, *(r for story in stories for r in chronicle.happened(story))])
    return {"rows": every[:MOST], "left": max(0, len(every) - MOST)}


async def _worked(request: Request, name: ConversationId, depth: int) -> list[Worked]:
    """Each turn, and those to which it handed work."""
    mind, actor, oversees = edge.mind(request), edge.actor(request), conversation.oversees(request)
    shown = await conversations.show(mind, actor, name, oversees=oversees)
    found, files = [], shell.may(actor, Action.AGENT_READ)
    for turn in shown.turns:
        work = await conversations.worked(mind, actor, name, turn.id, oversees=oversees)
        said = [kept for kept in shown.said if kept.turn == turn.id]
        found.append(
            Worked(
                conversation=shown.conversation,
                turn=turn,
                said=said,
                wants=work.wants,
                depth=depth,
                files=files,
            )
        )
        if depth < DEEPEST:
            for below in work.handed:
                found += await _worked(request, below.id, depth + 1)
    return found


async def _runs(request: Request, shown: conversations.Shown) -> list[RunId]:
    """What its turns, and those to whom they handed work, proposed."""
    ops, actor = edge.ops(request), edge.actor(request)
    proposed = await watch.run_of_turns(ops, actor, [TurnId(turn) for turn in shown.family])
    own = [run for turn in shown.turns for run in turn.runs]
    return list(dict.fromkeys([*(listed.run.id for _, listed in proposed), *own]))


async def _stories(request: Request, runs: Sequence[RunId]) -> list[Story]:
    """Of those that the reader may see."""
    found = []
    for run in runs:
        try:
            found.append(await pipeline.see(edge.ops(request), edge.actor(request), run))
        except (Forbidden, NotFound):
            continue
    return found


_TALK, _RUN = f"{conversation.PATH}/record", "/runs/{run}/record"
doors = (
    paper.door("GET", _TALK, talked, Action.CONVERSATION_READ, "A conversation's flight recorder"),
    paper.door("GET", _RUN, ran, Action.RUN_READ, "A run's flight recorder"),
)
