"""A judgement that begins before all is known: what it may do ahead, and that it never stays."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import anyio
import pytest

from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import policyset
from dihedral.ops.rules.policy import Judgement
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.rules.terms import Terms
from dihedral.ops.work import gates, policy, prices
from dihedral.ops.work.gates import Gates, Subject
from dihedral.ops.work.regodocuments import Documents, Kind
from tests.ops import plans

PLAN = plans.text(plans.document(plans.change("aws_vpc.main", "create", after={})))
AHEAD = "deny contains r.address if some r in input.resource_changes"
LATER = 'deny contains "dear" if input.cost.likely > 10'
WHOLE = "deny contains key if some key in object.keys(input)"
ENDLESS = 'n := numbers.range(1, 9999)\ndeny contains "x" if n[a] * n[b] * n[c] == -1'


def made(body: str, name: str = "s") -> PolicySet:
    text = f"package main\nimport rego.v1\n{body}\n"
    return policyset.read({"a.rego": text.encode()}, name)


def judged(*bodies: str, run: Mapping[str, Any], cost: Mapping[str, Any]) -> Judgement:
    sets = [made(body, f"set{at}") for at, body in enumerate(bodies)]
    known = PolicyInput(plan=PLAN, run=run)
    with closing(policy.begin(policy.embedded(), sets, known)) as judging:
        judging.tell(cost, {"touched": 1})
        return judging.judgement(str)


def children() -> Iterator[int]:
    """The engine's processes that are ours."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            words = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == os.getpid() and b"dihedral.ops.work" in words:
            yield int(path.name)


def test_what_is_told_late_reaches_those_who_read_it_and_all_speak() -> None:
    found = judged(AHEAD, LATER, WHOLE, run={"id": "r"}, cost={"likely": 11})
    said: dict[str, set[str]] = {}
    for result in found.results:
        said.setdefault(result.set, set()).add(result.message)
    own = json.loads(PLAN).keys()
    assert said == {
        "set0": {"aws_vpc.main"},
        "set1": {"dear"},
        "set2": own | {"run", "cost", "blast"},
    }


def test_a_set_that_ends_the_process_denies_for_all_that_waited() -> None:
    ends = "f(x) := f(x + 1)\ndeny contains f(1)"
    found = judged(AHEAD, ends, LATER, run={}, cost={"likely": 1})
    assert found.verdict.ruling is Ruling.DENY
    assert [r.set for r in found.results if r.failed] == ["set1", "set2"]
    assert [r.message for r in found.results if not r.failed] == ["aws_vpc.main"]


@pytest.mark.parametrize("body", [AHEAD, LATER, ENDLESS])
def test_a_judgement_that_is_given_up_leaves_no_process(body: str) -> None:
    with closing(policy.begin(policy.embedded(), [made(body)], PolicyInput(plan=PLAN))):
        while not list(children()):  # it has begun, but has not its own words yet
            time.sleep(0.01)
    assert not list(children())


def test_a_plan_that_nobody_can_read_leaves_no_process() -> None:
    judges = Gates(
        terms=Terms(), book=prices.load(), policies=policy.embedded(), sets=[made(ENDLESS)],
        today=date(2026, 1, 1),
    )  # fmt: skip
    with pytest.raises(Invalid):
        anyio.run(gates.inspect, judges, Subject(plan=b'{"resource_changes": 7}'))
    assert not list(children())


def test_a_plan_is_written_once_for_all_that_name_what_they_read() -> None:
    plan = json.dumps({"a": 1, "b": 2, "c": 3}).encode()
    documents = Documents(plan, {"run", "cost"})
    wide = frozenset({("plan", "a"), ("plan", "b"), ("run",)})
    narrow, ours = frozenset({("plan", "b")}), frozenset({("cost",)})
    kinds = documents.kinds([("conftest", wide), ("hcp", narrow), ("hcp", None), ("hcp", ours)])
    assert kinds[0] == kinds[1] == kinds[3]
    run = {"run": {"id": "r"}}
    assert read(documents, kinds[0], run) == {"plan": {"a": 1, "b": 2}, **run}
    assert read(documents, kinds[2], run) == {"plan": json.loads(plan), **run}
    (flat,) = documents.kinds([("conftest", frozenset({("c",)}))])
    assert read(documents, flat, {}) == {"c": 3}
    (nothing,) = documents.kinds([("hcp", frozenset({("run",)}))])
    both = {**run, "cost": {"likely": 1}}
    assert read(documents, nothing, both) == both


def read(documents: Documents, kind: Kind, context: Mapping[str, object]) -> Any:
    return json.loads(documents.written(kind, context))
