"""`kill -9` of a worker that is in the middle of everything; and one that is frozen and thaws.

One worker is killed while it holds a run at each step, each in a workspace of its own. The short
steps are held open from outside: somebody locks the row that the step needs next. Before it dies
it freezes for a moment, so that its Terraform does something that it cannot tell any more.
"""

import asyncio
import json
import re
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from dihedral.domain.ids import RunId
from dihedral.domain.run import Status
from dihedral.domain.workspace import SCENARIO, Category, Hold, StateVersion, Workspace
from dihedral.ops.work import site, workspaces
from tests.conftest import fresh
from tests.ops.processes import (
    ADA,
    BO,
    OVER,
    RESTING,
    Office,
    Process,
    data,
    office,
    queues,
    slow,
    until,
    worker,
)

QUEUES = 5
APPLYING = ("applying", "orphan")
BEFORE = ("waiting", "confirmed", *APPLYING)  # these have a plan by the time of the kill
AFTER = ("claiming", "planning", "judging")  # these have none, or one that nobody has judged
STEPS = (*AFTER, *BEFORE)
SLOW = {"planning": slow(plan=2), **dict.fromkeys(APPLYING, slow(apply=0.7))}
LOCKS = {
    "claiming": b"SELECT 1 FROM run WHERE id = %(run)s FOR UPDATE",
    "judging": b"SELECT 1 FROM verdict WHERE run = %(run)s FOR UPDATE",
    "confirmed": b"SELECT 1 FROM workspace WHERE id = %(workspace)s FOR UPDATE",
}
CREATED = re.compile(r"aws_sqs_queue\.(q\d): Creation complete")


@dataclass(frozen=True, slots=True)
class Seen:
    """A run and its workspace at some moment."""

    status: Status
    reason: str
    facts: list[str]
    log: str
    states: list[StateVersion]  # newest first
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Each step's run: at the kill, when nothing moved any more, and when people had done theirs.

    `again` are the runs with which people went on where an apply was lost.
    """

    killed: Mapping[str, Seen]
    rested: Mapping[str, Seen]
    ended: Mapping[str, Seen]
    again: Mapping[str, Seen]
    unfinished: int


@pytest.fixture(scope="module")
def aftermath(cluster: str, scratch: Path) -> Iterator[Aftermath]:
    with fresh(cluster) as dsn:
        yield asyncio.run(_story(dsn, scratch / "killed"))


@pytest.mark.parametrize("step", STEPS)
def test_the_worker_died_at_each_step(aftermath: Aftermath, step: str) -> None:
    status = {"claiming": "pending", "judging": "planned", "waiting": "policy_checked"}
    expected = status.get(step, "applying" if step in APPLYING else step)
    assert aftermath.killed[step].status == expected


@pytest.mark.parametrize("step", [*AFTER, "waiting"])
def test_a_run_that_was_not_approved_waits_for_its_person(aftermath: Aftermath, step: str) -> None:
    assert aftermath.rested[step].status == "policy_checked"
    assert aftermath.ended[step].status == "applied"


def test_a_run_that_was_approved_is_applied_by_the_next_worker(aftermath: Aftermath) -> None:
    assert aftermath.rested["confirmed"].status == "applied"


@pytest.mark.parametrize("step", APPLYING)
def test_a_lost_apply_ends_honestly_and_holds_its_workspace(
    aftermath: Aftermath, step: str
) -> None:
    rested = aftermath.rested[step]
    assert rested.status == "errored"
    assert "the worker died while it applied" in rested.reason
    assert rested.facts[-1] == "lost"
    assert rested.workspace.lock is not None
    assert rested.workspace.lock.kind is Hold.MEND


def test_no_run_was_begun_twice_where_that_would_matter(aftermath: Aftermath) -> None:
    for seen in (*aftermath.ended.values(), *aftermath.again.values()):
        approved = seen.facts.index("approved") if "approved" in seen.facts else len(seen.facts)
        assert seen.facts[approved:].count("claimed") <= 1, seen.facts
    assert aftermath.ended["planning"].facts[:4] == ["claimed", "lost", "claimed", "planned"]


@pytest.mark.parametrize("step", STEPS)
def test_no_state_version_is_lost(aftermath: Aftermath, step: str) -> None:
    before = [version.id for version in aftermath.killed[step].states]
    after = [version.id for version in aftermath.rested[step].states]
    assert after[len(after) - len(before) :] == before


@pytest.mark.parametrize("step", APPLYING)
def test_what_the_dead_worker_could_not_tell_is_salvaged(aftermath: Aftermath, step: str) -> None:
    before, after = aftermath.killed[step].states[0], aftermath.rested[step].states[0]
    assert after.note == "salvaged"
    assert after.resources > before.resources
    assert after.lineage == before.lineage


@pytest.mark.parametrize("step", APPLYING)
def test_people_go_on_and_nothing_is_made_twice(aftermath: Aftermath, step: str) -> None:
    again = aftermath.again[step]
    assert again.status == "applied"
    assert again.workspace.lock is None
    assert again.states[0].resources == QUEUES
    made = CREATED.findall(again.log)
    assert len(made) == QUEUES - aftermath.rested[step].states[0].resources
    assert not set(made) & set(CREATED.findall(aftermath.rested[step].log))


def test_a_plan_after_a_lost_apply_asks_a_person(aftermath: Aftermath) -> None:
    assert "held" in aftermath.again["applying"].facts


def test_no_workspace_is_locked_and_no_run_unfinished_in_the_end(aftermath: Aftermath) -> None:
    assert aftermath.unfinished == 0
    assert all(seen.workspace.lock is None for seen in aftermath.again.values())


@pytest.mark.anyio
async def test_a_worker_that_was_frozen_moves_no_run_that_another_has_taken(
    dsn: str, tmp_path: Path, scratch: Path
) -> None:
    async with office(dsn) as people:
        spaces = {name: await _space(people, name) for name in ("planning", "applying")}
        with worker(dsn, scratch / "frozen", DIHEDRAL_GRACE="3s") as frozen:
            runs = {"applying": await people.propose(spaces["applying"], queues(QUEUES))}
            await people.until(runs["applying"], "policy_checked")
            runs["planning"] = await people.propose(spaces["planning"], queues(1))
            await people.approve(runs["applying"])
            await _partly(people, spaces["applying"])
            await people.until(runs["planning"], "planning")
            frozen.send(signal.SIGSTOP)
            with worker(dsn, scratch / "other"):
                taken = {
                    "planning": await people.until(runs["planning"], "policy_checked"),
                    "applying": await people.until(runs["applying"], "errored"),
                }
                told = {name: await people.facts(run) for name, run in runs.items()}
                await _ahead(scratch / "frozen", runs["applying"], QUEUES - 1)
                frozen.send(signal.SIGCONT)
                await until(_said(frozen, "was lost to another worker", 2), "it notices")
                await asyncio.sleep(0.5)
                for name, run in runs.items():
                    assert await people.facts(run) == told[name]
                    assert await people.see(run) == taken[name]
                done = (await people.states(spaces["applying"]))[0]
                assert (done.run, done.resources) == (runs["applying"], QUEUES)
                again = await people.propose(spaces["applying"], queues(QUEUES))
                await people.until(again, "planned_and_finished")
                mended = await workspaces.see(people.ops, ADA, "applying")
                assert mended.workspace.lock is None


async def _story(dsn: str, place: Path) -> Aftermath:
    many = {"DIHEDRAL_WORKER_CONCURRENCY": "8", "DIHEDRAL_GRACE": "3s"}
    async with office(dsn) as people:
        spaces = {name: await _space(people, name) for name in STEPS}
        with worker(dsn, place, **many) as doomed:
            async with AsyncExitStack() as held:
                runs = await _everywhere(people, spaces, doomed, held)
                doomed.send(signal.SIGSTOP)
                for name in APPLYING:
                    told = (await people.states(spaces[name]))[0].resources
                    await _ahead(place, runs[name], told)
                killed = await _seen(people, spaces, runs)
                doomed.kill()
        for name in SLOW:
            await workspaces.unset_variable(people.ops, BO, name, SCENARIO, Category.ENV)
        with worker(dsn, place, **many):
            for run in runs.values():
                await people.until(run, *RESTING)
            rested = await _seen(people, spaces, runs)
            for name in (*AFTER, "waiting"):
                await people.approve(runs[name])
            await workspaces.unlock(people.ops, BO, "orphan")
            again = {n: await people.propose(spaces[n], queues(QUEUES)) for n in APPLYING}
            for run in again.values():
                await people.until(run, "policy_checked")
                await people.approve(run)
            for run in (*runs.values(), *again.values()):
                await people.until(run, *OVER)
            ended = await _seen(people, spaces, runs)
            lost = {name: spaces[name] for name in APPLYING}
            return Aftermath(
                killed=killed,
                rested=rested,
                ended=ended,
                again=await _seen(people, lost, again),
                unfinished=await _unfinished(people),
            )


async def _everywhere(
    people: Office, spaces: Mapping[str, Workspace], doomed: Process, held: AsyncExitStack
) -> dict[str, RunId]:
    """A run at each step of the worker's."""
    runs = {name: await people.propose(spaces[name], _text(name)) for name in BEFORE}
    for run in runs.values():
        await people.until(run, "policy_checked")
    doomed.send(signal.SIGSTOP)
    for name in ("confirmed", *APPLYING):
        await people.approve(runs[name])
    for name in AFTER:
        runs[name] = await people.propose(spaces[name], _text(name))
    for name, query in LOCKS.items():
        where = {"run": runs[name], "workspace": spaces[name].id}
        await held.enter_async_context(people.holding(query, **where))
    doomed.send(signal.SIGCONT)
    await people.until(runs["planning"], "planning")
    await people.until(runs["judging"], "planned")
    for name in ("claiming", "confirmed"):
        await until(_taken(people, runs[name]), f"{name} is in the worker's hands")
    for name in APPLYING:
        await _partly(people, spaces[name])
    return runs


async def _space(people: Office, name: str) -> Workspace:
    made = await people.workspace(name, simulated=name in SLOW)
    if name in SLOW:
        await workspaces.set_variable(
            people.ops, BO, name, SCENARIO, SLOW[name], category=Category.ENV
        )
    return made


def _text(name: str) -> str:
    return queues(QUEUES if name in APPLYING else 1) if name in SLOW else data(one=name)


async def _partly(people: Office, space: Workspace) -> None:
    """Until the apply in the workspace has made something."""

    async def some() -> bool:
        return any(version.resources for version in await people.states(space))

    await until(some, f"something exists in {space.name}")


async def _ahead(place: Path, run: RunId, told: int) -> None:
    """Until Terraform has made more than what its frozen worker has told."""
    file = site.place(place / "runs", run, "apply") / "config" / "terraform.tfstate"

    async def more() -> bool:
        try:
            return len(json.loads(file.read_bytes())["resources"]) > told
        except (ValueError, OSError):
            return False

    await until(more, f"{run} is ahead of its worker")


async def _seen(
    people: Office, spaces: Mapping[str, Workspace], runs: Mapping[str, RunId]
) -> dict[str, Seen]:
    found = {}
    for name, run in runs.items():
        held = await people.see(run)
        found[name] = Seen(
            status=held.status,
            reason=held.reason,
            facts=await people.facts(run),
            log=await people.log(run),
            states=await people.states(spaces[name]),
            workspace=(await workspaces.see(people.ops, ADA, name)).workspace,
        )
    return found


def _taken(people: Office, run: RunId) -> Callable[[], Awaitable[bool]]:
    return lambda: people.taken(run)


def _said(process: Process, words: str, times: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return process.said().count(words) >= times

    return look


async def _unfinished(people: Office) -> int:
    async with people.ops.db.tx() as tx:
        query = b"SELECT 1 FROM run WHERE status = ANY(%(rest)s::text[]) IS FALSE"
        return len(await tx.rows(query, rest=list(OVER)))
