"""Agents: who answers for each, what it may, what it proposed and how that was judged; the switch
that stops one, or all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.api import agentshapes, story
from dihedral.control.api.agentshapes import AgentShape
from dihedral.control.api.story import RunShape
from dihedral.control.web import meters, paper, shell, words
from dihedral.control.web.meters import Held, Spent
from dihedral.control.web.paper import Page
from dihedral.domain.actor import agent_id
from dihedral.domain.agent import ALL, ROLES, Instance, Suspension
from dihedral.domain.change import Level
from dihedral.domain.errors import Conflict, Invalid, NotFound
from dihedral.domain.ids import InstanceId, parse
from dihedral.domain.right import Action, Grant, Role
from dihedral.domain.run import Fact, Status
from dihedral.domain.spend import Period, Scope
from dihedral.model.store.specs import Taken
from dihedral.ops.rules import access, budget
from dihedral.ops.work import agents, budgets, instances, watch
from dihedral.ops.work.agents import Seen
from dihedral.ops.work.watch import Which

PATH, SIZE = "/agents", 50
DONE = {
    "suspend": "Stopped: its tokens are dead and its runs are held.",
    "resume": "It may go on.",
    "end": "That instance is over.",
    "made": "It is made, and may what its role says.",
    "set": "It is set; that counts at its next call.",
    "role": "Its roles are others now; that counts at its next call.",
    "taken": "An older version of its file holds again.",
}


OUTCOMES: Mapping[tuple[Status, Fact | None], str] = {
    (Status.POLICY_SOFT_FAILED, Fact.DENIED): "denied by a gate",
    (Status.DISCARDED, Fact.DISCARDED): "declined by a person",
    (Status.DISCARDED, Fact.EXPIRED): "expired",
    (Status.POLICY_CHECKED, None): "waits for people",
}
BAD = frozenset({Status.POLICY_SOFT_FAILED, Status.ERRORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents(Page):
    """Those that ship are here before they ever worked. `switch` is the one for all."""

    template: ClassVar[str] = "agents.html"
    agents: tuple[AgentShape, ...]
    switch: Suspension | None
    may_set: bool
    older: str
    roles: tuple[Role, ...] = ROLES
    notice: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many of its proposals came to something."""

    what: str
    tone: str
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPage(Page):
    """`grants` is None for who may not know them, `spent` for who may not see what others spend; it
    is of this month. `held` are budgets of this agent, its own limit among them. `versions` are
    those of its file that held, the last first. `secret` is a token that was just made."""

    template: ClassVar[str] = "agent.html"
    agent: AgentShape
    grants: tuple[Grant, ...] | None
    running: tuple[Instance, ...]
    runs: tuple[RunShape, ...]
    judged: tuple[Judged, ...]
    held: tuple[Held, ...]
    spent: tuple[Spent, ...] | None
    versions: tuple[Taken, ...]
    may_set: bool
    may_start: bool
    roles: tuple[Role, ...] = ROLES
    levels: tuple[Level, ...] = tuple(Level)
    secret: str = field(default="", repr=False)
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await show_all(request)


async def one(request: Request) -> Response:
    return await show_one(request)


async def suspend(request: Request) -> Response:
    filled = await paper.form(request)
    name, why = request.path_params["agent"], filled.get("why", "").strip()
    await settled(request)
    try:
        await agents.suspend(edge.ops(request), edge.actor(request), name, why)
    except (Conflict, Invalid) as fault:
        return await _again(request, name, fault)
    return paper.go(after(name, "suspend"))


async def resume(request: Request) -> Response:
    name = request.path_params["agent"]
    try:
        await agents.resume(edge.ops(request), edge.actor(request), name)
    except Conflict as fault:
        return await _again(request, name, fault)
    return paper.go(after(name, "resume"))


async def end(request: Request) -> Response:
    name = request.path_params["agent"]
    instance = parse(InstanceId, request.path_params["instance"])
    try:
        await instances.end(edge.ops(request), edge.actor(request), name, instance)
    except Conflict as fault:
        return await _again(request, name, fault)
    return paper.go(after(name, "end"))


async def _again(request: Request, name: str, fault: Conflict | Invalid) -> Response:
    show = show_all if name == ALL else show_one
    return await show(request, problem.STATUS[type(fault)], error=str(fault))


async def show_all(request: Request, status: int = 200, *, error: str = "") -> Response:
    ops, actor, files = edge.ops(request), edge.actor(request), edge.thinking(request).files
    after = request.query_params.get("after", "")
    found = await agents.page(ops, actor, after or None, SIZE)
    order = agentshapes.names(found, files.shipped, after, SIZE)
    held = await files.standing(actor.organization, order)
    switch = await agents.switch(ops, actor)
    listed = agentshapes.page(order, found, held, switch, SIZE)
    page = Agents(
        agents=tuple(listed.items),
        switch=switch,
        may_set=shell.may(actor, Action.AGENT_SET),
        older=f"{PATH}?after={quote(listed.next, safe='')}" if listed.next else "",
        notice=_notice(request),
        error=error,
    )
    return await shell.show(request, page, status)


async def show_one(
    request: Request, status: int = 200, *, secret: str = "", error: str = ""
) -> Response:
    ops, actor, name = edge.ops(request), edge.actor(request), request.path_params["agent"]
    shown, seen = await _seen(request, name)
    runs = await watch.run_page(ops, actor, Which(proposer=agent_id(name)), None, 20)
    page = AgentPage(
        agent=shown,
        grants=seen.grants if seen else (),
        running=seen.running if seen else (),
        runs=tuple(story.shape(r.run, r.workspace) for r in runs),
        judged=judged(await watch.outcomes(ops, actor, agent_id(name))),
        held=await _held(request, name),
        spent=await _spent(request, name),
        versions=tuple(await _versions(request, name)),
        may_set=shell.may(actor, Action.AGENT_SET),
        may_start=seen is not None and shell.may(actor, Action.TOKEN_MINT),
        secret=secret,
        notice=_notice(request),
        error=error,
    )
    return await shell.show(request, page, status)


def judged(outcomes: Mapping[tuple[Status, Fact | None], int]) -> tuple[Judged, ...]:
    """In words, what came to most first."""
    found: dict[tuple[str, str], int] = {}
    for (status, ended), runs in outcomes.items():
        what = OUTCOMES.get((status, ended), words.spaced(status))
        tone = "bad" if status in BAD else "good" if status is Status.APPLIED else "plain"
        found[what, tone] = found.get((what, tone), 0) + runs
    rows = (Judged(what, tone, runs) for (what, tone), runs in found.items())
    return tuple(sorted(rows, key=lambda one: (-one.runs, one.what)))


async def settled(request: Request) -> None:
    """One that ships and never worked is made first, so that it can be changed or stopped."""
    ops, actor, name = edge.ops(request), edge.actor(request), request.path_params["agent"]
    files = edge.thinking(request).files
    if name not in files.shipped:
        return
    try:
        await agents.see(ops, actor, name)
    except NotFound:
        await files.settle(actor, name)


async def _seen(request: Request, name: str) -> tuple[AgentShape, Seen | None]:
    """None where it ships and never worked. Raises NotFound."""
    ops, actor, files = edge.ops(request), edge.actor(request), edge.thinking(request).files
    file = (await files.standing(actor.organization, [name])).get(name)
    try:
        seen = await agents.see(ops, actor, name)
    except NotFound:
        if file is None:
            raise
        return agentshapes.unstarted(file, await agents.switch(ops, actor)), None
    return agentshapes.shape(seen.agent, seen.switch, file), seen


async def _versions(request: Request, name: str) -> list[Taken]:
    try:
        return (await edge.thinking(request).files.see(edge.actor(request).organization, name))[1]
    except NotFound:
        return []


async def _held(request: Request, name: str) -> tuple[Held, ...]:
    if not shell.may(edge.actor(request), Action.BUDGET_READ):
        return ()
    found = await budgets.page(edge.ops(request), edge.actor(request))
    own = (one for one in found if one.budget.scope is Scope.AGENT and one.budget.subject == name)
    return tuple(meters.held(one) for one in own)


async def _spent(request: Request, name: str) -> tuple[Spent, ...] | None:
    ops, actor = edge.ops(request), edge.actor(request)
    if not access.everywhere(actor, Action.SPEND_READ):
        return None
    first = datetime.combine(budget.since(Period.MONTH, ops.now()), time(), UTC)
    sums = await budgets.spent(ops, actor, "agent", first, None)
    return meters.rows(one for one in sums if one.name == name)


def _notice(request: Request) -> str:
    return DONE.get(request.query_params.get("done", ""), "")


def after(name: str, done: str) -> str:
    return f"{PATH}?done={done}" if name == ALL else f"{PATH}/{quote(name, safe='')}?done={done}"


_ONE = f"{PATH}/{{agent}}"
doors = (
    paper.door("GET", PATH, read, Action.AGENT_READ, "Agents, by name"),
    paper.door("GET", _ONE, one, Action.AGENT_READ, "An agent"),
    paper.door("POST", f"{_ONE}/suspend", suspend, Action.AGENT_SET, "Stop an agent, or all"),
    paper.door("POST", f"{_ONE}/resume", resume, Action.AGENT_SET, "Let it, or all, go on"),
    paper.door(
        "POST", f"{_ONE}/instances/{{instance}}/end", end, Action.AGENT_READ, "End an instance"
    ),
)
