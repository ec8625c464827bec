"""An agent: what it may spend and reach, who answers for it, and each time that it runs."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from dihedral.domain.actor import agent_id
from dihedral.domain.change import Level
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ActorId, InstanceId, OrganizationId
from dihedral.domain.money import Money
from dihedral.domain.right import Role

ALL = "all"  # in the place of a name: every agent of the organization
ROLES = (Role.VIEWER, Role.PROPOSER)  # that an agent can be given
MONEY, DELTA = Money(Decimal(20)), Money(Decimal(100))
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None is no limit. `money` is what its models may cost a month, which the ledger reads;
    `delta` what its runs may add a month to what the infrastructure costs; `blast` how far one of
    its plans may reach; `calls` of models and `seconds` are for one turn."""

    money: Money | None = MONEY
    delta: Money | None = DELTA
    blast: Level = Level.LIMITED
    calls: int | None = 100
    seconds: int | None = 600


@dataclass(frozen=True, slots=True)
class Suspension:
    at: datetime
    by: ActorId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`owner` is the person who answers for it. `tools` are those that it may call."""

    organization: OrganizationId
    name: str
    owner: ActorId
    purpose: str = ""
    tools: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    created_at: datetime
    suspended: Suspension | None = None

    @property
    def id(self) -> ActorId:
        return agent_id(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One time that an agent runs, for a person; `via` is the instance that handed it the work.
    It is over when somebody ends it, or when the newest of its tokens expires (`until`)."""

    id: InstanceId
    organization: OrganizationId
    agent: str
    on_behalf_of: ActorId
    via: InstanceId | None = None
    started_by: ActorId
    started_at: datetime
    until: datetime
    ended_at: datetime | None = None
    ended_why: str = ""

    def alive(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.until


@dataclass(frozen=True, slots=True)
class Spent:
    """What runs of an agent add a month together, and how many of them do not say what."""

    amount: Decimal = Decimal(0)
    unknown: int = 0


def demand_name(text: str) -> str:
    """Raises Invalid for what could not name an agent."""
    if not _NAME.fullmatch(text) or text == ALL:
        raise Invalid(
            f"{text!r} cannot name an agent: use lower-case letters, digits, - and _, beginning"
            f" with a letter or digit, 63 at most, and not {ALL!r}"
        )
    return text


def halted(name: str, one: Suspension | None, whole: Suspension | None) -> str:
    """Why it may do nothing: it is suspended, or all are; empty where neither is."""
    for what, how, resumes in ((f"agent {name} is", one, name), ("all agents are", whole, ALL)):
        if how:
            why = f" ({how.why})" if how.why else ""
            return (
                f"{what} suspended by {how.by} since {how.at:%Y-%m-%d %H:%M} UTC{why};"
                f" `dihedral agent resume {resumes}` ends that"
            )
    return ""
