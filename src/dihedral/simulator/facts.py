"""What a schema leaves out about a resource type: the facts that decide what a plan shows.

Shape   A path is a dotted name, "root_block_device.encrypted"; list positions do not count.
        The short keys are those of `dihedral.simulator.notation`.
"""

from typing import Any

import msgspec


class Facts(msgspec.Struct, frozen=True):
    """`style` 0 is made with the older SDK, 1 with the framework; None is not known."""

    style: int | None = msgspec.field(default=None, name="s")
    force_new: list[str] = msgspec.field(default_factory=list, name="fn")
    defaults: dict[str, Any] = msgspec.field(default_factory=dict, name="df")
    computed_blocks: list[str] = msgspec.field(default_factory=list, name="cb")
    stable: list[str] = msgspec.field(default_factory=list, name="us")
    conflicts: list[list[str]] = msgspec.field(default_factory=list, name="cf")
    exactly_one: list[list[str]] = msgspec.field(default_factory=list, name="eo")
    choices: dict[str, list[Any]] = msgspec.field(default_factory=dict, name="en")
    confidence: str = msgspec.field(default="", name="k")  # modelled, schema or rough

    @property
    def level(self) -> str:
        """How well the type is known: as its facts say, and `schema` where there are none."""
        return self.confidence or ("schema" if self.style is None else "modelled")


NO_FACTS = Facts()
