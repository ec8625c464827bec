"""Routing: who is asked, who is not, and why."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.actor import HOME
from dihedral.domain.errors import Invalid, Upstream
from dihedral.domain.ids import EndpointId
from dihedral.domain.model import (
    Ability,
    DataClass,
    Endpoint,
    Hosting,
    Needs,
    Preference,
    Price,
    Wire,
)
from dihedral.model.rules import estimate, route
from dihedral.model.rules.estimate import Size
from dihedral.model.rules.route import Load, Placement, Vigour

SIZE = Size(most=4000, likely=1000)
TOOLS = frozenset({Ability.TOOLS})


def price(input: str = "3", output: str = "15", **more: Any) -> Price:
    return Price(input=Decimal(input), output=Decimal(output), as_of=date(2026, 9, 1), **more)


def endpoint(name: str = "one", **fields: Any) -> Endpoint:
    plain: dict[str, Any] = {
        "id": EndpointId(f"ep-{name}"),
        "organization": HOME,
        "model": "large",
        "hosting": Hosting.API,
        "wire": Wire.OPENAI,
        "upstream": name,
        "price": price(),
    }
    return Endpoint(**plain | fields)


def placed(
    *endpoints: Endpoint, vigour: Mapping[str, Vigour] | None = None, **needs: Any
) -> Placement:
    load = Load(size=SIZE, most=needs.pop("most", None), abilities=needs.pop("takes", frozenset()))
    known = {EndpointId(f"ep-{name}"): one for name, one in (vigour or {}).items()}
    return route.place(endpoints, known, Needs(model="large", **needs), load)


def names(placement: Placement) -> list[str]:
    return [one.endpoint.upstream for one in placement.taken]


@pytest.mark.parametrize(
    ("fields", "needs", "why"),
    [
        ({"enabled": False}, {}, "it is switched off"),
        (
            {"data": DataClass.INTERNAL},
            {"data": DataClass.CONFIDENTIAL},
            "it may be given internal data at most, and this is confidential",
        ),
        ({}, {"abilities": TOOLS}, "it is not known to have tools"),
        ({}, {"takes": frozenset({Ability.SCHEMA})}, "it is not known to have schema"),
        ({"context": 1100}, {}, "its context has 1,100 tokens, and this call about 1,000"),
        ({}, {"min_score": 0.5}, "nobody measured its score, and it must be 0.5 at least"),
        ({"score": 0.4}, {"min_score": 0.5}, "its score is 0.4, and must be 0.5 at least"),
        ({"price": None}, {"max_cost": Decimal(1)}, "its price is not known"),
        ({}, {"max_cost": Decimal("0.01")}, "it may come to 0.073440 USD"),
        ({"price": price(currency="EUR")}, {"max_cost": Decimal(1)}, "its price is in EUR"),
    ],
)
def test_who_is_refused_and_why(fields: dict[str, Any], needs: dict[str, Any], why: str) -> None:
    placement = placed(endpoint(**fields), **needs)
    assert placement.taken == () and not placement.passing
    assert why in placement.refused[0].why
    assert why in placement.against


def test_what_is_slow_is_refused_and_what_nobody_measured_is_not() -> None:
    seen = {"slow": Vigour(2.5), "fast": Vigour(0.5)}
    every = [endpoint(name) for name in ("slow", "fast", "new")]
    placement = placed(*every, vigour=seen, max_latency=timedelta(seconds=1))
    assert names(placement) == ["fast", "new"]
    assert placement.refused[0].why == "its first token takes 2.5 s, and may take 1 s at most"


def test_one_that_is_left_alone_would_fit_later() -> None:
    placement = placed(endpoint(), vigour={"one": Vigour(resting="it failed 5 times in a row")})
    assert placement.taken == () and placement.passing
    assert isinstance(route.unplaced(placement, "large", ["large"]), Upstream)
    assert isinstance(route.unplaced(placed(), "large", []), Invalid)


@pytest.mark.parametrize(
    ("prefer", "order"),
    [
        (Preference.COST, ["free", "cheap", "dear", "unknown"]),
        (Preference.SPEED, ["dear", "cheap", "free", "unknown"]),
        (Preference.SCORE, ["cheap", "dear", "free", "unknown"]),
    ],
)
def test_the_preferred_one_is_asked_first_and_what_is_unknown_last(
    prefer: Preference, order: list[str]
) -> None:
    every = [
        endpoint("unknown", price=None),
        endpoint("dear", price=price("30", "150"), score=0.7),
        endpoint("cheap", score=0.9),
        endpoint("free", price=price("0", "0"), score=0.2),
    ]
    seen = {"dear": Vigour(0.1), "cheap": Vigour(0.5), "free": Vigour(4.0)}
    placement = placed(*every, vigour=seen, prefer=prefer)
    assert names(placement) == order
    assert "of 4 that fit" in placement.taken[0].why
    assert "price unknown" in placement.taken[-1].why


def test_one_whose_places_are_taken_comes_after_those_that_have_room() -> None:
    every = [endpoint("cheap"), endpoint("dear", price=price("30", "150"))]
    assert names(placed(*every, vigour={"cheap": Vigour(full=True)})) == ["dear", "cheap"]


def test_an_answer_gets_no_more_room_than_there_is() -> None:
    [taken] = placed(endpoint(context=1500, most=4096)).taken
    assert taken.most == 500
    [taken] = placed(endpoint(), most=100).taken
    assert (taken.most, taken.worst) == (100, (4000 * 3 + 100 * 15) / Decimal(1_000_000))


def test_the_worst_is_at_the_dearest_of_its_prices() -> None:
    dear = price("3", "15", cached=Decimal("0.3"), written=Decimal("3.75"), reasoning=Decimal(20))
    assert estimate.worst(dear, 1_000_000, 1_000_000) == Decimal("23.75")
    assert estimate.worst(None, 1, 1) is None


OPTIONAL = st.none() | st.floats(0, 1)
ENDPOINTS = st.builds(
    endpoint,
    st.text("abc", min_size=1, max_size=6),
    price=st.none() | st.builds(price, st.sampled_from("0129"), st.sampled_from("0379")),
    context=st.integers(200, 9000),
    most=st.integers(1, 5000),
    abilities=st.frozensets(st.sampled_from(list(Ability))),
    data=st.sampled_from(list(DataClass)),
    score=OPTIONAL,
    enabled=st.booleans(),
)
NEEDS = st.builds(
    Needs,
    model=st.just("large"),
    prefer=st.sampled_from(list(Preference)),
    max_cost=st.none() | st.decimals(0, "0.1", places=4),
    max_latency=st.none() | st.timedeltas(timedelta(0), timedelta(seconds=3)),
    data=st.sampled_from(list(DataClass)),
    min_score=OPTIONAL,
    abilities=st.frozensets(st.sampled_from(list(Ability)), max_size=2),
)
LOADS = st.builds(
    Load,
    size=st.integers(1, 5000).map(lambda n: Size(4 * n, n)),
    most=st.none() | st.integers(1, 6000),
    abilities=st.frozensets(st.sampled_from(list(Ability)), max_size=1),
)
STATES = st.builds(
    Vigour, st.none() | st.floats(0, 5), st.sampled_from(["", "it rests"]), st.booleans()
)


@given(st.lists(ENDPOINTS, unique_by=lambda e: e.id, max_size=6), NEEDS, LOADS, st.data())
def test_whoever_is_taken_fits_and_nobody_is_lost(
    every: list[Endpoint], needs: Needs, load: Load, data: st.DataObject
) -> None:
    vigour = {e.id: data.draw(STATES) for e in every}
    placement = route.place(every, vigour, needs, load)
    assert sorted(
        [c.endpoint.id for c in placement.taken] + [r.endpoint.id for r in placement.refused]
    ) == sorted(e.id for e in every)
    classes = list(DataClass)
    for choice in placement.taken:
        one, state = choice.endpoint, vigour[choice.endpoint.id]
        assert one.enabled and not state.resting and choice.why
        assert classes.index(needs.data) <= classes.index(one.data)
        assert needs.abilities | load.abilities <= one.abilities
        assert 0 < choice.most <= one.most and load.size.likely + choice.most <= one.context
        assert load.most is None or choice.most <= load.most
        if needs.max_cost is not None:
            assert choice.worst is not None and choice.worst <= needs.max_cost
        if needs.min_score is not None:
            assert one.score is not None and one.score >= needs.min_score
        if needs.max_latency is not None and state.latency is not None:
            assert state.latency <= needs.max_latency.total_seconds()
    assert all(refusal.why for refusal in placement.refused)
    again = route.place(reversed(every), vigour, needs, load)
    assert again.taken == placement.taken
