"""The monthly difference, and what has no price."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.cost import Cost
from dihedral.domain.errors import Invalid
from dihedral.domain.money import Money
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import cost, pricebook
from dihedral.ops.rules.limits import Limits
from dihedral.ops.work import prices
from tests.ops import plans
from tests.ops.plans import change

BOOK = prices.load()
SMALL = b"""
region = "here"
elsewhere = [0.5, 1, 2]
apart = ["far-"]
[[free]]
why = "it is only a word"
types = ["free_*", "aws_vpc"]
[sources]
all = { what = "made up for tests", dated = "2030-01-01" }
guess = { what = "made up for tests" }
[[rates]]
of = ""
source = "all"
each = { "size.big" = 1.0, disk = 0.5, gb = 2, tiers = [[10, 1], [0, 0.5]] }
[[rates]]
of = "size"
source = "guess"
each = { vast = 3.0 }
[types.machine_x]
defaults = { disk = [{}], "disk.gb" = 10, zones = 1 }
[[types.machine_x.parts]]
what = "disk"
rate = "disk"
times = ["gb"]
within = "disk"
[[types.machine_x.parts]]
what = "hours"
rate = "size.{size}"
hours = true
times = ["zones"]
base = true
when = { kind = ["a"] }
[types.store_y]
parts = [{ what = "GB", rate = "gb", usage = ["storage_gb"], guess = [0, 1, 10] }]
[types.queue_w]
hours = "monthly_hrs"
also = ["told"]
parts = [
  { what = "thousand", rate = "tiers", usage = ["deep.requests"], per = 1000, guess = [0, 0, 0] },
  { what = "on", rate = "disk", hours = true },
]
"""
TINY = pricebook.parse_book(SMALL)
X: dict[str, Any] = {"kind": "a", "size": "big"}


def estimate(*changes: dict[str, Any], region: str = "here", **rest: Any) -> Cost:
    return cost.estimate(plans.read(*changes, **rest), TINY, region)


def likely(found: Cost) -> Decimal | None:
    return found.likely.amount if found.likely else None


TABLE = [
    (change("machine_x.a", "create", after=X), 735),
    (change("machine_x.a", "delete", before=X), -735),
    (change("machine_x.a", "update", before=X, after={**X, "zones": 2}), 730),
    (change("machine_x.a", "delete", "create", before=X, after=X), 0),
    (change("machine_x.a", "create", after={**X, "disk": [{"gb": 4}, {"gb": 6}]}), 735),
    (change("machine_x.a", "no-op", before=X, after=X), 0),
    (change("machine_x.a", "forget", before=X), 0),
    (change("data.machine_x.a", "read", after=X), 0),
    (change("queue_w.a", "create", after={}), 365),
    (change("free_thing.a", "create", after={}), 0),
    (change("aws_vpc.a", "create", after={}), 0),
    (change("store_y.a", "create", after={}), 2),
]


@pytest.mark.parametrize(("written", "amount"), TABLE)
def test_the_difference_is_after_minus_before(written: dict[str, Any], amount: int) -> None:
    found = estimate(written)
    assert (likely(found), found.unpriced) == (Decimal(amount), ())


UNPRICED = [
    (change("other_z.a", "create", after={}), "does not know this type"),
    (change("machine_x.a", "create", after={**X, "kind": "b"}), "no price for this variant"),
    (change("machine_x.a", "create", after={**X, "size": "odd"}), "no price for size.odd"),
    (change("machine_x.a", "create", after={"kind": "a"}), "size is not set"),
    (
        change("machine_x.a", "create", after={"kind": "a"}, after_unknown={"size": True}),
        "size is known only after apply",
    ),
    (change("machine_x.a", "create", after={**X, "region": "far-1"}), "no prices for far-1"),
    (change("machine_x.a", "create", after={**X, "zones": "many"}), "no number"),
]


@pytest.mark.parametrize(("written", "why"), UNPRICED)
def test_what_has_no_price_is_listed_and_asks(written: dict[str, Any], why: str) -> None:
    found = estimate(written)
    assert found.likely is None
    assert why in found.unpriced[0].why
    verdict = cost.judge(found, Limits())
    assert verdict.ruling is Ruling.ASK
    assert written["address"] in verdict.reason
    assert cost.line(found) == "not known (1 not priced)"


def test_usage_and_other_regions_are_spans_and_say_what_they_assume() -> None:
    found = estimate(change("store_y.a", "create", after={"region": "there"}))
    assert [m.amount if m else None for m in (found.low, found.likely, found.high)] == [0, 2, 40]
    assert set(found.priced[0].assumes) == {
        "price not verified for there: that of here; there may cost 50 % less to 100 % more",
        "GB: 1 a month (0 to 10)",
    }
    assert cost.line(found) == "~+2.00 USD/month (+0.00 to +40.00)"


def test_an_increase_over_the_limit_asks() -> None:
    found = estimate(change("machine_x.a", "create", after=X))
    assert cost.judge(found, Limits(increase=Money(Decimal(735)))).ruling is Ruling.ALLOW
    over = cost.judge(found, Limits(increase=Money(Decimal(734))))
    assert over.ruling is Ruling.ASK
    assert "734.00 USD is the limit" in over.reason


def test_a_decrease_is_allowed_and_said() -> None:
    found = cost.judge(estimate(change("machine_x.a", "delete", before=X)), Limits())
    assert (found.ruling, found.reason) == (Ruling.ALLOW, "-735.00 USD/month")


SIZES = st.fixed_dictionaries(
    {"kind": st.just("a"), "size": st.just("big"), "zones": st.integers(0, 9)}
)


@settings(deadline=None)
@given(SIZES, SIZES, st.sampled_from(["here", "there"]))
def test_what_is_made_and_unmade_costs_nothing_in_sum(one: Any, two: Any, region: str) -> None:
    there = likely(estimate(change("machine_x.a", "update", before=one, after=two), region=region))
    back = likely(estimate(change("machine_x.a", "update", before=two, after=one), region=region))
    assert there is not None and back is not None
    assert there + back == 0


@settings(deadline=None)
@given(st.lists(st.sampled_from([w for w, _ in [*TABLE, *UNPRICED]]), max_size=6))
def test_a_span_is_in_order_and_nothing_is_dropped(written: list[dict[str, Any]]) -> None:
    found = estimate(*written)
    if found.low and found.likely and found.high:
        assert found.low.amount <= found.likely.amount <= found.high.amount
    else:
        assert found.unpriced and not found.priced
    hidden = sum(w in [u for u, _ in UNPRICED] for w in written)
    assert len(found.unpriced) == hidden


# the built-in book: facts that anybody can look up
KNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("aws_instance", {"instance_type": "t3.micro"}, "8.39"),
    ("aws_ebs_volume", {"type": "gp3", "size": 100}, "8.00"),
    ("aws_db_instance", {"instance_class": "db.t3.large", "engine": "mysql"}, "101.58"),
    (
        "aws_db_instance",
        {"instance_class": "db.t4g.micro", "engine": "postgres", "multi_az": True},
        "27.96",
    ),
    ("aws_nat_gateway", {}, "37.35"),
    ("aws_eks_cluster", {}, "73.00"),
    (
        "aws_eks_node_group",
        {"instance_types": ["m5.large"], "scaling_config": [{"desired_size": 3}]},
        "216.24",
    ),
    ("aws_elasticache_cluster", {"node_type": "cache.t3.micro", "engine": "redis"}, "12.41"),
    ("aws_kms_key", {}, "1.06"),
    ("aws_vpc_endpoint", {"vpc_endpoint_type": "Gateway"}, "0.00"),
    ("aws_vpc_endpoint", {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]}, "15.10"),
    ("aws_secretsmanager_secret", {}, "0.45"),
    ("aws_cloudwatch_metric_alarm", {}, "0.10"),
]


@pytest.mark.parametrize(("kind", "after", "amount"), KNOWN)
def test_the_book_prices_common_types(kind: str, after: dict[str, Any], amount: str) -> None:
    found = cost.estimate(plans.read(change(f"{kind}.a", "create", after=after)), BOOK, "us-east-1")
    assert found.unpriced == ()
    assert found.likely is not None
    assert f"{found.likely.amount:.2f}" == amount


def test_the_book_says_its_date_and_sources() -> None:
    assert BOOK.dated == min(s.dated for s in BOOK.sources.values() if s.dated)
    priced = [kind for kind in BOOK.types.values() if kind.parts]
    assert len(priced) >= 140
    assert not [kind for kind in BOOK.types if pricebook.is_free(kind, BOOK)]


def test_engines_without_a_price_are_not_guessed() -> None:
    oracle = {"instance_class": "db.t3.large", "engine": "db2-se"}
    found = cost.estimate(
        plans.read(change("aws_db_instance.a", "create", after=oracle)), BOOK, "us-east-1"
    )
    assert found.likely is None


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"[", SMALL.replace(b"dated", b"date"), SMALL + b"q=1"]
)
def test_a_broken_book_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid, match="price book"):
        pricebook.parse_book(text)
