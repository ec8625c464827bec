"""What runs add a month, in the ledger that holds what thinking costs.

It is held when a run waits or is cleared, and settled when an apply began, however that ends, for
then something may be built; what is over before that is released. All in the transactions of the
run's own moves, and once for each run.
"""

from typing import Any

from dihedral.domain.actor import AGENT, Kind, kind_of
from dihedral.domain.ids import ReservationId
from dihedral.domain.model import Usage
from dihedral.domain.run import OVER, Fact, Run, Status
from dihedral.domain.spend import Purpose, Used
from dihedral.kit.db import Tx
from dihedral.ops.rules import building
from dihedral.ops.rules.building import Room
from dihedral.ops.store import approvals, workspaces
from dihedral.ops.store import ledger as store
from dihedral.ops.store.ledger import Reservation
from dihedral.ops.work import ledger
from dihedral.ops.work.plane import Ops

WAITS = (Fact.HELD, Fact.CLEARED)


async def room(ops: Ops, tx: Tx, run: Run) -> Room:
    """What is left for a run that is to be judged."""
    wanted = await _wanted(ops, tx, run)
    look = await ledger.look(tx, wanted)
    return Room(
        budgets=look.budgets,
        whose=wanted.whose,
        balances=await store.lock(tx, wanted.organization, look.accounts),
        at=wanted.at,
    )


async def told(ops: Ops, tx: Tx, moved: Run, fact: Fact) -> None:
    """What a move of a run means for the ledger. Raises OverBudget where somebody else took what
    was left since it was judged."""
    if fact in WAITS:
        await _hold(ops, tx, moved)
    elif moved.status in OVER or fact is Fact.REPLANNED:
        await _end(ops, tx, moved)


async def _hold(ops: Ops, tx: Tx, run: Run) -> None:
    wanted = await _wanted(ops, tx, run)
    if wanted.worst is None or wanted.worst > 0:
        await ledger.enter(tx, wanted)


async def _end(ops: Ops, tx: Tx, run: Run) -> None:
    organization = (await workspaces.find(tx, run.workspace)).organization
    held = await store.held(tx, organization, Purpose.BUILDING, run.id)
    if held is None:
        return
    begun = any(one.used_at for one in await approvals.of_run(tx, run.id))
    if run.status is Status.APPLIED or begun:
        await ledger.settle(ops, tx, held, Used(Usage(), None))  # it came to what was held
    else:
        await ledger.release(ops, tx, held)


async def _wanted(ops: Ops, tx: Tx, run: Run) -> Reservation:
    workspace = await workspaces.find(tx, run.workspace)
    agent = kind_of(run.proposer) is Kind.AGENT
    adds = building.adds(run.numbers)
    return Reservation(
        id=ReservationId(ops.mint("rsv")),
        organization=workspace.organization,
        purpose=Purpose.BUILDING,
        key=run.id,
        conversation=_word(run.origin.get("conversation")),
        agent=run.proposer.removeprefix(AGENT) if agent else "",
        person=run.on_behalf_of or ("" if agent else run.proposer),
        team=workspace.project,
        currency=adds.currency,
        worst=adds.money,
        at=ops.now(),
    )


def _word(text: Any) -> str:
    """An id that the model plane tells, as far as it can be one."""
    return text if isinstance(text, str) and len(text) <= 100 else ""
