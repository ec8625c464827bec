"""The endpoints of a model, with their credentials, kept at hand for a moment.

A change counts within `FRESH`: the database is not asked before each call of a busy process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from dihedral.domain.ids import EndpointId, OrganizationId
from dihedral.domain.model import Endpoint
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db
from dihedral.kit.log import Secret
from dihedral.model.store import endpoints

FRESH = 2.0  # seconds
_MOST = 1000  # models that are kept at hand


@dataclass(frozen=True, slots=True)
class Page:
    """What serves a model: endpoints, their credentials, and seconds until the first token."""

    endpoints: Sequence[Endpoint]
    secrets: Mapping[EndpointId, Secret] = field(repr=False)
    latencies: Mapping[EndpointId, float] = field(default_factory=dict)


class Listing(Protocol):
    """Where the gateway looks up what serves a model."""

    async def page(self, organization: OrganizationId, model: str) -> Page: ...

    async def names(self, organization: OrganizationId) -> list[str]:
        """Of the models that can be asked."""


@dataclass(slots=True)
class Directory:
    """`clock` counts seconds."""

    db: Db
    keyring: Keyring
    clock: Callable[[], float]
    _pages: dict[tuple[OrganizationId, str], tuple[float, Page]] = field(
        default_factory=dict, repr=False
    )

    async def page(self, organization: OrganizationId, model: str) -> Page:
        key = (organization, model)
        at, known = self._pages.get(key, (None, None))
        if known is not None and at is not None and self.clock() - at < FRESH:
            return known
        async with self.db.tx() as tx:
            served = await endpoints.serving(tx, self.keyring, organization, model)
            latencies = await endpoints.latencies(tx, organization, model)
        # a credential that does not open switches its endpoint off, and no other
        found = Page(
            [replace(s.endpoint, enabled=s.endpoint.enabled and not s.broken) for s in served],
            {s.endpoint.id: s.secret for s in served if s.secret is not None},
            latencies,
        )
        if len(self._pages) >= _MOST:
            self._pages.clear()
        self._pages[key] = (self.clock(), found)
        return found

    async def names(self, organization: OrganizationId) -> list[str]:
        async with self.db.tx() as tx:
            return await endpoints.names(tx, organization)

    def forget(self) -> None:
        """Something was changed by this process: look again."""
        self._pages.clear()
