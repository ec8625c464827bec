"""Agents, remembered: who they are, each time that one runs, and the switch for all of them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dihedral.domain.agent import Agent, Instance, Limits, Spent, Suspension
from dihedral.domain.change import Level
from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import InstanceId, OrganizationId, RunId, WorkspaceId
from dihedral.domain.money import Money
from dihedral.domain.run import Run, Status
from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "agents.sql")


async def add(tx: Tx, agent: Agent) -> None:
    """Raises Conflict when there is one of that name."""
    if not await tx.do(Q["add"], **_plain(agent), created_at=agent.created_at):
        raise Conflict(f"there is an agent {agent.name} already")


async def find(tx: Tx, organization: OrganizationId, name: str) -> Agent:
    """Raises NotFound."""
    return _one(await tx.row(Q["find"], organization=organization, name=name), name)


async def lock(tx: Tx, organization: OrganizationId, name: str) -> Agent:
    """The same, held until `tx` ends. Raises NotFound."""
    return _one(await tx.row(Q["lock"], organization=organization, name=name), name)


async def page(
    tx: Tx, organization: OrganizationId, after: str | None = None, size: int = 50
) -> list[Agent]:
    """By name."""
    rows = await tx.rows(Q["page"], organization=organization, after=after, size=size)
    return [_agent(row) for row in rows]


async def save(tx: Tx, agent: Agent) -> None:
    await tx.do(Q["save"], **_plain(agent), **_halt(agent.suspended))


async def switch(tx: Tx, organization: OrganizationId) -> Suspension | None:
    """Since when all agents of it are suspended, if they are."""
    return _suspended(await tx.row(Q["switch"], organization=organization))


async def hold_switch(tx: Tx, organization: OrganizationId) -> Suspension | None:
    """The same; nobody turns it until `tx` ends."""
    return _suspended(await tx.row(Q["hold_switch"], organization=organization))


async def turn(tx: Tx, organization: OrganizationId, to: Suspension | None) -> None:
    await tx.do(Q["turn"], organization=organization, **_halt(to))


async def add_instance(tx: Tx, made: Instance) -> None:
    known = asdict(made)
    for later in ("ended_at", "ended_why"):
        known.pop(later)
    await tx.do(Q["add_instance"], **known)


async def chain(tx: Tx, instance: InstanceId) -> list[Instance]:
    """The instance, then who handed it the work, and so on. Raises NotFound."""
    found = [Instance(**row) for row in await tx.rows(Q["chain"], id=instance)]
    if not found:
        raise NotFound("instance", instance)
    return found


async def running(
    tx: Tx, organization: OrganizationId, agent: str | None, now: datetime
) -> list[Instance]:
    """The newest first; of all agents where none is named."""
    rows = await tx.rows(Q["running"], organization=organization, agent=agent, now=now)
    return [Instance(**row) for row in rows]


async def prolong(tx: Tx, instance: InstanceId, until: datetime) -> None:
    await tx.do(Q["prolong"], id=instance, until=until)


async def end(
    tx: Tx,
    organization: OrganizationId,
    at: datetime,
    why: str,
    agent: str | None = None,
    instance: InstanceId | None = None,
) -> list[InstanceId]:
    """One instance, or all of an agent, or of all agents; those that were not over before."""
    which = {"organization": organization, "agent": agent, "id": instance}
    return [InstanceId(row["id"]) for row in await tx.rows(Q["end"], **which, at=at, why=why)]


async def spent(
    tx: Tx, agent: Agent, but: Run, since: datetime, currency: str, open: Iterable[Status]
) -> Spent:
    """What its runs since then add a month, all `but` one: those that were applied or began to be,
    and those that are `open`."""
    row = await tx.row(
        Q["spent"],
        organization=agent.organization,
        proposer=agent.id,
        run=but.id,
        since=since,
        currency=currency,
        open=[status.value for status in open],
    )
    assert row is not None
    return Spent(row["amount"], row["unknown"])


async def waiting(
    tx: Tx, organization: OrganizationId, agent: Agent | None
) -> list[tuple[RunId, WorkspaceId]]:
    """Runs of an agent, or of all, that somebody should be busy with."""
    proposer = agent.id if agent else None
    rows = await tx.rows(Q["waiting"], organization=organization, proposer=proposer)
    return [(RunId(row["id"]), WorkspaceId(row["workspace"])) for row in rows]


def _plain(agent: Agent) -> dict[str, object]:
    limits = agent.limits
    return {
        "organization": agent.organization,
        "name": agent.name,
        "owner": agent.owner,
        "purpose": agent.purpose,
        "tools": list(agent.tools),
        **_parts("money", limits.money),
        **_parts("delta", limits.delta),
        "blast": limits.blast,
        "calls": limits.calls,
        "seconds": limits.seconds,
    }


def _parts(name: str, money: Money | None) -> dict[str, object]:
    return {
        name: money.amount if money else None,
        f"{name}_currency": money.currency if money else "",
    }


def _halt(suspended: Suspension | None) -> dict[str, object]:
    return {
        "suspended_at": suspended.at if suspended else None,
        "suspended_by": suspended.by if suspended else None,
        "suspended_why": suspended.why if suspended else "",
    }


def _one(row: Row | None, name: str) -> Agent:
    if row is None:
        raise NotFound("agent", name)
    return _agent(row)


def _agent(row: Row) -> Agent:
    limits = Limits(
        money=_money(row, "money"),
        delta=_money(row, "delta"),
        blast=Level(row["blast"]),
        calls=row["calls"],
        seconds=row["seconds"],
    )
    kept: dict[str, Any] = {k: row[k] for k in ("organization", "name", "owner", "purpose")}
    return Agent(
        **kept,
        tools=tuple(row["tools"]),
        limits=limits,
        created_at=row["created_at"],
        suspended=_suspended(row),
    )


def _money(row: Row, name: str) -> Money | None:
    return None if row[name] is None else Money(row[name], row[f"{name}_currency"])


def _suspended(row: Row | None) -> Suspension | None:
    if row is None or row["suspended_at"] is None:
        return None
    return Suspension(row["suspended_at"], row["suspended_by"], row["suspended_why"])
