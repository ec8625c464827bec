"""The model plane's money: `domain.ports.Ledger`. Held before a call, settled after it.

Whoever reserves holds the balances it counts on, always in one order, from the look at them until
what it takes is written down: so two at once, in any processes, never see the same room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.errors import OverBudget
from dihedral.domain.ids import ReservationId
from dihedral.domain.model import Usage
from dihedral.domain.spend import Account, Balance, Budget, Purpose, Spend, Used
from dihedral.kit.db import Tx
from dihedral.ops.rules import budget
from dihedral.ops.rules.budget import Claim, Worst
from dihedral.ops.store import ledger as store
from dihedral.ops.store.ledger import Reservation, Status
from dihedral.ops.work.plane import Ops

STALE = timedelta(minutes=15)  # after which a call whose end nobody told counts as spent
BATCH = 200
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a reservation asks of budgets, and the accounts on which it counts."""

    claims: Sequence[Claim]
    accounts: Sequence[Account]


@dataclass(frozen=True, slots=True)
class OpsLedger:
    ops: Ops

    async def reserve(self, actor: Actor, spend: Spend) -> ReservationId:
        return await reserve(self.ops, _wanted(self.ops, actor, spend))

    async def settle(self, reservation: ReservationId, used: Used) -> None:
        async with self.ops.db.tx() as tx:
            await settle(self.ops, tx, reservation, used)

    async def release(self, reservation: ReservationId) -> None:
        async with self.ops.db.tx() as tx:
            await release(self.ops, tx, reservation)


async def reserve(ops: Ops, wanted: Reservation) -> ReservationId:
    """Raises OverBudget."""
    while True:
        async with ops.db.tx() as tx:
            found = await take(tx, wanted)
        if isinstance(found, str):
            return found
        async with ops.db.tx() as tx:  # of its own, or it would be out of order
            await store.hold(tx, wanted.organization)
            await store.open(tx, wanted.organization, found)


async def take(tx: Tx, wanted: Reservation) -> ReservationId | list[Account]:
    """The reservation, or the accounts that must be opened first. Raises OverBudget."""
    await store.hold(tx, wanted.organization)
    if known := await _known(tx, wanted):
        return known
    asked = await _asked(tx, wanted)
    balances = await store.lock(tx, wanted.organization, asked.accounts)
    if len(balances) < len(asked.accounts):
        return [account for account in asked.accounts if account not in balances]
    return await _enter(tx, wanted, asked, balances)


async def enter(tx: Tx, wanted: Reservation) -> ReservationId:
    """The same in a transaction that goes on, and for what is not asked for often: accounts are
    opened at once, before any is locked. Raises OverBudget."""
    await store.hold(tx, wanted.organization)
    if known := await _known(tx, wanted):
        return known
    asked = await _asked(tx, wanted)
    await store.open(tx, wanted.organization, asked.accounts)
    balances = await store.lock(tx, wanted.organization, asked.accounts)
    return await _enter(tx, wanted, asked, balances)


async def _known(tx: Tx, wanted: Reservation) -> ReservationId | None:
    return await store.held(tx, wanted.organization, wanted.purpose, wanted.key)


async def _asked(tx: Tx, wanted: Reservation) -> _Asked:
    held = await in_force(tx, wanted)
    claims = budget.claims(held, wanted.whose, _worst(wanted), wanted.at)
    if wanted.purpose is Purpose.BUILDING:  # a person has judged what has no price
        claims = [claim for claim in claims if claim.needs is not None]
    accounts = budget.accounts(wanted.purpose, held, wanted.whose, wanted.currency, wanted.at)
    return _Asked(claims, accounts)


async def _enter(
    tx: Tx, wanted: Reservation, asked: _Asked, balances: Mapping[Account, Balance]
) -> ReservationId:
    over = budget.refusal(asked.claims, balances)
    if (over or not await store.add(tx, wanted)) and (known := await _known(tx, wanted)):
        return known  # somebody asked for the same meanwhile
    if over:
        raise OverBudget(budget.told(over), over)
    worst = _worst(wanted)
    moves = {account: (worst.of(account.unit), NOTHING) for account in asked.accounts}
    await store.move(tx, wanted.organization, moves)
    return wanted.id


async def in_force(tx: Tx, wanted: Reservation) -> list[Budget]:
    """The budgets that hold it."""
    kept = await store.budgets(tx, wanted.organization, wanted.purpose, wanted.whose)
    found = budget.holding(budget.whole(wanted.organization, kept), wanted.whose, wanted.purpose)
    if wanted.purpose is Purpose.THINKING and wanted.agent:
        limit = await store.limit(tx, wanted.organization, wanted.agent)
        if own := budget.own(wanted.organization, wanted.agent, limit):
            found.append(own)
    return found


async def settle(ops: Ops, tx: Tx, reservation: ReservationId, used: Used) -> None:
    """What it came to, also where that is more than was held. One that was thought lost is set
    right; one that is over stays as it is."""
    held = await store.taken(tx, reservation)
    if held.status in (Status.HELD, Status.LOST):
        money = held.worst if used.money is None else used.money
        await _end(ops, tx, held, Status.SETTLED, money, used.usage)


async def release(ops: Ops, tx: Tx, reservation: ReservationId) -> None:
    held = await store.taken(tx, reservation)
    if held.status is Status.HELD:
        await _end(ops, tx, held, Status.RELEASED, NOTHING, Usage())


async def sweep(ops: Ops) -> int:
    """Calls whose end nobody told for long count as spent at their worst. How many those were.
    What is held for runs that went with their workspace is released."""
    async with ops.db.tx() as tx:
        found = await store.stale(tx, ops.now() - STALE, BATCH)
        gone = await store.orphans(tx, BATCH)
    for reservation in gone:
        async with ops.db.tx() as tx:
            await release(ops, tx, reservation)
    for reservation in found:
        async with ops.db.tx() as tx:
            held = await store.taken(tx, reservation)
            if held.status is Status.HELD:
                await _end(ops, tx, held, Status.LOST, held.worst, Usage(input=held.most))
    return len(found)


async def _end(
    ops: Ops, tx: Tx, held: Reservation, status: Status, money: Decimal | None, usage: Usage
) -> None:
    before = _worst(held)
    after = Worst(money, held.currency, usage.tokens)
    await store.hold(tx, held.organization)
    accounts = budget.every(held.purpose, held.whose, held.currency, held.at)
    locked = await store.lock(tx, held.organization, accounts)
    await store.move(tx, held.organization, _moves(held, locked, before, after))
    await store.end(tx, held.id, status, money, usage, ops.now())


def _moves(
    held: Reservation, locked: Mapping[Account, Balance], before: Worst, after: Worst
) -> dict[Account, tuple[Decimal, Decimal]]:
    """What was held is no more; where it counted as spent already, only what differs is."""
    lost = held.status is Status.LOST
    return {
        account: (
            NOTHING if lost else -before.of(account.unit),
            after.of(account.unit) - (before.of(account.unit) if lost else NOTHING),
        )
        for account in locked
    }


def _worst(of: Reservation) -> Worst:
    return Worst(of.worst, of.currency, of.most)


def _wanted(ops: Ops, actor: Actor, spend: Spend) -> Reservation:
    person = actor.id if actor.kind is Kind.PERSON else actor.on_behalf_of
    return Reservation(
        id=ReservationId(ops.mint("rsv")),
        organization=actor.organization,
        purpose=Purpose.THINKING,
        key=spend.key,
        conversation=spend.conversation,
        turn=spend.turn,
        agent=spend.agent,
        person=person or "",
        team=spend.team,
        model=spend.model,
        endpoint=spend.endpoint,
        currency=spend.currency,
        worst=spend.money,
        most=spend.tokens,
        at=ops.now(),
    )
