"""The effect of a plan: it moves with everything that would be done, and with nothing else."""

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import effect
from tests.ops import plans
from tests.ops.plans import change, document
from tests.ops.test_plan_real import terraform

SALT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
NOON, LATER = "2030-01-01T12:00:00Z", "2031-07-09T08:30:15Z"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "n": 1}]}


def digest(*changes: Any, bound: str = "", **rest: Any) -> str:
    return effect.digest(plans.text(document(*changes, **rest)), bound)


def salted(chance: Random) -> str:
    return "$2b$12$" + "".join(chance.choices(SALT, k=53))


WORDS = st.text("abc.$2{[ \x00\"'", max_size=5)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(-9, 9, allow_nan=False).map(lambda f: round(f, 2))
    | WORDS
    | st.just(f"made {NOON} here")
    | st.just("HASH")  # a hash, salted anew each time it is written
    | st.just('{"b": 1}')
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(["name", "tags", "size", "id"]), VALUES, min_size=1)
MARKS = st.sampled_from([{}, {"id": True}, {"tags": [False, True]}, {"size": {"a": True}}])


def _written(address: str, action: str, after: Any, marks: Any) -> Any:
    return change(address, action, after={**after, "policy": POLICY}, after_unknown=marks)


CHANGES = st.lists(
    st.builds(
        _written,
        st.sampled_from([f"aws_vpc.v{n}" for n in range(9)]),
        st.sampled_from(["create", "update"]),
        OBJECTS,
        MARKS,
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda c: str(c["address"]),
)


def rendered(changes: Any, chance: Random, stamp: str) -> bytes:
    """The same plan, as it might be written another time."""
    again = copy.deepcopy(changes)
    chance.shuffle(again)
    for one in again:
        delta = one["change"]
        delta["after"] = _rendered(delta["after"], chance, stamp)
        policy = {k: POLICY[k] for k in chance.sample(list(POLICY), len(POLICY))}
        delta["after"]["policy"] = json.dumps(policy, indent=chance.choice([None, 1, 4]))
        marks = delta["after_unknown"] = chance.choice(
            [delta["after_unknown"], {**delta["after_unknown"], "zone": False, "ports": []}]
        )
        if marks.get("id") is True:
            delta["after"].pop("id", None)
            if chance.random() < 0.5:
                delta["after"]["id"] = None
    again.insert(0, change("aws_vpc.same", "no-op", after={"a": chance.random()}))
    return plans.text(document(*again, timestamp=stamp, terraform_version=str(chance.random())))


def _rendered(value: Any, chance: Random, stamp: str) -> Any:
    if isinstance(value, dict):
        items = [(k, _rendered(v, chance, stamp)) for k, v in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [_rendered(v, chance, stamp) for v in value]
    if value == "HASH":
        return salted(chance)
    if isinstance(value, str):
        return value.replace(NOON, stamp)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 50:
        return chance.choice([value, float(value)])
    return value


@settings(max_examples=40, deadline=None)
@given(CHANGES, st.randoms(use_true_random=False))
def test_the_same_plan_written_another_time_has_the_same_effect(
    changes: Any, chance: Random
) -> None:
    first = effect.digest(rendered(changes, chance, NOON), "this")
    assert effect.digest(rendered(changes, chance, LATER), "this") == first


@settings(max_examples=60, deadline=None)
@given(CHANGES, VALUES, st.randoms(use_true_random=False))
def test_any_other_value_is_another_effect(changes: Any, other: Any, chance: Random) -> None:
    """The value stands anywhere: it replaces one, or what is inside of one."""
    moved = copy.deepcopy(changes)
    place = chance.choice(moved)["change"]["after"]
    name = chance.choice(sorted(place))
    while chance.random() < 0.6 and isinstance(place[name], dict | list) and place[name]:
        place = place[name]
        name = chance.choice(sorted(place) if isinstance(place, dict) else [*range(len(place))])
    was, place[name] = place[name], other
    same = _plain(was) == _plain(other)
    assert (digest(*moved) == digest(*changes)) is same


def _plain(value: Any) -> str:
    """Equal for equal values; JSON has 1 and 1.0 as one, and true as another."""
    return json.dumps(_floats(value), sort_keys=True)


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _floats(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_floats(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


AFTER: Any = {"after": {"name": "a", "rules": [{"port": 1}, {"port": 2}], "big": 10**30}}
BASE = change("aws_vpc.a", "update", **AFTER)
INVOKED = {"address": "action.aws_lambda_invoke.x", "config_values": {"payload": "a"}}
OUTPUT = {"actions": ["create"], "after": "a"}
MOVED = [
    [change("aws_vpc.a", "create", **AFTER)],
    [change("aws_vpc.a", "delete", "create", **AFTER)],
    [change("aws_vpc.a", "create", "delete", **AFTER)],
    [change("aws_vpc.a", "forget", "create", **AFTER)],
    [change("aws_vpc.a", "create", "forget", **AFTER)],
    [change("aws_vpc.a", "delete")],
    [change("aws_vpc.a", "forget")],
    [change("aws_vpc.b", "update", **AFTER)],
    [change("aws_vpc.a", "update", after={**AFTER["after"], "name": None})],
    [change("aws_vpc.a", "update", after={**AFTER["after"], "name": "A"})],
    [change("aws_vpc.a", "update", after={**AFTER["after"], "big": 10**30 + 1})],
    [change("aws_vpc.a", "update", after={**AFTER["after"], "more": None})],
    [change("aws_vpc.a", "update", after={**AFTER["after"], "rules": [{"port": 2}, {"port": 1}]})],
    [change("aws_vpc.a", "update", **AFTER, after_unknown={"id": True})],
    [change("aws_vpc.a", "update", **AFTER, after_unknown={"rules": [{"port": True}]})],
    [change("aws_vpc.a", "update", **AFTER, after_unknown={"rules": [{}, {"port": True}]})],
    [change("aws_vpc.a", "update", **AFTER, importing={"id": "vpc-1"})],
    [change("aws_vpc.a", "update", **AFTER, importing={"identity": {"id": "vpc-1"}})],
    [change("aws_vpc.a", "update", **AFTER, previous_address="aws_vpc.z")],
    [change("aws_vpc.a", "update", **AFTER, provider_name="evil/aws")],
    [change("aws_vpc.a", "update", **AFTER, deposed="abcd")],
    [change("aws_vpc.a", "update", **AFTER, mode="data")],
    [change("aws_vpc.a", "update", **AFTER, type="aws_subnet")],
    [change("aws_vpc.a", "update", **AFTER, replace_paths=[["name"]])],
    [BASE, change("aws_vpc.b", "delete")],
    [BASE, BASE],
    [],
]
REST: list[dict[str, Any]] = [
    {"output_changes": {"o": OUTPUT}},
    {"output_changes": {"p": OUTPUT}},
    {"output_changes": {"o": {**OUTPUT, "after": "b"}}},
    {"output_changes": {"o": {**OUTPUT, "actions": ["update"]}}},
    {"output_changes": {"o": {**OUTPUT, "after_sensitive": True}}},
    {"output_changes": {"o": {"actions": ["create"], "after_unknown": True}}},
    {"action_invocations": [INVOKED]},
    {"action_invocations": [INVOKED, INVOKED]},
    {"action_invocations": [{**INVOKED, "config_values": {"payload": "b"}}]},
    {"action_invocations": [{**INVOKED, "provider_name": "evil/aws"}]},
    {"action_invocations": [{**INVOKED, "lifecycle_action_trigger": {"x": "AfterCreate"}}]},
    {"deferred_changes": [{"reason": "x", "resource_change": change("aws_vpc.b", "create")}]},
    {"deferred_changes": [{"reason": "y", "resource_change": change("aws_vpc.b", "create")}]},
    {"deferred_action_invocations": [{"reason": "x", "action_invocation": INVOKED}]},
]


def test_each_thing_that_would_be_done_is_an_effect_of_its_own() -> None:
    found = [digest(BASE), *(digest(*m) for m in MOVED), *(digest(BASE, **r) for r in REST)]
    assert len(set(found)) == len(found)
    assert digest(BASE, change("aws_vpc.b", "create")) not in found  # deferred is not done


QUIET = [
    {"timestamp": NOON, "terraform_version": "1.15.0", "complete": True, "errored": False},
    {"output_changes": {"o": {"actions": ["no-op"], "after": 1}}},
    {"resource_drift": [change("aws_vpc.b", "update", after={"a": 1})]},
    {"prior_state": {"values": {}}, "variables": {"a": {"value": 1}}, "checks": []},
]


@pytest.mark.parametrize("rest", QUIET)
def test_what_does_nothing_is_no_effect(rest: Any) -> None:
    same = change("aws_vpc.a", "update", **AFTER, before={"name": "z"}, action_reason="tainted")
    assert digest(same, **rest) == digest(BASE)


def hash_of(*values: Any, bound: str = "", name: str = "password", **rest: Any) -> str:
    return digest(
        *(change(f"aws_vpc.{n}", "create", after={name: v}) for n, v in enumerate(values)),
        bound=bound,
        **rest,
    )


ONE, TWO = "$2a$10$" + "a" * 53, "$2a$10$" + "b" * 53


def test_a_salted_hash_may_be_another_only_of_the_same_files_and_variables() -> None:
    assert hash_of(ONE, bound="x") == hash_of(TWO, bound="x") == hash_of(ONE, bound="x")
    assert hash_of(ONE, bound="x") != hash_of(ONE, bound="y")
    assert hash_of(ONE, bound="x") != hash_of(ONE.replace("$10$", "$04$"), bound="x")
    assert hash_of(ONE, bound="x") != hash_of("", bound="x")
    assert hash_of(f"{ONE}\n", bound="x") != hash_of(ONE, bound="x")


def test_a_hash_that_was_there_before_the_plan_is_a_value_like_any_other() -> None:
    """Else whoever can write what a configuration reads could put in a hash of their own."""
    places: list[dict[str, Any]] = [
        {"prior_state": {"values": {"deep": [ONE, TWO]}}},
        {"variables": {"a": {"value": ONE}, "b": {"value": TWO}}},
    ]
    for before in places:
        assert hash_of(ONE, bound="x", **before) != hash_of(TWO, bound="x", **before)


def test_a_plain_value_does_not_depend_on_what_it_is_bound_to() -> None:
    assert hash_of("a", bound="x") == hash_of("a", bound="y")
    assert hash_of(ONE[:-1], bound="x") == hash_of(ONE[:-1], bound="y")  # too short to be a hash


def test_only_the_plans_own_time_is_left_out() -> None:
    at = {"timestamp": NOON, "bound": "x"}
    assert hash_of(NOON, **at) == hash_of(LATER, timestamp=LATER, bound="x")
    assert hash_of(NOON, **at) != hash_of(LATER, **at)
    assert hash_of(NOON, timestamp="", bound="x") != hash_of(LATER, timestamp="", bound="x")
    assert hash_of("a", timestamp="a", bound="x") != hash_of("b", timestamp="b", bound="x")


FORGED = [
    {"\x00": ["planned"]},
    {"\x00": ["text", ["", {"\x00": ["planned"]}, ""]]},
    {"\x00\x00": ["text", ["", {"\x00\x00": ["planned"]}, ""]]},
    '{"\\u0000": ["text", ["", {"\\u0000": ["planned"]}, ""]]}',
]


@pytest.mark.parametrize("forged", FORGED)
def test_no_value_can_pass_for_one_that_is_read_loosely(forged: Any) -> None:
    at = {"timestamp": NOON, "bound": "x"}
    real = hash_of(NOON, NOON, **at)
    assert hash_of(forged, NOON, **at) != real
    assert hash_of(forged, NOON, name="policy", **at) != hash_of(NOON, NOON, name="policy", **at)


def test_a_policy_is_compared_as_json_and_nothing_else_is() -> None:
    one, two = '{"a":1,"b":[1.0,"x"]}', '{ "b" : [1,"\\u0078"], "a": 1 }\n'
    assert hash_of(one, name="assume_role_policy") == hash_of(two, name="assume_role_policy")
    assert hash_of(one, name="user_data") != hash_of(two, name="user_data")
    assert hash_of([1], name="policy") != hash_of("[1]", name="policy")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ('{"Effect":"Deny","Effect":"Allow"}', '{"Effect":"Allow"}'),
        ('{"Effect":"Deny","Effect":"Allow"}', '{ "Effect":"Deny","Effect":"Allow"}'),
        ('{"a":NaN}', '{ "a":NaN}'),
        ('{"a":"\\ud800"}', '{ "a":"\\ud800"}'),
        ('{"a":1}x', '{ "a":1}x'),
        ('{"a":1}', '{"a":"1"}'),
        ('{"a":1}', '{"a":true}'),
        ('{"a":[1,2]}', '{"a":[2,1]}'),
        ('{"a":0.1}', '{"a":0.1000000000000000055}'),
    ],
)
def test_json_that_two_readers_may_read_in_two_ways_is_taken_as_it_is(one: str, two: str) -> None:
    assert hash_of(one, name="policy") != hash_of(two, name="policy")


def test_what_is_no_plan_is_invalid() -> None:
    for text in (b"", b"[]", b'{"resource_changes": 1}', b"\xff", b'{"a":' * 100_000):
        with pytest.raises(Invalid, match="cannot be read"):
            effect.digest(text)


MADE = """
resource "terraform_data" "a" {
  input = {
    at   = plantimestamp(), said = "made ${plantimestamp()} by us", hash = bcrypt("horse"),
    id   = uuid(), now = timestamp(), tags = toset(["b", "a"]), size = 1.0,
    json = jsonencode({ b = 1, a = plantimestamp() })
  }
}
output "at" { value = plantimestamp() }
"""


def test_terraform_itself_plans_the_same_twice(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MADE)
    terraform(tmp_path, "init")
    texts = []
    for _ in range(2):
        terraform(tmp_path, "plan", "-out=plan")
        texts.append(terraform(tmp_path, "show", "-json", "plan"))
    one, two = map(json.loads, texts)
    texts[1] = texts[1].replace(two["timestamp"].encode(), LATER.encode())
    assert texts[0].replace(one["timestamp"].encode(), LATER.encode()) == texts[1]
    assert one["timestamp"] != LATER
    assert effect.digest(texts[0], "x") == effect.digest(texts[1], "x")
    (tmp_path / "main.tf").write_text(MADE.replace("by us", "by them"))
    terraform(tmp_path, "plan", "-out=plan")
    assert effect.digest(terraform(tmp_path, "show", "-json", "plan"), "x") != effect.digest(
        texts[0], "x"
    )
