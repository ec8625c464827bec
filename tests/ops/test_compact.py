"""A plan in a few KB: the worst is there, nothing sensitive is, and it always fits."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.plans import made
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.ops.rules import blast, compact, plan
from tests.ops import plans
from tests.ops.plans import change

KINDS = ("aws_vpc", "aws_db_instance", "aws_iam_role", "aws_security_group")
CHANGES = st.lists(
    st.builds(
        lambda kind, n, actions, after: change(f"{kind}.x[{n}]", *actions, after=after),
        st.sampled_from(KINDS),
        st.integers(0, 40),
        st.sampled_from([["create"], ["update"], ["delete"], ["delete", "create"], ["forget"]]),
        st.dictionaries(st.sampled_from(["name", "note"]), st.text(max_size=90), max_size=2),
    ),
    max_size=25,
    unique_by=lambda c: c["address"],
)


@settings(max_examples=80, deadline=None)
@given(CHANGES, st.integers(0, 4096), st.randoms())
def test_it_fits_its_budget_and_is_the_same_in_any_order(
    changes: list[Any], budget: int, chance: Any
) -> None:
    told = compact.compact(plans.read(*changes), budget=budget)
    assert len(told.encode()) <= budget
    chance.shuffle(changes)
    assert compact.compact(plans.read(*changes), budget=budget) == told


def test_instances_that_change_alike_are_one_piece_and_differences_are_said() -> None:
    found = plans.read(
        *(
            change(
                f'aws_vpc.a["{key}"]',
                "update",
                before={"name": key, "size": 1, "same": 0},
                after={"name": f"{key}!", "size": 2, "same": 0},
            )
            for key in "xyz"
        )
    )
    assert compact.compact(found).splitlines() == [
        "Plan: 3 to update",
        '~ update aws_vpc.a ×3 ["x"] ["y"] ["z"]',
        '    name = "x" -> "x!" …',
        "    size = 1 -> 2",
    ]


def test_the_worst_comes_first_whatever_its_place_in_the_plan() -> None:
    anybody = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}
    group = {"ingress": [anybody]}
    found = plans.read(
        change("aws_vpc.new", "create", after={"name": "n"}),
        change("aws_iam_role.gone", "delete", before={"name": "r"}),
        change("aws_security_group.open", "update", before={}, after=group),
        change(
            "aws_db_instance.data",
            "delete",
            "create",
            before={"engine": "a"},
            after={"engine": "b"},
            replace_paths=[["engine"]],
            action_reason="replace_because_cannot_update",
        ),
        checks=[{"address": {"to_display": "check.c"}, "status": "fail"}],
    )
    rows = [row for row in compact.compact(found).splitlines()[1:] if row[0] != " "]
    said = "; it cannot be changed in place; forced by engine"
    assert rows == [
        f"LOSES DATA -/+ replace aws_db_instance.data{said}",
        "OPENS ~ update aws_security_group.open; opens tcp port 22 to the internet",
        "FAILS check.c",
        "- delete aws_iam_role.gone",
        "+ create aws_vpc.new",
    ]


def test_only_what_differs_is_told_also_inside_a_policy() -> None:
    before, after = ('{"Statement":[{"Action":"a","Sid":"s"}]}', '{"Statement":[{"Action":"b"}]}')
    found = plans.read(
        change("aws_x.a", "update", before={"policy": before}, after={"policy": after})
    )
    assert compact.compact(found).splitlines()[2:] == [
        '    policy.Statement[0].Action = "a" -> "b"',
        '    policy.Statement[0].Sid = "s" -> null',
    ]


def test_what_is_unknown_hidden_and_long_is_said_so() -> None:
    after = {"password": "hunter22", "text": "y" * 500}
    found = plans.read(change("aws_x.a", "create", after=after, after_unknown={"id": True}))
    told = compact.compact(found)
    assert "    id = (known after apply)" in told
    assert "    password = (sensitive)" in told
    assert re.search(r'    text = "y{60,70}…', told)
    assert "hunter22" not in told


def test_verdicts_that_do_not_allow_are_told_before_the_changes() -> None:
    given_verdicts = [
        Verdict(Ruling.ALLOW, "guard", "fine"),
        Verdict(Ruling.ASK, "cost", "much"),
        Verdict(Ruling.DENY, "policy", "no"),
    ]
    rows = compact.compact(plans.read(change("aws_x.a", "create")), given_verdicts).splitlines()
    assert rows[1:3] == ["DENY by policy: no", "ASK by cost: much"]


@pytest.mark.parametrize("budget", [1024, 4096, 16384])
def test_nothing_dangerous_is_dropped_from_a_large_plan(budget: int) -> None:
    """It is named, or counted among what was left out."""
    found = plan.decode(made(1200))
    told = compact.compact(found, budget=budget)
    assert len(told.encode()) <= budget
    lost = len(blast.measure(found).lost)
    named = re.findall(r"^LOSES DATA .*?(?: ×(\d+)|$)", told, re.MULTILINE)
    counted = re.findall(r"(\d+) LOSES DATA", told.rpartition("Left out:")[2])
    others = re.findall(r"(\d+) of other kinds", told)
    seen = sum(int(n or 1) for n in named) + sum(map(int, counted))
    assert seen == lost or (others and seen < lost <= seen + int(others[0]))
    assert told.endswith("read on with `dihedral run plan RUN`")


def test_what_is_known_comes_before_what_is_only_known_later() -> None:
    late = {f"a{n}": True for n in range(20)}
    one = change("aws_vpc.x", "create", after={"zone": "here"}, after_unknown=late)
    told = compact.compact(plans.read(one))
    assert told.splitlines()[2] == '    zone = "here"'
    assert "and 13 more" in told
