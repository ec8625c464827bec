"""`dihedral plan` and `apply` give what Terraform gives by hand, with the same simulator."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import lives
from tests.simulator.conftest import home, sim
from tests.simulator.running import HERE, Simulator

__all__ = ["home", "sim"]  # fixtures

PLAIN = """\
variable "name" {
  default = "one"
}
resource "terraform_data" "first" {
  input = { name = var.name, parts = [1, 2.5, true, null] }
}
resource "terraform_data" "rest" {
  for_each         = toset(["a", "b"])
  input            = "${each.key} ${terraform_data.first.output.name}"
  triggers_replace = terraform_data.first.output.name
}
output "whole" {
  value = terraform_data.first.output
}
output "rest" {
  value     = [for one in terraform_data.rest : one.output]
  sensitive = true
}
"""
# a provider of another's making, plugin protocol 6, modules, data and what is sensitive
CONFIGURATIONS = ("gcp", "modules", "s3", "six", "vpc")


@pytest.fixture(scope="module")
def up(scratch: Path, home: Path) -> Iterator[lives.Up]:
    data = scratch / "parity"
    data.mkdir()
    foreign = "hashicorp/google,example/six"
    with lives.up(data, DIHEDRAL_SIMULATOR_HOME=str(home), DIHEDRAL_PROVIDERS=foreign) as started:
        yield started


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plain")
    (made / "main.tf").write_text(PLAIN)
    return made


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_lives_the_life_it_has_by_hand(
    up: lives.Up, sim: Simulator, tmp_path: Path, name: str
) -> None:
    _both(up, sim, HERE / "cfg" / name, tmp_path / "by-hand")


def test_so_does_one_of_terraform_s_own_resources(
    up: lives.Up, sim: Simulator, tmp_path: Path, plain: Path
) -> None:
    _both(up, sim, plain, tmp_path / "by-hand")


def _both(up: lives.Up, sim: Simulator, directory: Path, copy: Path) -> None:
    with sim.opened(Path(shutil.copytree(directory, copy))) as terraform:
        by_hand = lives.by_hand(terraform)
    assert by_hand.planned and not by_hand.again and not by_hand.left
    assert lives.governed(up, directory, directory.name) == by_hand
