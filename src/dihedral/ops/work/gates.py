"""All gates over one plan: what a worker does with a run, and a command with a file.

Nothing sensitive of the plan is in what comes back, but for the plan itself: messages quote
values, so all of them pass through what hides these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import anyio.to_thread
import yaml

from dihedral.domain.change import Plan
from dihedral.domain.cost import Cost
from dihedral.domain.ids import Digest
from dihedral.domain.verdict import Verdict
from dihedral.domain.workspace import Variable
from dihedral.ops.rules import blast, cost, effect, guard, owners, redact, regoinput, usage
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.blast import Around, Blast
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.pricebook import PriceBook
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.rules.terms import Terms
from dihedral.ops.rules.usage import Usage
from dihedral.ops.work import infracost, policy
from dihedral.ops.work.infracost import Infracost
from dihedral.ops.work.policy import Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """What judges. `region` is whose prices count where a plan names none; `infracost` estimates
    in the place of `book`, where it is given."""

    terms: Terms
    book: PriceBook
    policies: Policies
    sets: Sequence[PolicySet]
    today: date
    price_age: timedelta = timedelta(days=365)
    region: str = "us-east-1"
    infracost: Infracost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged: a plan's JSON, and what else is known of it. `rough` maps a type to how well
    it is simulated, where that is not well; `elsewhere` maps an output to the workspaces that read
    it; `run`, `actor` and `request` are as policies see them; `bound` is what made the plan, for
    its effect."""

    plan: bytes = field(repr=False)
    variables: Sequence[Variable] = ()
    rough: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    actor: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] | None = None
    bound: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What the gates found; `clear` takes what is sensitive out of a text."""

    plan: Plan = field(repr=False)
    effect: Digest
    cost: Cost
    blast: Blast
    verdicts: tuple[Verdict, ...]
    versions: Mapping[str, str]  # of each policy set
    clear: Callable[[str], str] = field(repr=False)


async def inspect(gates: Gates, subject: Subject) -> Inspection:
    """Every gate that reads a plan, the policies beside the others. Raises Invalid for a plan that
    nobody can read."""
    judging = await anyio.to_thread.run_sync(_begin, gates, subject)
    try:
        plan = await anyio.to_thread.run_sync(plans.decode, subject.plan)
        theirs = None
        if gates.infracost:
            theirs = await infracost.estimate(gates.infracost, subject.plan, plan)
        return await anyio.to_thread.run_sync(
            _inspect, gates, subject, _Planned(plan, theirs, judging)
        )
    finally:
        judging.close()


@dataclass(frozen=True, slots=True)
class _Planned:
    plan: Plan
    theirs: Cost | None
    judging: policy.Judging


def _begin(gates: Gates, subject: Subject) -> policy.Judging:
    known = PolicyInput(
        plan=subject.plan, run=subject.run, actor=subject.actor, request=subject.request
    )
    return policy.begin(gates.policies, gates.sets, known, gates.terms.settings)


def _inspect(gates: Gates, subject: Subject, planned: _Planned) -> Inspection:
    plan, terms = planned.plan, gates.terms
    priced = planned.theirs or cost.estimate(plan, gates.book, gates.region, used(terms))
    priced = cost.flag(priced, gates.today, gates.price_age)
    own = owners.accounts(subject.plan)
    around = Around(rough=subject.rough, own=own, elsewhere=subject.elsewhere)
    measured = blast.measure(plan, around)
    planned.judging.tell(cost=regoinput.cost(priced), blast=regoinput.blast(measured))
    # what does not have to be known before the policies are asked, while they are
    again = replace(guard.recheck(subject.plan, terms.guard), gate=guard.AGAIN)
    clear = redact.scrubber(plan, subject.variables)
    digest = effect.digest(subject.plan, subject.bound)
    judged = planned.judging.judgement(clear)
    verdicts = [
        again,
        cost.judge(priced, terms.limits),
        judged.verdict,
        blast.judge(measured, terms.limits),
    ]
    return Inspection(
        plan=plan,
        effect=digest,
        cost=priced,
        blast=measured,
        verdicts=tuple(redact.everywhere(verdicts, clear)),
        versions=judged.versions,
        clear=clear,
    )


def used(terms: Terms) -> Usage | None:
    """What the terms say of usage. Raises Invalid."""
    return usage.parse(yaml.safe_dump(dict(terms.usage)).encode()) if terms.usage else None
