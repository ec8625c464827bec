"""Whether a run keeps to the limits of the agent that proposed it, as a verdict.

Over a limit is a no, never a question: else a tired yes would raise it. What is taken away earns
an agent nothing, and what a plan costs is over the limit where nobody knows it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dihedral.domain.agent import Agent, Spent
from dihedral.domain.change import Level
from dihedral.domain.money import Money
from dihedral.domain.verdict import Finding, Ruling, Verdict

GATE = "agent"
ORDER = tuple(Level)


@dataclass(frozen=True, slots=True)
class Bound:
    """Whose limits hold for a run, and what its agent's other runs of the month add."""

    agent: Agent
    spent: Spent


@dataclass(frozen=True, slots=True)
class Wants:
    """What a run would do. `delta` is None where nobody knows all of it."""

    level: Level
    delta: Money | None


def wants(numbers: Mapping[str, Any]) -> Wants:
    """Of a run's numbers, as they are shown and kept (`rules.numbers`)."""
    cost = numbers["cost"]
    known = cost["likely"] is not None and not cost["unpriced"]
    delta = Money(Decimal(cost["likely"]), cost["currency"]) if known else None
    return Wants(Level(numbers["risk"]["level"]), delta)


def judge(bound: Bound, asked: Wants) -> Verdict:
    found = tuple(_findings(bound, asked))
    if found:
        told = "; ".join(one.message for one in found)
        return Verdict(Ruling.DENY, GATE, told, found)
    return Verdict(Ruling.ALLOW, GATE, f"agent {bound.agent.name} keeps to its limits")


def _findings(bound: Bound, asked: Wants) -> Iterator[Finding]:
    agent, most = bound.agent, bound.agent.limits
    if ORDER.index(asked.level) > ORDER.index(most.blast):
        said = f"its blast radius is {asked.level}, and {most.blast} is the most for {agent.name}"
        yield Finding(said, mend=_mend(agent, f"--blast {asked.level}"))
    if most.delta and (said := _over(most.delta, asked.delta, bound.spent)):
        yield Finding(said, mend=_mend(agent, "--delta AMOUNT"))


def _over(most: Money, delta: Money | None, spent: Spent) -> str:
    """Why the month's infrastructure would cost more than the agent may add; empty if it does
    not."""
    limit = f"what the agent's runs may add in a month is {most}"
    if delta is None or delta.currency != most.currency:
        return f"not all of what it costs is known in {most.currency}, and {limit}"
    if delta.amount <= 0:
        return ""
    if spent.unknown:
        return f"{spent.unknown} of its runs of this month do not say what they cost, and {limit}"
    if spent.amount + delta.amount <= most.amount:
        return ""
    before = f", and its others of this month {spent.amount:,.2f}" if spent.amount else ""
    return f"it adds {delta}/month{before}; {limit}"


def _mend(agent: Agent, flags: str) -> str:
    return (
        "let a person propose it, or have an administrator raise the limit:"
        f" `dihedral agent set {agent.name} {flags}`"
    )
