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


NETWORK = ".workspaces/network.tfstate"
# the setting `config` of a remote state, and what a workspace that may read `network` says of it
STATES: list[tuple[dict[str, Any], Ruling]] = [
    ({"config": _plain({"path": NETWORK})}, Ruling.ALLOW),
    ({"config": _plain({"path": ".workspaces/billing.tfstate"})}, Ruling.DENY),
    ({"config": _plain({"path": NETWORK, "workspace_dir": "x"})}, Ruling.DENY),
    ({"config": {"references": ["var.path"]}}, Ruling.DENY),
    ({"config": _plain({"path": NETWORK}), "workspace": _plain("other")}, Ruling.DENY),
    ({"config": _plain({"path": NETWORK}), "workspace": {"references": ["var.w"]}}, Ruling.DENY),
    ({}, Ruling.DENY),
]


@pytest.mark.parametrize(("said", "ruling"), STATES)
def test_a_planned_remote_state_is_judged_also_in_a_module(
    said: dict[str, Any], ruling: Ruling
) -> None:
    expressions = {"backend": _plain("local"), **said}
    block = resource("data.terraform_remote_state.net", expressions=expressions)
    called = {"a": {"source": "./a", "module": {"resources": [block]}}}
    text = plans.text(plans.document(configuration=configuration(module_calls=called)))
    rules = guard.rules_of({"remote_states": [{"workspace": "network"}]})
    found = guard.recheck(text, rules)
    assert found.ruling is ruling, found
    assert guard.recheck(text, guard.GuardRules()).ruling is Ruling.DENY


@pytest.mark.parametrize("path", ["/etc/cron.d/x", NETWORK, "terraform.tfstate"])
def test_a_path_that_was_computed_is_judged_as_it_came_out(path: str) -> None:
    made = change("local_file.a", "create", after={"filename": path})
    text = plans.text(plans.document(made, configuration=configuration(resource("local_file.a"))))
    found = guard.recheck(text, guard.GuardRules())
    assert found.ruling is Ruling.DENY
    assert path in found.reason
