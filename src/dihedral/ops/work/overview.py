"""Speed, cost and risk over all runs that somebody may read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dihedral.domain.actor import Actor
from dihedral.domain.change import Level
from dihedral.domain.run import Fact, Status
from dihedral.ops.store import overview as store
from dihedral.ops.store.overview import Added, Lead, Reached, Scope, Spans
from dihedral.ops.work import permitted
from dihedral.ops.work.plane import Ops


@dataclass(frozen=True, slots=True)
class Overview:
    """`days` has each day from `first` on, also those on which nothing was proposed."""

    first: date
    days: tuple[tuple[date, Mapping[Status, int]], ...]
    lead: Lead
    waits: Spans
    levels: Mapping[Level, Reached]
    monthly: tuple[Added, ...]
    sources: Mapping[str, Reached]
    ends: Mapping[tuple[Status, Fact], int]
    blueprints: tuple[tuple[str, int], ...]


async def see(ops: Ops, actor: Actor, days: int) -> Overview:
    """Of the last days, today among them, by UTC."""
    midnight = ops.now().replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=days - 1)
    async with ops.db.tx() as tx:
        scope = Scope(actor.organization, await permitted.sight(tx, actor), since)
        found = await store.days(tx, scope)
        each = (since.date() + timedelta(days=n) for n in range(days))
        return Overview(
            first=since.date(),
            days=tuple((day, found.get(day, {})) for day in each),
            lead=await store.lead(tx, scope),
            waits=await store.waits(tx, scope),
            levels=await store.levels(tx, scope),
            monthly=tuple(await store.monthly(tx, scope)),
            sources=await store.sources(tx, scope),
            ends=await store.ends(tx, scope),
            blueprints=tuple(await store.blueprints(tx, scope)),
        )
