"""Endpoints, remembered: what each is, its sealed credential, and how it did lately.

A credential is bound to the address that it was given for (`domain.model.sealing`).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.errors import UniqueViolation

from dihedral.domain.errors import Conflict, NotFound
from dihedral.domain.ids import EndpointId, OrganizationId
from dihedral.domain.model import (
    Ability,
    DataClass,
    Endpoint,
    Hedge,
    Hosting,
    Price,
    Wire,
    sealing,
)
from dihedral.kit import blob, keys, sql
from dihedral.kit.blob import Keyring, Sealed
from dihedral.kit.db import Row, Tx
from dihedral.kit.log import Secret

Q = sql.load(__package__, "endpoints.sql")
MOST = 500  # endpoints of an organization

_log = logging.getLogger(__name__)
_PRICE = ("input", "output", "cached", "written", "reasoning", "currency", "as_of", "source")


@dataclass(frozen=True, slots=True)
class Served:
    """An endpoint and its credential, where it has one. `broken`: it has one that does not open."""

    endpoint: Endpoint
    secret: Secret | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How an endpoint did: calls that were answered and that failed, seconds until the first token,
    what the breaker is and until when, what it said when it last failed."""

    answered: int = 0
    failed: int = 0
    latency: float | None = None
    breaker: str = "closed"
    until: datetime | None = None
    failure: str = ""
    at: datetime


async def add(
    tx: Tx, keyring: Keyring, endpoint: Endpoint, secret: Secret | None, at: datetime
) -> None:
    """Raises Conflict where the model has that endpoint already."""
    sealed = await _sealed(tx, keyring, endpoint, secret)
    if not await tx.do(Q["add"], **_plain(endpoint), sealed=sealed, created_at=at):
        raise _twin(endpoint)


async def serving(
    tx: Tx, keyring: Keyring, organization: OrganizationId, model: str
) -> list[Served]:
    """Every endpoint of a model with its credential, for a call."""
    of = {"organization": organization, "model": model}
    bare = [Served(_endpoint(row)) for row in await tx.rows(Q["bare"], **of)]
    return bare + [
        _served(keyring, row) for row in await keys.rows(tx, keyring, Q["serving"], **of)
    ]


async def latencies(tx: Tx, organization: OrganizationId, model: str) -> Mapping[EndpointId, float]:
    """Seconds until the first token, as any process last measured them."""
    rows = await tx.rows(Q["latencies"], organization=organization, model=model)
    return {EndpointId(row["endpoint"]): row["latency"] for row in rows}


async def lock(tx: Tx, organization: OrganizationId, key: str) -> Endpoint:
    """By id, or by the name of a model that has one; held until `tx` ends. Raises NotFound,
    Conflict where the model has several."""
    rows = await tx.rows(Q["lock"], organization=organization, key=key)
    if not rows:
        raise NotFound("model or endpoint", key)
    if len(rows) > 1:
        ids = ", ".join(f"{row['id']} ({row['upstream']})" for row in rows)
        raise Conflict(f"model {key} has {len(rows)} endpoints; say which one: {ids}")
    return _endpoint(rows[0])


async def page(
    tx: Tx, organization: OrganizationId, key: str | None = None
) -> list[tuple[Endpoint, Measured | None]]:
    """By model, then id; `key` is one model's name, or one endpoint's id."""
    rows = await tx.rows(Q["page"], organization=organization, key=key, size=MOST)
    return [(_endpoint(row), _measured(row)) for row in rows]


async def names(tx: Tx, organization: OrganizationId) -> list[str]:
    return [row["model"] for row in await tx.rows(Q["names"], organization=organization)]


async def save(tx: Tx, endpoint: Endpoint) -> None:
    """Not its credential. Raises Conflict where the model has that endpoint already."""
    known = _plain(endpoint)
    try:
        await tx.do(Q["save"], **{k: v for k, v in known.items() if k not in ("organization",)})
    except UniqueViolation as cause:
        raise _twin(endpoint) from cause


async def keep(tx: Tx, keyring: Keyring, endpoint: Endpoint, secret: Secret | None) -> None:
    """Its credential from now on; None is none."""
    await tx.do(Q["keep"], id=endpoint.id, sealed=await _sealed(tx, keyring, endpoint, secret))


async def drop(tx: Tx, endpoint: EndpointId) -> None:
    await tx.do(Q["drop"], id=endpoint)


async def measured(tx: Tx, seen: Mapping[EndpointId, Measured]) -> None:
    """Adds what this process saw to what is known."""
    await tx.each(
        Q["measured"],
        [
            {
                "endpoint": endpoint,
                "answered": one.answered,
                "failed": one.failed,
                "latency": one.latency,
                "state": one.breaker,
                "until": one.until,
                "failure": one.failure,
                "at": one.at,
            }
            for endpoint, one in sorted(seen.items())
        ],
    )


async def _sealed(
    tx: Tx, keyring: Keyring, endpoint: Endpoint, secret: Secret | None
) -> bytes | None:
    if secret is None:
        return None
    key = await keys.sealing(tx, keyring)
    return blob.seal(key, secret.reveal().encode(), _bind(endpoint))


def _served(keyring: Keyring, row: Row) -> Served:
    endpoint = _endpoint(row)
    try:
        return Served(
            endpoint, Secret(blob.unseal(keyring, row["sealed"], _bind(endpoint)).decode())
        )
    except Sealed as cause:
        _log.error("the credential of %s cannot be opened: %s", endpoint.id, cause)
        return Served(endpoint, broken=True)


def _bind(endpoint: Endpoint) -> bytes:
    return sealing(endpoint.id, endpoint.wire, endpoint.url)


def _twin(endpoint: Endpoint) -> Conflict:
    return Conflict(
        f"model {endpoint.model} has an endpoint for {endpoint.upstream} there already;"
        f" `dihedral model list` shows it"
    )


def _plain(endpoint: Endpoint) -> dict[str, Any]:
    price, hedge = endpoint.price, endpoint.hedge
    return {
        **{f"price_{name}": getattr(price, name) if price else None for name in _PRICE},
        "id": endpoint.id,
        "organization": endpoint.organization,
        "model": endpoint.model,
        "hosting": endpoint.hosting,
        "wire": endpoint.wire,
        "upstream": endpoint.upstream,
        "url": endpoint.url,
        "context": endpoint.context,
        "most": endpoint.most,
        "abilities": sorted(endpoint.abilities),
        "data": endpoint.data,
        "region": endpoint.region,
        "concurrency": endpoint.concurrency,
        "score": endpoint.score,
        "hedge": hedge is not None,
        "hedge_after": hedge.after.total_seconds() if hedge and hedge.after else None,
        "enabled": endpoint.enabled,
    }


def _endpoint(row: Row) -> Endpoint:
    price = {name: row[f"price_{name}"] for name in _PRICE}
    return Endpoint(
        id=EndpointId(row["id"]),
        organization=OrganizationId(row["organization"]),
        model=row["model"],
        hosting=Hosting(row["hosting"]),
        wire=Wire(row["wire"]),
        upstream=row["upstream"],
        url=row["url"],
        price=None if price["input"] is None else Price(**price),
        context=row["context"],
        most=row["most"],
        abilities=frozenset(map(Ability, row["abilities"])),
        data=DataClass(row["data"]),
        region=row["region"],
        concurrency=row["concurrency"],
        score=row["score"],
        hedge=_hedge(row["hedge_after"]) if row["hedge"] else None,
        secret=row["sealed"] is not None,
        enabled=row["enabled"],
    )


def _hedge(after: float | None) -> Hedge:
    return Hedge(None if after is None else timedelta(seconds=after))


def _measured(row: Row) -> Measured | None:
    if row["at"] is None:
        return None
    names = ("answered", "failed", "latency", "until", "failure", "at")
    return Measured(breaker=row["state"], **{name: row[name] for name in names})
