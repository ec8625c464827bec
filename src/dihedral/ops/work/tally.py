"""What is asked of people and what they answer, over all runs: lists and counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.actor import HOME, Actor
from dihedral.domain.approval import Approval, seats
from dihedral.domain.ids import RunId
from dihedral.domain.right import Action, Place
from dihedral.domain.run import Fact, Run, Status
from dihedral.domain.spend import Balance, Period, Purpose
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.domain.workspace import Workspace
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, budget
from dihedral.ops.store import approvals, runs, tallies, workspaces
from dihedral.ops.store.runs import Asked
from dihedral.ops.store.tallies import Given, Waits
from dihedral.ops.work import permitted, watch
from dihedral.ops.work.plane import Ops

MOST = 100  # runs that are counted for one person


@dataclass(frozen=True, slots=True)
class Ask:
    """A run that waits for a person, with what this person wants to know first."""

    run: Run
    workspace: Workspace
    verdicts: list[Verdict]
    seats: list[Approval]
    now: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    statuses: Mapping[Status, int]
    rulings: Mapping[tuple[str, Ruling], int]
    ends: Mapping[Fact, int]
    approvals: list[Given]
    waits: Waits
    money: Mapping[tuple[Purpose, str], Balance]
    held: Mapping[Purpose, int]


async def waiting(
    ops: Ops, actor: Actor, workspace: str | None, after: RunId | None, size: int
) -> list[Ask]:
    """Those that wait longest first; `workspace` by name or id. What is overdue is left out, also
    before anybody has ended it. Raises NotFound.
    """
    async with ops.db.tx() as tx:
        sight = await watch.within(tx, actor, workspace)
        now = ops.now()
        return [
            await _ask(tx, run, now)
            for run in await runs.waiting(tx, actor.organization, sight, after, size)
            if run.expires_at is None or run.expires_at > now
        ]


async def inbox(ops: Ops, actor: Actor, after: RunId | None, size: int) -> list[Ask]:
    """Those of them that wait for this person's own answer."""
    async with ops.db.tx() as tx:
        now = ops.now()
        asked = await _asked(ops, tx, actor)
        found = await runs.asked_page(tx, asked, now, after, size)
        return [await _ask(tx, run, now) for run in found]


async def stamps(
    ops: Ops, actor: Actor, after: RunId | None, size: int, *, mine: bool
) -> dict[RunId, str]:
    """Of `inbox`, or of all that is `waiting`: which runs they are, and for each something that is
    another as soon as it would look different. Much less work than these."""
    async with ops.db.tx() as tx:
        now = ops.now()
        if mine:
            found = await runs.asked_page(tx, await _asked(ops, tx, actor), now, after, size)
        else:
            sight = await watch.within(tx, actor, None)
            found = await runs.waiting(tx, actor.organization, sight, after, size)
        given = await approvals.counts(tx, [run.id for run in found])
    held = [run for run in found if run.expires_at is None or run.expires_at > now]
    return {run.id: f"{(run.effect or '')[:8]}{given.get(run.id, 0)}" for run in held}


async def one(ops: Ops, actor: Actor, run: RunId) -> Ask:
    """A run that waits, as these have it. Raises NotFound."""
    async with ops.db.tx() as tx:
        return await _ask(tx, await permitted.run(tx, actor, run, Action.RUN_READ), ops.now())


async def asked(ops: Ops, actor: Actor) -> int:
    """How many these are; beyond `MOST` it is not counted further."""
    async with ops.db.tx() as tx:
        return await runs.asked(tx, await _asked(ops, tx, actor), ops.now(), MOST)


async def count(ops: Ops, by: Actor, bounds: Sequence[float]) -> Tally:
    """All counts of one moment, over all organizations; `bounds` are seconds of waiting. Raises
    Forbidden."""
    access.demand(by, Action.METRICS_READ, Place(HOME))
    async with ops.db.tx() as tx:
        return Tally(
            await tallies.statuses(tx),
            await tallies.rulings(tx),
            await tallies.ends(tx),
            await tallies.approvals(tx),
            await tallies.waits(tx, bounds),
            await tallies.money(tx, budget.since(Period.MONTH, ops.now())),
            await tallies.held(tx),
        )


async def _asked(ops: Ops, tx: Tx, actor: Actor) -> Asked:
    sight = await permitted.sight(tx, actor, Action.RUN_APPROVE)
    return Asked(actor, sight, ops.self_approval)


async def _ask(tx: Tx, run: Run, now: datetime) -> Ask:
    return Ask(
        run=run,
        workspace=await workspaces.find(tx, run.workspace),
        verdicts=await runs.verdicts(tx, run.id),
        seats=seats(await approvals.of_run(tx, run.id), run, now),
        now=now,
    )
