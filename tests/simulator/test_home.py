"""Adding, listing and removing providers, and the conversation of the kept-running simulator."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dihedral.simulator.home import HOST, Home, default, full
from dihedral.simulator.scan import mentions
from tests.simulator.running import HERE, Json, Simulator, copied, simulator

SIX = HERE / "schemas/six.json"


def test_what_is_added_is_listed_and_can_be_removed(tmp_path: Path) -> None:
    done = simulator(tmp_path, "add", str(SIX), "--version", "2.5.0")
    assert done.returncode == 0 and "registry.terraform.io/example/six" in done.stdout
    rows = {row["address"]: row for row in json.loads(simulator(tmp_path, "list", "--json").stdout)}
    six = rows[f"{HOST}/example/six"]
    assert (six["version"], six["added"]) == ("2.5.0", True)
    assert six["resources"] == {"schema": 1}
    assert rows[f"{HOST}/hashicorp/aws"]["resources"]["modelled"] >= 250
    assert simulator(tmp_path, "remove", "example/six").returncode == 0
    assert "example/six" not in simulator(tmp_path, "list").stdout


def test_an_added_provider_hides_the_one_that_came_along(tmp_path: Path) -> None:
    dump = json.loads(SIX.read_text())
    schema = dump["provider_schemas"].popitem()[1]
    dump["provider_schemas"][f"{HOST}/hashicorp/null"] = schema
    (tmp_path / "null.json").write_text(json.dumps(dump))
    home = tmp_path / "home"
    assert simulator(home, "add", str(tmp_path / "null.json")).returncode == 0
    assert Home(home).store(f"{HOST}/hashicorp/null").names("resource") == {"six_fleet"}
    assert simulator(home, "remove", "hashicorp/null").returncode == 0
    assert Home(home).store(f"{HOST}/hashicorp/null").names("resource") == {"null_resource"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not the output of `terraform providers schema -json`"),
        ("[1]", "not the output of"),
        ('{"provider_schemas": {}}', "no provider is in it"),
        ('{"provider_schemas": {"x": {}}}', "x is no provider address"),
        (
            '{"provider_schemas": {"a/b": {"resource_schemas": {"b_c": {"block": []}}}}}',
            "the schema of b_c cannot be read",
        ),
        (
            '{"provider_schemas": {"a/b": {"resource_schemas": {"b_c": {"block": {"block_types":'
            ' {"d": {"nesting_mode": "heap"}}}}}}}}',
            "Invalid enum value 'heap'",
        ),
        (
            '{"provider_schemas": {"a/b": {"provider": {"block": {"attributes": {"c": {}}}}}}}',
            "a/b: the attribute c has no type",
        ),
    ],
)
def test_a_bad_schema_is_refused_and_nothing_is_kept(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "bad.json").write_text(text)
    done = simulator(tmp_path / "home", "add", str(tmp_path / "bad.json"))
    assert done.returncode == 1 and complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "home").glob("providers/*/*/*"))


def test_bad_facts_and_absent_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text('{"six_fleet": {"fn": "name"}}')
    done = simulator(tmp_path, "add", str(SIX), "--facts", str(tmp_path / "facts.json"))
    assert done.returncode == 1 and "the facts cannot be used" in done.stderr
    done = simulator(tmp_path, "add", str(tmp_path / "absent.json"))
    assert done.returncode == 1 and "is not there" in done.stderr
    done = simulator(tmp_path, "remove", "hashicorp/aws")
    assert done.returncode == 1 and "came with the simulator" in done.stderr


def test_a_published_provider_is_asked_of_terraform_itself(tmp_path: Path) -> None:
    empty = tmp_path / "empty.rc"  # a mirror with nothing in it, so that no network is asked
    (tmp_path / "mirror").mkdir()
    mirror = f'filesystem_mirror {{\n    path = "{tmp_path}/mirror"\n  }}'
    empty.write_text(f"provider_installation {{\n  {mirror}\n}}\n")
    done = simulator(tmp_path, "add", "example/absent", TF_CLI_CONFIG_FILE=str(empty))
    assert done.returncode == 1
    assert "`terraform init" in done.stderr and "add FILE here" in done.stderr


def test_a_published_provider_comes_in_whole(rc: Path, tmp_path: Path) -> None:
    done = simulator(tmp_path / "other", "add", "example/six", TF_CLI_CONFIG_FILE=str(rc))
    assert done.returncode == 0, done.stderr
    assert Home(tmp_path / "other").store(f"{HOST}/example/six").protocol == 6


def test_many_may_build_the_same_provider_at_once(tmp_path: Path) -> None:
    def build(_: int) -> bytes:
        return Home(tmp_path).store(f"{HOST}/hashicorp/random").response()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(build, range(8)))) == 1
    assert [path.suffix for path in (tmp_path / "built").iterdir()] == [".sim"]


def test_a_home_is_stated_or_found() -> None:
    assert default("/a", {"DIHEDRAL_SIMULATOR_HOME": "/b"}).path == Path("/a")
    assert default(None, {"DIHEDRAL_SIMULATOR_HOME": "/b"}).path == Path("/b")
    if sys.platform == "linux":
        assert default(None, {"XDG_DATA_HOME": "/d"}).path == Path("/d/dihedral/simulator")


@pytest.mark.parametrize("name", ["aws", "a/b/c/d", "../..", "a//b", ""])
def test_an_address_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no provider address"):
        full(name)


def test_types_are_sent_whole_only_when_mentioned(home: Path) -> None:
    store = Home(home).store(f"{HOST}/hashicorp/aws")
    whole, some = store.response(), store.response({"aws_s3_bucket"})
    assert len(some) < len(whole) / 5
    with pytest.raises(LookupError, match="aws_s3_bukket"):
        store.schema("resource", "aws_s3_bukket")


def test_a_directory_does_not_have_us_look_beyond_it(tmp_path: Path) -> None:
    for name in ("run", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "other" / "main.tf").write_text('resource "aws_neptune_cluster" "x" {}\n')
    (tmp_path / "run" / "main.tf").write_text('module "x" {\n  source = "../other"\n}\n')
    seen = mentions(tmp_path / "run")
    assert "module" in seen.words and "aws_neptune_cluster" not in seen.words and not seen.whole
    assert "aws_neptune_cluster" in mentions(tmp_path / "run", beyond=True).words


def test_a_directory_mentions_what_its_modules_and_state_do(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('module "m" {\n  source = "./m/n"\n}\n# aws_vpc')
    (tmp_path / "more.tf.json").write_text('{"resource": {"aws_eip": {"x": {}}}}')
    (tmp_path / "m/n").mkdir(parents=True)
    (tmp_path / "m/n/x.tf").write_text(
        'data "aws_ami" "a" {}\nmodule "up" {\n  source = "../.."\n}'
    )
    (tmp_path / "terraform.tfstate").write_text('{"resources": [{"type": "aws_instance"}]}')
    seen = mentions(tmp_path)
    assert {"aws_eip", "aws_ami", "aws_instance", "aws_vpc"} <= seen.words and seen.whole
    (tmp_path / "far.tf").write_text('module "f" {\n  source = "terraform-aws-modules/vpc/aws"\n}')
    assert not mentions(tmp_path).whole


def test_an_opening_says_how_well_its_types_are_known(sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_s3_bucket_versioning" "b" {}\nresource "azurerm_resource_group" "r" {}\n'
    )
    answer = sim.ask({"open": {"id": "x", "directory": str(tmp_path)}})
    assert answer["known"] == {
        "aws_s3_bucket_versioning": "modelled",
        "azurerm_resource_group": "schema",
    }
    entry = answer["reattach"][f"{HOST}/hashicorp/aws"]
    assert entry["Addr"]["String"].startswith("127.0.0.1:") and entry["Test"] is True
    assert entry["Pid"] == sim.process.pid and entry["ProtocolVersion"] == 5
    assert answer["reattach"]["registry.opentofu.org/hashicorp/aws"] == entry
    assert f"{HOST}/example/six" not in answer["reattach"]
    assert sim.ask({"close": "x"}) == {"closed": "x"}


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"close": "nothing"}, "nothing is not open"),
        ({}, "ask {"),
        ({"open": {"id": "x"}}, "directory"),
        ({"open": {"id": "x", "directory": "/absent"}}, "/absent is not a directory"),
        ({"open": {"id": "x", "directory": "/tmp", "scenario": {"oops": 1}}}, "oops"),
        ({"shut": "x"}, "shut"),
    ],
)
def test_a_bad_request_is_answered_with_its_error(
    sim: Simulator, request_: Json, complaint: str
) -> None:
    assert complaint in sim.ask(request_)["error"]


def test_a_name_is_open_once(sim: Simulator, tmp_path: Path) -> None:
    asked = {"open": {"id": "twice", "directory": str(tmp_path)}}
    assert "opened" in sim.ask(asked)
    assert "open already" in sim.ask(asked)["error"]
    sim.ask({"close": "twice"})


def test_a_module_that_is_installed_after_opening_is_seen(sim: Simulator, tmp_path: Path) -> None:
    with sim.opened(copied("modules", tmp_path)) as terraform:
        terraform("init", "-input=false")
        terraform("validate")


def test_it_says_what_it_is_when_nobody_started_it(tmp_path: Path) -> None:
    done = simulator(tmp_path, "provide", "hashicorp/aws")
    assert done.returncode == 1 and "Terraform starts it" in done.stderr
    for words in (["--help"], ["add", "--help"], ["list"]):
        assert "not what a cloud would accept" in " ".join(
            simulator(tmp_path, *words).stdout.split()
        )


def test_a_launcher_works_from_any_directory(rc: Path) -> None:
    launchers = list(rc.parent.glob("mirror/**/terraform-provider-aws_v*"))
    assert len(launchers) >= 8 and all(os.access(path, os.X_OK) for path in launchers)
    assert rc.read_text().count("filesystem_mirror") == 1 and "direct" not in rc.read_text()
