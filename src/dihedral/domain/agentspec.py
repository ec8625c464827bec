"""What an agent is made of, as its file says it: an immutable version, found by its digest."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dihedral.domain.ids import ActorId, Digest, OrganizationId
from dihedral.domain.model import Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """Of one turn, with all that it hands on. None is no limit. `retries` is how often a model may
    mend one draft; `result` how many characters of a tool's result it is shown at once."""

    rounds: int = 24
    seconds: int = 600
    tokens: int | None = 400_000
    money: Decimal | None = Decimal("2")
    calls: int = 100
    retries: int = 4
    result: int = 12_000


@dataclass(frozen=True, slots=True)
class Prompt:
    """A Markdown text by its digest: prompts are prose, and reviewed as prose."""

    name: str
    text: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """`version` counts from 1 in the organization's agent of that name. `tools` are names of tools
    that it may call, `delegates` names of agents to whom it may hand work. `knowledge` are further
    texts that its tools read, by name."""

    organization: OrganizationId
    name: str
    version: int
    digest: Digest
    purpose: str
    prompt: Prompt
    needs: Needs
    tools: tuple[str, ...] = ()
    delegates: tuple[str, ...] = ()
    knowledge: tuple[Prompt, ...] = ()
    limits: TurnLimits = TurnLimits()
    applied_by: ActorId
    applied_at: datetime
