"""What Terraform makes of the simulator's plans: the promises that a plan keeps."""

import json
from pathlib import Path

from tests.simulator.running import Simulator, Terraform, actions

AWS = 'provider "aws" {\n  region = "eu-central-1"\n}\n'
BUCKET = AWS + 'resource "aws_s3_bucket" "b" {\n  bucket = "files"\n}\n'
VPC = AWS + 'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\n'


def applied(terraform: Terraform, text: str) -> Terraform:
    terraform.write(text)
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    return terraform


def test_what_the_cloud_decides_is_unknown_until_it_is_applied(
    sim: Simulator, tmp_path: Path
) -> None:
    with sim.opened(tmp_path) as terraform:
        terraform.write(BUCKET)
        [change] = terraform.plan()["resource_changes"]
        assert change["change"]["after_unknown"]["arn"] is True
        assert change["change"]["after"]["force_destroy"] is False  # a default
        assert change["change"]["after"]["region"] == "eu-central-1"
        assert change["change"]["after_unknown"]["versioning"] is True  # a computed block
        terraform("apply", "plan.bin")
        bucket = terraform.state()["aws_s3_bucket.b"]
        assert bucket["arn"] == "arn:aws:s3:::files"
        assert bucket["bucket_regional_domain_name"] == "files.s3.eu-central-1.amazonaws.com"


def test_the_same_configuration_gets_the_same_ids_in_every_world(
    sim: Simulator, tmp_path: Path
) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with sim.opened(tmp_path / name) as terraform:
            state = applied(terraform, VPC).state()
            found.append(state["aws_vpc.v"]["id"])
    assert found[0] == found[1] and found[0].startswith("vpc-0")


def test_twins_get_different_ids(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(tmp_path) as terraform:
        state = applied(terraform, VPC.replace("cidr_block", "count = 2\n  cidr_block")).state()
        assert len({thing["id"] for thing in state.values()}) == 2


def test_a_change_is_made_in_place_unless_it_forces_a_new_one(
    sim: Simulator, tmp_path: Path
) -> None:
    with sim.opened(tmp_path) as terraform:
        applied(terraform, BUCKET)
        terraform.write(BUCKET.replace('"files"', '"files"\n  tags = { a = "b" }'))
        assert actions(terraform.plan()) == {"aws_s3_bucket.b": "update"}
        terraform.write(BUCKET.replace('"files"', '"other"'))
        plan = terraform.plan()
        assert actions(plan) == {"aws_s3_bucket.b": "delete/create"}
        assert plan["resource_changes"][0]["change"]["replace_paths"] == [["bucket"]]


def test_a_forced_change_inside_a_block_replaces_too(sim: Simulator, tmp_path: Path) -> None:
    text = AWS + (
        'resource "aws_instance" "i" {\n  ami = "ami-1"\n  instance_type = "t3.small"\n'
        "  root_block_device {\n    encrypted = true\n    volume_size = 10\n  }\n}\n"
    )
    with sim.opened(tmp_path) as terraform:
        applied(terraform, text)
        terraform.write(text.replace("= 10", "= 20"))
        assert actions(terraform.plan()) == {"aws_instance.i": "update"}
        terraform.write(text.replace("= true", "= false"))
        assert actions(terraform.plan()) == {"aws_instance.i": "delete/create"}


def test_default_tags_are_in_tags_all(sim: Simulator, tmp_path: Path) -> None:
    text = BUCKET.replace(
        'region = "eu-central-1"\n',
        'region = "eu-central-1"\n  default_tags {\n'
        '    tags = { Owner = "ops", Team = "a" }\n  }\n',
    ).replace('"files"', '"files"\n  tags = { Team = "b" }')
    with sim.opened(tmp_path) as terraform:
        bucket = applied(terraform, text).state()["aws_s3_bucket.b"]
        assert bucket["tags_all"] == {"Owner": "ops", "Team": "b"}
        assert bucket["tags"] == {"Team": "b"}


def test_replacing_gives_another_id(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(tmp_path) as terraform:
        before = applied(terraform, VPC).state()["aws_vpc.v"]["id"]
        terraform("apply", "-auto-approve", "-replace=aws_vpc.v")
        assert terraform.state()["aws_vpc.v"]["id"] != before


def test_an_import_writes_a_configuration_that_plans_empty(sim: Simulator, tmp_path: Path) -> None:
    text = AWS + 'import {\n  to = aws_s3_bucket.old\n  id = "old-files"\n}\n'
    with sim.opened(tmp_path) as terraform:
        terraform.write(text)
        terraform("init", "-input=false")
        terraform("plan", "-generate-config-out=made.tf")
        assert '"old-files"' in (tmp_path / "made.tf").read_text()
        assert "1 imported, 0 added, 0 changed" in terraform("apply", "-auto-approve")
        assert terraform.state()["aws_s3_bucket.old"]["arn"] == "arn:aws:s3:::old-files"
        assert actions(terraform.plan()) == {}


def test_a_resource_can_move_and_be_forgotten(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(tmp_path) as terraform:
        applied(terraform, BUCKET)
        moved = "moved {\n  from = aws_s3_bucket.b\n  to = aws_s3_bucket.c\n}\n"
        terraform.write(BUCKET.replace('"b"', '"c"') + moved)
        assert actions(terraform.plan()) == {}
        terraform("apply", "-auto-approve")
        forget = "removed {\n  from = aws_s3_bucket.c\n  lifecycle {\n    destroy = false\n  }\n}\n"
        terraform.write(AWS + forget)
        assert actions(terraform.plan()) == {"aws_s3_bucket.c": "forget"}


def test_a_data_source_finds_what_this_run_made(sim: Simulator, tmp_path: Path) -> None:
    text = VPC.replace('"10.0.0.0/16"', '"10.7.0.0/16"\n  tags = { Name = "main" }') + (
        'data "aws_vpc" "by_tag" {\n  tags = { Name = "main" }\n  depends_on = [aws_vpc.v]\n}\n'
        'output "range" {\n  value = data.aws_vpc.by_tag.cidr_block\n}\n'
        'output "same" {\n  value = data.aws_vpc.by_tag.id == aws_vpc.v.id\n}\n'
    )
    with sim.opened(tmp_path) as terraform:
        applied(terraform, text)
        shown = json.loads(terraform("output", "-json"))
        assert shown["range"]["value"] == "10.7.0.0/16" and shown["same"]["value"] is True


def test_each_alias_keeps_its_own_region(sim: Simulator, tmp_path: Path) -> None:
    text = BUCKET + (
        'provider "aws" {\n  alias = "far"\n  region = "ap-south-1"\n}\n'
        'resource "aws_s3_bucket" "far" {\n  provider = aws.far\n  bucket = "far"\n}\n'
    )
    with sim.opened(tmp_path) as terraform:
        state = applied(terraform, text).state()
        found = {address: thing["region"] for address, thing in state.items()}
        assert found == {"aws_s3_bucket.b": "eu-central-1", "aws_s3_bucket.far": "ap-south-1"}


def test_a_write_only_value_is_nowhere_in_the_state(sim: Simulator, tmp_path: Path) -> None:
    text = AWS + (
        'resource "aws_ssm_parameter" "p" {\n  name = "/p"\n  type = "SecureString"\n'
        '  value_wo = "hush"\n  value_wo_version = 1\n}\n'
    )
    with sim.opened(tmp_path) as terraform:
        applied(terraform, text)
        assert "hush" not in (tmp_path / "terraform.tfstate").read_text()


def test_an_older_state_is_made_to_fit(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(tmp_path) as terraform:
        applied(terraform, BUCKET)
        path = tmp_path / "terraform.tfstate"
        state = json.loads(path.read_text())
        attributes = state["resources"][0]["instances"][0]["attributes"]
        attributes |= {"gone_since": "2019", "force_destroy": "false"}
        del attributes["region"]
        path.write_text(json.dumps(state))
        assert set(actions(terraform.plan()).values()) <= {"update"}


def test_a_word_that_is_no_type_is_still_answered_with_a_hint(
    sim: Simulator, tmp_path: Path
) -> None:
    with sim.opened(tmp_path) as terraform:
        terraform.write(BUCKET + 'resource "aws_s3_buckets" "x" {\n  bucket = "x"\n}\n')
        terraform("init", "-input=false")
        assert 'Did you mean "aws_s3_bucket"?' in terraform("validate", status=1)


def test_what_the_provider_would_refuse_is_refused(sim: Simulator, tmp_path: Path) -> None:
    text = VPC.replace("10.0.0.0/16", "10.0.0.1/16") + (
        'resource "aws_s3_bucket" "b" {\n  bucket = "a"\n  bucket_prefix = "b"\n}\n'
    )
    with sim.opened(tmp_path) as terraform:
        terraform.write(text)
        terraform("init", "-input=false")
        said = terraform("validate", status=1)
        assert "10.0.0.1/16" in said and "Conflicting configuration arguments" in said


def test_a_nested_attribute_keeps_what_the_cloud_gave_it(sim: Simulator, tmp_path: Path) -> None:
    head = 'terraform {\n  required_providers {\n    six = { source = "example/six" }\n  }\n}\n'
    text = head + (
        'resource "six_fleet" "f" {\n  name = "f"\n'
        '  boats = [{ name = "a" }, { name = "b" }]\n  crew = [{ name = "c" }]\n}\n'
    )
    with sim.opened(tmp_path) as terraform:
        before = applied(terraform, text).state()["six_fleet.f"]
        terraform.write(text.replace('{ name = "b" }', '{ name = "b", seats = 9 }'))
        terraform("apply", "-auto-approve")
        after = terraform.state()["six_fleet.f"]
        assert after["boats"][1]["seats"] == 9
        assert [one["id"] for one in after["boats"]] == [one["id"] for one in before["boats"]]
        assert after["crew"] == before["crew"]
