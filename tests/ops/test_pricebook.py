"""What a price book says of itself: where its prices are from, and which nobody has checked."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dihedral.domain.cost import Cost
from dihedral.domain.errors import Invalid
from dihedral.ops.rules import cost, numbers, pricebook, pricenames
from dihedral.ops.rules.limits import Limits
from dihedral.ops.work import prices
from tests.ops import plans
from tests.ops.plans import change

BOOK = prices.load()
SMALL = b"""
region = "here"
elsewhere = [0.5, 1, 2]
[sources]
all = { what = "made up for tests", dated = "2030-01-01" }
size = { what = "made up for tests" }
[[rates]]
of = ""
source = "all"
each = { "size.big" = 1, one = 1, two = 2 }
[[rates]]
of = ""
source = "size"
each = { "size.vast" = 3, support = 10 }
[types.machine_x]
notes = ["on-demand"]
defaults = { version = "", gb = 0, nodes = 1 }
refuse = [{ why = "not on Mondays", when = { day = ["monday"] } }]
parts = [
  { what = "hours", rate = "size.{size}", times = ["nodes"], given = { shards = false } },
  { what = "shards", rate = "size.{size}", times = ["shards"], given = { shards = true } },
  { what = "support", rate = "support", when = { version = ["5.7*"] } },
  { what = "little", rate = "one", times = ["gb"], under = { gb = 400 } },
  { what = "much", rate = "two", times = ["gb"], above = 100, least = { gb = 400 } },
]
"""
TINY = pricebook.parse_book(SMALL)


def estimate(kind: str, after: dict[str, Any], region: str = "us-east-1", **rest: Any) -> Cost:
    made = change(f"{kind}.a", "create", after=after, **rest)
    return cost.estimate(plans.read(made), BOOK, region)


def tiny(after: dict[str, Any], **rest: Any) -> Cost:
    made = change("machine_x.a", "create", after=after, **rest)
    return cost.estimate(plans.read(made), TINY, "here")


@pytest.mark.parametrize(
    ("after", "amount"),
    [
        ({"size": "big"}, 1),
        ({"size": "big", "nodes": 3}, 3),
        ({"size": "big", "nodes": 3, "shards": 5}, 5),
        ({"size": "big", "version": "5.7.44"}, 11),
        ({"size": "big", "version": "8.0"}, 1),
        ({"size": "big", "gb": 399}, 400),
        ({"size": "big", "gb": 400}, 601),
    ],
)
def test_a_part_counts_by_its_conditions(after: dict[str, Any], amount: int) -> None:
    found = tiny(after)
    assert found.likely is not None
    assert found.likely.amount == amount


def test_an_attribute_known_only_after_apply_is_not_given() -> None:
    found = tiny({"size": "big"}, after_unknown={"shards": True})
    assert found.likely is not None
    assert found.likely.amount == 1


def test_a_price_that_nobody_checked_says_so() -> None:
    sure, size, part = (
        tiny({"size": "big"}),
        tiny({"size": "vast"}),
        tiny({"size": "big", "version": "5.7"}),
    )
    assert sure.priced[0].assumes == ("on-demand",)
    assert size.priced[0].assumes == ("on-demand", "price not verified: hours vast")
    assert part.priced[0].assumes == ("on-demand", "price not verified: support")
    lines = [cost.line(found) for found in (sure, size, part)]
    assert lines == ["+1.00 USD/month", "~+3.00 USD/month", "~+11.00 USD/month"]


def test_a_price_that_was_checked_wins_over_one_that_was_not() -> None:
    both = pricebook.parse_book(
        SMALL.replace(b'"size.vast" = 3', b'"size.vast" = 3, "size.big" = 9')
    )
    made = change("machine_x.a", "create", after={"size": "big"})
    assert cost.line(cost.estimate(plans.read(made), both, "here")) == "+1.00 USD/month"


@pytest.mark.parametrize("gone", [b"all = {", b"size = {"])
def test_a_book_without_a_source_for_a_price_is_refused(gone: bytes) -> None:
    with pytest.raises(Invalid, match="no source"):
        pricebook.parse_book(SMALL.replace(gone, b"other = {"))


@pytest.mark.parametrize("price", [b"-1", b"[]", b"[[1, 2]]", b"[[1, 2], [0, -1]]"])
def test_a_price_that_is_none_is_refused(price: bytes) -> None:
    with pytest.raises(Invalid, match="no price"):
        pricebook.parse_book(SMALL.replace(b"support = 10", b"support = " + price))


def test_a_variant_may_be_refused_with_a_reason() -> None:
    found = tiny({"size": "big", "day": "monday"})
    assert [u.why for u in found.unpriced] == ["not on Mondays"]


def test_every_name_of_the_built_in_book_means_something() -> None:
    """A usage key below a block's scope would be read as an attribute, and never found."""
    for kind in BOOK.types.values():
        assert not {"usage", ""} & set(kind.reads)
        for part in kind.parts:
            joins = {n[1:].partition(".")[0] for n in part.times if n.startswith("@")}
            assert joins <= set(kind.joins)


def test_old_prices_are_flagged_and_change_nothing() -> None:
    found = estimate("aws_kms_key", {})
    day = date.fromisoformat(found.dated)
    assert cost.flag(found, day + timedelta(30), timedelta(30)) == found
    old = cost.flag(found, day + timedelta(31), timedelta(30))
    assert old.flagged.startswith(f"prices from {found.dated} are older than 30 days")
    said = cost.judge(old, Limits())
    assert said.ruling is cost.judge(found, Limits()).ruling
    assert old.flagged in [f.message for f in said.findings]


def test_every_price_of_the_built_in_book_is_found_by_some_part() -> None:
    for name, kind in BOOK.types.items():
        for part in kind.parts:
            start = pricenames.holes(part.rate)[0]
            held = (rate for rates in BOOK.rates.values() for rate in rates)
            assert any(r == start if "{" not in part.rate else r.startswith(start) for r in held), (
                name,
                part.rate,
            )


VERIFIED: list[tuple[str, dict[str, Any], str]] = [
    ("aws_instance", {"instance_type": "m5.large"}, "70.88"),
    ("aws_instance", {"instance_type": "t3.micro", "associate_public_ip_address": True}, "12.04"),
    ("aws_db_instance", {"engine": "mysql", "instance_class": "db.t3.large"}, "101.58"),
    (
        "aws_db_instance",
        {"engine": "postgres", "instance_class": "db.t3.large", "engine_version": "11.22"},
        "254.15",
    ),
    (
        "aws_db_instance",
        {
            "engine": "mysql",
            "instance_class": "db.t4g.small",
            "storage_type": "gp3",
            "allocated_storage": 400,
            "iops": 14000,
            "multi_az": True,
        },
        "219.45",
    ),
    (
        "aws_rds_cluster_instance",
        {"engine": "aurora-mysql", "instance_class": "db.t3.large"},
        "119.72",
    ),
    (
        "aws_elasticache_replication_group",
        {"node_type": "cache.m4.large", "num_node_groups": 4, "replicas_per_node_group": 3},
        "1822.08",
    ),
    (
        "aws_elasticache_replication_group",
        {"node_type": "cache.r5.4xlarge", "num_cache_clusters": 3, "num_node_groups": 1},
        "3775.56",
    ),
    (
        "aws_elasticache_replication_group",
        {"node_type": "cache.m4.large", "num_node_groups": 1, "replicas_per_node_group": 1},
        "227.76",
    ),
    ("aws_eks_cluster", {"version": "1.28"}, "438.00"),
    ("aws_eks_cluster", {"version": "1.33"}, "73.00"),
    ("aws_redshift_cluster", {"node_type": "dc2.large", "number_of_nodes": 4}, "730.00"),
    ("aws_ebs_volume", {"type": "io2", "size": 30, "iops": 300}, "23.25"),
    ("aws_cloudwatch_metric_alarm", {"period": 10}, "0.30"),
    ("aws_route53_health_check", {"type": "HTTPS", "measure_latency": True}, "2.50"),
    ("aws_globalaccelerator_accelerator", {}, "18.25"),
]


@pytest.mark.parametrize(("kind", "after", "amount"), VERIFIED)
def test_a_checked_price_is_told_without_reserve(
    kind: str, after: dict[str, Any], amount: str
) -> None:
    found = estimate(kind, after)
    assert found.likely is not None
    assert f"{found.likely.amount:.2f}" == amount
    assert not cost.line(found).startswith("~")


UNVERIFIED: list[tuple[str, dict[str, Any]]] = [
    ("aws_db_instance", {"engine": "postgres", "instance_class": "db.t4g.micro"}),
    ("aws_elasticache_cluster", {"engine": "redis", "node_type": "cache.t3.micro"}),
    ("aws_sqs_queue", {}),
    ("aws_prometheus_workspace", {}),
]


@pytest.mark.parametrize(("kind", "after"), UNVERIFIED)
def test_an_unchecked_price_is_told_with_reserve(kind: str, after: dict[str, Any]) -> None:
    found = estimate(kind, after)
    assert any(said.startswith("price not verified") for said in found.priced[0].assumes)
    assert cost.line(found).startswith("~")


NO_PRICE: list[tuple[str, dict[str, Any]]] = [
    ("aws_instance", {"instance_type": "m5.large", "tenancy": "dedicated"}),
    (
        "aws_instance",
        {"instance_type": "m5.large", "instance_market_options": [{"market_type": "spot"}]},
    ),
    (
        "aws_eks_node_group",
        {
            "instance_types": ["m5.large"],
            "capacity_type": "SPOT",
            "scaling_config": [{"desired_size": 1}],
        },
    ),
    (
        "aws_eks_node_group",
        {"launch_template": [{}], "scaling_config": [{"desired_size": 1}]},
    ),
    ("aws_docdb_cluster", {"storage_type": "iopt1"}),
    ("aws_rds_cluster", {"engine": "aurora-mysql", "engine_mode": "global"}),
    ("aws_dynamodb_table", {"billing_mode": "PAY_PER_REQUEST", "replica": [{}]}),
    ("aws_spot_instance_request", {"instance_type": "m5.large"}),
    ("aws_rds_cluster", {"engine": "postgres", "db_cluster_instance_class": "db.m5d.large"}),
]


@pytest.mark.parametrize(("kind", "after"), NO_PRICE)
def test_a_variant_that_costs_otherwise_has_no_price(kind: str, after: dict[str, Any]) -> None:
    found = estimate(kind, after)
    assert (found.likely, len(found.unpriced)) == (None, 1)


MACHINES: list[tuple[str, dict[str, Any]]] = [
    ("aws_instance", {"instance_type": "m5.large"}),
    (
        "aws_eks_node_group",
        {"instance_types": ["m5.large"], "scaling_config": [{"desired_size": 1}]},
    ),
]


@pytest.mark.parametrize(("kind", "after"), MACHINES)
def test_a_machine_says_what_kind_of_price_it_has(kind: str, after: dict[str, Any]) -> None:
    assert "shared tenancy, on-demand" in estimate(kind, after).priced[0].assumes


def test_what_goes_away_says_its_assumptions_too() -> None:
    gone = change("machine_x.a", "delete", before={"size": "vast"})
    found = cost.estimate(plans.read(gone), TINY, "here")
    assert cost.line(found) == "~-3.00 USD/month"


def test_what_is_shown_of_a_run_has_the_date_of_the_book() -> None:
    shown = numbers.show_cost(estimate("aws_instance", {"instance_type": "m5.large"}))
    assert shown["dated"] == "2024-07-01"  # of the disk's price, the oldest in it


def test_another_region_is_not_scaled_but_widened_and_said() -> None:
    after = {"instance_type": "m5.large"}
    here, there = estimate("aws_instance", after), estimate("aws_instance", after, "eu-central-1")
    assert here.likely == there.likely
    assert here.low and here.likely and there.low and there.high
    assert there.low.amount < here.likely.amount < there.high.amount
    assert there.high.amount == here.likely.amount * Decimal("1.7")
    assert (
        "price not verified for eu-central-1: that of us-east-1;"
        " eu-central-1 may cost 10 % less to 70 % more"
    ) in there.priced[0].assumes


@pytest.mark.parametrize("region", ["cn-north-1", "us-iso-east-1"])
def test_regions_apart_have_no_price(region: str) -> None:
    found = estimate("aws_instance", {"instance_type": "m5.large"}, region)
    assert found.likely is None
    assert region in found.unpriced[0].why
