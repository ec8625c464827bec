"""How a plan becomes groups, resources and attributes."""

from typing import Any

import msgspec
import pytest

from dihedral.control.web import changes, diff
from dihedral.control.web.changes import Attribute, Sought, Value


def resource(address: str, actions: list[str], **change: Any) -> dict[str, Any]:
    name = address.partition("[")[0]
    return {
        "address": address,
        "mode": "managed",
        "type": name.partition(".")[0],
        "name": name.partition(".")[2],
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": None, "after": None, **change},
    }


def plan(*found: dict[str, Any]) -> bytes:
    return msgspec.json.encode({
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": list(found),
    })  # fmt: skip


def attributes(before: Any, after: Any, **more: Any) -> tuple[Attribute, ...]:
    made = plan(resource("aws_x.a", ["update"], before=before, after=after, **more))
    return changes.shown(made, [], Sought()).groups[0].resources[0].attributes


def test_groups_come_the_dangerous_first_and_nothing_is_shown_of_what_stays() -> None:
    made = plan(
        resource("aws_x.new", ["create"], after={}),
        resource("aws_x.same", ["no-op"], before={}, after={}),
        resource("aws_x.changed", ["update"], before={"a": 1}, after={"a": 2}),
        resource("aws_x.gone", ["delete"], before={}),
        resource("aws_x.anew", ["delete", "create"], before={}, after={}),
    )
    found = changes.shown(made, [], Sought(), ["aws_x.gone"])
    assert [group.name for group in found.groups] == ["delete", "replace", "update", "create"]
    assert [group.resources[0].loses for group in found.groups] == [True, False, False, False]
    assert found.total == 4


def test_a_tree_is_told_leaf_by_leaf() -> None:
    found = attributes(
        {"tags": {"a": "1", "b": "2"}, "rules": [{"port": 1}]},
        {"tags": {"a": "1", "b": "3"}, "rules": [{"port": 2}]},
    )
    assert [(one.name, one.before.text, one.after.text) for one in found] == [
        ("rules[0].port", "1", "2"),
        ("tags.b", '"2"', '"3"'),
    ]


def test_what_is_sensitive_has_no_value_and_still_differs() -> None:
    marks = {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
    found = attributes({"password": "one-secret"}, {"password": "two-secret"}, **marks)
    assert found == (
        Attribute("password", Value("sensitive", "hidden"), Value("sensitive", "hidden")),
    )


def test_what_is_known_later_is_counted_where_it_is_new() -> None:
    made = plan(resource("aws_x.a", ["create"], after={"n": 1}, after_unknown={"id": True}))
    found = changes.shown(made, [], Sought()).groups[0].resources[0]
    assert ([one.name for one in found.attributes], found.later) == (["n"], 1)


@pytest.mark.parametrize(("start", "shown", "then"), [(0, 40, 40), (40, 40, 80), (80, 20, None)])
def test_a_large_plan_is_shown_a_page_at_a_time(start: int, shown: int, then: int | None) -> None:
    made = plan(*(resource(f"aws_x.a[{n}]", ["create"], after={}) for n in range(100)))
    found = changes.shown(made, [], Sought("", start))
    assert (len(found.groups[0].resources), found.groups[0].count) == (shown, 100)
    assert found.next == then


def test_files_are_compared_line_by_line() -> None:
    before = {"a.tf": b"one\ntwo\n", "b.tf": b"same\n", "c.tf": b"gone\n", "d.bin": b"\0"}
    now = {"a.tf": b"one\n2\n", "b.tf": b"same\n", "d.bin": b"\0\0"}
    found = diff.diff(now, before)
    assert [(one.path, one.how) for one in found.files] == [
        ("a.tf", "changed"), ("c.tf", "removed"), ("d.bin", "changed"),
    ]  # fmt: skip
    assert [line.sign + line.text for line in found.files[0].lines] == [" one", "-two", "+2"]
    assert found.files[2].why == "1 bytes before, 2 now"
    assert found.same == ("b.tf",)
