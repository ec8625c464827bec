"""The verbs of budgets: set, remove, look; and what was spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.agent import demand_name
from dihedral.domain.errors import Invalid, NotFound
from dihedral.domain.ids import BudgetId, ConversationId, parse
from dihedral.domain.right import Action, Place
from dihedral.domain.spend import Budget, Period, Purpose, Scope, Whose
from dihedral.kit.db import Tx
from dihedral.ops.rules import access, budget
from dihedral.ops.store import budgets as store
from dihedral.ops.store import ledger, people, projects
from dihedral.ops.store.budgets import Line, Sum
from dihedral.ops.work import audit, permitted
from dihedral.ops.work.plane import Ops

SHOWN = 20  # subjects of a budget that is for each
MOST = Decimal(1_000_000_000)
WHOLE = (Scope.CALL, Scope.ORGANIZATION)  # scopes without a subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """`kind` is `set`, `default` or `limit` (an agent's own). `lines` is what counts on it in this
    period, those with the most first; of persons, who may not see all sees only himself. `hidden`
    says that there may be lines which the reader may not see."""

    budget: Budget
    kind: str
    lines: Sequence[Line]
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What a budget is for; `subject` by name or id, empty for each."""

    scope: Scope
    subject: str = ""
    period: Period | None = None
    purpose: Purpose = Purpose.THINKING


async def page(ops: Ops, by: Actor) -> list[Seen]:
    """All that hold: set, by default, and agents' own limits."""
    access.demand_somewhere(by, Action.BUDGET_READ)
    async with ops.db.tx() as tx:
        return [await _seen(ops, tx, by, one) for one in await _all(tx, by)]


async def holding(ops: Ops, by: Actor, key: str) -> list[Seen]:
    """Those that hold what is built, and thought, in a workspace for whoever asks: of its team, of
    the organization, and of himself. Raises NotFound, Forbidden."""
    async with ops.db.tx() as tx:
        found = await permitted.workspace(tx, by, key, Action.BUDGET_READ)
        whose: Whose = {
            Scope.TEAM: found.project,
            Scope.ORGANIZATION: by.organization,
            Scope.PERSON: by.id,
        }
        every = await _all(tx, by)
        held = [
            one
            for purpose in (Purpose.BUILDING, Purpose.THINKING)
            for one in budget.holding(every, whose, purpose)
        ]
        return [await _seen(ops, tx, by, one, whose) for one in held]


async def see(ops: Ops, by: Actor, name: str) -> Seen:
    """By its id, or as `SCOPE:SUBJECT`. Raises NotFound."""
    access.demand_somewhere(by, Action.BUDGET_READ)
    async with ops.db.tx() as tx:
        return await _seen(ops, tx, by, _one(await _all(tx, by), name))


async def put(ops: Ops, by: Actor, slot: Slot, caps: Mapping[str, Any]) -> Seen:
    """A budget with other `caps` (`money`, `currency`, `tokens`); those not named stay as they hold
    there now. It counts at the next call, with all that was spent already; what is paused stays so
    until somebody resumes it. Raises Forbidden, Invalid, NotFound (its subject)."""
    access.demand(by, Action.BUDGET_SET, Place(by.organization))
    async with ops.db.tx() as tx:
        await ledger.own(tx, by.organization)
        slot = replace(slot, subject=await _subject(tx, by, slot))
        return await _put(ops, tx, by, _fresh(ops, by, await _all(tx, by), slot), caps)


async def change(ops: Ops, by: Actor, name: str, caps: Mapping[str, Any]) -> Seen:
    """The same, of one that there is. Raises Forbidden, Invalid, NotFound."""
    access.demand(by, Action.BUDGET_SET, Place(by.organization))
    async with ops.db.tx() as tx:
        await ledger.own(tx, by.organization)
        found = _settable(_one(await _all(tx, by), name))
        return await _put(ops, tx, by, found, caps)


async def remove(ops: Ops, by: Actor, name: str) -> None:
    """What was set; where there is a default, that holds again. Raises Forbidden, NotFound,
    Invalid."""
    access.demand(by, Action.BUDGET_SET, Place(by.organization))
    async with ops.db.tx() as tx:
        await ledger.own(tx, by.organization)
        found = _settable(_one(await _all(tx, by), name))
        await store.drop(tx, by.organization, found.id)
        await _count(ops, tx, found)
        audit.noted(ops, tx, by, "budget.remove", found.id, reason=budget.line(found))


async def spent(
    ops: Ops, by: Actor, group: str, since: datetime | None, until: datetime | None
) -> list[Sum]:
    """The dearest first; of one's own alone, for who may not see all of the organization."""
    access.demand_somewhere(by, Action.SPEND_READ)
    only = None if access.everywhere(by, Action.SPEND_READ) else by.id
    async with ops.db.tx() as tx:
        return await store.report(tx, by.organization, group, (since, until), only)


async def _put(ops: Ops, tx: Tx, by: Actor, found: Budget, caps: Mapping[str, Any]) -> Seen:
    made = replace(found, **caps, set_by=by.id, set_at=ops.now())
    if made.money is not None and not (made.money.is_finite() and 0 <= made.money <= MOST):
        raise Invalid(f"an amount is from 0 to {MOST:,}, not {made.money}")
    if made.tokens is not None and made.purpose is Purpose.BUILDING:
        raise Invalid("what is built costs money, not tokens: leave --tokens out")
    await store.put(tx, made)
    await _count(ops, tx, made)
    audit.noted(ops, tx, by, "budget.set", made.id, reason=budget.line(made))
    return await _seen(ops, tx, by, made)


async def _count(ops: Ops, tx: Tx, changed: Budget) -> None:
    """Balances are kept of those that a budget holds; which these are has changed."""
    if changed.scope is Scope.CALL:
        return
    kept = budget.whole(changed.organization, await store.page(tx, changed.organization))
    subjects = budget.counted(kept, changed.purpose, changed.scope, changed.period)
    since = budget.since(changed.period, ops.now())
    await store.count(tx, changed, since, None if "" in subjects else subjects)


async def _all(tx: Tx, by: Actor) -> list[Budget]:
    kept = budget.whole(by.organization, await store.page(tx, by.organization))
    limits = await store.limits(tx, by.organization)
    owns = (budget.own(by.organization, name, money) for name, money in limits)
    return [*kept, *(one for one in owns if one)]


def _one(found: Sequence[Budget], name: str) -> Budget:
    scope, _, subject = name.partition(":")
    for one in found:
        usual = one.period is budget.usual(one.scope) and one.purpose is Purpose.THINKING
        if one.id == name or (usual and (one.scope, one.subject) == (scope, subject)):
            return one
    raise NotFound("budget", name)


def _settable(found: Budget) -> Budget:
    if found.id.startswith(budget.LIMIT):
        raise Invalid(
            f"{found.id} is the agent's own limit:"
            f" `dihedral agent set {found.subject} --money AMOUNT` changes it"
        )
    return found


def _fresh(ops: Ops, by: Actor, found: Sequence[Budget], slot: Slot) -> Budget:
    """The budget of that slot as it holds now, or a new one with the caps of the one for each."""
    period = slot.period or budget.usual(slot.scope)
    made = Budget(
        id=BudgetId(ops.mint("bdg")),
        organization=by.organization,
        scope=slot.scope,
        subject=slot.subject,
        period=period,
        purpose=slot.purpose,
        set_by=by.id,
        set_at=ops.now(),
    )
    settable = [one for one in found if not one.id.startswith(budget.LIMIT)]
    known = {budget.slot(one): one for one in settable}
    each = known.get((slot.purpose, slot.scope, "", period))
    if each:
        made = replace(made, money=each.money, currency=each.currency, tokens=each.tokens)
    return known.get(budget.slot(made)) or made


async def _subject(tx: Tx, by: Actor, slot: Slot) -> str:
    """As records name it. Raises Invalid, NotFound."""
    if slot.subject and slot.scope in WHOLE:
        raise Invalid(f"a budget of scope {slot.scope} names nobody: leave out {slot.subject!r}")
    if slot.scope is Scope.CALL and slot.period not in (None, Period.EVER):
        raise Invalid("a budget for a call has no period: it is asked of each call alone")
    if not slot.subject:
        return ""
    match slot.scope:
        case Scope.CONVERSATION:
            return parse(ConversationId, slot.subject)
        case Scope.AGENT:
            return demand_name(slot.subject)
        case Scope.PERSON:
            return (await people.find(tx, slot.subject)).id
        case _:
            return await projects.find(tx, by.organization, slot.subject)


async def _seen(ops: Ops, tx: Tx, by: Actor, one: Budget, whose: Whose | None = None) -> Seen:
    """`whose` narrows a budget that is for each to what counts for one of them."""
    subject = one.subject or (whose or {}).get(one.scope, "")
    of = replace(one, subject=subject) if whose and one.scope not in WHOLE else one
    lines = await store.balances(tx, of, budget.since(one.period, ops.now()), SHOWN)
    hidden = not access.everywhere(by, Action.SPEND_READ)
    if hidden:
        lines = [line for line in lines if one.scope is Scope.PERSON and line.subject == by.id]
    kind = "limit" if one.id.startswith(budget.LIMIT) else "set"
    kind = "default" if one.set_at == budget.EPOCH and kind == "set" else kind
    own = one.scope is Scope.PERSON and of.subject == by.id
    return Seen(budget=one, kind=kind, lines=lines, hidden=hidden and not own)
