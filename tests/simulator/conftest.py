"""One home and one running simulator for all these tests; each opens worlds of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.running import HERE, Simulator, running, simulator


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What came along, and three providers of our own making."""
    made = tmp_path_factory.mktemp("home")
    schemas = HERE / "schemas"
    for name, more in (
        ("google", ["--version", "6.1.0", "--facts", str(schemas / "google-facts.json")]),
        ("azurerm", []),
        ("six", []),
    ):
        done = simulator(made, "add", str(schemas / f"{name}.json"), *more)
        assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="session")
def sim(home: Path) -> Iterator[Simulator]:
    with running(home) as started:
        yield started


@pytest.fixture(scope="session")
def rc(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CLI configuration of an ordinary install."""
    done = simulator(home, "install", str(tmp_path_factory.mktemp("mirror")))
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())
