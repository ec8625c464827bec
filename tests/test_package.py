"""What is installed has everything that the program reads beside its modules."""

from pathlib import Path

import pytest

import dihedral

SOURCE = Path(dihedral.__file__).parent
ROOT = SOURCE.parent.parent


@pytest.fixture(scope="module")
def wheel() -> set[str]:
    """The paths in it, as the builder finds them; to build it takes longer and says no more."""
    from hatchling.builders.wheel import WheelBuilder

    found = WheelBuilder(str(ROOT)).recurse_included_files()
    return {file.distribution_path.replace("\\", "/") for file in found}


def test_the_agents_that_ship_are_in_the_wheel(wheel: set[str]) -> None:
    texts = [one for one in (SOURCE / "agents").iterdir() if one.suffix in (".yaml", ".md")]
    assert len(texts) >= 6
    assert {f"dihedral/agents/{one.name}" for one in texts} <= wheel


@pytest.mark.parametrize("ending", [".sql", ".html", ".css", ".tf", ".rego", ".yaml", ".md"])
def test_every_file_of_a_kind_is_in_the_wheel(wheel: set[str], ending: str) -> None:
    here = {f"dihedral/{one.relative_to(SOURCE).as_posix()}" for one in SOURCE.rglob(f"*{ending}")}
    assert here and here <= wheel
