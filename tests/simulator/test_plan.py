"""The rules of planning, on plain values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.simulator import change, cty, plan
from dihedral.simulator.cty import UNKNOWN, unsure
from dihedral.simulator.facts import Facts
from dihedral.simulator.fill import filled
from dihedral.simulator.plan import Kind
from dihedral.simulator.schema import Attribute, Block, BlockType
from dihedral.simulator.seed import Maker, Seed

RULE = Block(
    {"port": Attribute("number", required=True), "key": Attribute("string", computed=True)}
)
BLOCK = Block(
    {
        "id": Attribute("string", optional=True, computed=True),
        "arn": Attribute("string", computed=True),
        "name": Attribute("string", required=True),
        "size": Attribute("number", optional=True),
        "secret": Attribute("string", optional=True, write_only=True),
        "tags": Attribute(["map", "string"], optional=True),
    },
    {
        "rule": BlockType("set", RULE),
        "disk": BlockType("list", Block({"kind": Attribute("string", optional=True)}), max_items=1),
    },
)
FACTS = Facts(
    style=0,
    force_new=["name", "disk.kind"],
    defaults={"size": "3", "disk.kind": "ssd"},
    computed_blocks=["disk"],
)
LEGACY = Kind("cloud_thing", BLOCK, FACTS)
MODERN = Kind("cloud_thing", BLOCK, Facts(style=1, force_new=["name"], stable=["id"]))
NOTHING = {"name": "a", "rule": [], "disk": []}


def made(kind: Kind, planned: dict[str, Any]) -> dict[str, Any]:
    return filled(kind, planned, Maker(Seed(b"seed"), kind.name, "here-1", "1" * 12), {})


def test_what_nobody_wrote_is_unknown_default_or_null() -> None:
    planned = plan.created(LEGACY, {**NOTHING, "secret": "hush"})
    assert planned == {
        "id": UNKNOWN,
        "arn": UNKNOWN,
        "name": "a",
        "size": 3,  # made to fit the attribute's type
        "secret": None,
        "tags": None,
        "rule": [],
        "disk": UNKNOWN,
    }
    assert plan.created(MODERN, NOTHING)["disk"] == []


def test_an_older_sdk_is_known_by_its_id() -> None:
    assert Kind("x", BLOCK).legacy
    assert not Kind("x", Block({"id": Attribute("string", computed=True)})).legacy
    assert not MODERN.legacy


CONFIGS = st.fixed_dictionaries(
    {
        "name": st.text(),
        "size": st.none() | st.integers(0, 9),
        "tags": st.none() | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
        "secret": st.none() | st.text(),
        "rule": st.lists(
            st.fixed_dictionaries({"port": st.integers(0, 99), "key": st.none()}),
            max_size=4,
            unique_by=lambda rule: rule["port"],
        ),
        "disk": st.lists(
            st.fixed_dictionaries({"kind": st.none() | st.sampled_from(["ssd", "hdd"])}), max_size=1
        ),
    }
)


@pytest.mark.parametrize("kind", [LEGACY, MODERN])
@given(config=CONFIGS, chance=st.randoms())
def test_what_was_made_is_whole_and_plans_empty(kind: Kind, config: Any, chance: Any) -> None:
    thing = made(kind, plan.created(kind, config))
    assert not unsure(thing)
    again = dict(config)
    chance.shuffle(again["rule"])
    merged = {n: config.get(n) if config.get(n) is not None else thing[n] for n in thing}
    merged |= {"rule": again["rule"], "tags": config["tags"], "size": config["size"]}
    planned = plan.updated(kind, thing, merged, again)
    assert change.changed(kind, thing, planned) == []


@given(CONFIGS)
def test_what_was_written_stands(config: Any) -> None:
    planned = plan.created(LEGACY, config)
    for name in ("name", "size", "tags"):
        assert config[name] is None or planned[name] == config[name]


def test_a_new_element_of_a_set_is_told_from_those_that_stay() -> None:
    prior = {**made(LEGACY, plan.created(LEGACY, NOTHING)), "rule": [{"port": 1, "key": "k1"}]}
    wanted = [{"port": 2, "key": None}, {"port": 1, "key": None}]
    planned = plan.updated(LEGACY, prior, {**prior, "rule": wanted}, {**NOTHING, "rule": wanted})
    assert planned["rule"] == [{"port": 2, "key": UNKNOWN}, {"port": 1, "key": "k1"}]
    assert change.changed(LEGACY, prior, planned) == ["rule"]


@pytest.mark.parametrize(
    ("changes", "replaced"),
    [
        ({"name": "b"}, ["name"]),
        ({"size": 9}, []),
        ({"disk": [{"kind": "hdd"}]}, ["disk"]),
        ({"disk": []}, ["disk"]),
        ({"tags": {"a": "b"}}, []),
        ({"id": "other"}, []),
    ],
)
def test_some_changes_force_a_new_thing(changes: Any, replaced: list[str]) -> None:
    prior = made(LEGACY, plan.created(LEGACY, {**NOTHING, "disk": [{"kind": "ssd"}]}))
    planned = {**prior, **changes}
    names = change.changed(LEGACY, prior, planned)
    assert change.replaced(LEGACY, prior, planned, names) == replaced


def test_a_framework_type_computes_again_what_is_not_stable() -> None:
    thing = made(MODERN, plan.created(MODERN, NOTHING))
    after = change.restless(MODERN, {**thing, "size": 9}, {**NOTHING, "size": 9}, frozenset())
    assert after["arn"] == UNKNOWN and after["id"] == thing["id"]


def test_a_value_could_be_another_only_where_it_is_unknown() -> None:
    assert cty.could_be({"a": UNKNOWN, "b": [1]}, {"a": 5, "b": [1]})
    assert not cty.could_be({"a": UNKNOWN, "b": [1]}, {"a": 5, "b": [2]})
    assert not cty.could_be([UNKNOWN], [])
