"""What conversations need from outside. Built once, in `control/wire.py`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dihedral.domain.actor import Actor
from dihedral.domain.agentspec import AgentSpec
from dihedral.domain.ids import OrganizationId
from dihedral.domain.ports import Estate, Staff
from dihedral.kit.blob import Keyring
from dihedral.kit.ear import Ear
from dihedral.model.rules.tool import Tool
from dihedral.model.work.asking import Asking, Said
from dihedral.model.work.providers.provider import Heard
from dihedral.model.work.requests import Thinking
from dihedral.model.work.tools.box import TOOLS, Toolbox

CHANNEL = "conversation"  # notified with its id when something is said in it, or it moves
SUPERVISOR = "supervisor"  # who talks with people who name nobody else


class Asks(Protocol):
    async def ask(self, actor: Actor, asking: Asking, heard: Heard | None = None) -> Said:
        """Raises OverBudget, Upstream, Invalid."""

    async def room(self, organization: OrganizationId, asking: Asking) -> int | None:
        """Tokens that may go in, where most may; None where no endpoint fits at all."""


class Specs(Protocol):
    async def current(self, organization: OrganizationId, name: str) -> AgentSpec:
        """Raises NotFound."""

    async def version(self, organization: OrganizationId, name: str, number: int) -> AgentSpec:
        """Raises NotFound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """`serves` says whether something serves a model, by its name. `ear` hears of conversations
    while somebody lets it (`Ear.hearing`). `box` does the `tools`, where a worker is."""

    thinking: Thinking
    keyring: Keyring
    staff: Staff
    estate: Estate
    gateway: Asks
    specs: Specs
    serves: Callable[[OrganizationId, str], Awaitable[bool]]
    tools: Mapping[str, Tool] = field(default_factory=lambda: TOOLS)
    box: Toolbox = field(default_factory=dict)
    ear: Ear = field(default_factory=lambda: Ear(CHANNEL))
