"""A usage file says how much is used; what of it has no effect is told."""

from decimal import Decimal
from typing import Any

import pytest

from dihedral.domain.cost import Cost
from dihedral.domain.errors import Invalid
from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import cost, usage
from dihedral.ops.rules.limits import Limits
from dihedral.ops.work import prices
from tests.ops import plans
from tests.ops.plans import change

BOOK = prices.load()
LAMBDA = change("aws_lambda_function.f", "create", after={"memory_size": 512})


def estimate(text: str, *changes: dict[str, Any], region: str = "us-east-1") -> Cost:
    said = usage.parse(f"version: 0.1\n{text}".encode())
    return cost.estimate(plans.read(*changes), BOOK, region, said)


def likely(found: Cost) -> Decimal:
    assert found.likely is not None
    return found.likely.amount


def test_usage_takes_the_place_of_a_guess_and_leaves_no_span() -> None:
    text = "resource_usage:\n  aws_lambda_function.f:\n    monthly_requests: 1000000\n"
    found = estimate(text + "    request_duration_ms: 500\n", LAMBDA)
    assert f"{likely(found):.4f}" == "4.3667"  # 0.20 and 250,000 GB-seconds
    assert found.low == found.likely == found.high
    assert found.warnings == ()
    assert not any(c.guessed for c in found.priced[0].components)


def test_what_is_nearer_wins_key_by_key() -> None:
    text = """
resource_type_default_usage:
  aws_nat_gateway: { monthly_data_processed_gb: 1 }
resource_usage:
  aws_nat_gateway.n[*]: { monthly_data_processed_gb: 10 }
  aws_nat_gateway.n["b"]: { monthly_data_processed_gb: 100 }
"""
    names = ["aws_nat_gateway.m", 'aws_nat_gateway.n["a"]', 'aws_nat_gateway.n["b"]']
    found = estimate(text, *(change(name, "create", after={}) for name in names))
    used = [c.after.likely for p in found.priced for c in p.components if c.what != "hours"]
    assert used == [Decimal("0.045"), Decimal("0.45"), Decimal("4.5")]
    assert found.warnings == ()


def test_nested_keys_and_tiers_are_read() -> None:
    text = "resource_usage:\n  aws_s3_bucket.b:\n    standard:\n      storage_gb: 60000\n"
    found = estimate(text, change("aws_s3_bucket.b", "create", after={}))
    storage = next(c for c in found.priced[0].components if c.what == "GB stored")
    assert storage.after.likely == 51200 * Decimal("0.023") + 8800 * Decimal("0.022")


IGNORED = [
    ("aws_lambda_function.g", "monthly_requests: 1", "not in the plan; did you mean"),
    ("aws_lambda_function.f", "monthly_request: 1", "did you mean monthly_requests?"),
    ("aws_lambda_function.f", "standard: { storage_gb: 1 }", "does not use"),
    ("aws_lambda_function.f", "monthly_requests:", "says nothing of monthly_requests"),
    ("aws_lambda_function.f[*]", "monthly_requests: 1", "is not in the plan"),
]


@pytest.mark.parametrize(("address", "said", "told"), IGNORED)
def test_what_has_no_effect_is_told_and_not_passed_over(address: str, said: str, told: str) -> None:
    found = estimate(f"resource_usage:\n  {address}:\n    {said}\n", LAMBDA)
    assert len(found.warnings) == 1
    assert told in found.warnings[0]
    assert told in str(cost.judge(found, Limits()).findings)


def test_half_of_what_a_part_needs_is_told() -> None:
    text = "resource_usage:\n  aws_lambda_function.f: { monthly_requests: 1000000 }\n"
    found = estimate(text, LAMBDA)
    assert "seconds of run time: the usage file lacks request_duration_ms" in (
        found.priced[0].assumes
    )


@pytest.mark.parametrize("said", ["many", "-1", ".nan", "[1, 2]", "true"])
def test_an_amount_that_is_none_has_no_price(said: str) -> None:
    text = f"resource_usage:\n  aws_elb.e: {{ monthly_data_processed_gb: {said} }}\n"
    found = estimate(text, change("aws_elb.e", "create", after={}))
    assert found.likely is None
    assert cost.judge(found, Limits()).ruling is Ruling.ASK


REFUSED = [
    b"",
    b"\xff",
    b"version: 0.2",
    b"version: 0.1\nresources: {}",
    b"version: 0.1\nresource_usage: [1]",
    b"version: 0.1\nresource_usage: {a.b: 3}",
    b"version: [",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_usage_file_is_refused(text: bytes) -> None:
    with pytest.raises(Invalid, match="usage file"):
        usage.parse(text)


def test_reserved_instances_are_not_priced_as_on_demand() -> None:
    text = "resource_usage:\n  aws_instance.i: { reserved_instance_term: 1_year }\n"
    found = estimate(text, change("aws_instance.i", "create", after={"instance_type": "m5.large"}))
    assert [u.why for u in found.unpriced] == [
        "prices of reserved instances are not in the price book"
    ]
