"""What a plan touches, loses and opens."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.verdict import ORDER, Ruling, Verdict
from dihedral.ops.rules import blast, graph, openings, stateful
from dihedral.ops.rules.blast import Around
from dihedral.ops.rules.limits import TIERS, Limits, Tier
from tests.ops import plans
from tests.ops.plans import change, configuration, resource

WHOLE = Limits(share=1.0)
Json = dict[str, Any]


def ruled(*changes: Json, **rest: Any) -> tuple[Ruling, int]:
    found = blast.judge(blast.measure(plans.read(*changes, **rest)), WHOLE)
    return found.ruling, found.approvers


NAME: Json = {"before": {"name": "a"}, "after": {"name": "b"}}
TAGS: Json = {"before": {"tags": {"a": "1"}, "n": 1}, "after": {"tags": {"a": "2"}, "n": 1}}
TABLE = [
    (change("aws_vpc.a", "create"), Ruling.ALLOW, 1),
    (change("aws_vpc.a", "no-op"), Ruling.ALLOW, 1),
    (change("data.aws_ami.a", "read"), Ruling.ALLOW, 1),
    (change("aws_s3_bucket.a", "update", **TAGS), Ruling.ALLOW, 1),
    (change("aws_vpc.a", "update", **NAME), Ruling.ASK, 1),
    (change("aws_vpc.a", "update", **TAGS, after_unknown={"id": True}), Ruling.ASK, 1),
    (change("aws_vpc.a", "delete", "create"), Ruling.ASK, 1),
    (change("aws_vpc.a", "delete"), Ruling.ASK, 1),
    (change("aws_s3_bucket.a", "forget"), Ruling.ASK, 1),
    (change("aws_vpc.a", "no-op", importing={"id": "vpc-1"}), Ruling.ASK, 1),
    (change("aws_vpc.a", "no-op", previous_address="aws_vpc.b"), Ruling.ASK, 1),
    (change("aws_s3_bucket.a", "delete"), Ruling.ASK, 2),
    (change("aws_db_instance.a", "create", "delete"), Ruling.ASK, 2),
    (change("aws_db_instance.a", "delete", deposed="ab12"), Ruling.ASK, 2),
]


@pytest.mark.parametrize(("written", "ruling", "approvers"), TABLE)
def test_the_default_tiers(written: Json, ruling: Ruling, approvers: int) -> None:
    assert ruled(written) == (ruling, approvers)


PLANS: list[tuple[Json, Ruling]] = [
    ({"errored": True}, Ruling.DENY),
    ({"complete": False}, Ruling.ASK),
    ({"action_invocations": [{"address": "action.x.y"}]}, Ruling.ASK),
    ({"checks": [{"address": {"to_display": "check.c"}, "status": "fail"}]}, Ruling.ASK),
    ({"deferred_changes": [{"resource_change": change("aws_vpc.z", "create")}]}, Ruling.ASK),
]


@pytest.mark.parametrize(("rest", "ruling"), PLANS)
def test_what_is_said_of_the_plan_itself_counts(rest: Json, ruling: Ruling) -> None:
    assert ruled(change("aws_vpc.a", "create"), **rest)[0] is ruling


def test_the_reason_names_what_is_lost() -> None:
    found = blast.judge(blast.measure(plans.read(change("aws_s3_bucket.logs", "delete"))), WHOLE)
    assert "destroys what holds data: aws_s3_bucket.logs" in found.reason
    assert found.findings[0].where == "aws_s3_bucket.logs"


def test_a_large_share_of_the_workspace_asks() -> None:
    many = [change(f"aws_vpc.v{n}", "no-op") for n in range(3)]
    found = blast.measure(plans.read(change("aws_vpc.a", "update", **NAME), *many))
    assert (found.touched, found.known, found.share) == (1, 4, 0.25)
    assert "large share" not in blast.judge(found, Limits(share=0.25)).reason
    assert "large share of the workspace: 1 of 4" in blast.judge(found, Limits(share=0.2)).reason


def test_additions_and_tags_touch_nothing() -> None:
    found = blast.measure(
        plans.read(change("aws_vpc.a", "create"), change("b.c", "update", **TAGS))
    )
    assert found.touched == 0


def test_dependants_are_those_that_refer_to_what_changes() -> None:
    written = configuration(
        resource("aws_vpc.a"), resource("aws_subnet.b", "aws_vpc.a.id"), resource("aws_eip.c")
    )
    found = blast.measure(plans.read(change("aws_vpc.a", "update", **NAME), configuration=written))
    assert found.dependants == ("aws_subnet.b",)
    assert blast.line(found) == "limited: 1 of 1 resources, no data lost, 1 depend on it"


def test_a_type_that_is_only_roughly_known_is_noted() -> None:
    plan = plans.read(change("aws_x.a", "create"), change("aws_vpc.b", "create"))
    found = blast.measure(plan, Around(rough={"aws_x": "by schema only", "aws_y": "not here"}))
    assert found.does["rough"] == ("aws_x (by schema only)",)
    assert blast.judge(found, WHOLE).ruling is Ruling.ALLOW


def test_a_workspace_may_change_its_tiers_and_what_is_unlisted_denies() -> None:
    found = blast.measure(plans.read(change("aws_vpc.a", "create")))
    stricter = Limits(tiers={**TIERS, "create": Tier(Ruling.ASK, "creates", approvers=3)})
    assert blast.judge(found, stricter).approvers == 3
    assert blast.judge(found, Limits(tiers={})).ruling is Ruling.DENY


def test_the_table_of_data_covers_what_operations_would_name() -> None:
    assert sum(kind.startswith("aws_") for kind in stateful.TYPES) >= 60
    named = {"aws_s3_bucket", "aws_db_instance", "aws_dynamodb_table", "aws_kms_key"}
    assert named <= stateful.TYPES
    assert not {"aws_vpc", "aws_iam_role", "aws_db_subnet_group"} & stateful.TYPES


NODES = st.sampled_from([f"a.n{n}" for n in range(6)])
EDGES = st.dictionaries(NODES, st.frozensets(NODES, max_size=4))


@given(st.sets(NODES), EDGES)
def test_reach_is_a_closure(roots: set[str], readers: dict[str, frozenset[str]]) -> None:
    felt = graph.reach(roots, readers)
    assert roots <= felt
    assert graph.reach(felt, readers) == felt
    assert felt == frozenset().union(*(graph.reach([root], readers) for root in roots))


CHANGES = st.lists(st.sampled_from([written for written, _, _ in TABLE]), max_size=5)


@given(CHANGES, CHANGES)
def test_more_changes_are_never_ruled_more_mildly(one: list[Json], two: list[Json]) -> None:
    few, many = ruled(*one)[0], ruled(*one, *two)[0]
    assert ORDER.index(few) <= ORDER.index(many)


def _sg(**rule: Any) -> Json:
    held = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}
    return {"ingress": [{**held, **rule}]}


def _policy(**said: Any) -> Json:
    return {"policy": json.dumps({"Statement": [{"Effect": "Allow", **said}]})}


EVERYBODY: Json = {"cidr_blocks": ["0.0.0.0/0"]}
ALL_RIGHTS = {"Action": "*", "Resource": "*"}
SHUT = dict.fromkeys(
    (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ),
    True,
)
OPENS: list[tuple[str, Json, Ruling]] = [
    ("aws_security_group", _sg(), Ruling.ALLOW),
    ("aws_security_group", _sg(**EVERYBODY), Ruling.ASK),
    ("aws_security_group", _sg(ipv6_cidr_blocks=["::/0"]), Ruling.ASK),
    ("aws_security_group", _sg(**EVERYBODY, from_port=22, to_port=22), Ruling.DENY),
    ("aws_security_group", _sg(**EVERYBODY, from_port=3000, to_port=4000), Ruling.DENY),
    ("aws_security_group", _sg(**EVERYBODY, protocol="-1", from_port=0, to_port=0), Ruling.DENY),
    ("aws_security_group", _sg(cidr_blocks=["0.0.0.0/1", "128.0.0.0/1"]), Ruling.ASK),
    ("aws_security_group_rule", {"type": "egress", **_sg(**EVERYBODY)["ingress"][0]}, Ruling.ALLOW),
    ("aws_security_group_rule", {"type": "ingress", **_sg(**EVERYBODY)["ingress"][0]}, Ruling.ASK),
    (
        "aws_vpc_security_group_ingress_rule",
        {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22},
        Ruling.DENY,
    ),
    ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "10.1.0.0/16"}, Ruling.ALLOW),
    ("aws_s3_bucket", {"acl": "private"}, Ruling.ALLOW),
    ("aws_s3_bucket", {"acl": "public-read"}, Ruling.ASK),
    ("aws_s3_bucket_acl", {"acl": "public-read-write"}, Ruling.ASK),
    ("aws_s3_bucket_public_access_block", SHUT, Ruling.ALLOW),
    ("aws_s3_bucket_public_access_block", {**SHUT, "block_public_acls": False}, Ruling.ASK),
    ("aws_s3_bucket_policy", _policy(Principal="*", Action="s3:GetObject"), Ruling.ASK),
    ("aws_s3_bucket_policy", _policy(Principal={"AWS": ["*"]}, Action="s3:Get*"), Ruling.ASK),
    ("aws_s3_bucket_policy", _policy(Principal={"Service": "cloudfront"}), Ruling.ALLOW),
    ("aws_iam_policy", _policy(**ALL_RIGHTS), Ruling.ASK),
    ("aws_iam_policy", _policy(Action=["s3:GetObject"], Resource="*"), Ruling.ALLOW),
    ("aws_iam_policy", _policy(NotAction="iam:*", Resource="*"), Ruling.ASK),
    ("aws_kms_key", _policy(Principal={"AWS": "arn:x"}, **ALL_RIGHTS), Ruling.ALLOW),
    (
        "aws_iam_role_policy_attachment",
        {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        Ruling.ASK,
    ),
    ("aws_db_instance", {"publicly_accessible": True}, Ruling.ASK),
    ("aws_db_instance", {"publicly_accessible": False}, Ruling.ALLOW),
    ("aws_lb", {"internal": False}, Ruling.ASK),
    ("aws_lb", {"internal": True}, Ruling.ALLOW),
    ("aws_lambda_function_url", {"authorization_type": "NONE"}, Ruling.ASK),
    ("aws_eks_cluster", {"vpc_config": [{"endpoint_public_access": True}]}, Ruling.ASK),
]


@pytest.mark.parametrize(("kind", "after", "ruling"), OPENS)
def test_what_opens_to_the_world_asks_or_is_denied(kind: str, after: Json, ruling: Ruling) -> None:
    assert ruled(change(f"{kind}.a", "create", after=after))[0] is ruling


def test_what_was_open_before_is_no_new_opening() -> None:
    both = {"before": _sg(**EVERYBODY), "after": {**_sg(**EVERYBODY), "name": "x"}}
    (read,) = plans.read(change("aws_security_group.a", "update", **both)).changes
    assert openings.of(read) == ()


def test_taking_the_block_of_public_buckets_away_opens() -> None:
    written = change("aws_s3_bucket_public_access_block.a", "delete", before=SHUT)
    found = blast.measure(plans.read(written))
    assert "block is removed" in found.opens[0]


def test_addresses_that_are_not_known_yet_may_be_open() -> None:
    hidden = change(
        "aws_vpc_security_group_ingress_rule.a",
        "create",
        after={},
        after_unknown={"cidr_ipv4": True},
    )
    assert ruled(hidden)[0] is Ruling.ASK


def test_a_verdict_without_changes_allows() -> None:
    found = blast.judge(blast.measure(plans.read()), Limits())
    assert found == Verdict(Ruling.ALLOW, "blast", "changes nothing")
