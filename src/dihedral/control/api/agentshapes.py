"""How agents look over HTTP: their rows, beside what their files say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dihedral.domain import agent as agents
from dihedral.domain.actor import agent_id
from dihedral.domain.agent import Agent, Instance, Limits, Suspension
from dihedral.domain.right import Grant, Role
from dihedral.model.work.agentforms import Held
from dihedral.ops.work.agents import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentShape:
    """`id` is what records and grants say. `version` and `model` are of its file, null where it has
    none; `shipped`: the file came with the program. One that ships has no owner and no
    `created_at` before it first works or somebody changes it. `suspended` is the agent's own,
    `halted` says why it may do nothing now, its own suspension or that of all; empty where it may.
    """

    id: str
    name: str
    owner: str
    purpose: str
    version: int | None
    model: str | None
    shipped: bool
    tools: tuple[str, ...]
    limits: Limits
    created_at: datetime | None
    suspended: Suspension | None
    halted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantShape:
    """In a project, in a workspace, or with neither in the whole organization, by their ids."""

    role: Role
    project: str | None
    workspace: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWhole:
    """`grants` is null for who may not know what others were given; then `running` are only those
    that work for who asks."""

    agent: AgentShape
    grants: list[GrantShape] | None
    running: list[Instance]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPage:
    """`suspended` is the switch for all of them."""

    items: list[AgentShape]
    next: str | None
    suspended: Suspension | None


def shape(agent: Agent, switch: Suspension | None, held: Held | None) -> AgentShape:
    return AgentShape(
        id=agent.id,
        name=agent.name,
        owner=agent.owner,
        purpose=agent.purpose,
        version=held.version.version if held else None,
        model=held.file.needs.model if held else None,
        shipped=held.version.shipped if held else False,
        tools=agent.tools,
        limits=agent.limits,
        created_at=agent.created_at,
        suspended=agent.suspended,
        halted=agents.halted(agent.name, agent.suspended, switch),
    )


def unstarted(held: Held, switch: Suspension | None) -> AgentShape:
    """One that ships, and that nobody needed yet."""
    file, version = held.file, held.version
    return AgentShape(
        id=agent_id(file.name),
        name=file.name,
        owner="",
        purpose=file.purpose,
        version=version.version,
        model=file.needs.model,
        shipped=version.shipped,
        tools=file.tools,
        limits=file.limits,
        created_at=None,
        suspended=None,
        halted=agents.halted(file.name, None, switch),
    )


def whole(seen: Seen, held: Held | None) -> AgentWhole:
    return AgentWhole(
        agent=shape(seen.agent, seen.switch, held),
        grants=None if seen.grants is None else [_given(one) for one in seen.grants],
        running=list(seen.running),
    )


def names(found: Sequence[Agent], shipped: Iterable[str], after: str, size: int) -> list[str]:
    """Of a page: the rows that were found, and in their order what ships and has none."""
    last = found[-1].name if len(found) == size else None
    ours = {name for name in shipped if name > after and (last is None or name < last)}
    return sorted(ours.union(one.name for one in found))[:size]


def page(
    order: Sequence[str],
    found: Sequence[Agent],
    held: Mapping[str, Held],
    switch: Suspension | None,
    size: int,
) -> AgentPage:
    rows = {one.name: one for one in found}
    items = [
        shape(rows[name], switch, held.get(name)) if name in rows else unstarted(held[name], switch)
        for name in order
    ]
    return AgentPage(items=items, next=order[-1] if len(order) == size else None, suspended=switch)


def _given(grant: Grant) -> GrantShape:
    place = grant.place
    return GrantShape(role=grant.role, project=place.project, workspace=place.workspace)
