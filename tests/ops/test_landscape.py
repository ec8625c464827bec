"""What exists and what depends on what: the part of it that a picture has room for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.errors import Invalid
from dihedral.ops.rules import landscape, state
from dihedral.ops.rules.landscape import Land, Within
from dihedral.ops.rules.state import Held


def one(address: str, *needs: str) -> Held:
    module, kind, name = address.rpartition(".")[0].rpartition(".")[0], *address.split(".")[-2:]
    return Held(
        address=address,
        module=module,
        type=kind,
        name=name.partition("[")[0],
        provider="",
        needs=needs,
    )


def shop() -> Land:
    """As Terraform writes it: each names all that it needs, however far."""
    return landscape.of(
        [
            one("aws_vpc.main"),
            one("aws_subnet.a[0]", "aws_vpc.main"),
            one("aws_subnet.a[1]", "aws_vpc.main"),
            one("aws_lb.front", "aws_subnet.a", "aws_vpc.main", "data.aws_ami.x"),
            one("aws_route53_record.www", "aws_lb.front", "aws_subnet.a", "aws_vpc.main"),
            one("aws_sqs_queue.q", "aws_sqs_queue.gone"),
        ]
    )


def many(count: int) -> Land:
    return landscape.of(
        [
            one(f"module.m{n % 3}.aws_instance.i{n}", f"module.m{n % 3}.aws_vpc.v")
            for n in range(count)
        ]
        + [one(f"module.m{n}.aws_vpc.v") for n in range(3)]
    )


def test_what_follows_from_other_needs_is_not_drawn() -> None:
    land = shop()
    assert land.needs == {
        "aws_subnet.a": ("aws_vpc.main",),
        "aws_lb.front": ("aws_subnet.a",),
        "aws_route53_record.www": ("aws_lb.front",),
    }
    assert land.parts["aws_subnet.a"].count == 2


@given(
    st.lists(st.sets(st.integers(0, 14)), min_size=1, max_size=15).map(
        lambda rows: [{n for n in needs if n < at} for at, needs in enumerate(rows)]
    )
)
def test_who_reaches_whom_is_the_same_by_straight_needs_alone(rows: list[set[int]]) -> None:
    far: list[set[int]] = []
    for needs in rows:
        far.append(needs | {x for n in needs for x in far[n]})
    land = landscape.of(
        [one(f"a.n{at}", *(f"a.n{n}" for n in all_)) for at, all_ in enumerate(far)]
    )
    reached: list[set[int]] = []
    for at in range(len(far)):
        straight = {int(x[3:]) for x in land.needs.get(f"a.n{at}", ())}
        reached.append(straight | {x for n in straight for x in reached[n]})
    assert reached == far


def test_a_ring_which_no_terraform_writes_is_drawn_and_ends() -> None:
    land = landscape.of([one("a.x", "a.y", "a.z"), one("a.y", "a.x", "a.z"), one("a.z", "a.x")])
    assert len(landscape.whole(land, Within()).boxes) == 3
    assert len(landscape.around(land, "a.y", 6).boxes) == 3


def test_few_are_shown_each_and_stand_right_of_what_they_need() -> None:
    view = landscape.whole(shop(), Within())
    assert (view.parts, view.fold, view.left) == (5, "", 0)
    steps = {box.id: box.step for box in view.boxes}
    assert steps["aws_vpc.main"] < steps["aws_subnet.a"] < steps["aws_lb.front"]


def test_a_centre_shows_what_is_near_it_on_both_sides() -> None:
    near = landscape.around(shop(), "aws_subnet.a", 1)
    assert {(box.id, box.far) for box in near.boxes} == {
        ("aws_vpc.main", -1),
        ("aws_subnet.a", 0),
        ("aws_lb.front", 1),
    }
    assert len(landscape.around(shop(), "aws_subnet.a", 2).boxes) == 4


def test_many_are_folded_by_module_and_type_and_a_fold_opens() -> None:
    view = landscape.whole(many(300), Within())
    assert (view.fold, view.left, view.parts) == ("type", 0, 303)
    assert {(box.module, box.type, box.folded) for box in view.boxes} == {
        *((f"module.m{n}", "aws_instance", 100) for n in range(3)),
        *((f"module.m{n}", "aws_vpc", 0) for n in range(3)),  # it is alone in its fold
    }
    opened = landscape.whole(many(60), Within("module.m1", "aws_instance"))
    assert (opened.fold, len(opened.boxes)) == ("", 20)


def test_a_centre_that_everything_needs_is_never_folded_itself() -> None:
    view = landscape.around(many(300), "module.m0.aws_vpc.v", 2)
    assert {(box.id == "module.m0.aws_vpc.v", box.far, box.folded) for box in view.boxes} == {
        (True, 0, 0),
        (False, 1, 100),
    }


@pytest.mark.parametrize("modules", [1, 5, 500])
def test_ten_thousand_of_one_kind_never_take_more_room_than_there_is(modules: int) -> None:
    held = [one(f"module.m{n % modules}.aws_s3_bucket.b{n}") for n in range(10_000)]
    for view in (
        landscape.whole(landscape.of(held), Within()),
        landscape.whole(landscape.of(held), Within(type="aws_s3_bucket")),
        landscape.whole(landscape.of(held), Within("module.m0", "aws_s3_bucket")),
    ):
        shown = sum(box.folded or 1 for box in view.boxes)
        assert len(view.boxes) <= landscape.MOST
        assert view.left or shown == view.parts
        assert len(view.boxes) > 1


def test_the_search_means_an_address_before_what_holds_it() -> None:
    land = landscape.of([one("a.web"), one("a.web_two"), one("a.web_three")])
    assert landscape.find(land, "a.web", 9) == ["a.web"]
    assert landscape.find(land, "a.web[3]", 9) == ["a.web"]
    assert landscape.find(land, "WEB_T", 9) == ["a.web_two", "a.web_three"]
    assert landscape.find(land, "nothing", 9) == []


def test_a_state_is_read_without_its_attributes() -> None:
    instance = {"index_key": "a", "attributes": {"x": 1}, "dependencies": ["aws_vpc.main"]}
    held = {"module": 'module.net["eu"]', "mode": "managed", "type": "aws_subnet", "name": "s"}
    file = {
        "version": 4,
        "serial": 3,
        "lineage": "l",
        "resources": [{**held, "instances": [instance]}],
    }
    (found,) = state.decode(json.dumps(file).encode()).held
    assert found.address == 'module.net["eu"].aws_subnet.s["a"]'
    assert (found.module, found.needs, found.tainted) == (
        'module.net["eu"]',
        ("aws_vpc.main",),
        False,
    )
    (part,) = landscape.of([found]).parts.values()
    assert (part.id, part.module) == ("module.net.aws_subnet.s", "module.net")


@pytest.mark.parametrize(
    "file",
    [[], {}, {"version": 3}, {"version": 4}, {"version": 4, "serial": "x", "lineage": "l"}],
)
def test_what_is_no_state_is_refused(file: Any) -> None:
    with pytest.raises(Invalid):
        state.decode(json.dumps(file).encode())
