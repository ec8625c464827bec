"""What is read of policies before any engine runs: files, trees, notes, rules of old."""

import json
from typing import Any

import pytest
import regorus
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import policy, policyset, regonotes, regoold, regotree
from dihedral.ops.rules.policy import Answer, Said
from dihedral.ops.rules.policyset import Level, PolicySet, Shape
from dihedral.ops.work import regobuiltins

RULE = b"package main\ndeny = false\n"


def tree(text: str, *, old: bool = False) -> Any:
    engine = regorus.Engine()
    engine.set_rego_v0(old)
    engine.add_policy("a.rego", text)
    return json.loads(engine.get_ast_as_json())[0]["ast"]


def test_a_directory_is_a_set() -> None:
    read = policyset.read(
        {
            "policies.yaml": b"name: ours\ndescription: all of it\nlevel: advisory\n",
            "a/b.rego": RULE,
            "a/b_test.rego": b"package main\n",
            "data.yaml": b"x: {y: 1}\n",
            "x/data.json": b'{"z": 2}',
            "readme.md": b"\xff",
        }
    )
    assert (read.name, read.level, read.shape) == ("ours", Level.ADVISORY, Shape.CONFTEST)
    assert (list(read.rego), list(read.tests)) == (["a/b.rego"], ["a/b_test.rego"])
    assert read.data == {"x": {"y": 1, "z": 2}}


def test_a_version_moves_with_every_byte_and_every_name() -> None:
    files = {"a.rego": RULE, "data.json": b"{}"}
    others: list[dict[str, bytes]] = [
        {"a.rego": RULE + b"\n", "data.json": b"{}"},
        {"b.rego": RULE, "data.json": b"{}"},
        {"a.rego": RULE},
        {"a.rego": RULE, "data.json": b"{ }"},
    ]
    versions = {policyset.read(one).version for one in (files, *others)}
    assert len(versions) == 5
    assert policyset.read({**files, "readme.md": b"x"}).version == policyset.read(files).version


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "no *.rego file"),
        ({"a.rego": b"\xff"}, "a.rego is not UTF-8"),
        ({"a.rego": RULE, "data.json": b"[1]"}, "data.json is not an object"),
        ({"a.rego": RULE, "data.yaml": b"a: ["}, "data.yaml cannot be read"),
        ({"a.rego": RULE, "data.yaml": b"!!python/object:os.system {}"}, "data.yaml cannot be"),
        ({"a.rego": RULE, "policies.yaml": b"levels: hard"}, "policies.yaml does not fit"),
        ({"a.rego": RULE, "policies.hcl": b'policy "a" {'}, "policies.hcl:1 cannot be read"),
        ({"a.rego": RULE, "policies.hcl": b'policy "a" {\n}'}, "written as data.PACKAGE.RULE"),
        (
            {"a.rego": RULE, "policies.hcl": b'policy "a" {\n query = "data.a.b"\n'
             b' enforcement_level = "hard"\n}'},
            "enforcement_level of a is one of",
        ),
        ({"a.rego": RULE, "policies.hcl": b'policy "a" {\n query = "data.a[x]"\n}'}, "written as"),
    ],
)  # fmt: skip
def test_what_is_no_set_is_refused_with_the_file(files: dict[str, bytes], says: str) -> None:
    with pytest.raises(Invalid) as told:
        policyset.read(files)
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("x := input.a.b", {("a",)}),
        ('x := input["a"][y]\ny := 1', {("a",)}),
        ("x := [r | r := input.a[_]; r.b == input.c]", {("a",), ("c",)}),
        ("x := input.plan.a.b", {("plan", "a")}),
        ("import input.plan as p\nx := p.a", {("plan",)}),
        ("import input.a as p\nx := p.b", {("a",)}),
        ("import input as p\nx := p.a", None),
        ("x := input", None),
        ("x := input[y]\ny := 1", None),
        ("x := f(input)\nf(a) := a.b", None),
        ("x := [v | walk(input, [_, v])]", None),
        ("x := count([1 | some _ in input])", None),
        ("x := 1 if not input.a", {("a",)}),
        ("x := input.a[input.b.c]", {("a",), ("b",)}),
        ("x := y if { y := input.a with input as {} }", None),
        ("x := 1", set()),
    ],
)
def test_what_a_file_reads_of_the_input(body: str, needs: set[tuple[str, ...]] | None) -> None:
    assert regotree.needs(tree(f"package a\nimport rego.v1\n{body}\n")) == needs


def test_rewriting_keeps_every_line_where_it_is() -> None:
    text = """package a
import rego.v1
# é {
x contains v if { [p, v] := walk({"a": 1,
  "é": input.b}); count(p) > 0 }
"""
    made = regotree.rewritten(tree(text), text, set(), lenient=True)
    assert made.count("\n") == text.count("\n")
    assert "some p, v; walk({" in made and ", [p, v])" in made


def test_a_function_of_the_policy_s_own_is_no_builtin() -> None:
    text = "package a\nimport rego.v1\ncontains(x, y) if x == y\ny if contains(1, 1)\n"
    assert regotree.rewritten(tree(text), text, {"contains", "y"}, lenient=True) == text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("p[x] { x = 1 } { x = 2 }", "p[x] { x = 1 } p[x] { x = 2 }"),
        ("p[x] {\n x = 1\n}\n{\n x = 2\n}", "p[x] {\n x = 1\n}\np[x] {\n x = 2\n}"),
        ("p[x] { x = 1 } # {\n{ x = 2 }", "p[x] { x = 1 } # {\np[x] { x = 2 }"),
        ('p[{"a": x}] { x = "} {" } { x = 2 }', 'p[{"a": x}] { x = "} {" } p[{"a": x}] { x = 2 }'),
        ("p = {1: 2}\nq { true }", "p = {1: 2}\nq { true }"),
        ("f(x) = 1 { x } else = 2 { true }", "f(x) = 1 { x } else = 2 { true }"),
        ("p { true }\nq { true }", "p { true }\nq { true }"),
        ("p { true } q { true } { false }", "p { true } q { true } q { false }"),
    ],
)
def test_bodies_in_a_row_are_rules(text: str, made: str) -> None:
    assert regoold.unchained(text) == made


@given(st.text(alphabet='ab{}[]()"`#=:\n x', max_size=60))
def test_unchaining_never_loses_a_line(text: str) -> None:
    assert regoold.unchained(text).count("\n") == text.count("\n")


NOTES = """# METADATA
# scope: subpackages
# custom: {level: advisory, remedy: wide}
package a.b

# METADATA
# title: One
# custom:
#   id: N-1
#   level: soft-mandatory
deny contains 1

# METADATA
# scope: document
# title: Two
warn contains 2
"""


def test_the_nearer_annotation_wins() -> None:
    found = regonotes.annotations("a.rego", NOTES)
    one = regonotes.note(found, "a.b", "deny")
    assert (one.id, one.title, one.level, one.remedy) == ("N-1", "One", Level.SOFT, "wide")
    assert regonotes.note(found, "a.b", "warn").title == "Two"
    below = regonotes.note(found, "a.b.c", "deny")
    assert (below.level, below.remedy, below.title) == (Level.ADVISORY, "wide", "")
    assert regonotes.note(found, "a", "deny") == regonotes.Note()


def test_of_definitions_that_differ_the_strictest_level_counts() -> None:
    text = "package a\n" + "".join(
        f"# METADATA\n# custom: {{level: {level}}}\ndeny contains {level[0]!r}\n"
        for level in ("advisory", "soft-mandatory")
    )
    assert regonotes.note(regonotes.annotations("a", text), "a", "deny").level is Level.SOFT


SET = PolicySet(name="s", rego={"a.rego": "package main"})
LEVELS = st.sampled_from(list(Level))


@given(st.lists(LEVELS, max_size=5))
def test_the_verdict_is_the_strictest_level_that_objects(levels: list[Level]) -> None:
    sets = [PolicySet(name=f"s{at}", level=level) for at, level in enumerate(levels)]
    said = Said(package="main", rule="deny", values=(["no"],))
    found = policy.judge(sets, [Answer(one.name, (said,)) for one in sets], str)
    order = [Level.ADVISORY, Level.SOFT, Level.HARD]
    worst = max(levels, key=order.index, default=Level.ADVISORY)
    assert found.verdict.ruling is policy.RULINGS[worst]
    assert len(found.results) == len(levels)


def test_a_set_that_does_not_answer_denies_at_any_level() -> None:
    quiet = PolicySet(name="s", level=Level.ADVISORY)
    assert policy.judge([quiet], [], str).verdict.ruling is Ruling.DENY
    broken = PolicySet(name="s", level=Level.ADVISORY, broken="it is gone")
    assert "it is gone" in policy.judge([broken], [], str).results[0].message


def test_a_message_is_scrubbed_wherever_it_comes_from() -> None:
    said = Said(
        package="main", rule="deny", values=([{"msg": "SECRET", "address": "SECRET", "id": "SECRET",
                                               "remedy": "SECRET", "severity": "SECRET"}],)
    )  # fmt: skip
    failed = Said(package="main", rule="deny_x", error="SECRET")
    found = policy.judge([SET], [Answer("s", (said, failed))], lambda t: t.replace("SECRET", "…"))
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("10.0.0.0/8", "10.1.0.0/16", True),
        ("10.0.0.0/16", "10.1.0.0/16", False),
        ("0.0.0.0/0", "::/0", False),
        ("10.0.0.1/24", "10.0.0.200", True),
    ],
)
def test_networks_intersect(one: str, other: str, meet: bool) -> None:
    assert regobuiltins.cidr_intersects(one, other) is meet


def test_networks_are_merged() -> None:
    merged = regobuiltins.cidr_merge(["10.0.0.0/25", "10.0.0.128/25", "fd00::/8", "10.0.0.7"])
    assert merged == ["10.0.0.0/24", "fd00::/8"]
