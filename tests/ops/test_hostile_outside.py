"""Configurations that read, write, reach or take what is not theirs: with the guard off."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dihedral.ops.work.simulators import Simulator
from tests.ops import attempts, hostile
from tests.ops.attempts import Bench

pytestmark = pytest.mark.anyio
GROUPS = ("read", "reach", "write", "disguise")


@pytest.fixture
async def bench(apart: Path, simulator_home: Path) -> AsyncIterator[Bench]:
    simulator = Simulator(simulator_home)
    async with attempts.opened(apart, simulator) as made:
        yield made
    await simulator.aclose()


@pytest.mark.parametrize("name", attempts.alone(*GROUPS))
async def test_what_it_tries_is_stopped_by_what_the_table_says(bench: Bench, name: str) -> None:
    await attempts.demand(bench, hostile.load(name))


async def test_what_it_tries_with_providers_is_stopped_by_what_the_table_says(bench: Bench) -> None:
    for name in attempts.simulated(*GROUPS):
        await attempts.demand(bench, hostile.load(name))


@pytest.mark.parametrize("group", ["read", "reach", "write"])
def test_the_sandbox_alone_stops_every_one(group: str) -> None:
    found = [row for row in hostile.rows() if row.name.startswith(group)]
    assert found and {row.sandbox for row in found} <= {"holds", "ends"}
