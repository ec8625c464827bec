"""The real Terraform, through whole lives of configurations, against the simulator."""

import json
from pathlib import Path

import pytest

from tests.simulator.running import HERE, Simulator, Terraform, copied, environment

CONFIGURATIONS = sorted(path.name for path in (HERE / "cfg").iterdir())
CHANGES = 2  # the exit status of a plan that has something to do


def cycle(terraform: Terraform) -> None:
    """Plan, apply, a plan with nothing to do, destroy, and nothing left."""
    terraform("init", "-input=false")
    terraform("validate")
    terraform("plan", "-input=false", "-detailed-exitcode", "-out=plan.bin", status=CHANGES)
    terraform("apply", "-input=false", "plan.bin")
    terraform("plan", "-input=false", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    assert terraform("state", "list") == ""


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_lives_its_whole_life(sim: Simulator, tmp_path: Path, name: str) -> None:
    with sim.opened(copied(name, tmp_path)) as terraform:
        cycle(terraform)


@pytest.mark.parametrize("name", ["s3", "six"])
def test_an_ordinary_install_lives_it_too(rc: Path, tmp_path: Path, name: str) -> None:
    plain = environment(Path("unused"), TF_CLI_CONFIG_FILE=str(rc))
    del plain["PYTHONPATH"], plain["DIHEDRAL_SIMULATOR_HOME"]
    cycle(Terraform(copied(name, tmp_path), plain))


def test_the_schema_that_terraform_sees_is_the_one_that_was_added(rc: Path, tmp_path: Path) -> None:
    plain = environment(Path("unused"), TF_CLI_CONFIG_FILE=str(rc))
    terraform = Terraform(copied("six", tmp_path), plain)
    terraform("init", "-input=false")
    seen = json.loads(terraform.run("providers", "schema", "-json").stdout)
    [(address, shown)] = seen["provider_schemas"].items()
    added = json.loads((HERE / "schemas/six.json").read_text())["provider_schemas"][address]
    for group in ("resource_schemas", "data_source_schemas"):
        assert _plain(shown[group]) == _plain(added[group])


def _plain(schema: object) -> object:
    """Without what says nothing: how a description that is empty would be written."""
    if isinstance(schema, dict):
        return {
            key: _plain(value)
            for key, value in schema.items()
            if key != "description_kind" and value not in (0, None)
        }
    return [_plain(one) for one in schema] if isinstance(schema, list) else schema
