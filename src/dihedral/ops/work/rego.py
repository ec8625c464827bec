"""Engines that evaluate Rego, behind one interface; each of them can be stopped.

A canary is asked at every start: what must object does, what must not does not, and what may not
work fails. An engine that does not behave is not believed at all.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from dihedral.ops.rules import policyset, regoinput
from dihedral.ops.rules.policy import Answer, Said
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.regoinput import PolicyInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Units: `seconds` for all sets together, from when all is told; `memory` bytes of one
    process."""

    seconds: float = 30.0
    memory: int = 2 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an engine is asked, but for what the other gates find of the plan. `settings` is read
    by policies as `data.settings`, over what their set says itself; `data` over all that it says.
    """

    sets: Sequence[PolicySet]
    input: PolicyInput
    settings: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def data_of(self, one: PolicySet) -> dict[str, Any]:
        known = policyset.merged(one.data, self.data)
        return policyset.merged(known, {"settings": self.settings})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One test rule; `error` says why it could not be run."""

    set: str
    name: str
    at: str
    passed: bool
    seconds: float
    error: str = ""


class Judging(Protocol):
    """An engine at work: it may begin before all is told. `tell` once, then ask for the answers;
    `close` in any case, which ends whatever still runs."""

    def tell(self, found: Mapping[str, Any]) -> None:
        """What the other gates found. It does not wait."""

    def answers(self) -> tuple[Answer, ...]:
        """What each set says. A set that cannot be evaluated says why."""

    def close(self) -> None: ...


class Engine(Protocol):
    """Whatever happens, the answers come within the limits, and each set has one."""

    name: str

    def version(self) -> str:
        """Empty where it is not known."""

    def begin(self, asked: Asked, limits: Limits) -> Judging:
        """Start a judgement."""

    def tests(self, one: PolicySet, limits: Limits) -> tuple[Trial, ...]:
        """What the tests of a set say. Raises Invalid when they cannot be run."""


CANARY = PolicySet(
    name="(canary)",
    rego={
        "canary_v1.rego": """package dihedral.canary
import rego.v1
deny_always contains "sings"
deny_input contains "sings" if is_object(input.run)
deny_walk contains v if { [p, v] := walk({"a": {"b": "sings"}}); p == ["a", "b"] }
deny_network contains "sings" if net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")
deny_not contains "sings" if not input.run.nothing_of_this_name
deny_never contains "sings" if { some x in [1, 2]; x > 2 }
""",
        "canary_v0.rego": """package dihedral.canary
deny_old[msg] { msg := "sings" }
""",
    },
)
LATE = PolicySet(
    name="(canary late)",
    rego={
        "late.rego": """package dihedral.canary
import rego.v1
deny_cost contains "sings" if is_object(input.cost)
deny_blast contains "sings" if is_object(input.blast)
""",
    },
)
_SINGS = ("deny_always", "deny_input", "deny_walk", "deny_network", "deny_not", "deny_old")
_SILENT = ("deny_never",)
# what may not work fails, each in a set of its own: some engines fail the set, some the rule
_FAILS = {
    "deny_reach": 'http.send({"method": "get", "url": "http://127.0.0.1:9"})',
    "deny_nothing": "dihedral.no_such_builtin(1)",
}
_HEAD = "package dihedral.canary\nimport rego.v1\n"
CANARIES = (
    CANARY,
    LATE,
    *(
        PolicySet(name=f"(canary {rule})", rego={"a.rego": f"{_HEAD}{rule} contains 1 if {body}\n"})
        for rule, body in _FAILS.items()
    ),
)


def believed(answers: Sequence[Answer]) -> str:
    """Why the engine is not to be believed; empty when the canary did what it must."""
    if why := _sang(answers, CANARY.name, _SINGS, _SILENT):
        return why
    for name in _FAILS:
        failing = next((a for a in answers if a.set == f"(canary {name})"), None)
        if failing is None or not (failing.error or _all_failed(failing.rules)):
            return f"the canary policy {name} must fail, and did not"
    return ""


def seen(answers: Sequence[Answer], found: Mapping[str, Any]) -> str:
    """Why sets that read what other gates found are not to be believed: one that misses it would
    object to nothing. Empty when the canary saw it."""
    return _sang(answers, LATE.name, [f"deny_{name}" for name in found])


def _sang(
    answers: Sequence[Answer], name: str, sings: Sequence[str], silent: Sequence[str] = ()
) -> str:
    """Why not; empty where it did."""
    found = next((a for a in answers if a.set == name), None)
    if found is None or found.error:
        return f"the canary policy did not answer: {found.error if found else 'nothing came'}"
    said: Mapping[str, Said] = {rule.rule: rule for rule in found.rules}
    for rule in (*sings, *silent):
        if rule not in said:
            return f"the canary policy {rule} was not asked"
    for rule in sings:
        if said[rule].error or said[rule].values != (["sings"],):
            return f"the canary policy {rule} must object, and did not: {said[rule].error}"
    for rule in silent:
        if said[rule].error or said[rule].values not in ((), ([],)):
            return f"the canary policy {rule} must not object"
    return ""


def _all_failed(rules: Sequence[Said]) -> bool:
    return bool(rules) and all(rule.error for rule in rules)


class Guarded:
    """A judgement with the canary in it: if that misbehaves, every set fails with the reason; if it
    does not see what other gates found, every one that reads that."""

    def __init__(self, engine: Engine, asked: Asked, limits: Limits) -> None:
        self._name, self._sets = engine.name, asked.sets
        self._under = engine.begin(replace(asked, sets=(*CANARIES, *asked.sets)), limits)
        self._found: Mapping[str, Any] = {}
        self.close = self._under.close

    def tell(self, found: Mapping[str, Any]) -> None:
        self._found = found
        self._under.tell(found)

    def answers(self) -> tuple[Answer, ...]:
        told = self._under.answers()
        none, late = believed(told), seen(told, self._found)
        return tuple(
            self._failed(one, told, none or late) if none or (late and not one.early) else one
            for one in told[len(CANARIES) :]
        )

    def _failed(self, one: Answer, told: Sequence[Answer], why: str) -> Answer:
        failed = f"the engine {self._name} is not to be believed: {why}"
        return Answer(one.set, error=_why(told, one.set) or failed)


def answers(engine: Engine, asked: Asked, limits: Limits) -> tuple[Answer, ...]:
    """What the engine itself says of each set, all told at once; nobody asks the canary."""
    with closing(engine.begin(asked, limits)) as judging:
        judging.tell(regoinput.found(asked.input.cost, asked.input.blast))
        return judging.answers()


def checked(engine: Engine, limits: Limits) -> str:
    """The canary alone, for `dihedral doctor`: empty when it did what it must."""
    known = PolicyInput(plan=b"{}", cost={"currency": "USD"}, blast={"touched": 0})
    told = answers(engine, Asked(sets=CANARIES, input=known), limits)
    return believed(told) or seen(told, regoinput.found(known.cost, known.blast))


def _why(told: Sequence[Answer], name: str) -> str:
    """What a set failed of before: a process that did not start or was killed takes all along."""
    return next((a.error for a in told if a.set == name and a.error), "")
