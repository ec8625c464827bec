"""The model plane's money: `domain.ports.Ledger`. Held before a call, settled after it.

Whoever reserves holds the balances it counts on, always in one order, from the look at them until
what it takes is written down: so two at once, in any processes, never see the same room. For a call
like one before it, the database does all of that in one statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import TypeAlias

from dihedral.domain.actor import Actor, Kind
from dihedral.domain.errors import NotFound, OverBudget
from dihedral.domain.ids import ReservationId
from dihedral.domain.model import Usage
from dihedral.domain.spend import Account, Balance, Budget, Purpose, Scope, Spend, Used
from dihedral.kit.batch import Batch
from dihedral.kit.db import Tx
from dihedral.ops.rules import budget
from dihedral.ops.rules.budget import Claim, Worst
from dihedral.ops.store import ledger as store
from dihedral.ops.store.ledger import End, Reservation, Status, Take
from dihedral.ops.work.plane import Ops

BATCH = 200
GROUPS = 2_000  # of calls, that are remembered
NOTHING = Decimal(0)
Group: TypeAlias = tuple[str | date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What holds a reservation: the one that its call holds already, the budgets, what it asks of
    them, and the accounts on which it counts, in the order in which they are held."""

    known: ReservationId | None
    budgets: Sequence[Budget]
    claims: Sequence[Claim]
    accounts: Sequence[Account]
    stamp: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds every call of one group, while what holds it has this stamp: balances with their
    caps, and the caps of each call `alone`, by their units."""

    stamp: str
    places: str
    alone: Mapping[str, Decimal]

    def fits(self, wanted: Reservation) -> bool:
        worst = _worst(wanted)
        return worst.money is not None and all(worst.of(u) <= cap for u, cap in self.alone.items())


class OpsLedger:
    """Calls that are made at once go to the database together. `known` is what held calls of the
    same group before: they need not be looked at again, since the database says whether it still
    holds."""

    def __init__(self, ops: Ops) -> None:
        self.ops = ops
        self.known: dict[Group, Standing] = {}
        self._done: Batch[Take | End, bool] = Batch(self._together, BATCH)

    async def reserve(self, actor: Actor, spend: Spend) -> ReservationId:
        """Raises OverBudget."""
        wanted = _wanted(self.ops, actor, spend)
        if await self._at_once(wanted):
            return wanted.id
        while True:
            async with self.ops.db.tx() as tx:
                asked = await look(tx, wanted)
                found = await take(tx, wanted, asked)
            if found:
                self._keep(wanted, asked)
                return found
            async with self.ops.db.tx() as tx:  # of its own, or it would be out of order
                asked = await look(tx, wanted)  # a budget may be gone, whose balances nobody keeps
                await store.open(tx, wanted.organization, asked.accounts)

    async def settle(self, reservation: ReservationId, used: Used) -> None:
        await self._ended(_settled(self.ops, reservation, used))

    async def release(self, reservation: ReservationId) -> None:
        await self._ended(_released(self.ops, reservation))

    async def _ended(self, one: End) -> None:
        if not await self._done(one):
            raise NotFound("reservation", one.id)

    async def _at_once(self, wanted: Reservation) -> bool:
        known = self.known.get(_group(wanted))
        if known is None or not known.fits(wanted):
            return False
        return await self._done(Take(wanted, known.stamp, known.places))

    async def _together(self, ones: Sequence[Take | End]) -> Sequence[bool]:
        told = [one for one in ones if isinstance(one, End)]
        asked = [one for one in ones if isinstance(one, Take)]
        done = await store.together(self.ops.db, told, asked)
        return [one.id in done for one in ones]

    def _keep(self, wanted: Reservation, asked: Look) -> None:
        if len(self.known) >= GROUPS:
            self.known.clear()
        if standing := _standing(wanted, asked):
            self.known[_group(wanted)] = standing


async def take(tx: Tx, wanted: Reservation, asked: Look) -> ReservationId | None:
    """The reservation; None where there are accounts to be opened first. Raises OverBudget."""
    if asked.known:
        return asked.known
    balances = await store.lock(tx, wanted.organization, asked.accounts)
    if len(balances) < len(asked.accounts):
        return None
    return await _enter(tx, wanted, asked, balances)


async def enter(tx: Tx, wanted: Reservation) -> ReservationId:
    """The same in a transaction that goes on, and for what is not asked for often: accounts are
    opened at once, before any is locked. Raises OverBudget."""
    asked = await look(tx, wanted)
    await store.open(tx, wanted.organization, asked.accounts)
    found = await take(tx, wanted, asked)
    assert found is not None, "all accounts are open"
    return found


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
    return Look(
        known=found.known, budgets=held, claims=claims, accounts=accounts, stamp=found.stamp
    )


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
    right; one that is over stays as it is. Raises NotFound."""
    await _ended(tx, _settled(ops, reservation, used))


async def release(ops: Ops, tx: Tx, reservation: ReservationId) -> None:
    """Raises NotFound."""
    await _ended(tx, _released(ops, reservation))


async def sweep(ops: Ops) -> int:
    """Calls whose end nobody told for `lost_after` count as spent at their worst. How many those
    were. What is held for runs that went with their workspace is released."""
    async with ops.db.tx() as tx:
        found = await store.stale(tx, ops.now() - ops.lost_after, BATCH)
        gone = await store.orphans(tx, BATCH)
    over = [End(one, Status.LOST, ops.now()) for one in found]
    await store.together(ops.db, [*(_released(ops, one) for one in gone), *over])
    return len(found)


async def _ended(tx: Tx, one: End) -> None:
    if not await store.together(tx, [one]):
        raise NotFound("reservation", one.id)


def _settled(ops: Ops, reservation: ReservationId, used: Used) -> End:
    return End(reservation, Status.SETTLED, ops.now(), used.money, used.usage)


def _released(ops: Ops, reservation: ReservationId) -> End:
    return End(reservation, Status.RELEASED, ops.now(), NOTHING, Usage())


def _standing(wanted: Reservation, found: Look) -> Standing | None:
    """None where each call has to be looked at: one that is in another currency than a cap."""
    if any(claim.needs is None for claim in found.claims):
        return None
    caps = budget.caps(found.claims)
    alone = {account.unit: cap for account, cap in caps.items() if account.scope is Scope.CALL}
    return Standing(found.stamp, store.written(found.accounts, caps), alone)


def _group(of: Reservation) -> Group:
    """What says on which balances it counts, and by which budgets."""
    whose = (of.conversation, of.agent, of.person, of.team)
    return (of.organization, *whose, of.currency, of.at.astimezone(UTC).date())


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
