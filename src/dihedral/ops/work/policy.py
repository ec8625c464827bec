"""Policies at work: read from a directory, evaluated for a plan, tested."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import Ruling
from dihedral.kit import archive
from dihedral.ops.rules import blast, cost, policy, policyset, redact, regoinput
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.policy import Judgement
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.pricebook import PriceBook
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.work.rego import Asked, Engine, Guarded, Limits, Trial
from dihedral.ops.work.regoembedded import Embedded
from dihedral.ops.work.regoopa import Opa

Scrub = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What evaluates policies, once for a server. `empty` is the ruling where no set is chosen."""

    engine: Engine
    limits: Limits = field(default_factory=Limits)
    empty: Ruling = Ruling.ALLOW


class Judging:
    """A judgement under way: its engine reads the sets and the plan while the other gates find out
    the rest. `tell` once, then ask for the `judgement`; `close` in any case."""

    def __init__(self, policies: Policies, sets: Sequence[PolicySet], asked: Asked) -> None:
        self._sets, self._empty = _apart(sets), policies.empty
        whole = tuple(one for one in self._sets if not one.broken)
        asked = replace(asked, sets=whole)
        self._asked = Guarded(policies.engine, asked, policies.limits) if whole else None

    def tell(self, cost: Mapping[str, Any], blast: Mapping[str, Any]) -> None:
        if self._asked:
            self._asked.tell(regoinput.found(cost, blast))

    def judgement(self, scrub: Scrub) -> Judgement:
        """It takes up to the limit, and never raises for what a policy does: that is a denial."""
        answers = self._asked.answers() if self._asked else ()
        return policy.judge(self._sets, answers, scrub, self._empty)

    def close(self) -> None:
        if self._asked:
            self._asked.close()


def begin(
    policies: Policies,
    sets: Sequence[PolicySet],
    input: PolicyInput,
    settings: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Judging:
    """Start on all sets in one go, with what is known of the input so far."""
    asked = Asked(sets=(), input=input, settings=settings or {}, data=data or {})
    return Judging(policies, sets, asked)


def judge(
    policies: Policies,
    sets: Sequence[PolicySet],
    input: PolicyInput,
    scrub: Scrub,
    **told: Mapping[str, Any] | None,
) -> Judgement:
    """All of it at once; `told` are the settings and the data of `begin`."""
    with closing(begin(policies, sets, input, **told)) as judging:
        judging.tell(input.cost, input.blast)
        return judging.judgement(scrub)


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


def chosen(engine: str, limits: Limits | None = None) -> Policies:
    """Policies with the engine of that name, one of the settings'."""
    return Policies(engine=ENGINES[engine](), limits=limits or Limits())


ENGINES: Mapping[str, Callable[[], Engine]] = {Embedded.name: Embedded, Opa.name: Opa}


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


@cache
def built_in() -> Mapping[str, PolicySet]:
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
