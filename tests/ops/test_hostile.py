"""Hostile configurations that exhaust, hide, swap, steal and escape; and honest ones."""

import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import guard
from dihedral.ops.work.simulators import Simulator
from tests.ops import attempts, hostile
from tests.ops.attempts import Bench
from tests.ops.cells import WAYS
from tests.ops.hostile import Case

pytestmark = pytest.mark.anyio
GROUPS = ("exhaust", "swap", "steal", "escape")
HONEST = Path(__file__).parents[1] / "honest"
DOCS = Path(__file__).parents[2] / "docs"


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


async def test_what_hides_a_loss_is_stopped_by_what_the_table_says(bench: Bench) -> None:
    settled = await bench.settled()
    for name in hostile.names("hide"):
        await attempts.demand(settled, hostile.load(name))


def test_what_exhausts_is_ended_or_never_started() -> None:
    found = [row for row in hostile.rows() if row.name.startswith("exhaust")]
    assert all(row.sandbox != "-" or row.guard == "deny" for row in found)


def test_the_table_has_every_configuration_once_and_in_order() -> None:
    assert hostile.TABLE.read_text("utf-8") == hostile.table(hostile.rows())
    assert [row.name for row in hostile.rows()] == hostile.names()
    assert len(hostile.rows()) >= 100 and all(row.stopped for row in hostile.rows())


def test_the_docs_count_what_the_table_says() -> None:
    counted = hostile.counts(hostile.rows())
    text = (DOCS / "hostile.md").read_text("utf-8")
    said = re.findall(r"^\| (\w+) \|[^|]*" + r"\| (\d+) " * 5 + r"\|$", text, re.MULTILINE)
    assert {group: [int(n) for n in row] for group, *row in said} == counted


async def test_honest_configurations_pass_and_are_planned_and_applied_in_the_sandbox(
    bench: Bench,
) -> None:
    names = sorted(path.name for path in HONEST.iterdir())
    assert len(names) == 12
    for name, way in zip(names, itertools.cycle(WAYS), strict=False):
        case = Case(name=name, needs="simulator", files=hostile.files(HONEST / name))
        found = guard.read(case.files, attempts.RULES)
        assert found.ruling is Ruling.ALLOW, (name, found.findings)
        tried = await bench.attempt(case, way)
        assert tried.faults == [] and tried.steps[-1].ok, (name, tried.said)
        assert attempts.judge(tried.plan) is not Ruling.DENY, name
