"""One house for all talks: it takes a while to come up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.talks.house import House, house


@pytest.fixture(scope="session")
def ours(scratch: Path) -> Iterator[House]:
    with house(scratch / "talks") as made:
        yield made
