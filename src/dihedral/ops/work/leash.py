"""What holds an agent's runs: while it is suspended none is begun, and none goes over its limits.

An apply that is at work when its agent is suspended goes on to its end, since one that is cut
leaves nobody knows what; a plan does too, for it changes nothing.
"""

from collections.abc import Iterable

from dihedral.domain.actor import AGENT, Kind, kind_of
from dihedral.domain.agent import Agent, halted
from dihedral.domain.errors import NotFound
from dihedral.domain.run import OVER, Run, Status
from dihedral.domain.verdict import Ruling
from dihedral.kit.db import Tx
from dihedral.ops.rules import leash
from dihedral.ops.rules.leash import Bound
from dihedral.ops.store import agents, workspaces
from dihedral.ops.work.plane import Ops

_BEFORE = (Status.POLICY_CHECKED, Status.CONFIRMED, Status.APPLYING)


class Held(Exception):
    """The run is not begun, for its agent is suspended."""


async def held(tx: Tx, run: Run) -> str:
    """Why it is not begun; empty where it is, or is over."""
    if kind_of(run.proposer) is not Kind.AGENT or run.status in OVER:
        return ""
    organization = (await workspaces.find(tx, run.workspace)).organization
    name = run.proposer.removeprefix(AGENT)
    try:
        agent = await agents.find(tx, organization, name)
    except NotFound as cause:
        return str(cause)
    return halted(name, agent.suspended, await agents.switch(tx, organization))


async def demand(tx: Tx, run: Run) -> None:
    """Nobody suspends its agent until `tx` ends, nor begins another run of it. Raises Held."""
    if kind_of(run.proposer) is not Kind.AGENT:
        return
    agent = await _locked(tx, run)
    whole = await agents.hold_switch(tx, agent.organization)
    if why := halted(agent.name, agent.suspended, whole):
        raise Held(f"{run.id} is not begun: {why}")


async def bound(ops: Ops, tx: Tx, run: Run) -> Bound | None:
    """Whose limits hold for a run that is judged; None for one that no agent proposed.

    Raises NotFound.
    """
    return await _bound(ops, tx, run, _BEFORE)


async def refusal(ops: Ops, tx: Tx, run: Run) -> str:
    """Why it goes over its agent's limits as they are now, when it is about to be applied; empty
    when it does not. Only what was begun counts, so that of two that fit only alone one does."""
    found = await _bound(ops, tx, run, (Status.APPLYING,))
    if found is None:
        return ""
    verdict = leash.judge(found, leash.wants(run.numbers))
    return "" if verdict.ruling is Ruling.ALLOW else f"{leash.GATE}: {verdict.reason}"


async def _bound(ops: Ops, tx: Tx, run: Run, open: Iterable[Status]) -> Bound | None:
    if kind_of(run.proposer) is not Kind.AGENT:
        return None
    agent = await _locked(tx, run)
    month = ops.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    currency = agent.limits.delta.currency if agent.limits.delta else ""
    return Bound(agent, await agents.spent(tx, agent, run, month, currency, open))


async def _locked(tx: Tx, run: Run) -> Agent:
    """The agent that proposed it. Raises NotFound."""
    organization = (await workspaces.find(tx, run.workspace)).organization
    return await agents.lock(tx, organization, run.proposer.removeprefix(AGENT))
