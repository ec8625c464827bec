"""Agents: who answers for each, what it may, what it proposed and how that was judged; the switch
that stops one, or all."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import ClassVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from dihedral.control import edge, problem
from dihedral.control.api import story
from dihedral.control.api.story import RunShape
from dihedral.control.web import meters, paper, shell
from dihedral.control.web.meters import Held, Spent
from dihedral.control.web.paper import Page
from dihedral.domain.agent import ALL, Agent, Instance, Suspension, halted
from dihedral.domain.errors import Conflict, Invalid
from dihedral.domain.ids import InstanceId, parse
from dihedral.domain.right import Action, Grant
from dihedral.domain.spend import Period, Scope
from dihedral.ops.rules import access, budget
from dihedral.ops.work import agents, budgets, instances, watch
from dihedral.ops.work.watch import Which

PATH, SIZE = "/agents", 50
DONE = {
    "suspend": "Stopped: its tokens are dead and its runs are held.",
    "resume": "It may go on.",
    "end": "That instance is over.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents(Page):
    """Each with why it may do nothing now, empty where it may. `switch` is the one for all."""

    template: ClassVar[str] = "agents.html"
    agents: tuple[tuple[Agent, str], ...]
    switch: Suspension | None
    may_set: bool
    older: str
    notice: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPage(Page):
    """`grants` is None for who may not know them, `spent` for who may not see what others spend; it
    is of this month. `held` are budgets of this agent, its own limit among them."""

    template: ClassVar[str] = "agent.html"
    agent: Agent
    halted: str
    switch: Suspension | None
    grants: tuple[Grant, ...] | None
    running: tuple[Instance, ...]
    runs: tuple[RunShape, ...]
    held: tuple[Held, ...]
    spent: tuple[Spent, ...] | None
    may_set: bool
    notice: str = ""
    error: str = ""


async def read(request: Request) -> Response:
    return await _all(request)


async def one(request: Request) -> Response:
    return await _one(request)


async def suspend(request: Request) -> Response:
    filled = await paper.form(request)
    name, why = request.path_params["agent"], filled.get("why", "").strip()
    try:
        await agents.suspend(edge.ops(request), edge.actor(request), name, why)
    except (Conflict, Invalid) as fault:
        return await _again(request, name, fault)
    return paper.go(_after(name, "suspend"))


async def resume(request: Request) -> Response:
    name = request.path_params["agent"]
    try:
        await agents.resume(edge.ops(request), edge.actor(request), name)
    except Conflict as fault:
        return await _again(request, name, fault)
    return paper.go(_after(name, "resume"))


async def end(request: Request) -> Response:
    name = request.path_params["agent"]
    instance = parse(InstanceId, request.path_params["instance"])
    try:
        await instances.end(edge.ops(request), edge.actor(request), name, instance)
    except Conflict as fault:
        return await _again(request, name, fault)
    return paper.go(_after(name, "end"))


async def _again(request: Request, name: str, fault: Conflict | Invalid) -> Response:
    show = _all if name == ALL else _one
    return await show(request, problem.STATUS[type(fault)], error=str(fault))


async def _all(request: Request, status: int = 200, *, error: str = "") -> Response:
    ops, actor = edge.ops(request), edge.actor(request)
    found = await agents.page(ops, actor, request.query_params.get("after") or None, SIZE)
    switch = await agents.switch(ops, actor)
    last = quote(found[-1].name, safe="") if len(found) == SIZE else ""
    page = Agents(
        agents=tuple((a, halted(a.name, a.suspended, switch)) for a in found),
        switch=switch,
        may_set=shell.may(actor, Action.AGENT_SET),
        older=last and f"{PATH}?after={last}",
        notice=_notice(request),
        error=error,
    )
    return await shell.show(request, page, status)


async def _one(request: Request, status: int = 200, *, error: str = "") -> Response:
    ops, actor = edge.ops(request), edge.actor(request)
    seen = await agents.see(ops, actor, request.path_params["agent"])
    runs = await watch.run_page(ops, actor, Which(proposer=seen.agent.id), None, 20)
    page = AgentPage(
        agent=seen.agent,
        halted=halted(seen.agent.name, seen.agent.suspended, seen.switch),
        switch=seen.switch,
        grants=seen.grants,
        running=seen.running,
        runs=tuple(story.shape(r.run, r.workspace) for r in runs),
        held=await _held(request, seen.agent.name),
        spent=await _spent(request, seen.agent.name),
        may_set=shell.may(actor, Action.AGENT_SET),
        notice=_notice(request),
        error=error,
    )
    return await shell.show(request, page, status)


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


def _after(name: str, done: str) -> str:
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
