"""What a change opens: to the internet, to other accounts, to rights; and only what is new."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.ops.rules import openings, owners
from dihedral.ops.rules.opening import Opening, Ports, covers
from tests.ops import plans
from tests.ops.plans import change

Json = dict[str, Any]
OURS, THEIRS = "111122223333", "999988887777"


def opened(kind: str, before: Json | None, after: Json | None, **rest: Any) -> list[str]:
    """The tiers of what is opened, the worst first."""
    action = {(True, False): "create", (False, True): "delete"}.get(
        (before is None, after is None), "update"
    )
    written = change(f"{kind}.a", action, before=before, after=after, **rest)
    (read,) = plans.read(written).changes
    return [one.tier for one in openings.of(read, frozenset({OURS}))]


def policy(*said: Json, name: str = "policy") -> Json:
    return {name: json.dumps({"Statement": [{"Effect": "Allow", **one} for one in said]})}


def trust(principal: Any, **rest: Any) -> Json:
    said = {"Principal": principal, "Action": "sts:AssumeRole", **rest}
    return policy(said, name="assume_role_policy")


def rights(action: Any, resource: Any = "*", **rest: Any) -> Json:
    return policy({"Action": action, "Resource": resource, **rest})


def group(*ranges: str, low: int = 443, high: int = 443, protocol: str = "tcp") -> Json:
    rule = {"from_port": low, "to_port": high, "protocol": protocol, "cidr_blocks": list(ranges)}
    return {"ingress": [rule]}


ROOT = f"arn:aws:iam::{THEIRS}:root"
WORLD = "0.0.0.0/0"
GITHUB = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"
# fmt: off
CREATED: list[tuple[str, Json, list[str]]] = [
    ("aws_security_group", group("fd00::/8"), []),
    ("aws_security_group", group("2000::/3"), ["opens"]),
    ("aws_security_group", group(*(f"{n}.0.0.0/8" for n in range(11, 100))), ["opens"]),
    ("aws_security_group", group(*(f"52.1.{n}.0/24" for n in range(100))), []),
    ("aws_security_group", group(WORLD, low=5985, high=5985), ["exposes"]),
    ("aws_security_group", {"ingress": [{"prefix_list_ids": ["pl-1"], "protocol": "tcp"}]},
        ["unknown"]),
    ("aws_ec2_managed_prefix_list", {"entry": [{"cidr": WORLD}]}, ["opens"]),
    ("aws_ec2_managed_prefix_list", {"entry": [{"cidr": "10.0.0.0/8"}]}, []),
    ("aws_apigatewayv2_route", {"authorization_type": "NONE"}, ["opens"]),
    ("aws_api_gateway_method", {"authorization": "NONE", "http_method": "OPTIONS"}, []),
    ("aws_api_gateway_method", {"authorization": "NONE", "api_key_required": True}, []),
    ("aws_api_gateway_method", {"authorization": "NONE", "http_method": "GET"}, ["opens"]),
    ("aws_ecs_service", {"network_configuration": [{"assign_public_ip": True}]}, ["opens"]),
    ("aws_launch_template", {"network_interfaces": [{"associate_public_ip_address": "true"}]},
        ["opens"]),
    ("aws_ami_launch_permission", {"group": "all"}, ["exposes"]),
    ("aws_ami_launch_permission", {"account_id": THEIRS}, ["crosses"]),
    ("aws_ami_launch_permission", {"account_id": OURS}, []),
    ("aws_db_snapshot", {"shared_accounts": ["all"]}, ["exposes"]),
    ("aws_db_snapshot", {"shared_accounts": [OURS, THEIRS]}, ["crosses"]),
    ("aws_ram_principal_association", {"principal": "arn:aws:organizations::1:organization/o-1"},
        ["crosses"]),
    ("aws_ram_resource_share", {"allow_external_principals": True}, ["crosses"]),
    ("aws_vpc_peering_connection", {"peer_owner_id": THEIRS}, ["crosses"]),
    ("aws_vpc_peering_connection", {"peer_owner_id": None}, []),
    ("aws_kms_grant", {"grantee_principal": f"arn:aws:iam::{THEIRS}:role/x"}, ["crosses"]),
    ("aws_kms_grant", {"grantee_principal": f"arn:aws:iam::{OURS}:role/x"}, []),
    ("aws_lambda_permission", {"principal": "*"}, ["opens"]),
    ("aws_lambda_permission", {"principal": "*", "principal_org_id": "o-1"}, ["crosses"]),
    ("aws_lambda_permission", {"principal": "events.amazonaws.com"}, []),
    ("aws_s3_bucket_policy", policy({"Principal": {"AWS": ROOT}, "Action": "s3:*"}), ["crosses"]),
    ("aws_s3_bucket_policy", policy({"Principal": {"AWS": f"arn:aws:iam::{OURS}:root"}}), []),
    ("aws_s3_bucket_policy", policy({"NotPrincipal": {"AWS": ROOT}, "Action": "s3:*"}), ["opens"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "StringEquals": {"aws:SourceAccount": OURS}}}), []),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}), ["opens"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "StringEquals": {"aws:PrincipalOrgID": "o-1"}}}), ["crosses"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "Bool": {"aws:SecureTransport": "true"}}}), ["opens"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {  # everybody but us
        "StringNotEquals": {"aws:SourceAccount": OURS}}}), ["opens"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "StringEqualsIfExists": {"aws:SourceAccount": OURS}}}), ["opens"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1a2b"}}}), ["opens"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}}), ["opens"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "ArnLike": {"aws:SourceArn": f"arn:aws:sns:eu:{THEIRS}:*"}}}), ["crosses"]),
    ("aws_s3_bucket_policy", policy({"Principal": "*", "Condition": {
        "ArnLike": {"aws:SourceArn": f"arn:aws:sns:eu:{OURS}:*"}}}), []),
    ("aws_s3_bucket_policy", policy({"Principal": {"CanonicalUser": "79a5"}}), ["crosses"]),
    ("aws_s3_bucket_policy", {"policy": json.dumps({"Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}})}, []),
    ("aws_iam_role", trust({"Service": "ec2.amazonaws.com"}), []),
    ("aws_iam_role", trust("*"), ["exposes"]),
    ("aws_iam_role", trust({"AWS": [ROOT, THEIRS]}), ["crosses"]),
    ("aws_iam_role", trust({"Federated": GITHUB}), ["exposes"]),
    ("aws_iam_role", trust({"Federated": GITHUB}, Condition={"StringLike": {
        "token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}), []),
    ("aws_iam_role", trust({"Federated": GITHUB}, Condition={"StringLike": {
        "token.actions.githubusercontent.com:sub": "repo:*/*:ref:main"}}), ["exposes"]),
    ("aws_iam_role", trust({"Federated": GITHUB}, Condition={"StringNotLike": {
        "token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}), ["exposes"]),
    ("aws_iam_role", trust({"Federated": "arn:aws:iam::1:oidc-provider/x.example"}), ["privilege"]),
    ("aws_iam_role", trust({"Federated": "arn:aws:iam::1:saml-provider/x"}), []),
    ("aws_iam_policy", rights("?*"), ["admin"]),
    ("aws_iam_policy", rights("iam:PassRole", "arn:aws:iam::1:role/?*"), ["privilege"]),
    ("aws_iam_policy", rights("iam:PassRole", "arn:aws:iam::1:ro*"), ["privilege"]),
    ("aws_iam_policy", rights("iam:PassRole", "arn:*"), ["privilege"]),
    ("aws_iam_policy", rights("iam:PassRole", "arn:aws:iam::*:role/web"), []),
    ("aws_iam_policy", rights("iam:PassRole", "arn:aws:iam::*:role/web-*"), []),
    ("aws_iam_policy", rights("lambda:UpdateFunctionCode", "arn:aws:lambda:eu:1:function:web-*"),
        []),
    ("aws_iam_policy", rights("lambda:UpdateFunctionCode", "arn:aws:lambda:eu:1:function:*"),
        ["privilege"]),
    ("aws_iam_policy", rights("*"), ["admin"]),
    ("aws_iam_policy", rights("iam:*"), ["admin"]),
    ("aws_iam_policy", rights("*", "arn:aws:s3:::mine/*"), ["admin"]),
    ("aws_iam_policy", rights("iam:PassRole"), ["privilege"]),
    ("aws_iam_policy", rights("iam:Pass*", f"arn:aws:iam::{OURS}:role/*"), ["privilege"]),
    ("aws_iam_policy", rights("iam:PassRole", f"arn:aws:iam::{OURS}:role/web"), []),
    ("aws_iam_policy", rights("iam:CreatePolicyVersion"), ["privilege"]),
    ("aws_iam_policy", rights("IAM:CREATEACCESSKEY"), ["privilege"]),
    ("aws_iam_policy", rights("s3:*"), ["privilege"]),
    ("aws_iam_policy", rights("logs:*"), []),
    ("aws_iam_policy", rights(["s3:Get*", "ec2:Describe*"]), []),
    ("aws_iam_role", {"managed_policy_arns": ["arn:aws:iam::aws:policy/PowerUserAccess"]},
        ["privilege"]),
    ("aws_iam_role", {"inline_policy": [rights("*")]}, ["admin"]),
    ("aws_iam_access_key", {"user": "bo"}, ["privilege"]),
    ("aws_iam_openid_connect_provider", {"url": "https://x.example"}, ["privilege"]),
    ("google_compute_firewall", {"source_ranges": [WORLD], "allow": [
        {"protocol": "tcp", "ports": ["20-25", "443"]}]}, ["exposes", "opens"]),
    ("google_compute_firewall", {"source_ranges": [WORLD], "allow": [{"protocol": "all"}]},
        ["exposes"]),
    ("google_storage_bucket_iam_member", {"member": "allUsers"}, ["opens"]),
    ("google_project_iam_member", {"role": "roles/owner", "member": "user:a"}, ["admin"]),
    ("azurerm_network_security_rule", {"direction": "Inbound", "access": "Allow",
        "source_address_prefix": "*", "destination_port_ranges": ["22", "443"]},
        ["exposes", "opens"]),
    ("azurerm_role_assignment", {"role_definition_name": "Owner"}, ["admin"]),
]
# fmt: on


@pytest.mark.parametrize(("kind", "after", "tiers"), CREATED, ids=str)
def test_what_a_new_resource_opens(kind: str, after: Json, tiers: list[str]) -> None:
    assert opened(kind, None, after) == tiers


@pytest.mark.parametrize(("kind", "values", "tiers"), CREATED, ids=str)
def test_what_stays_open_and_what_goes_is_no_opening(
    kind: str, values: Json, tiers: list[str]
) -> None:
    assert [t for t in opened(kind, values, {**values, "x": 1}) if t != "unknown"] == []
    assert opened(kind, values, None) == []


# fmt: off
MOVED: list[tuple[str, Json, Json, list[str]]] = [
    # narrower
    ("aws_security_group", group(WORLD, low=1, high=100), group(WORLD, low=80, high=80), []),
    ("aws_security_group", group(WORLD, protocol="-1"), group(WORLD), []),
    ("aws_iam_role", trust("*"), trust({"AWS": ROOT}), []),
    ("aws_iam_role", trust({"AWS": [ROOT, OURS]}), trust({"AWS": ROOT}), []),
    ("aws_iam_policy", rights("*"), rights("iam:*"), []),
    ("aws_iam_policy", rights(["iam:PassRole", "s3:*"]), rights(["s3:*"]), []),
    # wider
    ("aws_security_group", group(WORLD), group(WORLD, low=22, high=443), ["exposes"]),
    ("aws_security_group", group("10.0.0.0/8"), group(WORLD), ["opens"]),
    ("aws_iam_role", trust({"AWS": OURS}), trust({"AWS": [OURS, ROOT]}), ["crosses"]),
    ("aws_iam_policy", rights("s3:*"), rights(["s3:*", "iam:PassRole"]), ["privilege"]),
    ("aws_s3_bucket_policy", policy({"Effect": "Deny", "Principal": "*", "Action": "s3:*"}),
        policy({"Principal": {"AWS": OURS}, "Action": "s3:GetObject"}), ["privilege"]),
    ("aws_iam_role", {"permissions_boundary": "arn:b"}, {"permissions_boundary": None},
        ["privilege"]),
    ("aws_lb", {"internal": True}, {"internal": False}, ["opens"]),
]
# fmt: on


@pytest.mark.parametrize(("kind", "before", "after", "tiers"), MOVED, ids=str)
def test_only_what_is_wider_counts(kind: str, before: Json, after: Json, tiers: list[str]) -> None:
    assert opened(kind, before, after) == tiers


def test_what_is_known_only_after_apply_is_said() -> None:
    assert opened("aws_iam_policy", None, {}, after_unknown={"policy": True}) == ["unknown"]
    assert opened("aws_iam_role", None, {}, after_unknown={"assume_role_policy": True}) == [
        "unknown"
    ]
    assert opened("aws_sns_topic", None, {}, after_unknown={"policy": True}) == []  # its default
    inline = {"inline_policy": [{"policy": True}]}
    assert opened("aws_iam_role", None, {}, after_unknown=inline) == ["unknown"]
    assert opened("aws_iam_role", None, {}, after_unknown={"inline_policy": True}) == []
    half = {"after_unknown": {"cidr_blocks": [True]}}
    assert opened("aws_security_group_rule", None, {"type": "ingress"}, **half) == ["unknown"]


def test_a_document_that_cannot_be_read_is_no_crash() -> None:
    for text in ("{", "[" * 5000, "null", '{"Statement": 3}', '{"Statement": [1, null, "x"]}', 7):
        assert opened("aws_iam_policy", None, {"policy": text}) == []


def test_the_accounts_of_a_plan_are_those_that_it_shows() -> None:
    held = {
        "prior_state": {
            "values": {
                "root_module": {
                    "resources": [
                        {
                            "type": "aws_caller_identity",
                            "mode": "data",
                            "values": {"account_id": OURS},
                        },
                        {
                            "type": "aws_x",
                            "mode": "data",
                            "values": {"arn": f"arn:aws:s:::{THEIRS}:"},
                        },
                    ],
                    "child_modules": [
                        {
                            "resources": [
                                {"type": "b", "values": {"arn": "arn:aws:s:eu:444455556666:x"}}
                            ]
                        }
                    ],
                }
            }
        }
    }
    assert owners.accounts(json.dumps(held).encode()) == {OURS, "444455556666"}
    assert owners.accounts(b"{") == frozenset()


PORTS = st.builds(
    lambda protocol, one, two: Ports(protocol, min(one, two), max(one, two)),
    st.sampled_from(["tcp", "udp", "all"]),
    st.integers(0, 9),
    st.integers(0, 9),
)
OPENINGS = st.one_of(
    st.builds(lambda p: Opening(str(p), ports=p), PORTS),
    st.builds(
        lambda to, by: Opening(f"{by}{to}", to=to, by=by),
        st.sampled_from(["everybody", "a", "b"]),
        st.sampled_from(["x", "y"]),
    ),
)


@given(OPENINGS, OPENINGS, OPENINGS)
def test_covering_is_an_order(one: Opening, two: Opening, three: Opening) -> None:
    assert covers(one, one)
    if covers(one, two) and covers(two, three):
        assert covers(one, three)
