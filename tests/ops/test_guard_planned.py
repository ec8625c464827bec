"""The guard's tables on the configuration as Terraform understood it."""

from typing import Any

import pytest

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import guard
from tests.ops import plans
from tests.ops.plans import change, configuration, resource

REGISTRY = "registry.terraform.io/hashicorp/aws"


def _aws(version: str = "", **expressions: Any) -> dict[str, Any]:
    said = {"name": "aws", "full_name": REGISTRY, "expressions": expressions}
    return {"aws": said | ({"version_constraint": version} if version else {})}


def _plain(value: object) -> dict[str, object]:
    return {"constant_value": value}


PINNED = {"providers": {"hashicorp/aws": {"version": "~> 6.0"}}}
ROLE = "arn:aws:iam::222222222222:role/x"
# the section of rules, the provider's configuration, the ruling
SETTINGS: list[tuple[dict[str, Any], dict[str, Any], Ruling]] = [
    ({}, _aws(), Ruling.ALLOW),
    ({}, _aws(region=_plain("eu-west-1")), Ruling.ALLOW),
    ({}, _aws(secret_key=_plain("wJalrXUtnFEMI")), Ruling.DENY),
    ({}, _aws(secret_key={"references": ["var.secret"]}), Ruling.ALLOW),
    ({}, _aws(profile=_plain("admin")), Ruling.DENY),
    ({}, _aws(endpoints=[{"s3": _plain("http://h.example")}]), Ruling.ASK),
    ({}, _aws(assume_role=[{"role_arn": _plain(ROLE)}]), Ruling.DENY),
    ({"accounts": ["222222222222"]}, _aws(assume_role=[{"role_arn": _plain(ROLE)}]), Ruling.ALLOW),
    (PINNED, _aws("~> 6.1"), Ruling.ALLOW),
    (PINNED, _aws(">= 5.0"), Ruling.ASK),
]


@pytest.mark.parametrize(("section", "written", "ruling"), SETTINGS)
def test_a_planned_provider_is_judged(
    section: dict[str, Any], written: dict[str, Any], ruling: Ruling
) -> None:
    said = configuration(resource("aws_vpc.a")) | {"provider_config": written}
    text = plans.text(plans.document(change("aws_vpc.a", "create"), configuration=said))
    found = guard.recheck(text, guard.rules_of(section))
    assert found.ruling is ruling, found


def test_a_path_that_was_computed_is_judged_as_it_came_out() -> None:
    made = change("local_file.a", "create", after={"filename": "/etc/cron.d/x"})
    text = plans.text(plans.document(made, configuration=configuration(resource("local_file.a"))))
    found = guard.recheck(text, guard.GuardRules())
    assert found.ruling is Ruling.DENY
    assert "/etc/cron.d/x" in found.reason
