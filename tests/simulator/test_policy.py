"""`aws_iam_policy_document`, rendered as the real provider renders it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.simulator.aws import policy
from dihedral.simulator.aws.functions import arn_build, arn_parse, trim_iam_role_path

READ = {"sid": "Read", "actions": ["s3:GetObject"], "resources": ["*"]}


def rendered(**config: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy.document(config)["Statement"]
    return found


def test_a_document_reads_as_the_provider_writes_it() -> None:
    text = policy.indented(
        {
            "statement": [
                {
                    "sid": "Trust",
                    "actions": ["sts:AssumeRole", "sts:TagSession"],
                    "principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}],
                    "condition": [
                        {"test": "StringEquals", "variable": "aws:x", "values": ["&{aws:user}"]}
                    ],
                }
            ]
        }
    )
    assert text == (
        '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "Trust",\n'
        '      "Effect": "Allow",\n      "Action": [\n        "sts:TagSession",\n'
        '        "sts:AssumeRole"\n      ],\n      "Principal": {\n'
        '        "Service": "ec2.amazonaws.com"\n      },\n      "Condition": {\n'
        '        "StringEquals": {\n          "aws:x": "${aws:user}"\n        }\n      }\n'
        "    }\n  ]\n}"
    )


def test_everybody_is_a_star() -> None:
    star = [{"type": "*", "identifiers": ["*"]}]
    assert rendered(statement=[{"principals": star}])[0]["Principal"] == "*"
    aws = [{"type": "AWS", "identifiers": ["*"]}]
    assert rendered(statement=[{"not_principals": aws}])[0]["NotPrincipal"] == {"AWS": "*"}


def test_sources_come_first_and_overrides_take_their_place() -> None:
    source = policy.minified({"statement": [READ, {"actions": ["a:B"]}]})
    override = policy.minified({"statement": [{**READ, "effect": "Deny"}, {"sid": "New"}]})
    found = rendered(
        source_policy_documents=[source],
        statement=[{"sid": "Own", "actions": ["c:D"]}],
        override_policy_documents=[override],
    )
    assert [one.get("Sid") for one in found] == ["Read", None, "Own", "New"]
    assert found[0]["Effect"] == "Deny"


@pytest.mark.parametrize(
    "config",
    [
        {"statement": [READ, READ]},
        {"source_policy_documents": [policy.minified({"statement": [READ]})] * 2},
        {"override_policy_documents": ["not json"]},
        {"source_policy_documents": ["[]"]},
    ],
)
def test_a_document_that_cannot_be_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(policy.BadDocument):
        policy.document(config)


@given(st.lists(st.text("abc:*", min_size=1), min_size=1))
def test_the_order_in_which_actions_are_written_does_not_count(actions: list[str]) -> None:
    one = policy.minified({"statement": [{"actions": actions}]})
    assert one == policy.minified({"statement": [{"actions": list(reversed(actions))}]})
    assert json.loads(one) == json.loads(policy.indented({"statement": [{"actions": actions}]}))


def test_the_functions_of_the_provider_take_an_arn_apart() -> None:
    arn = "arn:aws:iam::123456789012:role/team/build/deploy"
    assert arn_parse(arn)["resource"] == "role/team/build/deploy"
    assert arn_build(*arn_parse(arn).values()) == arn
    assert trim_iam_role_path(arn) == "arn:aws:iam::123456789012:role/deploy"
    for wrong in ("role/x", "arn:aws:s3:::bucket"):
        with pytest.raises(ValueError, match="is not"):
            trim_iam_role_path(wrong)
