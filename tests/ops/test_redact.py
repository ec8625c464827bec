"""Nothing sensitive leaves a plan that is shown."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.ops.rules import redact
from tests.ops import plans
from tests.ops.plans import change

SECRET = "correct-horse-battery"

HIDDEN = [
    {"after": {"a": SECRET}, "after_sensitive": {"a": True}},
    {"after": {"a": SECRET}, "before_sensitive": {"a": True}},
    {"before": {"a": SECRET}, "after_sensitive": {"a": True}},
    {"after": {"a": {"b": [SECRET]}}, "after_sensitive": {"a": {"b": [True]}}},
    {"after": {"a": [SECRET]}, "after_sensitive": {"a": {"odd": True}}},
    {"after": {"a": SECRET}, "after_sensitive": True},
    {"after": {"a": SECRET, "url": f"db://u:{SECRET}@h"}, "after_sensitive": {"a": True}},
    {"after": {"master_password": SECRET}},
    {"after": {"settings": [{"name": "API_TOKEN", "value": SECRET}]}},
    {"after": {"environment": [{"variables": {"DB_PASSWORD": SECRET}}]}},
    {"after": {"task": json.dumps([{"environment": [{"name": "SECRET", "value": SECRET}]}])}},
    {"after": {"url": f"postgres://app:{SECRET}@db/x"}},
    {"after": {"pem": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"}},
]


@pytest.mark.parametrize("held", HIDDEN)
def test_a_secret_is_never_shown(held: dict[str, Any]) -> None:
    found = plans.read(change("aws_x.a", "update", **held))
    assert SECRET not in json.dumps(redact.redact(found))
    assert SECRET not in redact.text(found, width=10_000)


SHOWN = ["secret_arn", "password_length", "kms_key_id", "token_ttl", "secret_id", "bucket_key_id"]
SHOWN += ["http_tokens", "token_endpoint", "secretArn", "creation_token", "api_key_source"]
NAMES = ["adminPassword", "api-key", "DB_PASS", "primary_key", "kube_config", "sas_url", "JWT"]


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_said_about_a_secret_is_shown(name: str) -> None:
    (entry,) = redact.redact(plans.read(change("aws_x.a", "create", after={name: "plain"})))
    assert entry["after"][name] == "plain"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_known_however_it_is_written(name: str) -> None:
    (entry,) = redact.redact(plans.read(change("aws_x.a", "create", after={name: "plain"})))
    assert entry["after"][name] == "(sensitive)"


def test_sensitive_outputs_are_hidden_by_mark_and_by_name() -> None:
    marked = {"actions": ["create"], "after": SECRET, "after_sensitive": True}
    named = {"actions": ["create"], "after": SECRET}
    found = redact.redact(plans.read(output_changes={"x": marked, "db_password": named}))
    assert [e["after"] for e in found] == ["(sensitive)", "(sensitive)"]


def test_a_secret_of_the_drift_is_hidden_in_the_changes_too() -> None:
    drifted = change("aws_x.a", "update", before={"a": SECRET}, before_sensitive={"a": True})
    found = plans.read(
        change("aws_y.b", "create", after={"text": f"see {SECRET}"}), resource_drift=[drifted]
    )
    assert SECRET not in json.dumps(redact.redact(found))


LEAF = st.text("abcdefgh0123", min_size=6, max_size=12) | st.integers(0, 99) | st.none()
TREE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["one", "two", "six"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def _marks(value: Any, chance: Any, taken: list[str]) -> Any:
    if chance.random() < 0.3:
        taken.extend(_texts(value))
        return True
    if isinstance(value, dict):
        return {k: _marks(v, chance, taken) for k, v in value.items()}
    if isinstance(value, list):
        return [_marks(v, chance, taken) for v in value]
    return False


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _texts(item)]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["x", "y"]), TREE), st.randoms(), st.booleans())
def test_no_marked_text_survives(value: dict[str, Any], chance: Any, before: bool) -> None:
    taken: list[str] = []
    marks = {k: _marks(v, chance, taken) for k, v in value.items()}
    side = {"before": value} if before else {"after": value}
    mark = {chance.choice(["before_sensitive", "after_sensitive"]): marks}
    plain = change("aws_b.c", "create", after={"note": " ".join(taken)})
    found = plans.read(change("aws_x.a", "update", **side, **mark), plain)
    shown = json.dumps(redact.redact(found)) + redact.text(found, width=10_000)
    assert not [text for text in taken if text in shown]


def test_unknown_values_are_said_to_be_unknown() -> None:
    found = plans.read(
        change(
            "aws_x.a", "create", after={"b": [{}]}, after_unknown={"id": True, "b": [{"c": True}]}
        )
    )
    (entry,) = redact.redact(found)
    later = "(known after apply)"
    assert entry["after"] == {"id": later, "b": [{"c": later}]}


def test_a_rendering_reads_like_terraforms_own() -> None:
    found = plans.read(
        change("aws_x.a", "create", after={"name": "n"}),
        change(
            "aws_x.b",
            "delete",
            "create",
            before={"zone": "a", "size": 1},
            after={"zone": "b", "size": 1},
            replace_paths=[["zone"]],
        ),
        change("aws_x.c", "delete", before={"name": "n"}),
    )
    assert redact.text(found).splitlines() == [
        "  + aws_x.a will be created",
        '      + name = "n"',
        "",
        "-/+ aws_x.b must be replaced",
        '      ~ zone = "a" -> "b"  # forces replacement',
        "",
        "  - aws_x.c will be destroyed",
    ]


SIDES = st.none() | st.dictionaries(st.sampled_from(["a", "b", "c"]), TREE)


@settings(max_examples=150, deadline=None)
@given(SIDES, SIDES, st.sampled_from(["create", "update", "delete", "read"]), st.data())
def test_whatever_a_plan_holds_it_can_be_shown(
    before: Any, after: Any, action: str, data: st.DataObject
) -> None:
    unknown = data.draw(st.none() | st.dictionaries(st.sampled_from("abcd"), st.booleans()))
    paths = data.draw(st.lists(st.lists(st.sampled_from("abcd") | st.integers(0, 2), max_size=2)))
    held = {"before": before, "after": after, "after_unknown": unknown, "replace_paths": paths}
    found = plans.read(change("aws_x.a", action, **held))
    assert redact.text(found).startswith(f"{redact.SIGNS[action]:>3} aws_x.a")


def test_a_hidden_value_that_changes_is_said_to_change() -> None:
    both: Any = {"before": {"password": "old-one"}, "after": {"password": "new-one"}}
    shown = redact.text(plans.read(change("aws_x.a", "update", **both)))
    assert "~ password = (sensitive) -> (sensitive)" in shown


def test_no_control_character_reaches_the_terminal() -> None:
    hostile = "\x1b[2J\u202eevil\x9b"
    found = plans.read(change(f'aws_x.a["{hostile}"]', "create", after={hostile: hostile}))
    shown = redact.text(found) + json.dumps(redact.redact(found)[0]["address"])
    assert not [c for c in shown if c in "\x1b\u202e\x9b"]
