"""The verbs of a model: endpoints added, changed, tried and removed by administrators, on record.

A credential goes in and never comes out, and goes nowhere but to the address that it was given
for: whoever changes the address or the wire gives it anew.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from dihedral.domain.actor import Actor
from dihedral.domain.audit import Act, act
from dihedral.domain.errors import Invalid, NotFound
from dihedral.domain.ids import EndpointId
from dihedral.domain.model import Endpoint, Hosting, Price, Wire
from dihedral.domain.right import Action, Place
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db, Tx
from dihedral.kit.log import Secret
from dihedral.model.rules import address
from dihedral.model.store import endpoints as store
from dihedral.model.store.endpoints import Measured
from dihedral.model.work import pricelist, trial
from dihedral.model.work.directory import Directory
from dihedral.model.work.gateway import Gateway
from dihedral.model.work.trial import Trial

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_UPSTREAM = re.compile(r"[\x21-\x7e]{1,200}")
_SECRET = re.compile(r"[\x21-\x7e]{1,8192}")
_REGION = re.compile(r"[a-z0-9-]{0,64}")
_MOST = 100_000_000  # tokens
_DEAREST = Decimal(1_000_000)  # per million tokens
_PARALLEL = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """`demand` raises Forbidden where the actor may not do that in his organization; `note` keeps
    an act in the audit log, in the transaction that does it."""

    db: Db
    keyring: Keyring
    now: Callable[[], datetime]
    mint: Callable[[str], str]
    demand: Callable[[Actor, Action, Place], None]
    note: Callable[[Tx, Act], None]
    directory: Directory
    gateway: Gateway


@dataclass(frozen=True, slots=True)
class Seen:
    """An endpoint, and how it did, where anybody asked it yet."""

    endpoint: Endpoint
    measured: Measured | None = None


async def page(models: Models, by: Actor, key: str | None = None) -> list[Seen]:
    """By model, of its organization, for whoever may read models anywhere in it, which the door
    asks; `key` is one model's name or one endpoint's id. Raises NotFound."""
    await models.gateway.health.tell(always=True)
    async with models.db.tx() as tx:
        found = [Seen(*one) for one in await store.page(tx, by.organization, key)]
    if key is not None and not found:
        raise NotFound("model or endpoint", key)
    return found


async def add(
    models: Models,
    by: Actor,
    fields: Mapping[str, Any],
    secret: Secret | None = None,
    *,
    insecure: bool = False,
) -> Seen:
    """An endpoint of a model, which is new with its first one. What `fields` do not say is taken
    from what its seller offers, where that is known. Raises Forbidden, Invalid, Conflict."""
    models.demand(by, Action.MODEL_SET, Place(by.organization))
    url = address.check(fields["wire"], fields.get("url", ""), insecure=insecure)
    sold = pricelist.find(fields["wire"], url, fields["upstream"])
    known: dict[str, Any] = {}
    if sold is not None:
        known = {
            "price": sold.price,
            "context": sold.context,
            "most": sold.most,
            "abilities": sold.abilities,
        }
    given = {"hosting": _hosting(fields["wire"], url), **known, **fields, "url": url}
    endpoint = Endpoint(
        id=EndpointId(models.mint("ep")),
        organization=by.organization,
        secret=secret is not None,
        **given,
    )
    _demand_sound(endpoint, secret)
    async with models.db.tx() as tx:
        await store.add(tx, models.keyring, endpoint, secret, models.now())
        _noted(models, tx, by, "model.add", endpoint)
    models.directory.forget()
    return Seen(endpoint)


async def change(
    models: Models,
    by: Actor,
    key: str,
    fields: Mapping[str, Any],
    secret: Secret | None = None,
    *,
    insecure: bool = False,
) -> Seen:
    """Other `fields` of the endpoint, and another credential; an empty one takes it away.

    Raises Forbidden, NotFound, Invalid, Conflict (the model has several endpoints).
    """
    models.demand(by, Action.MODEL_SET, Place(by.organization))
    async with models.db.tx() as tx:
        old = await store.lock(tx, by.organization, key)
        moved = replace(old, **fields)
        url = address.check(moved.wire, moved.url, insecure=insecure or moved.url == old.url)
        moved = replace(moved, url=url, secret=old.secret if secret is None else bool(secret))
        if old.secret and secret is None and (old.wire, old.url) != (moved.wire, moved.url):
            raise Invalid(
                "its credential was given for another address; give it anew with the new one"
                " (`--secret-from-env NAME`), or take it away (`--no-secret`)"
            )
        _demand_sound(moved, secret)
        await store.save(tx, moved)
        if secret is not None:
            await store.keep(tx, models.keyring, moved, secret or None)
        changed = [*sorted(fields), *([] if secret is None else ["its credential"])]
        _noted(models, tx, by, "model.update", moved, changed)
    models.directory.forget()
    [seen] = await page(models, by, moved.id)
    return seen


async def drop(models: Models, by: Actor, key: str) -> None:
    """Raises Forbidden, NotFound, Conflict (the model has several endpoints)."""
    models.demand(by, Action.MODEL_SET, Place(by.organization))
    async with models.db.tx() as tx:
        held = await store.lock(tx, by.organization, key)
        await store.drop(tx, held.id)
        _noted(models, tx, by, "model.remove", held)
    models.directory.forget()


async def prove(models: Models, by: Actor, key: str) -> Trial:
    """A real call or three. Raises Forbidden, NotFound, Conflict, OverBudget."""
    models.demand(by, Action.MODEL_SET, Place(by.organization))
    async with models.db.tx() as tx:
        held = await store.lock(tx, by.organization, key)
        served = await store.serving(tx, models.keyring, by.organization, held.model)
        _noted(models, tx, by, "model.test", held)
    [one] = [s for s in served if s.endpoint.id == held.id]
    if one.broken:
        said = "its credential cannot be opened; give it anew (`dihedral model set --secret-…`)"
        return Trial(endpoint=held, fault=said)
    return await trial.run(models.gateway, by, held, one.secret)


def _hosting(wire: Wire, url: str) -> Hosting:
    """Where it is, if nobody says: sold by somebody, or beside us."""
    if wire in address.INDOORS or url.startswith("http://"):
        return Hosting.EDGE
    return Hosting.API


def _demand_sound(endpoint: Endpoint, secret: Secret | None) -> None:
    """Raises Invalid."""
    if not _NAME.fullmatch(endpoint.model) or endpoint.model.startswith("ep-"):
        raise Invalid(
            f"{endpoint.model!r} is no name for a model: letters a to z, digits, . _ and -, up to"
            " 63, not beginning with ep-"
        )
    if not _UPSTREAM.fullmatch(endpoint.upstream):
        raise Invalid("upstream is what its provider calls the model, such as granite4:3b")
    if not _REGION.fullmatch(endpoint.region):
        raise Invalid("a region is such as eu-central-1")
    if endpoint.wire is Wire.BEDROCK and not endpoint.region and not endpoint.url:
        raise Invalid("an endpoint of Bedrock is in a region; say it (`--region eu-central-1`)")
    for name, most in (("context", _MOST), ("most", _MOST), ("concurrency", _PARALLEL)):
        if not 1 <= getattr(endpoint, name) <= most:
            raise Invalid(f"{name} is a whole number from 1 to {most:,}")
    if endpoint.score is not None and not 0 <= endpoint.score <= 1:
        raise Invalid("a score is from 0 to 1")
    if secret and not _SECRET.fullmatch(secret.reveal()):
        raise Invalid("a credential is printable and has no blanks; see that the whole of it came")
    _demand_payable(endpoint.price)


def _demand_payable(price: Price | None) -> None:
    if price is None:
        return
    for name in ("input", "output", "cached", "written", "reasoning"):
        amount = getattr(price, name)
        if amount is not None and not (amount.is_finite() and 0 <= amount <= _DEAREST):
            raise Invalid(f"the price of {name} is money per million tokens, from 0 up")


def _noted(
    models: Models, tx: Tx, by: Actor, action: str, endpoint: Endpoint, changed: Sequence[str] = ()
) -> None:
    """Everything but the credential, of which only is told that there is another."""
    told = f"{endpoint.model}: {endpoint.wire} {endpoint.upstream} at {endpoint.url or 'its own'}"
    if changed:
        told += f"; changed: {', '.join(changed)}"
    told += f"; takes {endpoint.data} data"
    models.note(tx, act(models.now(), by, action, endpoint.id, reason=told))
