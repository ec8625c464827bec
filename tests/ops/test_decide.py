"""The strictest verdict wins, and silence is a no."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.cost import Cost
from dihedral.domain.money import Money
from dihedral.domain.verdict import ORDER, Ruling, Verdict
from dihedral.ops.rules import numbers
from dihedral.ops.rules.blast import Blast
from dihedral.ops.rules.decide import decide
from dihedral.ops.rules.limits import Limits
from dihedral.ops.rules.numbers import Numbers

DEFAULT = Limits()
BY_ITSELF = Limits(auto_apply=True)
RULINGS = st.sampled_from(list(Ruling))
ALL = st.tuples(*[RULINGS] * len(DEFAULT.gates)).map(
    lambda rulings: tuple(
        Verdict(r, g, f"{g} says") for r, g in zip(rulings, DEFAULT.gates, strict=True)
    )
)


def every(ruling: Ruling = Ruling.ALLOW) -> tuple[Verdict, ...]:
    return tuple(Verdict(ruling, gate, "fine") for gate in DEFAULT.gates)


@given(ALL, st.randoms())
def test_the_strictest_wins_in_any_order(verdicts: tuple[Verdict, ...], chance: object) -> None:
    found = decide(verdicts, BY_ITSELF)
    assert found.ruling is max((v.ruling for v in verdicts), key=ORDER.index)
    assert decide(reversed(verdicts), BY_ITSELF).ruling is found.ruling
    named = [v.gate for v in verdicts if v.ruling is found.ruling]
    if found.ruling is not Ruling.ALLOW:
        assert all(gate in found.reason for gate in named)


@given(ALL, ALL)
def test_another_verdict_never_makes_it_milder(
    one: tuple[Verdict, ...], two: tuple[Verdict, ...]
) -> None:
    few, many = decide(one, DEFAULT), decide(one + two, DEFAULT)
    assert ORDER.index(few.ruling) <= ORDER.index(many.ruling)


@pytest.mark.parametrize("silent", DEFAULT.gates)
def test_a_gate_that_does_not_answer_denies(silent: str) -> None:
    found = decide([v for v in every() if v.gate != silent], BY_ITSELF)
    assert found.ruling is Ruling.DENY
    assert f"{silent}: did not answer" in found.reason


def test_no_verdict_at_all_denies() -> None:
    assert decide([], BY_ITSELF).ruling is Ruling.DENY


def test_a_person_confirms_unless_the_workspace_applies_by_itself() -> None:
    held = decide(every(), DEFAULT)
    assert (held.ruling, held.must_ask, held.approvers) == (Ruling.ALLOW, True, 1)
    assert "a person confirms" in held.reason
    free = decide(every(), BY_ITSELF)
    assert (free.ruling, free.must_ask, free.approvers) == (Ruling.ALLOW, False, 0)


def test_the_most_approvers_that_a_gate_asks_for_are_needed() -> None:
    two = Verdict(Ruling.ASK, "blast", "loses data", approvers=2)
    found = decide([*every(), two, Verdict(Ruling.ASK, "cost", "dear")], BY_ITSELF)
    assert (found.approvers, found.must_ask) == (2, True)
    assert found.reason == "blast: loses data; cost: dear"


def test_nobody_can_approve_what_is_denied() -> None:
    found = decide([*every(), Verdict(Ruling.DENY, "guard", "no")], DEFAULT)
    assert (found.approvers, found.must_ask) == (0, False)


def test_the_three_numbers_fit_a_line_and_a_document() -> None:
    some = Money(Decimal("12.4"))
    spent = Cost(low=some, likely=some, high=some, dated="2030-01-01")
    risk = Blast(does={"update": ("a.b",)}, touched=5, known=40)
    held = Numbers({"guard": 0.3, "plan": 0.9}, spent, risk)
    assert numbers.line(held) == (
        "speed 1.2 s (plan 0.9 s) · cost +12.40 USD/month"
        " · risk contained: 5 of 40 resources, no data lost"
    )
    shown = numbers.show(held)
    assert shown["cost"]["likely"] == "12.40"
    assert (shown["risk"]["share"], shown["speed"]["seconds"]) == (0.125, 1.2)
    unknown = Cost(low=None, likely=None, high=None)
    assert numbers.show(Numbers({}, unknown, risk))["cost"]["likely"] is None


def met(verdicts: tuple[Verdict, ...]) -> tuple[Ruling, int, bool]:
    """What counts of a decision."""
    found = decide(verdicts, BY_ITSELF)
    return found.ruling, found.approvers, found.must_ask


SOME = st.lists(
    st.builds(
        lambda ruling, gate, people: Verdict(ruling, gate, "why", approvers=people),
        RULINGS,
        st.sampled_from([*DEFAULT.gates, "policy", "mend"]),
        st.integers(1, 4),
    ),
    max_size=5,
).map(tuple)


@given(SOME, SOME, SOME)
def test_decisions_join(
    one: tuple[Verdict, ...], two: tuple[Verdict, ...], three: tuple[Verdict, ...]
) -> None:
    """Verdicts form a lattice: in any order, in any groups, any number of times the same."""
    assert met(one + two) == met(two + one)
    assert met((one + two) + three) == met(one + (two + three))
    assert met(one + one) == met(one)
    none = every()
    assert met(none + none) == met(none) == (Ruling.ALLOW, 0, False)


def strictness(verdicts: tuple[Verdict, ...]) -> tuple[int, int]:
    ruling, approvers, _ = met(verdicts)
    return ORDER.index(ruling), approvers if ruling is Ruling.ASK else 0


@given(ALL, SOME)
def test_another_verdict_never_asks_fewer_people(
    one: tuple[Verdict, ...], two: tuple[Verdict, ...]
) -> None:
    assert strictness(one) <= strictness(one + two)


@given(ALL, st.integers(0, len(DEFAULT.gates) - 1))
def test_a_gate_that_is_left_out_never_makes_it_milder(
    verdicts: tuple[Verdict, ...], left: int
) -> None:
    without = (*verdicts[:left], *verdicts[left + 1 :])
    assert strictness(verdicts) <= strictness(without)
    assert decide(without, BY_ITSELF).ruling is Ruling.DENY


@given(ALL)
def test_only_a_workspace_that_applies_by_itself_is_not_confirmed(
    verdicts: tuple[Verdict, ...],
) -> None:
    free, held = decide(verdicts, BY_ITSELF), decide(verdicts, DEFAULT)
    assert free.ruling is held.ruling
    assert held.must_ask or held.ruling is Ruling.DENY
    assert free.must_ask is (free.ruling is Ruling.ASK)
