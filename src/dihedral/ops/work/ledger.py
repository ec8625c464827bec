"""The model plane's money: `domain.ports.Ledger`. Held before a call, settled after it.

Whoever reserves holds the balances it counts on, always in one order, from the look at them until
what it takes is written down: so two at once, in any processes, never see the same room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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

BATCH = 200
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What holds a reservation: the one that its call holds already, the budgets, what it asks of
    them, and the accounts on which it counts, in the order in which they are held."""

    known: ReservationId | None
    budgets: Sequence[Budget]
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
    asked = await look(tx, wanted)
    if asked.known:
        return asked.known
    balances = await store.lock(tx, wanted.organization, asked.accounts)
    if len(balances) < len(asked.accounts):
        return [account for account in asked.accounts if account not in balances]
    return await _enter(tx, wanted, asked, balances)


async def enter(tx: Tx, wanted: Reservation) -> ReservationId:
    """The same in a transaction that goes on, and for what is not asked for often: accounts are
    opened at once, before any is locked. Raises OverBudget."""
    asked = await look(tx, wanted)
    if asked.known:
        return asked.known
    await store.open(tx, wanted.organization, asked.accounts)
    balances = await store.lock(tx, wanted.organization, asked.accounts)
    return await _enter(tx, wanted, asked, balances)


async def look(tx: Tx, wanted: Reservation) -> Look:
    """What holds it; what budgets there are stays as it is until `tx` ends."""
    found = await store.asked(tx, wanted)
    whose, at = wanted.whose, wanted.at
    held = budget.holding(budget.whole(wanted.organization, found.budgets), whose, wanted.purpose)
    if wanted.purpose is Purpose.THINKING and wanted.agent:
        own = budget.own(wanted.organization, wanted.agent, found.limit)
        held += [own] if own else []
    claims = budget.claims(held, whose, _worst(wanted), at)
    if wanted.purpose is Purpose.BUILDING:  # a person has judged what has no price
        claims = [claim for claim in claims if claim.needs is not None]
    accounts = budget.accounts(wanted.purpose, held, whose, wanted.currency, at)
    return Look(known=found.known, budgets=held, claims=claims, accounts=accounts)


async def _enter(
    tx: Tx, wanted: Reservation, asked: Look, balances: Mapping[Account, Balance]
) -> ReservationId:
    over, worst = budget.refusal(asked.claims, balances), _worst(wanted)
    amounts = [worst.of(account.unit) for account in asked.accounts]
    if not over and await store.enter(tx, wanted, asked.accounts, amounts):
        return wanted.id
    known = await store.held(tx, wanted.organization, wanted.purpose, wanted.key)
    if known:  # somebody asked for the same meanwhile
        return known
    if over:
        raise OverBudget(budget.told(over), over)
    return await enter(tx, wanted)  # and it was over at once: held anew


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
    """Calls whose end nobody told for `lost_after` count as spent at their worst. How many those
    were. What is held for runs that went with their workspace is released."""
    async with ops.db.tx() as tx:
        found = await store.stale(tx, ops.now() - ops.lost_after, BATCH)
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
    """What was held is no more; where it counted as spent already, only what differs is."""
    before, after = _worst(held), Worst(money, held.currency, usage.tokens)
    lost = held.status is Status.LOST
    moves = {}
    for account in budget.every(held.purpose, held.whose, held.currency, held.at):
        was, is_ = before.of(account.unit), after.of(account.unit)
        moves[account] = (NOTHING, is_ - was) if lost else (-was, is_)
    await store.end(tx, replace(held, status=status, money=money), usage, ops.now(), moves)


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
