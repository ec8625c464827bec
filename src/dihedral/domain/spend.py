"""Spending: what is held before a model is called, and what it came to.

The same ledger holds what a proposed change adds a month (`Purpose.BUILDING`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from dihedral.domain.ids import ActorId, BudgetId, ConversationId, OrganizationId, TurnId
from dihedral.domain.model import Usage

TOKENS = "tokens"  # the unit that is no currency


class Purpose(StrEnum):
    THINKING = "thinking"  # tokens of models
    BUILDING = "building"  # what a proposal adds to the infrastructure, a month


class Scope(StrEnum):
    """Whose money a budget is. `subject` names which one; empty is each of them."""

    CALL = "call"
    CONVERSATION = "conversation"
    AGENT = "agent"
    PERSON = "person"
    TEAM = "team"  # a project, of whose workspace the conversation is
    ORGANIZATION = "organization"


class Period(StrEnum):
    EVER = "ever"
    DAY = "day"  # of UTC
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A cap on money, on tokens, or on both; None is no cap."""

    id: BudgetId
    organization: OrganizationId
    scope: Scope
    subject: str = ""
    period: Period
    purpose: Purpose = Purpose.THINKING
    money: Decimal | None = None
    currency: str = "USD"
    tokens: int | None = None
    set_by: ActorId
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """The worst that one call of a model may come to. `key` names the call for ever: reserving with
    a key again is the same reservation. `money` is None where no price is known, and then only
    caps on tokens hold it, unless a cap on money is in the way: unknown is never 0."""

    key: str
    conversation: ConversationId
    turn: TurnId
    agent: str
    model: str
    endpoint: str
    money: Decimal | None
    currency: str = "USD"
    tokens: int
    team: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """What a call came to. `money` is None where no price is known."""

    usage: Usage
    money: Decimal | None


Whose: TypeAlias = Mapping[Scope, str]
"""Of whom a spending is, by scope; what it is not of is empty."""
_RANK = {scope: rank for rank, scope in enumerate(Scope)}


@dataclass(frozen=True, slots=True)
class Account:
    """`subject` is whose it is; empty for the organization's, of which there is one."""

    purpose: Purpose
    scope: Scope
    subject: str
    period: Period
    since: date
    unit: str

    @property
    def place(self) -> tuple[int, str, Period, date, str]:
        """In which order accounts are held, so that nobody waits in a ring: the one that all share
        comes last, and is held for the shortest time."""
        return (_RANK[self.scope], self.subject, self.period, self.since, self.unit)


@dataclass(frozen=True, slots=True)
class Balance:
    held: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)

    @property
    def used(self) -> Decimal:
        return self.held + self.spent
