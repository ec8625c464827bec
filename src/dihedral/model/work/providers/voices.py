"""The models of the library that are ready, since making one costs more than asking it."""

from collections.abc import Callable
from typing import TypeAlias

from dihedral.domain.model import Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers.talk import Voice

MOST = 256

_Key: TypeAlias = tuple[str, str, str, Secret | None]


class Voices:
    """Another address, upstream, region or credential is another voice; the oldest go first."""

    def __init__(self, make: Callable[[Endpoint, Secret | None], Voice]) -> None:
        self._make = make
        self._kept: dict[_Key, Voice] = {}

    def of(self, endpoint: Endpoint, secret: Secret | None) -> Voice:
        key = (endpoint.url, endpoint.upstream, endpoint.region, secret)
        voice = self._kept.pop(key, None) or self._make(endpoint, secret)
        self._kept[key] = voice
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return voice
