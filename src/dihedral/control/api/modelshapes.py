"""How endpoints, their prices and trials look over HTTP, and what may be said of them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dihedral.domain.model import Ability, DataClass, Hosting, Price, Usage, Wire
from dihedral.model.rules import hedge
from dihedral.model.store.endpoints import Measured
from dihedral.model.work import pricelist
from dihedral.model.work.models import Seen
from dihedral.model.work.trial import Trial

Count = Annotated[int, Meta(ge=1, le=100_000_000)]
Text = Annotated[str, Meta(max_length=500)]
Credential = Annotated[str, Meta(max_length=8192)]
CURRENCY = r"\A[A-Z]{3}\Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceShape:
    """Decimal per million tokens; null is the price of other tokens of its kind. `old`: so long ago
    that it may have changed."""

    input: Decimal
    output: Decimal
    cached: Decimal | None
    written: Decimal | None
    reasoning: Decimal | None
    currency: str
    as_of: date
    source: str
    old: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthShape:
    """`latency` is in seconds until the first token. While `breaker` is open it is left alone,
    `until` then. `failure` is what it said when it last failed."""

    answered: int
    failed: int
    latency: float | None
    breaker: str
    until: datetime | None
    failure: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointShape:
    """`price` is null where it is not known, which is not 0. `secret` says that a credential is
    kept for it. `hedge` is off, p95 or a time of silence after which another endpoint is asked as
    well. `health` is null until somebody asked it."""

    id: str
    model: str
    hosting: Hosting
    wire: Wire
    upstream: str
    url: str
    price: PriceShape | None
    context: int
    most: int
    abilities: list[Ability]
    data: DataClass
    region: str
    concurrency: int
    score: float | None
    hedge: str
    secret: bool
    enabled: bool
    health: HealthShape | None


@dataclass(frozen=True, slots=True)
class EndpointPage:
    items: list[EndpointShape]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    ability: Ability
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialShape:
    """`fault` says why nothing came; then all else is empty. `money` is what the first call cost,
    null where no price is known."""

    endpoint: EndpointShape
    fault: str
    said: str
    upstream: str
    first: float | None
    seconds: float | None
    usage: Usage
    money: Decimal | None
    proven: list[Ability]
    unproven: list[Unproven]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldShape:
    seller: str
    name: str
    price: PriceShape
    context: int
    most: int
    abilities: list[Ability]


@dataclass(frozen=True, slots=True)
class SoldPage:
    items: list[SoldShape]
    next: str | None


class PriceAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Decimal per million tokens; 0 only where it costs nothing."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    written: Decimal | None = None
    reasoning: Decimal | None = None
    currency: Annotated[str, Meta(pattern=CURRENCY)] = "USD"


class EndpointChanged(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays. An empty `secret` takes the credential away; another address or wire
    needs it anew. `insecure`: http also to where it is not private. A null `price` is unknown.
    `hedge` is off, p95, or a time such as 2s."""

    hosting: Hosting | UnsetType = UNSET
    wire: Wire | UnsetType = UNSET
    upstream: Text | UnsetType = UNSET
    url: Text | UnsetType = UNSET
    price: PriceAsked | UnsetType | None = UNSET
    context: Count | UnsetType = UNSET
    most: Count | UnsetType = UNSET
    abilities: frozenset[Ability] | UnsetType = UNSET
    data: DataClass | UnsetType = UNSET
    region: Text | UnsetType = UNSET
    concurrency: Count | UnsetType = UNSET
    score: float | UnsetType | None = UNSET
    hedge: Text | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    secret: Credential | UnsetType = UNSET
    insecure: bool = False

    def __repr__(self) -> str:
        return "EndpointChanged()"


class EndpointAsked(EndpointChanged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`model` is its name here, `upstream` what its provider calls it. What is left out is taken
    from the seller's offer, where that is known, or is the default."""

    model: Text
    wire: Wire
    upstream: Text

    def __repr__(self) -> str:
        return f"EndpointAsked({self.model})"


class SoldAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`find` is a part of the name or of the seller's."""

    find: Text = ""


def shape(seen: Seen, today: date) -> EndpointShape:
    one, health = seen.endpoint, seen.measured
    return EndpointShape(
        id=one.id,
        model=one.model,
        hosting=one.hosting,
        wire=one.wire,
        upstream=one.upstream,
        url=one.url,
        price=price(one.price, today) if one.price else None,
        context=one.context,
        most=one.most,
        abilities=sorted(one.abilities),
        data=one.data,
        region=one.region,
        concurrency=one.concurrency,
        score=one.score,
        hedge=hedge.written(one.hedge),
        secret=one.secret,
        enabled=one.enabled,
        health=_health(health) if health else None,
    )


def _health(seen: Measured) -> HealthShape:
    return HealthShape(
        answered=seen.answered,
        failed=seen.failed,
        latency=seen.latency,
        breaker=seen.breaker,
        until=seen.until,
        failure=seen.failure,
        at=seen.at,
    )


def price(said: Price, today: date) -> PriceShape:
    return PriceShape(
        input=said.input,
        output=said.output,
        cached=said.cached,
        written=said.written,
        reasoning=said.reasoning,
        currency=said.currency,
        as_of=said.as_of,
        source=said.source,
        old=pricelist.old(said, today),
    )


def tried(trial: Trial, today: date) -> TrialShape:
    return TrialShape(
        endpoint=shape(Seen(trial.endpoint), today),
        fault=trial.fault,
        said=trial.said,
        upstream=trial.upstream,
        first=trial.first,
        seconds=trial.seconds,
        usage=trial.usage,
        money=trial.money,
        proven=list(trial.proven),
        unproven=[Unproven(ability=ability, why=why) for ability, why in trial.unproven],
    )
