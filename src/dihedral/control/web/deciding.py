"""The forms of a run's page. Each does what its command does, and leads back to the page."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.edge import Door
from dihedral.control.web import paper, shell
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.domain.run import Run, Status
from dihedral.model.work import review
from dihedral.ops.work import comments, pipeline

WEB = "web"
COMMENT = 4000  # characters
Form = Mapping[str, str]
Verb = Callable[[Request, RunId, Form], Awaitable[Run]]


async def approve(request: Request, run: RunId, filled: Form) -> Run:
    effect = filled.get("effect", "")  # a form that does not say what was read approves nothing
    moved = await pipeline.approve(
        edge.ops(request), edge.actor(request), run, effect, _comment(filled), WEB
    )
    if moved.status is Status.CONFIRMED:
        await review.accepted(edge.thinking(request), edge.actor(request), run)
    return moved


async def decline(request: Request, run: RunId, filled: Form) -> Run:
    return await pipeline.discard(edge.ops(request), edge.actor(request), run, _comment(filled))


async def send_back(request: Request, run: RunId, filled: Form) -> Run:
    return await comments.send_back(
        edge.ops(request), edge.actor(request), run, filled.get("comment", "")
    )


async def withdraw(request: Request, run: RunId, filled: Form) -> Run:
    return await pipeline.withdraw(edge.ops(request), edge.actor(request), run, _comment(filled))


async def cancel(request: Request, run: RunId, filled: Form) -> Run:
    return await pipeline.cancel(edge.ops(request), edge.actor(request), run)


async def replan(request: Request, run: RunId, filled: Form) -> Run:
    return await pipeline.replan(edge.ops(request), edge.actor(request), run)


async def comment(request: Request) -> Response:
    filled, run = await paper.form(request), _id(request)
    await comments.add(edge.ops(request), edge.actor(request), run, filled.get("comment", ""))
    return paper.go(f"/runs/{run}?done=commented#comments")


def _deciding(verb: Verb, done: str) -> edge.Handler:
    async def decided(request: Request) -> Response:
        filled, run = await paper.form(request), _id(request)
        try:
            moved = await verb(request, run, filled)
        except Conflict as fault:
            page = paper.Message("It has changed", str(fault), f"/runs/{run}", "Read it again")
            return await shell.show(request, page, 409)
        return paper.go(f"/runs/{moved.id}?done={done}")

    return decided


def _comment(filled: Form) -> str:
    text = filled.get("comment", "").strip()
    if len(text) > COMMENT:
        raise Invalid(f"a comment has at most {COMMENT:,} characters; this has {len(text):,}")
    return text


def _id(request: Request) -> RunId:
    return parse(RunId, request.path_params["run"])


def _door(word: str, verb: Verb, done: str, needs: Action, summary: str) -> Door:
    return paper.door("POST", f"/runs/{{run}}/{word}", _deciding(verb, done), needs, summary)


doors = (
    _door("approve", approve, "approved", Action.RUN_APPROVE, "Say yes to what was read"),
    _door("decline", decline, "declined", Action.RUN_DISCARD, "Say no"),
    _door("send-back", send_back, "sent-back", Action.RUN_DISCARD, "Ask for another change"),
    _door("withdraw", withdraw, "withdrawn", Action.RUN_WITHDRAW, "Take one's yes back"),
    _door("cancel", cancel, "canceled", Action.RUN_CANCEL, "Stop the run"),
    _door("replan", replan, "replanned", Action.RUN_REPLAN, "Plan its files again"),
    paper.door("POST", "/runs/{run}/comments", comment, Action.RUN_COMMENT, "Say something of it"),
)
