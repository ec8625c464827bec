"""The provider of each wire, imported when somebody first asks over it: the libraries are large.

Surprise: what is handed out at once is only a promise. The import takes a second or two and is
made in a thread, so that whoever shares our event loop goes on meanwhile.
"""

import asyncio
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from dihedral.domain.model import Endpoint, Wire
from dihedral.kit.log import Secret
from dihedral.model.work.providers.faults import Refused
from dihedral.model.work.providers.provider import Answer, Heard, Provider, Question

if TYPE_CHECKING:
    from dihedral.model.work.providers.line import Line

_HERE = "dihedral.model.work.providers"
_CLASSES: Mapping[Wire, tuple[str, str]] = {
    Wire.OPENAI: ("openai", "OpenAI"),
    Wire.ANTHROPIC: ("anthropic", "Anthropic"),
    Wire.BEDROCK: ("bedrock", "Bedrock"),
    Wire.GOOGLE: ("google", "Google"),
    Wire.LOCAL: ("local", "Local"),
    Wire.SCRIPTED: ("scripted", "Scripted"),
}
_INDOORS = frozenset({Wire.SCRIPTED})  # what needs no way out


class Wires:
    """Called with a wire it is the provider of it. To be closed in the event loop that used it.

    `line` makes the way out, for who records or replays what goes over it.
    """

    def __init__(self, line: "Callable[[], Line] | None" = None) -> None:
        self._make = line
        self._line: Line | None = None
        self._made: dict[Wire, _Promise] = {}

    def __call__(self, wire: Wire) -> Provider:
        if wire not in self._made:
            self._made[wire] = _Promise(wire, self._way)
        return self._made[wire]

    def _way(self) -> "Line":
        if self._line is None:
            lines = import_module(f"{_HERE}.line")
            self._line = self._make() if self._make else lines.Line()
        assert self._line is not None
        return self._line

    async def close(self) -> None:
        for promise in self._made.values():
            await promise.close()
        self._made.clear()
        if self._line is not None:
            await self._line.close()
            self._line = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *gone: object) -> None:
        await self.close()


class _Promise:
    def __init__(self, wire: Wire, way: "Callable[[], Line]") -> None:
        self._wire = wire
        self._way = way
        self._provider: Any = None

    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        if self._provider is None:
            made = await asyncio.to_thread(_find, self._wire)
            if self._provider is None:  # nobody else was faster
                self._provider = made() if self._wire in _INDOORS else made(self._way())
        answer: Answer = await self._provider.ask(endpoint, secret, question, heard)
        return answer

    async def close(self) -> None:
        if hasattr(self._provider, "close"):
            await self._provider.close()


def _find(wire: Wire) -> Any:
    """The class. Raises Refused where what it needs is not installed."""
    module, name = _CLASSES[wire]
    try:
        return getattr(import_module(f"{_HERE}.{module}"), name)
    except ImportError as cause:
        raise Refused(
            f"endpoints of wire {wire} need a library that is not installed ({cause.name});"
            f" pip install 'dihedral[{wire}]'"
        ) from cause
