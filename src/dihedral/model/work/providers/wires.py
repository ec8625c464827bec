"""The provider of each wire, imported when it is first asked for: the libraries are large."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Self

from dihedral.domain.errors import Invalid
from dihedral.domain.model import Wire
from dihedral.model.work.providers.provider import Provider

if TYPE_CHECKING:
    from dihedral.model.work.providers.line import Line

_HERE = "dihedral.model.work.providers"
_CLASSES: Mapping[Wire, tuple[str, str]] = {
    Wire.SCRIPTED: ("scripted", "Scripted"),
    Wire.OPENAI: ("openai", "OpenAI"),
    Wire.ANTHROPIC: ("anthropic", "Anthropic"),
    Wire.BEDROCK: ("bedrock", "Bedrock"),
    Wire.GOOGLE: ("google", "Google"),
}
_INDOORS = frozenset({Wire.SCRIPTED})
_EXTRAS = {Wire.BEDROCK: "bedrock", Wire.GOOGLE: "google", Wire.LOCAL: "local"}


class Wires:
    """Called with a wire it is the provider of it. To be closed in the event loop that used it.

    `line` makes the way out, for who records or replays what goes over it.
    """

    def __init__(self, line: "Callable[[], Line] | None" = None) -> None:
        self._make = line
        self._line: Line | None = None
        self._made: dict[Wire, Provider] = {}

    def __call__(self, wire: Wire) -> Provider:
        """Raises Invalid where what it needs is not installed."""
        if wire not in self._made:
            self._made[wire] = self._import(wire)
        return self._made[wire]

    def _import(self, wire: Wire) -> Provider:
        module, name = _CLASSES[wire]
        try:
            made: Callable[..., Provider] = getattr(import_module(f"{_HERE}.{module}"), name)
        except ImportError as cause:
            extra = _EXTRAS.get(wire)
            if extra is None:
                raise
            raise Invalid(
                f"endpoints of wire {wire} need a library that is not installed;"
                f" pip install 'dihedral[{extra}]'"
            ) from cause
        return made() if wire in _INDOORS else made(self._way())

    def _way(self) -> "Line":
        if self._line is None:
            lines = import_module(f"{_HERE}.line")
            self._line = self._make() if self._make else lines.Line()
        assert self._line is not None
        return self._line

    async def close(self) -> None:
        if self._line is not None:
            await self._line.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *gone: object) -> None:
        await self.close()
