"""The models of the library that are ready, since making one costs more than asking it."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from dihedral.domain.model import Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers.talk import Voice

MOST = 256

_Key: TypeAlias = tuple[object, ...]


class Voices:
    """Another address, upstream, region, credential or ability is another voice; the oldest go."""

    def __init__(self, make: Callable[[Endpoint, Secret | None], Voice]) -> None:
        self._make = make
        self._kept: dict[_Key, Voice] = {}

    async def of(self, endpoint: Endpoint, secret: Secret | None) -> Voice:
        """Made in a thread: it reads files of the libraries, and certificates."""
        named = (endpoint.url, endpoint.upstream, endpoint.region, endpoint.abilities)
        key: _Key = (*named, secret)
        voice = self._kept.pop(key, None)
        if voice is None:
            voice = await asyncio.to_thread(self._make, endpoint, secret)
        self._kept[key] = voice
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return voice
