"""What policies read beside the plan: the run, and what the other gates found of it.

Shape   `input` holds the plan's own keys (conftest), or `plan` and `run` (HCP Terraform), and in
        either `cost`, `blast`, `actor` and `request`. Amounts are numbers; unknown is null.
Source  the run's fields: developer.hashicorp.com/terraform/cloud-docs/policy-enforcement/opa
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dihedral.domain.actor import Kind, kind_of
from dihedral.domain.cost import Cost
from dihedral.domain.money import Money
from dihedral.domain.request import Request
from dihedral.domain.run import Run
from dihedral.domain.workspace import Workspace
from dihedral.ops.rules.blast import Blast

KNOWN = ("run", "actor", "request")  # before a plan is read
FOUND = ("cost", "blast")  # by the other gates


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInput:
    """`plan` is Terraform's own JSON, in clear; the rest is as policies see it."""

    plan: bytes = field(repr=False)
    run: Mapping[str, Any] = field(default_factory=dict)
    cost: Mapping[str, Any] = field(default_factory=dict)
    blast: Mapping[str, Any] = field(default_factory=dict)
    actor: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] | None = None

    def known(self) -> dict[str, Any]:
        """What is known before the plan is read."""
        given = {name: getattr(self, name) for name in KNOWN}
        return {"run": self.run} | _said(given)


def found(cost: Mapping[str, Any], blast: Mapping[str, Any]) -> dict[str, Any]:
    """What the other gates find."""
    return _said({"cost": cost, "blast": blast})


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is not known is left out: in Rego null is as true as anything, undefined is not."""
    return {name: value for name, value in given.items() if value}


def run(of: Run, workspace: Workspace) -> dict[str, Any]:
    """`input.run`."""
    return {
        "id": of.id,
        "created_at": of.created_at.isoformat(),
        "created_by": of.proposer,
        "message": of.message,
        "source": of.source,
        "is_destroy": of.destroy,
        "refresh_only": of.refresh_only,
        "speculative": of.plan_only,
        "organization": {"name": ""},
        "project": {"id": "", "name": ""},
        "workspace": {
            "id": workspace.id,
            "name": workspace.name,
            "description": workspace.description,
            "auto_apply": workspace.auto_apply,
            "created_at": workspace.created_at.isoformat(),
            "execution_mode": "remote",
            "simulated": workspace.simulated,
            "working_directory": workspace.working_directory,
            "tags": [],
        },
    }


def cost(of: Cost) -> dict[str, Any]:
    """`input.cost`: the difference a month, and what has no price."""
    return {
        **{end: _amount(getattr(of, end)) for end in ("low", "likely", "high")},
        "currency": next((m.currency for m in (of.likely, of.low, of.high) if m), "USD"),
        "priced": [
            {
                "address": p.address,
                "type": p.type,
                "low": float(p.delta.low),
                "likely": float(p.delta.likely),
                "high": float(p.delta.high),
            }
            for p in of.priced
        ],
        "unpriced": [{"address": u.address, "type": u.type, "why": u.why} for u in of.unpriced],
        "dated": of.dated,
    }


def blast(of: Blast) -> dict[str, Any]:
    """`input.blast`."""
    return {
        "does": {tier: list(whats) for tier, whats in of.does.items()},
        "touched": of.touched,
        "known": of.known,
        "share": of.share,
        "lost": list(of.lost),
        "opens": list(of.opens),
        "dependants": list(of.dependants),
    }


def actor(of: Run) -> dict[str, Any]:
    """`input.actor`: who proposed it."""
    kind = kind_of(of.proposer)
    return {"id": of.proposer, "kind": kind.value, "agent": kind is Kind.AGENT,
            "on_behalf_of": of.on_behalf_of or ""}  # fmt: skip


def request(of: Request | None) -> dict[str, Any] | None:
    """`input.request`: the person's words, and where they led."""
    if of is None:
        return None
    return {
        "id": of.id,
        "actor": of.actor,
        "text": of.text,
        "route": of.route.value,
        "blueprint": of.blueprint,
        "values": dict(of.values),
    }


def _amount(money: Money | None) -> float | None:
    return None if money is None else float(money.amount)
