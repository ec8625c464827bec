"""Policies through the `opa` program: one of ours that speaks as it does, and it where it is
installed."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import policyset
from dihedral.ops.rules.policy import Judgement
from dihedral.ops.work import policy, rego
from dihedral.ops.work.policy import Policies
from dihedral.ops.work.rego import Limits
from dihedral.ops.work.regoopa import Opa
from tests.ops import opas
from tests.ops.test_policy_engine import HCP, INPUT, QUERY

PROGRAMS = ["ours", *(["theirs"] if shutil.which("opa") else [])]


@pytest.fixture(scope="module", params=PROGRAMS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opa:
    if request.param == "theirs":
        return Opa()
    return Opa(str(opas.put(tmp_path_factory.mktemp("opa") / "bin")))


def judged(engine: Opa, *sets: Mapping[str, str], **rest: Any) -> Judgement:
    limits = Limits(seconds=rest.pop("seconds", 30.0))
    made = [
        policyset.read({path: text.encode() for path, text in files.items()}, f"set{at}")
        for at, files in enumerate(sets)
    ]
    return policy.judge(Policies(engine=engine, limits=limits), made, INPUT, str, **rest)


def new(body: str) -> dict[str, str]:
    return {"a.rego": f"package main\nimport rego.v1\n{body}\n"}


def said(found: Judgement) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for result in found.results:
        texts.setdefault(result.set, []).append(result.message)
    return texts


def test_the_canary_sings(engine: Opa) -> None:
    assert rego.checked(engine, Limits()) == ""
    assert engine.version()[0].isdigit()


def test_what_rules_say_is_the_verdict(engine: Opa) -> None:
    found = judged(
        engine,
        new('deny contains "list" if input.resource_changes[_].type == "aws_vpc"'),
        new("deny := true"),
        new('default deny := false\nwarn contains "x" if input.resource_changes[_].type == "y"'),
        new('violation_a contains {"msg": "object", "details": {"resource": "a.b"}}'),
        new('deny contains "plan" if input.plan.resource_changes[_].type == "aws_vpc"'),
        new('deny contains sprintf("%v in %v", [input.cost.likely, input.run.workspace.name])'),
        new('deny contains "f" if f(1)\nf(x) if x == 1\ndeny_f(x) := x'),
    )
    assert said(found) == {
        "set0": ["list"],
        "set1": ["main.deny holds"],
        "set3": ["object"],
        "set4": ["plan"],
        "set5": ["12.5 in shop"],
        "set6": ["f"],
    }


def test_files_of_both_ages_stand_in_one_set(engine: Opa) -> None:
    old = "package main\ndeny_old[m] { m := data.settings.word; any([true]) }\n"
    files = {**new('deny_new contains "new"'), "sub/b.rego": old, "data.yaml": "settings: {}\n"}
    assert said(judged(engine, files, settings={"word": "old"})) == {"set0": ["new", "old"]}


def test_a_set_of_hcp_terraform_runs_as_it_is(engine: Opa) -> None:
    asks = {"a.rego": HCP, "policies.hcl": QUERY % ("deny", "mandatory")}
    lacks = {"a.rego": HCP, "policies.hcl": QUERY % ("nothing", "advisory")}
    found = judged(engine, asks, lacks)
    assert said(found)["set0"] == ["aws_vpc.main in shop"]
    assert [(r.set, r.failed) for r in found.results if r.failed] == [("set1", True)]


FAILS = {
    'deny contains "no" if nobody.knows(1)': "undefined function nobody.knows",
    'deny contains "no" if http.send({"method": "get", "url": "http://x"})': "function http.send",
    'warn contains "no" if not http.send({})': "function http.send",
    "deny contains opa.runtime().env.HOME": "function opa.runtime",
    'deny contains net.lookup_ip_addr("localhost")': "function net.lookup_ip_addr",
    'deny contains "no" if 1 / 0 == 1': "divide by zero",
    'deny := "a"\ndeny := "b" if true': "",
    "deny contains": "cannot be read",
    "allow := true": "no rule in it can object",
}


def test_what_cannot_be_evaluated_denies_and_says_why(engine: Opa) -> None:
    found = judged(engine, *map(new, FAILS))
    assert found.verdict.ruling is Ruling.DENY
    why = {r.set: r.message for r in found.results if r.failed}
    wrong = {b: why for at, (b, w) in enumerate(FAILS.items()) if w not in why.get(f"set{at}", "")}
    assert not wrong
    assert len(why) == len(FAILS)


def test_a_failure_names_its_rule_and_place_and_the_others_still_speak(engine: Opa) -> None:
    found = judged(engine, new('deny_bad contains "x" if 1 / 0 == 1\ndeny_good contains "good"'))
    assert [(r.id, r.failed) for r in found.results] == [
        ("main.deny_bad", True),
        ("main.deny_good", False),
    ]
    assert "a.rego:3:" in found.results[0].message


def test_what_a_builtin_makes_of_null_is_undefined(engine: Opa) -> None:
    body = """
deny contains r.address if {
    some r in input.resource_changes
    startswith(r.change.after.bucket, "x")
}"""
    assert not judged(engine, new(body)).results


def test_a_policy_that_never_ends_is_stopped_and_denies(engine: Opa) -> None:
    body = 'n := numbers.range(1, 3000)\ndeny contains "x" if { n[a] * n[b] * n[c] == -1 }'
    found = judged(engine, new(body), seconds=3.0)
    assert found.verdict.ruling is Ruling.DENY
    assert "longer than 3 s" in found.results[0].message


def test_without_the_program_everything_denies_and_says_so(tmp_path: Path) -> None:
    found = judged(Opa(str(tmp_path)), new("deny contains 1 if false"))
    assert found.verdict.ruling is Ruling.DENY
    assert "opa is not on the PATH" in found.results[0].message
    assert Opa(str(tmp_path)).version() == ""


@pytest.mark.parametrize("speaks", ["", "{}", "no JSON", '{"builtins": 7}'])
def test_a_program_that_speaks_otherwise_is_not_believed(tmp_path: Path, speaks: str) -> None:
    program = tmp_path / "opa"
    program.write_text(f"#!/bin/sh\ncat >{os.devnull}\necho '{speaks}'\n")
    program.chmod(0o755)
    found = judged(Opa(str(tmp_path)), new("deny contains 1 if false"))
    assert found.verdict.ruling is Ruling.DENY
    assert "is not to be believed" in found.results[0].message or found.results[0].failed


def test_the_tests_of_a_set_are_run(engine: Opa) -> None:
    files = {
        "a.rego": b"package main\nimport rego.v1\ndeny contains data.limit if input.a == 1\n",
        "a_test.rego": b"""package main_test
import rego.v1
import data.main
test_denies if main.deny == {7} with input as {"a": 1} with data.limit as 7
test_fails if count(main.deny) == 1 with input as {"a": 2}
""",
    }
    done = policy.test(Policies(engine=engine), policyset.read(files, "s"))
    assert [(t.name, t.at, t.passed) for t in done] == [
        ("data.main_test.test_denies", "a_test.rego:4", True),
        ("data.main_test.test_fails", "a_test.rego:5", False),
    ]
