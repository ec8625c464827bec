"""Policies at work: read from a directory, evaluated for a plan, tested."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import anyio.to_thread

from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import Ruling
from dihedral.kit import archive
from dihedral.ops.rules import blast, cost, policy, policyset, redact, regoinput
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.policy import Judgement
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.pricebook import PriceBook
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.work import rego
from dihedral.ops.work.rego import Asked, Engine, Limits, Trial
from dihedral.ops.work.regoembedded import Embedded

Scrub = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What evaluates policies, once for a server. `empty` is the ruling where no set is chosen."""

    engine: Engine
    limits: Limits = field(default_factory=Limits)
    empty: Ruling = Ruling.ALLOW


def judge(
    policies: Policies,
    sets: Sequence[PolicySet],
    input: PolicyInput,
    scrub: Scrub,
    settings: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Judgement:
    """All sets in one go. It takes up to `limits.seconds`, and never raises for what a policy
    does: that is a denial."""
    sets = _apart(sets)
    whole = tuple(one for one in sets if not one.broken)
    asked = Asked(sets=whole, input=input, settings=settings or {}, data=data or {})
    answers = rego.answers(policies.engine, asked, policies.limits) if whole else ()
    return policy.judge(sets, answers, scrub, policies.empty)


async def evaluate(
    policies: Policies,
    sets: Sequence[PolicySet],
    input: PolicyInput,
    scrub: Scrub,
    settings: Mapping[str, Any] | None = None,
) -> Judgement:
    """The same, beside the event loop."""
    return await anyio.to_thread.run_sync(judge, policies, sets, input, scrub, settings)


def alone(plan: bytes, book: PriceBook, region: str = "us-east-1") -> PolicyInput:
    """What policies read of a plan that is no run of ours. Raises Invalid for what is no plan."""
    read = plans.decode(plan)
    return PolicyInput(
        plan=plan,
        cost=regoinput.cost(cost.estimate(read, book, region)),
        blast=regoinput.blast(blast.measure(read)),
    )


def test(policies: Policies, one: PolicySet) -> tuple[Trial, ...]:
    """Each test of the set. Raises Invalid when there is none, or they cannot be run."""
    if not one.tests:
        raise Invalid(f"{one.name} has no tests; they are rules named test_… in *_test.rego")
    return policies.engine.tests(one, policies.limits)


def embedded(limits: Limits | None = None) -> Policies:
    """Policies with the engine that comes in the package."""
    return Policies(engine=Embedded(), limits=limits or Limits())


def directory(path: Path, name: str = "") -> PolicySet:
    """The set of a directory. Raises Invalid."""
    return policyset.read(gathered(path), name or path.resolve().name)


def gathered(path: Path) -> dict[str, bytes]:
    """The files of a directory that belong to a policy set. Raises Invalid."""
    if not path.is_dir():
        raise Invalid(f"{path} is no directory; a policy set is a directory of Rego")
    try:
        found = archive.collect(path, archive.Limits())
    except archive.Refused as cause:
        raise Invalid(f"{path} is no policy set: {cause}") from cause
    except OSError as cause:
        raise Invalid(f"{path} cannot be read: {cause.strerror}") from cause
    return {name: body for name, body in found.items() if policyset.wanted(name)}


def built_in() -> dict[str, PolicySet]:
    """The sets that come with the program, by name."""
    top = files("dihedral").joinpath("policies")
    if not top.is_dir():
        return {}
    found = {one.name: dict(_below(one)) for one in sorted(top.iterdir(), key=lambda t: t.name)
             if one.is_dir() and not one.name.startswith("_")}  # fmt: skip
    return {name: policyset.read(held, name) for name, held in found.items() if held}


def scrubber(plan: bytes) -> Scrub:
    """Takes out of a text what the plan marks as sensitive. Raises Invalid for what is no plan."""
    return redact.scrubber(plans.decode(plan))


def _apart(sets: Sequence[PolicySet]) -> tuple[PolicySet, ...]:
    """The sets, each with a name of its own: answers come by name."""
    names: dict[str, int] = {}
    apart = []
    for one in sets:
        names[one.name] = count = names.get(one.name, 0) + 1
        apart.append(replace(one, name=f"{one.name} ({count})") if count > 1 else one)
    return tuple(apart)


def _below(top: Traversable, prefix: str = "") -> Sequence[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for one in top.iterdir():
        if one.is_dir():
            found += _below(one, f"{prefix}{one.name}/")
        elif policyset.wanted(prefix + one.name):
            found.append((prefix + one.name, one.read_bytes()))
    return found
