"""What another resource says of a price is found through the plan, or the price is not known."""

from typing import Any

import pytest

from dihedral.domain.cost import Cost
from dihedral.ops.rules import cost
from dihedral.ops.work import prices
from tests.ops import plans
from tests.ops.plans import change

BOOK = prices.load()
TEMPLATE = {
    "name": "web",
    "instance_type": "m5.large",
    "block_device_mappings": [{"ebs": [{"volume_size": 20, "volume_type": "gp3"}]}],
}
GROUP: dict[str, Any] = {"desired_capacity": 3, "launch_template": [{"version": "$Latest"}]}


def refers(address: str, to: str) -> dict[str, Any]:
    """A resource of a configuration that refers to another."""
    kind, _, name = address.partition(".")
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "expressions": {"it": {"references": [f"{to}.id", to]}},
    }


def estimate(*changes: dict[str, Any], edges: list[tuple[str, str]] | None = None) -> Cost:
    resources = [refers(a, b) for a, b in edges or []]
    plan = plans.read(*changes, configuration={"root_module": {"resources": resources}})
    return cost.estimate(plan, BOOK, "us-east-1")


def amount(found: Cost) -> str:
    assert found.unpriced == ()
    assert found.likely is not None
    return f"{found.likely.amount:.2f}"


def test_a_group_costs_as_its_template_says_by_reference() -> None:
    group = change(
        "aws_autoscaling_group.g",
        "create",
        after=GROUP,
        after_unknown={"launch_template": [{"id": True}]},
    )
    template = change("aws_launch_template.t", "create", after=TEMPLATE)
    edge = ("aws_autoscaling_group.g", "aws_launch_template.t")
    assert amount(estimate(group, template, edges=[edge])) == "215.04"


def test_a_group_costs_as_its_template_says_by_name() -> None:
    group = change(
        "aws_autoscaling_group.g",
        "create",
        after={**GROUP, "launch_template": [{"name": "web"}]},
    )
    template = change("aws_launch_template.t", "create", after=TEMPLATE)
    assert amount(estimate(group, template)) == "215.04"


SPOT = {**TEMPLATE, "instance_market_options": [{"market_type": "spot"}]}
NOT_KNOWN = [
    ([change("aws_autoscaling_group.g", "create", after=GROUP)], "template is not in this plan"),
    (
        [
            change(
                "aws_autoscaling_group.g",
                "create",
                after={**GROUP, "launch_template": [{"name": "web"}]},
            ),
            change("aws_launch_template.t", "create", after=SPOT),
        ],
        "a spot price moves",
    ),
    (
        [
            change(
                "aws_ecs_service.s",
                "create",
                after={"launch_type": "FARGATE", "desired_count": 2, "task_definition": "web:1"},
            )
        ],
        "task is not in this plan",
    ),
]


@pytest.mark.parametrize(("changes", "why"), NOT_KNOWN)
def test_what_a_neighbour_does_not_say_is_not_known(
    changes: list[dict[str, Any]], why: str
) -> None:
    found = estimate(*changes)
    assert found.likely is None
    assert why in found.unpriced[0].why


def test_a_service_costs_as_its_task_says() -> None:
    task = change(
        "aws_ecs_task_definition.t",
        "create",
        after={"family": "web", "cpu": "512", "memory": "1024"},
    )
    service = change(
        "aws_ecs_service.s",
        "create",
        after={"launch_type": "FARGATE", "desired_count": 2, "task_definition": "web:7"},
    )
    assert amount(estimate(task, service)) == "36.04"


def test_a_table_costs_as_little_as_its_scaling_allows() -> None:
    table = change(
        "aws_dynamodb_table.t",
        "create",
        after={"name": "scores", "write_capacity": 20, "read_capacity": 0},
    )
    scaling = change(
        "aws_appautoscaling_target.w",
        "create",
        after={
            "resource_id": "table/scores",
            "scalable_dimension": "dynamodb:table:WriteCapacityUnits",
            "min_capacity": 6,
        },
    )
    alone = estimate(table).priced[0].components
    scaled = estimate(table, scaling).priced[0].components
    assert [f"{c.after.likely:.3f}" for c in (alone[1], scaled[1])] == ["9.490", "2.847"]


def test_what_does_not_change_counts_in_the_total_and_not_in_the_difference() -> None:
    stays = change("aws_nat_gateway.n", "no-op", before={}, after={})
    odd = change("aws_unheard_of.o", "no-op", before={}, after={})
    new = change("aws_kms_key.k", "create", after={})
    found = estimate(stays, odd, new)
    assert amount(found) == "1.06"
    assert found.before and found.after
    assert (f"{found.before.amount:.2f}", f"{found.after.amount:.2f}") == ("37.35", "38.41")
    assert [u.address for u in found.unknown] == ["aws_unheard_of.o"]
