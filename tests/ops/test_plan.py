"""Reading plans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.change import Action
from dihedral.domain.errors import Invalid
from dihedral.ops.rules import graph, plan
from tests.ops import plans
from tests.ops.plans import change, configuration, document, resource

ACTIONS = [
    (["no-op"], Action.NOOP),
    (["create"], Action.CREATE),
    (["read"], Action.READ),
    (["update"], Action.UPDATE),
    (["delete"], Action.DELETE),
    (["forget"], Action.FORGET),
    (["delete", "create"], Action.REPLACE),
    (["create", "delete"], Action.REPLACE),
]


@pytest.mark.parametrize(("written", "action"), ACTIONS)
def test_every_action_that_terraform_writes_is_known(written: list[str], action: Action) -> None:
    (found,) = plans.read(change("aws_vpc.a", *written)).changes
    assert found.action is action
    assert found.create_first is (written == ["create", "delete"])


def test_an_import_a_move_and_a_reason_are_read() -> None:
    (found,) = plans.read(
        change(
            "aws_vpc.a",
            "update",
            importing={"id": "vpc-1"},
            previous_address="aws_vpc.old",
            action_reason="replace_because_tainted",
        )
    ).changes
    assert (found.importing, found.moved_from) == ("vpc-1", "aws_vpc.old")
    assert found.reason == "replace_because_tainted"


BROKEN = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"\xff\xfe", "not JSON"),
    (b"[]", r"not a plan"),
    (b'"plan"', "not a plan"),
    (b"{}", "neither a format version nor changes"),
    (b"PK\x03\x04rest", "plan file"),
    (b'{"format_version":"2.0","resource_changes":[]}', "format 2.0"),
    (b'{"format_version":"1.2","resource_changes":[{"address":1}]}', "address"),
    (b'{"format_version":"1.2","resource_changes":{}}', "resource_changes"),
    (plans.text(document(change("aws_vpc.a", "explode"))), "aws_vpc.a.*explode"),
    (plans.text(document(change("aws_vpc.a"))), "none"),
    (plans.text(document(change("aws_vpc.a", "create", after=["x"]))), "not an object"),
    (b'{"format_version":"1.2","variables":' + b"[" * 5000, "plan"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_a_broken_plan_is_refused_and_says_why(text: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        plan.decode(text)


@given(st.binary(max_size=60))
def test_no_bytes_get_anything_but_a_plan_or_invalid(text: bytes) -> None:
    with pytest.raises(Invalid):
        plan.decode(b'{"format_version":"1.2","resource_changes":' + text)


def test_known_addresses_are_those_before_and_after() -> None:
    state = {"values": {"root_module": {"resources": [{"address": "aws_vpc.b"}]}}}
    found = plans.read(
        change("aws_vpc.a", "create"), change("data.aws_region.r", "read"), prior_state=state
    )
    assert found.known == {"aws_vpc.a", "aws_vpc.b"}


def test_failed_checks_and_old_conditions_are_named() -> None:
    found = plans.read(
        checks=[
            {"address": {"to_display": "check.size"}, "status": "fail"},
            {"address": {"to_display": "check.fine"}, "status": "pass"},
        ],
        condition_results=[{"address": "output.id", "result": False}],
    )
    assert found.failed_checks == ("check.size", "output.id")


def test_a_plan_that_does_not_say_its_changes_is_not_complete() -> None:
    planned = {"root_module": {"resources": [{"address": "aws_vpc.a"}]}}
    written = {"format_version": "1.2", "planned_values": planned}
    assert not plan.decode(plans.text(written)).complete
    held = {"values": planned}
    assert plan.decode(plans.text({**written, "prior_state": held})).complete


def test_the_region_is_the_provider_constant_or_a_root_variable() -> None:
    found = plans.read(
        change("aws_vpc.a", "create"),
        change("module.m.aws_vpc.b[0]", "create"),
        configuration=configuration(
            resource("aws_vpc.a"),
            module_calls={
                "m": {"module": {"resources": [resource("aws_vpc.b", provider_config_key="m:aws")]}}
            },
        )
        | {
            "provider_config": {
                "aws": {"expressions": {"region": {"references": ["var.region"]}}},
                "m:aws": {"expressions": {"region": {"constant_value": "eu-west-1"}}},
            }
        },
        variables={"region": {"value": "us-west-2"}},
    )
    assert [c.region for c in found.changes] == ["us-west-2", "eu-west-1"]


def test_readers_are_found_through_modules_variables_and_outputs() -> None:
    inner = {
        "outputs": {"id": {"expression": {"references": ["aws_subnet.s.id", "aws_subnet.s"]}}},
        "resources": [resource("aws_subnet.s", "var.vpc")],
    }
    call = {"expressions": {"vpc": {"references": ["aws_vpc.a.id", "aws_vpc.a"]}}, "module": inner}
    found = plans.read(
        configuration=configuration(
            resource("aws_vpc.a"),
            resource("aws_instance.i", 'module.net["x"].id', "module.net"),
            resource("aws_eip.late", depends_on=["module.net"]),
            module_calls={"net": call},
        )
    ).readers
    assert found["aws_vpc.a"] == {"module.net.aws_subnet.s"}
    assert found["module.net.aws_subnet.s"] == {"aws_instance.i", "aws_eip.late"}
    felt = graph.reach(["aws_vpc.a"], found)
    assert felt == {"aws_vpc.a", "module.net.aws_subnet.s", "aws_instance.i", "aws_eip.late"}


def test_readers_through_a_local_are_found_in_the_state() -> None:
    held = [{"address": "aws_eip.e[0]", "depends_on": ["aws_vpc.a"]}]
    state = {"values": {"root_module": {"resources": held}}}
    assert plans.read(prior_state=state).readers == {"aws_vpc.a": {"aws_eip.e"}}


def test_readers_through_the_settings_of_a_provider_are_found() -> None:
    written = configuration(resource("aws_eks_cluster.c"), resource("aws_vpc.x"))
    written["root_module"]["resources"][1]["provider_config_key"] = "kubernetes"
    reads = {"expressions": {"host": {"references": ["aws_eks_cluster.c.endpoint"]}}}
    found = plans.read(configuration=written | {"provider_config": {"kubernetes": reads}})
    assert found.readers == {"aws_eks_cluster.c": {"aws_vpc.x"}}


def test_a_summary_counts_and_says() -> None:
    found = plan.summary(
        plans.read(
            change("aws_vpc.a", "create"),
            change("aws_vpc.b", "create"),
            change("aws_vpc.c", "delete", "create"),
            change("aws_vpc.d", "no-op", importing={"id": "vpc-1"}),
            output_changes={"id": {"actions": ["create"]}, "same": {"actions": ["no-op"]}},
        )
    )
    assert (found.create, found.replace, found.imported, found.outputs) == (2, 1, 1, 1)
    assert plan.line(found) == "1 to import, 2 to create, 1 to replace, 1 to change in outputs"
    assert plan.line(plan.Summary()) == "no changes"


def test_a_plan_is_empty_only_when_nothing_would_be_done() -> None:
    assert plan.empty(plans.read(change("aws_vpc.a", "no-op")))
    assert not plan.empty(plans.read(change("aws_vpc.a", "forget")))
    assert not plan.empty(plans.read(output_changes={"o": {"actions": ["update"]}}))
    assert not plan.empty(plans.read(change("aws_vpc.a", "no-op", previous_address="aws_vpc.z")))


def test_a_reason_is_said_in_words_and_what_forces_a_replacement_by_its_path() -> None:
    (found,) = plans.read(
        change(
            "aws_instance.a",
            "delete",
            "create",
            action_reason="replace_because_cannot_update",
            replace_paths=[["ami"], ["disk", 0, "size"], []],
        )
    ).changes
    assert found.because == "it cannot be changed in place"
    assert found.forced == ("ami", "disk[0].size")
    (new,) = plans.read(change("aws_vpc.a", "delete", action_reason="delete_because_of_x")).changes
    assert new.because == "delete because of x"


def test_identities_and_generated_configuration_are_read() -> None:
    written = change("aws_vpc.a", "no-op", importing={"identity": {"id": "vpc-1"}})
    written["change"] |= {"after_identity": {"id": "vpc-1"}, "generated_config": "resource {}"}
    (found,) = plans.read(written).changes
    assert (found.importing, found.identity) == ('{"id":"vpc-1"}', {"id": "vpc-1"})
    assert found.generated == "resource {}"


def test_checks_say_what_failed_in_the_old_form_and_the_new() -> None:
    problem = {"status": "fail", "problems": [{"message": "too small"}, {"message": "too small"}]}
    found = plans.read(
        checks=[
            {
                "address": {"to_display": "check.size", "kind": "check"},
                "status": "fail",
                "instances": [problem],
            }
        ],
        condition_results=[
            {"address": "output.id", "result": False, "error_message": "too short"},
            {"address": "aws_vpc.a", "result": False, "unknown": True},
        ],
    )
    assert [(c.address, c.status, c.messages) for c in found.checks] == [
        ("check.size", "fail", ("too small",)),
        ("output.id", "fail", ("too short",)),
        ("aws_vpc.a", "unknown", ()),
    ]
    assert found.failed_checks == ("check.size", "output.id")


def test_actions_of_providers_say_what_sets_them_off_and_what_waits() -> None:
    trigger = {"triggering_resource_address": "aws_x.a", "action_trigger_event": "AfterCreate"}
    run = {"address": "action.y.z", "type": "y", "config_values": {"n": 1}}
    found = plans.read(
        action_invocations=[run | {"lifecycle_action_trigger": trigger}],
        deferred_action_invocations=[{"reason": "deferred_prereq", "action_invocation": run}],
    )
    now, later = found.invocations
    assert (now.by, now.event, now.values, now.deferred) == ("aws_x.a", "AfterCreate", {"n": 1}, "")
    assert later.deferred == "deferred_prereq"
    assert found.invoked == ("action.y.z",)


def test_a_deferred_change_says_why_it_waits() -> None:
    waits = {"reason": "provider_config_unknown", "resource_change": change("aws_x.a", "create")}
    (found,) = plans.read(deferred_changes=[waits]).deferred
    assert found.because == "its provider's settings are known only later"


def test_what_a_plan_rests_on_and_when_it_was_made_are_read() -> None:
    found = plans.read(
        relevant_attributes=[{"resource": "aws_vpc.a", "attribute": ["tags", "x", 0]}],
        timestamp="2031-01-01T00:00:00Z",
        applyable=False,
        variables={"size": {"value": 3}, "api_token": {"value": "t0ken-1"}},
    )
    assert found.relevant == (("aws_vpc.a", "tags.x[0]"),)
    assert (found.made_at, found.applyable) == ("2031-01-01T00:00:00Z", False)
    assert {n: v.sensitive for n, v in found.variables.items()} == {
        "size": False,
        "api_token": True,
    }
