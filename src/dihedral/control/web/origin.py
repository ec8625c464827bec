"""What led to a run, as its pages tell it: the words, the route, and where they were said.

Only who may read the conversation is led to it; others read whose it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.web import ask, conversation, words
from dihedral.domain.errors import Invalid, NotFound
from dihedral.domain.ids import TurnId, parse
from dihedral.domain.run import Run
from dihedral.model.work import testimony


@dataclass(frozen=True, slots=True)
class Step:
    """A turn by which the work came here, and where it is read."""

    title: str
    note: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """`facts` are of the route; `steps` are empty for who may not read the conversation, `record`
    is the flight recorder of all of it. `elsewhere` says that there is one."""

    text: str
    actor: str
    request: str
    facts: tuple[tuple[str, str], ...]
    confidence: float | None
    calls: int
    steps: tuple[Step, ...]
    record: str
    elsewhere: bool


async def origin(request: Request, run: Run) -> Origin | None:
    """None where nothing is known but the files."""
    told = run.origin
    if not told:
        return None
    route = told.get("route")
    route = route if isinstance(route, Mapping) else {}
    sure = route.get("confidence")
    steps = await _steps(request, _text(told, "turn"))
    return Origin(
        text=_text(told, "text"),
        actor=_text(told, "actor"),
        request=_text(told, "request"),
        facts=tuple(_facts(route)),
        confidence=float(sure) if isinstance(sure, int | float) else None,
        calls=len(told.get("models") or ()),
        steps=steps,
        record=f"{steps[0].href.partition('#')[0]}/record" if steps else "",
        elsewhere=bool(told.get("conversation")),
    )


async def _steps(request: Request, turn: str) -> tuple[Step, ...]:
    mind, actor, oversees = edge.mind(request), edge.actor(request), conversation.oversees(request)
    try:
        found = await testimony.line(mind, actor, parse(TurnId, turn), oversees=oversees)
    except (Invalid, NotFound):
        return ()
    return tuple(
        Step(
            title=held.title or "A conversation",
            note=f"turn {turn.seq} with {held.agent}"
            if held.parent is None
            else f"handed on to {held.agent}",
            href=f"{ask.PATH}/{held.id}#turn-{turn.seq}",
        )
        for held, turn in found
    )


def _facts(route: Mapping[str, Any]) -> list[tuple[str, str]]:
    by, version = _text(route, "by"), route.get("version")
    named = f" {_text(route, 'agent')}, version {version}" if by == "agent" else ""
    rows = [("Understood by", f"{by}{named}" if by else "")]
    if by == "reflex" and version:
        rows.append(("Its weights", str(version)[:12]))
    rows.append(("Blueprint", _text(route, "blueprint")))
    rows.append(("Prompt", _text(route, "prompt")[:12]))
    return [(name, words.inert(said, 120)) for name, said in rows if said]


def _text(told: Mapping[str, Any], name: str) -> str:
    said = told.get(name)
    return said if isinstance(said, str) else ""
