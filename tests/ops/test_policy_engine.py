"""Policies through the embedded engine: real Rego, real processes, killed where they must be."""

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from dihedral.domain.verdict import ORDER, Ruling
from dihedral.ops.rules import policyset
from dihedral.ops.rules.policy import RULINGS, Answer, Judgement, Said
from dihedral.ops.rules.regoinput import PolicyInput
from dihedral.ops.work import policy, rego
from dihedral.ops.work.rego import Asked, Limits, Trial
from dihedral.ops.work.regoembedded import Embedded
from tests.ops import plans

PLAN = plans.text(
    plans.document(
        plans.change("aws_s3_bucket.logs", "create", after={"bucket": None, "acl": "public-read"}),
        plans.change("aws_vpc.main", "delete", before={"cidr_block": "10.0.0.0/16"}),
        plans.change(
            "aws_db_instance.db",
            "create",
            after={"password": "hunter2-hunter2", "tags": {"note": "pw hunter2-hunter2"}},
            after_sensitive={"password": True},
        ),
    )
)
INPUT = PolicyInput(
    plan=PLAN, run={"workspace": {"name": "shop"}}, cost={"likely": 12.5}, actor={"kind": "agent"}
)


def judged(*sets: Mapping[str, str], **rest: Any) -> Judgement:
    """The judgement of sets that are written out as files."""
    limits = Limits(seconds=rest.pop("seconds", 20.0), memory=rest.pop("memory", 1 << 30))
    made = [
        policyset.read({path: text.encode() for path, text in files.items()}, f"set{at}")
        for at, files in enumerate(sets)
    ]
    scrub = policy.scrubber(PLAN)
    return policy.judge(policy.embedded(limits), made, rest.pop("input", INPUT), scrub, **rest)


def rulings(heads: str, bodies: Iterable[str]) -> dict[str, Ruling]:
    """What becomes of each body, in a set of its own; all of them in one process."""
    asked = list(bodies)
    found = judged(*({"a.rego": f"{heads}\n{body}\n"} for body in asked))
    weights = {f"set{at}": [Ruling.ALLOW] for at in range(len(asked))}
    for result in found.results:
        weights[result.set].append(RULINGS[result.level])
    return {b: max(weights[f"set{at}"], key=ORDER.index) for at, b in enumerate(asked)}


def one(body: str, **rest: Any) -> Judgement:
    return judged({"a.rego": f"package main\nimport rego.v1\n{body}\n"}, **rest)


def messages(of: Judgement) -> list[str]:
    return [result.message for result in of.results]


SAYS = {
    'deny contains "no" if input.resource_changes[_].type == "aws_vpc"': Ruling.DENY,
    'deny contains "no" if input.resource_changes[_].type == "aws_lake"': Ruling.ALLOW,
    'violation contains {"msg": "no"}': Ruling.DENY,
    'violation_x contains {"msg": "no", "details": {"resource": "a.b"}}': Ruling.DENY,
    'deny_delete contains "no"': Ruling.DENY,
    'warn contains "no"': Ruling.ALLOW,
    'warn_x contains "no"': Ruling.ALLOW,
    "deny := true": Ruling.DENY,
    "deny if true": Ruling.DENY,
    "default deny := false": Ruling.ALLOW,
    'deny["no"] if true': Ruling.DENY,
    "deny contains 3": Ruling.DENY,
    'deny contains ""': Ruling.DENY,
    'deny contains "no" if input.cost.likely > 10': Ruling.DENY,
    'deny contains "no" if input.actor.kind == "agent"': Ruling.DENY,
    'deny contains "no" if input.run.workspace.name == "shop"': Ruling.DENY,
    'deny contains "no" if input.request': Ruling.ALLOW,
    'deny contains "no" if input.plan.resource_changes[_].type == "aws_vpc"': Ruling.DENY,
    'deny contains "no" if { some k; k == "terraform_version"; input[k] }': Ruling.DENY,
    'deny contains "no" if { [_, v] := walk(input); v == "aws_vpc.main" }': Ruling.DENY,
    'deny contains "no" if { [p, "public-read"] = walk(input); count(p) > 0 }': Ruling.DENY,
    'deny contains "no" if { walk(input, [_, v]); v == "aws_vpc.main" }': Ruling.DENY,
}


def test_what_a_rule_says_is_the_verdict() -> None:
    assert rulings("package main\nimport rego.v1", SAYS) == SAYS


OLD = {
    'deny[msg] { msg := "no" }': Ruling.DENY,
    'deny[msg] { false; msg := "no" }': Ruling.ALLOW,
    'deny[{"msg": msg}] { msg = input.resource_changes[_].address }': Ruling.DENY,
    'deny["no"] { any([input.resource_changes[_].type == "aws_vpc"]) }': Ruling.DENY,
    'deny["no"] { re_match("^aws_", input.resource_changes[_].type) }': Ruling.DENY,
    'import future.keywords\ndeny contains "no" if { some x in [1]; x == 1 }': Ruling.DENY,
    'import future.keywords.in\ndeny["no"] { 1 in [1] }': Ruling.DENY,
    "deny { true }": Ruling.DENY,
    'deny[m] { false; m = "a" } { m = "b" }': Ruling.DENY,
    'deny[m] { false; m = "a" }\n{ false; m = "b" }': Ruling.ALLOW,
    'import input as tf\ndeny["no"] { tf.resource_changes[_].type == "aws_vpc" }': Ruling.DENY,
}


def test_rego_of_before_1_0_runs_as_it_is() -> None:
    assert rulings("package main", OLD) == OLD


FAILS = {
    'deny contains "no" if nobody.knows(1)': "could not find function nobody.knows",
    'deny contains "no" if http.send({"method": "get", "url": "http://x"})': "the network",
    'warn contains "no" if not http.send({})': "the network",
    "deny contains opa.runtime().env.HOME": "about this machine",
    'deny contains net.lookup_ip_addr("localhost")': "the network",
    'deny contains "no" if 1 / 0 == 1': "divide by zero",
    'deny contains "no" if { walk(input)[1] == 3 }': "walk(x, [path, value])",
    'deny contains "no" if { some [_, v] in walk(input); v }': "walk(x, [path, value])",
    'deny := "a"\ndeny := "b" if true': "conflict",
    "deny contains x": "unsafe",
    "deny contains": "cannot be read",
    "allow := true": "no rule in it can object",
    "# METADATA\n# title: [\ndeny contains 1": "METADATA is not YAML",
    "# METADATA\n# custom: {level: soft}\ndeny contains 1": "the METADATA's level is 'soft'",
}


def test_what_cannot_be_evaluated_denies_and_says_why() -> None:
    found = judged(*({"a.rego": f"package main\nimport rego.v1\n{body}\n"} for body in FAILS))
    assert found.verdict.ruling is Ruling.DENY
    said = {int(r.set[3:]): r.message for r in found.results if r.failed}
    wrong = {
        b: said.get(at) for at, (b, w) in enumerate(FAILS.items()) if w not in said.get(at, "")
    }
    assert not wrong
    assert not any("Stack backtrace" in message for message in said.values())


def test_a_failure_names_its_rule_and_the_others_still_speak() -> None:
    found = one('deny_bad contains "x" if nobody.knows(1)\ndeny_good contains "good"')
    assert [(r.id, r.failed) for r in found.results] == [
        ("main.deny_bad", True),
        ("main.deny_good", False),
    ]
    assert "a.rego:3:38" in found.results[0].message


def test_what_a_builtin_makes_of_null_is_undefined_as_in_rego() -> None:
    body = """
deny contains "starts" if startswith(input.resource_changes[_].change.after.bucket, "x")
deny contains "none" if { some r in input.resource_changes; not count(r.change.before) > 0 }
"""
    assert messages(one(body)) == ["none"]


def test_a_policy_that_never_ends_is_stopped_and_denies() -> None:
    began = time.monotonic()
    body = 'n := numbers.range(1, 3000)\ndeny contains "x" if { n[a] * n[b] * n[c] == -1 }'
    found = one(body, seconds=1.5)
    assert found.verdict.ruling is Ruling.DENY
    assert "longer than 1.5 s" in found.results[0].message
    assert time.monotonic() - began < 10


def test_a_policy_that_takes_all_memory_is_stopped_and_denies() -> None:
    body = 'deny contains "x" if count([[i, j] | some i in numbers.range(1, 9999);'
    body += " some j in numbers.range(1, 9999)]) == 1"
    found = one(body, memory=300 << 20)
    assert found.verdict.ruling is Ruling.DENY
    assert found.results[0].failed


def test_one_set_that_ends_the_process_does_not_silence_those_before_it() -> None:
    ends = {"a.rego": "package main\nimport rego.v1\nf(x) := f(x + 1)\ndeny contains f(1)\n"}
    speaks = {"a.rego": 'package main\nimport rego.v1\ndeny contains "speaks"\n'}
    found = judged(speaks, ends)
    assert [r.message for r in found.results if not r.failed] == ["speaks"]
    assert [r.set for r in found.results if "ended by SIG" in r.message] == ["set1"]


def test_two_sets_of_one_name_both_speak() -> None:
    texts = (b"package main\ndeny = true", b"package main\ndeny = false")
    sets = [policyset.read({"a.rego": text}, "same") for text in texts]
    found = policy.judge(policy.embedded(), sets, INPUT, str)
    assert [(r.set, r.message) for r in found.results] == [("same", "main.deny holds")]
    assert list(found.versions) == ["same", "same (2)"]


def test_sets_do_not_see_each_other() -> None:
    one_ = {"a.rego": 'package main\nimport rego.v1\ndeny contains "one"\n'}
    other = {"a.rego": "package b\nimport rego.v1\ndeny contains m if some m in data.main.deny\n"}
    assert messages(judged(one_, other)) == ["one"]


def test_a_message_does_not_carry_what_is_sensitive() -> None:
    body = """deny contains msg if {
    some r in input.resource_changes
    r.type == "aws_db_instance"
    msg := sprintf("%s: %s %s", [r.address, r.change.after.password, r.change.after.tags.note])
}"""
    assert messages(one(body)) == ["aws_db_instance.db: (sensitive) pw (sensitive)"]


def test_exceptions_of_conftest_take_a_rule_out() -> None:
    body = """
deny_a contains "a"
deny_b contains "b"
violation_a contains {"msg": "va"}
deny contains "plain"
exception contains ["a"] if input.resource_changes
"""
    assert sorted(messages(one(body))) == ["b", "plain"]
    every = 'deny contains "plain"\nexception contains [""]'
    assert messages(one(every)) == []


def test_an_exception_that_fails_denies() -> None:
    assert one('deny contains "a"\nexception contains [nobody.knows(1)]').results[0].failed


LEVELS = """package main
import rego.v1

# METADATA
# title: No lakes
# description: They leak.
# custom:
#   id: L-1
#   severity: high
#   level: {level}
#   remedy: take it away
deny contains {{"msg": "a lake", "address": "aws_lake.a"}}
"""


def test_the_level_that_a_policy_says_of_itself() -> None:
    words = {"advisory": "advisory", "soft-mandatory": "soft-mandatory",
             "hard-mandatory": "hard-mandatory", "mandatory": "hard-mandatory"}  # fmt: skip
    found = judged(*({"a.rego": LEVELS.format(level=word)} for word in words))
    assert {r.set: r.level.value for r in found.results} == {
        f"set{at}": level for at, level in enumerate(words.values())
    }
    result = found.results[0]
    assert (result.id, result.where, result.mend) == ("L-1", "aws_lake.a", "take it away")
    assert all(version[:12] in found.verdict.reason for version in found.versions.values())


def test_the_level_of_the_manifest_holds_where_a_policy_says_none() -> None:
    files = {"policies.yaml": "level: soft-mandatory\n"}
    rule = {"a.rego": 'package main\nimport rego.v1\ndeny contains "no"\n'}
    assert judged({**files, **rule}).verdict.ruling is Ruling.ASK


HCP = """package terraform.policies.public_ingress
import input.plan as tfplan
deny[msg] {
  r := tfplan.resource_changes[_]
  r.mode == "managed"
  r.type == "aws_vpc"
  msg := sprintf("%v in %v", [r.address, input.run.workspace.name])
}
allow { true }
"""
QUERY = """policy "public_ingress" {
  query = "data.terraform.policies.public_ingress.%s"
  enforcement_level = "%s"
}
"""


@pytest.mark.parametrize(
    ("rule", "level", "ruling"),
    [
        ("deny", "mandatory", Ruling.DENY),
        ("deny", "advisory", Ruling.ALLOW),
        ("nothing", "advisory", Ruling.DENY),
    ],
)
def test_a_set_of_hcp_terraform_runs_as_it_is(rule: str, level: str, ruling: Ruling) -> None:
    found = judged({"a.rego": HCP, "policies.hcl": QUERY % (rule, level)})
    assert found.verdict.ruling is ruling
    if rule == "deny":
        assert messages(found) == ["aws_vpc.main in shop"]
        assert found.results[0].id == "public_ingress"


def test_settings_and_data_reach_the_policy() -> None:
    files = {
        "a.rego": 'package main\nimport rego.v1\ndeny contains sprintf("%v %v %v", '
        "[data.settings.a, data.settings.b, data.lists.c]) if true\n",
        "data.yaml": "settings: {a: 1, b: 2}\n",
        "lists/data.json": '{"c": 3}',
    }
    assert messages(judged(files, settings={"b": 5})) == ["1 5 3"]


def test_no_set_is_what_the_settings_say() -> None:
    assert judged().verdict.reason == "no policy holds here"
    assert judged().verdict.ruling is Ruling.ALLOW


def test_the_canary_sings_in_the_embedded_engine() -> None:
    assert rego.checked(Embedded(), Limits()) == ""


class Lie:
    """A judgement that is like another, but for what it makes of one rule of the canary."""

    def __init__(self, under: rego.Judging, rule: str) -> None:
        self.under, self.rule = under, rule
        self.tell, self.close = under.tell, under.close

    def answers(self) -> tuple[Answer, ...]:
        found = self.under.answers()
        return tuple(replace(a, rules=tuple(map(self.lie, a.rules))) for a in found)

    def lie(self, said: Said) -> Said:
        if said.rule != self.rule:
            return said
        silent = said.values == (["sings"],) or bool(said.error)
        return Said(package=said.package, rule=said.rule, values=([],) if silent else ([1],))


class Lying:
    name = "lying"

    def __init__(self, rule: str) -> None:
        self.rule = rule

    def version(self) -> str:
        return ""

    def begin(self, asked: Asked, limits: Limits) -> Lie:
        return Lie(Embedded().begin(asked, limits), self.rule)

    def tests(self, one: policyset.PolicySet, limits: Limits) -> tuple[Trial, ...]:
        return ()


@pytest.mark.parametrize(
    "rule", ["deny_always", "deny_old", "deny_never", "deny_reach", "deny_cost", "deny_blast"]
)
def test_an_engine_whose_canary_misbehaves_denies_everything(rule: str) -> None:
    policies = policy.Policies(engine=Lying(rule))
    made = policyset.read(
        {"a.rego": b"package main\nimport rego.v1\ndeny contains 1 if input.cost.x"}, "s"
    )
    found = policy.judge(policies, [made], replace(INPUT, blast={"touched": 1}), str)
    assert found.verdict.ruling is Ruling.DENY
    assert f"the canary policy {rule}" in found.results[0].message


def test_a_set_that_reads_nothing_of_other_gates_needs_no_canary_of_theirs() -> None:
    head = "package main\nimport rego.v1\ndeny contains 1 if "
    sets = [
        policyset.read({"a.rego": f"{head}{body}\n".encode()}, name)
        for name, body in (("early", "input.run.x"), ("late", "input.cost.x"))
    ]
    asked = Asked(sets=sets, input=INPUT)
    with closing(rego.Guarded(Lying("deny_cost"), asked, Limits())) as judging:
        judging.tell({"cost": INPUT.cost})
        told = {one.set: one.error for one in judging.answers()}
    assert not told["early"] and "deny_cost must object" in told["late"]


def test_the_tests_of_a_set_are_run_each_by_itself() -> None:
    files = {
        "a.rego": "package main\nimport rego.v1\ndeny contains data.limit if input.a == 1\n",
        "a_test.rego": """package main_test
import rego.v1
import data.main
test_denies if main.deny == {7} with input as {"a": 1} with data.limit as 7
test_passes if count(main.deny) == 0 with input as {"a": 2}
test_fails if count(main.deny) == 1 with input as {"a": 2}
test_breaks if nobody.knows(1)
""",
    }
    made = policyset.read({k: v.encode() for k, v in files.items()}, "s")
    done = {t.name.rpartition(".")[2]: t for t in policy.test(policy.embedded(), made)}
    assert {name: t.passed for name, t in done.items()} == {
        "test_denies": True,
        "test_passes": True,
        "test_fails": False,
        "test_breaks": False,
    }
    assert "nobody.knows" in done["test_breaks"].error
    assert done["test_fails"].at == "a_test.rego:6"
