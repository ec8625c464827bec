"""What flight recorders keep apart, each on a page of its own, from where they also open it: a plan
in brief, and all that a tool said."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge
from dihedral.control.web import conversation, paper, shell, words
from dihedral.control.web.paper import Page
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.model.work import testimony
from dihedral.ops.work import briefs

LONGEST = 200_000  # characters that are shown of a result


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact(Page):
    """`digest` is what its evidence names it by, where it is kept as it is shown; `pieces` are
    of the text, none longer than a page shows at once."""

    template: ClassVar[str] = "artefact.html"
    title: str
    back: str
    digest: str
    pieces: tuple[str, ...]


async def plan(request: Request) -> Response:
    run = parse(RunId, request.path_params["run"])
    text = await briefs.planned(edge.ops(request), edge.actor(request), run)
    title = "What it would do, in brief"
    page = Artefact(title=title, back=f"/runs/{run}/record", digest="", pieces=_pieces(text))
    return await shell.show(request, page)


async def result(request: Request) -> Response:
    name, digest = conversation.name(request), request.path_params["result"]
    oversees = conversation.oversees(request)
    mind, actor = edge.mind(request), edge.actor(request)
    text = await testimony.result(mind, actor, name, digest, oversees=oversees)
    cut = f"\n… ({len(text) - LONGEST:,} more characters)" if len(text) > LONGEST else ""
    page = Artefact(
        title="All that a tool said",
        back=f"/ask/{name}/record",
        digest=digest,
        pieces=_pieces(text[:LONGEST] + cut),
    )
    return await shell.show(request, page)


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(text[at : at + words.LONGEST] for at in range(0, len(text), words.LONGEST))


_PLAN, _RESULT = "/runs/{run}/brief", f"{conversation.PATH}/results/{{result}}"
doors = (
    paper.door("GET", _PLAN, plan, Action.RUN_READ, "What a run would do, in brief"),
    paper.door("GET", _RESULT, result, Action.CONVERSATION_READ, "All that a tool said"),
)
