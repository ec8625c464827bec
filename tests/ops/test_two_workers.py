"""Two workers on one database: every run is done once, and a workspace has one at a time."""

import itertools
from datetime import datetime
from pathlib import Path

import pytest

from dihedral.domain.ids import RunId
from tests.ops.processes import OVER, Office, data, office, until, worker

pytestmark = pytest.mark.anyio

SPACES, RUNS = 10, 5  # fifty in all
PATIENT = {"DIHEDRAL_HEARTBEAT": "5s"}  # a busy machine is no reason to do anything twice
Span = tuple[datetime, datetime]


async def test_fifty_runs_in_ten_workspaces(dsn: str, scratch: Path) -> None:
    async with office(dsn) as people:
        spaces = [
            await people.workspace(f"space-{n}", simulated=False, auto_apply=True)
            for n in range(SPACES)
        ]
        proposed: dict[str, list[RunId]] = {space.name: [] for space in spaces}
        for count in range(1, RUNS + 1):
            text = data(**{f"r{n}": "one" for n in range(count)})
            for space in spaces:
                proposed[space.name].append(await people.propose(space, text))
        with (
            worker(dsn, scratch / "one", **PATIENT) as one,
            worker(dsn, scratch / "two", **PATIENT) as two,
        ):
            await until(lambda: _all_over(people), "fifty runs are over")
        for space in spaces:
            spans = [await _span(people, run) for run in proposed[space.name]]
            assert all(a[1] <= b[0] for a, b in itertools.pairwise(sorted(spans)))
            assert [(await people.see(run)).status for run in proposed[space.name]] == [
                "applied"
            ] * RUNS
            versions = await people.states(space)
            assert [v.resources for v in versions if v.run] == sorted(
                (v.resources for v in versions), reverse=True
            )
            assert versions[0].resources == RUNS
        done = await _claims(people)
        assert set(done) == {one.child.pid, two.child.pid}
        assert len(done) == 2 * SPACES * RUNS  # each is claimed to be planned, and to be applied
        assert min(done.count(pid) for pid in set(done)) >= SPACES


async def _all_over(people: Office) -> bool:
    async with people.ops.db.tx() as tx:
        row = await tx.row(
            b"SELECT bool_and(status = ANY(%(over)s::text[])) AS over FROM run", over=list(OVER)
        )
    return row is not None and bool(row["over"])


async def _span(people: Office, run: RunId) -> Span:
    """From the moment that a worker took the run to its end."""
    async with people.ops.db.tx() as tx:
        row = await tx.row(
            b"SELECT min(at) AS first, max(at) AS last FROM run_fact WHERE run = %(run)s", run=run
        )
    assert row is not None
    return row["first"], row["last"]


async def _claims(people: Office) -> list[int]:
    """The process of each claim; a worker's name ends with it."""
    async with people.ops.db.tx() as tx:
        rows = await tx.rows(b"SELECT note FROM run_fact WHERE fact = 'claimed'")
    return [int(row["note"].rpartition("-")[2]) for row in rows]
