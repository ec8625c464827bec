"""The verbs of a request: words become a proposal, or a question, or an honest "not sure"."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.audit import Act, act
from dihedral.domain.blueprint import Blueprint, SlotKind, Value
from dihedral.domain.errors import Conflict, Hidden, Invalid, NotFound
from dihedral.domain.ids import RequestId, WorkspaceId
from dihedral.domain.money import Money
from dihedral.domain.ports import Desk, Proposal
from dihedral.domain.request import LONGEST, Filled, Near, Request, Route
from dihedral.kit.db import Db, Tx
from dihedral.model.rules import draft, reflex, slots
from dihedral.model.store import requests
from dihedral.model.work.agentfiles import AgentFiles
from dihedral.model.work.live import Live
from dihedral.model.work.models import Models


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """What the model plane needs from outside. Built once, in `control/wire.py`. `note` keeps an
    act in the audit log, in the transaction that does it."""

    db: Db
    desk: Desk
    blueprints: Mapping[str, Blueprint]
    live: Live
    now: Callable[[], datetime]
    mint: Callable[[str], str]
    note: Callable[[Tx, Act], None]
    models: Models
    files: AgentFiles
    region: str = "us-east-1"  # where nobody names one


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How it is proposed (`plan_only`: to be read only), and in which conversation and turn it was
    said, if in one."""

    plan_only: bool = False
    conversation: str = ""
    turn: str = ""


ALONE = Way()


async def ask(
    thinking: Thinking,
    actor: Actor,
    workspace: WorkspaceId,
    text: str,
    values: Mapping[str, Value],
    way: Way = ALONE,
) -> Request:
    """The request with the way it takes: proposed, or incomplete, or not sure.

    Raises Invalid (no words, too many, a value that the blueprint does not take).
    """
    bare = await _bare(thinking, actor, workspace, text)
    routed = bare if bare.blueprint is None else _filled(thinking, bare, values)
    return await _begin(thinking, actor, routed, way)


async def fill(
    thinking: Thinking,
    actor: Actor,
    workspace: WorkspaceId,
    text: str,
    filled: Filled,
    way: Way = ALONE,
) -> Request:
    """The same, where the person says himself which blueprint is meant, whatever the reflex thinks;
    that is as sure as can be. Raises Invalid, NotFound (no such blueprint)."""
    bare = await _bare(thinking, actor, workspace, text)
    sure = bare.confidence if filled.blueprint == bare.blueprint else 1.0
    chosen = replace(bare, blueprint=filled.blueprint, confidence=sure)
    routed = _filled(thinking, chosen, filled.values)
    return await _begin(thinking, actor, routed, way)


async def answer(
    thinking: Thinking,
    actor: Actor,
    request: RequestId,
    values: Mapping[str, Value],
    blueprint: str | None = None,
    way: Way = ALONE,
) -> Request:
    """The same request with more said: values that were missing, or the blueprint that is meant.

    Raises NotFound, Invalid, Conflict (it has a run already).
    """
    await see(thinking, actor, request)
    async with thinking.db.tx() as tx:
        held = await requests.lock(tx, request)
        if held.run:
            raise Conflict(f"{request} was answered by {held.run} already; ask anew")
        if blueprint is not None:
            held = replace(held, blueprint=blueprint)
        if held.blueprint is None:
            raise Invalid("say which blueprint is meant; `dihedral blueprint list` shows them all")
        routed = _filled(thinking, held, values)
        await requests.save(tx, routed)
        thinking.note(tx, _asked(thinking, actor, "request.answer", routed))
    if routed.route is not Route.BLUEPRINT:
        return routed
    return await _propose(thinking, actor, routed, way)


async def _bare(thinking: Thinking, actor: Actor, workspace: WorkspaceId, text: str) -> Request:
    """What the reflex makes of the words alone. Raises Invalid."""
    words = text.strip()
    if not words:
        raise Invalid("a request needs words: say what you need")
    if len(words) > LONGEST:
        raise Invalid(f"a request has at most {LONGEST} characters; this one has {len(words)}")
    answer = reflex.predict(await thinking.live.model(), words)
    return Request(
        id=RequestId(thinking.mint("req")),
        actor=actor.id,
        workspace=workspace,
        text=words,
        route=Route.UNSURE,
        created_at=thinking.now(),
        blueprint=answer.label,
        confidence=answer.confidence,
        nearest=tuple(Near(label, score) for label, score in answer.nearest),
    )


async def _begin(thinking: Thinking, actor: Actor, routed: Request, way: Way) -> Request:
    """It is kept, and proposed where all is known."""
    async with thinking.db.tx() as tx:
        await requests.add(tx, routed)
        thinking.note(tx, _asked(thinking, actor, "request.ask", routed))
    if routed.route is not Route.BLUEPRINT:
        return routed
    return await _propose(thinking, actor, routed, way)


async def see(thinking: Thinking, actor: Actor, request: RequestId) -> Request:
    """Of a workspace that it may read. Raises NotFound."""
    sight = await thinking.desk.sight(actor)
    async with thinking.db.tx() as tx:
        found = await requests.find(tx, request)
    if found.workspace not in sight:
        why = f"{actor.id} may not read the workspace that it is of"
        raise Hidden("request", request, why)
    return _asking(thinking, found)


async def page(
    thinking: Thinking, actor: Actor, before: RequestId | None = None, size: int = 50
) -> list[Request]:
    """Newest first, of the workspaces that it may read."""
    sight = await thinking.desk.sight(actor)
    async with thinking.db.tx() as tx:
        return [_asking(thinking, r) for r in await requests.page(tx, sight, before, size)]


def read(blueprint: Blueprint, text: str) -> dict[str, Value]:
    """What the request itself says of the blueprint's slots. What it does not say is not there."""
    found = {s.variable: _value(slots.read(text, s.kind.value, s.choices)) for s in blueprint.slots}
    return {variable: value for variable, value in found.items() if value is not None}


def _value(said: Value | Money | None) -> Value | None:
    """Whole dollars; another currency is asked about, since modules count in dollars."""
    if isinstance(said, Money):
        whole = said.currency == "USD" and said.amount == int(said.amount)
        return int(said.amount) if whole else None
    return said


def _filled(thinking: Thinking, request: Request, values: Mapping[str, Value]) -> Request:
    blueprint = _blueprint(thinking, request.blueprint or "")
    known = {slot.variable for slot in blueprint.slots}
    if strange := sorted(set(values) - known):
        raise Invalid(
            f"{blueprint.name} takes no {strange[0]!r}; it takes {', '.join(sorted(known))}"
        )
    merged = {**read(blueprint, request.text), **request.values, **values}
    missing = draft.missing(blueprint, merged)
    route = Route.INCOMPLETE if missing else Route.BLUEPRINT
    return replace(request, route=route, values=merged, missing=missing)


async def _propose(thinking: Thinking, actor: Actor, request: Request, way: Way) -> Request:
    blueprint = _blueprint(thinking, request.blueprint or "")
    drafted = draft.draft(
        blueprint,
        request.values,
        region(thinking, blueprint, request.values),
        await thinking.desk.files(actor, request.workspace),
        request.text,
    )
    run = await thinking.desk.propose(
        actor,
        Proposal(
            workspace=request.workspace,
            files=drafted.files,
            reason=request.text,
            source=f"blueprint:{blueprint.name}",
            request=request.id,
            origin=_origin(request, (await thinking.live.model()).digest, way),
            on_behalf_of=None if request.actor == actor.id else request.actor,
            plan_only=way.plan_only,
        ),
    )
    proposed = replace(request, run=run)
    async with thinking.db.tx() as tx:
        await requests.save(tx, proposed)
    return proposed


def _asked(thinking: Thinking, actor: Actor, action: str, request: Request) -> Act:
    where = {"workspace": request.workspace, "reason": request.route.value}
    return act(thinking.now(), actor, action, request.id, **where)


def _origin(request: Request, reflex: str, way: Way) -> Mapping[str, Any]:
    """What led to a proposal, as its evidence tells it. The reflex calls no model."""
    said = {"conversation": way.conversation, "turn": way.turn} if way.conversation else {}
    return {
        **said,
        "asked_at": request.created_at.isoformat(),
        "request": request.id,
        "text": request.text,
        "actor": request.actor,
        "route": {
            "by": "reflex",
            "version": reflex,
            "blueprint": request.blueprint,
            "confidence": request.confidence,
            "nearest": [asdict(near) for near in request.nearest],
        },
        "models": [],
    }


def region(thinking: Thinking, blueprint: Blueprint, values: Mapping[str, Value]) -> str:
    """The one that is named, else where everything goes."""
    named = (values.get(s.variable) for s in blueprint.slots if s.kind is SlotKind.REGION)
    return str(next((one for one in named if one), thinking.region))


def _asking(thinking: Thinking, request: Request) -> Request:
    """With what it still lacks, which depends on the blueprint as it is now."""
    blueprint = thinking.blueprints.get(request.blueprint or "")
    if request.route is not Route.INCOMPLETE or blueprint is None:
        return request
    return replace(request, missing=draft.missing(blueprint, request.values))


def _blueprint(thinking: Thinking, name: str) -> Blueprint:
    try:
        return thinking.blueprints[name]
    except KeyError:
        raise NotFound("blueprint", name) from None
