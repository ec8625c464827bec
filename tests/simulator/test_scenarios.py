"""Scenarios: what goes wrong in a simulated cloud, as the real Terraform lives through it."""

import json
import re
import time
from pathlib import Path

import pytest

from dihedral.simulator.scenario import Crash, read, scenario
from tests.simulator.running import Simulator, Terraform, actions, environment

QUEUES = 'resource "aws_sqs_queue" "q" {\n  count = 3\n  name = "q${count.index}"\n}\n'
TOPIC = 'resource "aws_sns_topic" "t" {\n  name = "t"\n  display_name = "plain"\n}\n'


def started(terraform: Terraform, text: str) -> Terraform:
    terraform.write(text)
    terraform("init", "-input=false")
    return terraform


def test_a_resource_fails_and_the_next_plan_offers_exactly_it(
    sim: Simulator, tmp_path: Path
) -> None:
    fault = {
        "type": "aws_sqs_queue",
        "match": {"name": "q1"},
        "times": 1,
        "summary": "creating SQS Queue (q1): QueueDeletedRecently",
        "detail": "Wait 60 seconds.",
    }
    with sim.opened(tmp_path, {"faults": [fault]}) as terraform:
        said = started(terraform, QUEUES)("apply", "-auto-approve", status=1)
        assert "QueueDeletedRecently" in said and "Wait 60 seconds." in said
        assert actions(terraform.plan()) == {"aws_sqs_queue.q[1]": "create"}
        terraform("apply", "-auto-approve")


def test_a_quota_holds_in_one_world(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(tmp_path, {"quotas": {"aws_sqs_queue": 2}}) as terraform:
        said = started(terraform, QUEUES)("apply", "-auto-approve", "-parallelism=1", status=1)
        assert "quota of 2 exceeded" in said
        assert len(terraform.state()) == 2


def test_a_slow_type_takes_its_time(sim: Simulator, tmp_path: Path) -> None:
    slow = {"type": "aws_sns_topic", "seconds": 1.1}
    with sim.opened(tmp_path, {"slow": [slow]}) as terraform:
        start = time.monotonic()
        said = started(terraform, TOPIC)("apply", "-auto-approve")
        assert re.search(r"Creation complete after [1-9]\d*s", said)  # a busy machine takes longer
        assert time.monotonic() - start > 1.1


def test_drift_is_seen_by_a_refresh_and_undone_by_an_apply(sim: Simulator, tmp_path: Path) -> None:
    drift = {"type": "aws_sns_topic", "set": {"display_name": "by hand"}}
    with sim.opened(tmp_path, {"drift": [drift]}) as terraform:
        started(terraform, TOPIC)("apply", "-auto-approve")
        assert "by hand" in terraform("plan", "-refresh-only")
        assert actions(terraform.plan()) == {"aws_sns_topic.t": "update"}


def test_what_is_gone_is_planned_again(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(tmp_path, {"drift": [{"type": "aws_sns_topic", "gone": True}]}) as terraform:
        started(terraform, TOPIC)("apply", "-auto-approve")
        assert actions(terraform.plan()) == {"aws_sns_topic.t": "create"}


def test_a_data_source_answers_as_told(sim: Simulator, tmp_path: Path) -> None:
    text = (
        'data "aws_ami" "a" {\n  owners = ["self"]\n}\noutput "a" {\n  value = data.aws_ami.a\n}\n'
    )
    told = {"type": "aws_ami", "set": {"id": "ami-0told", "image_id": "ami-0told"}}
    more = 'data "aws_caller_identity" "me" {}\noutput "me" {\n'
    more += "  value = data.aws_caller_identity.me.account_id\n}\n"
    with sim.opened(tmp_path, {"data": [told], "account": "210987654321"}) as terraform:
        started(terraform, text + more)("apply", "-auto-approve")
        shown = json.loads(terraform("output", "-json"))
        assert shown["a"]["value"]["id"] == "ami-0told"
        assert shown["me"]["value"] == "210987654321"


def test_a_crash_in_mid_apply_keeps_what_was_made_before(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(tmp_path, {"crash": [{"type": "aws_sqs_queue", "after": 1}]}) as terraform:
        started(terraform, QUEUES)("apply", "-auto-approve", "-parallelism=1", status=1)
        state = json.loads((tmp_path / "terraform.tfstate").read_text())
        assert len(state["resources"][0]["instances"]) == 1
    (tmp_path / "other").mkdir()
    with sim.opened(tmp_path / "other") as calm:  # the simulator itself goes on
        started(calm, TOPIC)("apply", "-auto-approve")


def test_a_provider_that_terraform_started_crashes_for_real(
    home: Path, rc: Path, tmp_path: Path
) -> None:
    (tmp_path / "scenario.json").write_text('{"crash": [{"type": "null_resource"}]}')
    around = environment(
        home, TF_CLI_CONFIG_FILE=str(rc), DIHEDRAL_SCENARIO=str(tmp_path / "scenario.json")
    )
    terraform = started(Terraform(tmp_path, around), 'resource "null_resource" "n" {}\n')
    said = terraform("apply", "-auto-approve", status=1)
    # which of the two it says hangs on what it notices first
    assert "did not respond" in said or "request was cancelled" in said
    assert terraform.state() == {}


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"fault": []}, "unknown field `fault`"),
        ({"faults": [{"when": "apply"}]}, "`summary`"),
        ({"faults": [{"summary": "x", "when": "later"}]}, "'later'"),
        ({"quotas": {"aws_eip": "five"}}, "Expected `int`"),
        ([], "Expected `object`"),
    ],
)
def test_a_scenario_that_means_nothing_is_refused(value: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"docs/simulator\.md") as caught:
        scenario(value)
    assert complaint in str(caught.value)


def test_a_scenario_comes_as_json_or_as_a_path(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"region": "eu-north-1"}')
    assert read(str(tmp_path / "s.json")) == read('{"region": "eu-north-1"}')
    assert read("") == scenario(None)
    with pytest.raises(ValueError, match="DIHEDRAL_SCENARIO"):
        read(str(tmp_path / "absent.json"))


@pytest.mark.parametrize(
    ("after", "times", "due"),
    [
        (0, 0, [True, True, True]),
        (1, 0, [False, True, True]),
        (0, 1, [True, False, False]),
        (1, 1, [False, True, False]),
    ],
)
def test_a_counted_rule_holds_when_it_should(after: int, times: int, due: list[bool]) -> None:
    assert [Crash(after=after, times=times).due(seen) for seen in range(3)] == due
