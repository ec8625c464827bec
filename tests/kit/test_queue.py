"""Jobs: put with their cause, run one at a time for each lock, and taken over from the dead."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from dihedral.kit import queue
from dihedral.kit.db import Db, open_db
from dihedral.kit.queue import GiveUp, Job
from dihedral.kit.worker import Worker
from tests.kit import workers

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def process(dsn: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own, killed at the end."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.kit.workers", dsn)
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def put(db: Db, name: str, lock: str | None = None, **args: Any) -> int:
    async with db.tx() as tx:
        job = await queue.put(tx, name, args, lock=lock)
    assert job is not None
    return job


async def until(look: Callable[[], Awaitable[bool]], seconds: float = 15.0) -> None:
    end = monotonic() + seconds
    while not await look():
        assert monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)


async def statuses(db: Db) -> Mapping[int, str]:
    async with db.tx() as tx:
        return {s.job.id: s.status for s in await queue.seen(tx, count=1000)}


async def test_a_job_exists_only_if_its_transaction_commits(db: Db) -> None:
    with pytest.raises(RuntimeError):
        async with db.tx() as tx:
            await queue.put(tx, "x", {})
            raise RuntimeError
    assert await statuses(db) == {}
    kept = await put(db, "x", a=[1, {"b": None}])
    async with db.tx() as tx:
        (seen,) = await queue.seen(tx, status="todo")
    assert (seen.job.id, seen.job.name, seen.job.args) == (kept, "x", {"a": [1, {"b": None}]})


async def test_of_two_jobs_that_need_be_there_once_one_waits(db: Db) -> None:
    async with db.tx() as tx:
        assert await queue.put(tx, "x", {}, once="w") is not None
        assert await queue.put(tx, "x", {}, once="w") is None
        assert await tx.row(b"SELECT 1 AS one") == {"one": 1}  # the transaction goes on


async def test_a_new_job_begins_within_milliseconds(db: Db) -> None:
    began: list[float] = []

    async def note(_job: Job) -> None:
        began.append(monotonic())

    async with at_work(Worker(db=db, handlers={"note": note})):
        await asyncio.sleep(0.3)
        put_at: list[float] = []
        for _ in range(20):
            put_at.append(monotonic())
            await put(db, "note", lock="same")
            await until(lambda: _true(len(began) == len(put_at)), 3)
    waits = sorted(b - p for b, p in zip(began, put_at, strict=True))
    assert waits[10] < 0.25


async def _true(value: bool) -> bool:
    return value


async def test_the_next_job_of_a_lock_begins_when_the_first_ends(db: Db) -> None:
    """The engine alone would leave it to the next poll, seconds later."""
    order: list[int] = []

    async def note(job: Job) -> None:
        await asyncio.sleep(0.05)
        order.append(job.args["n"])

    for n in range(10):
        await put(db, "note", lock="same", n=n)
    start = monotonic()
    async with at_work(Worker(db=db, handlers={"note": note})):
        await until(lambda: _true(len(order) == 10))
    assert order == list(range(10))
    assert monotonic() - start < 4


async def test_a_handler_that_raises_is_tried_again_and_then_failed(db: Db) -> None:
    attempts: list[int] = []

    async def fails(job: Job) -> None:
        attempts.append(job.attempt)
        raise ValueError("no")

    job = await put(db, "fails")
    worker = Worker(db=db, handlers={"fails": fails}, retries=2, backoff=0.05)
    async with at_work(worker):
        await until(lambda: _is(db, job, "failed"))
    assert attempts == [1, 2, 3]


async def _is(db: Db, job: int, status: str) -> bool:
    return (await statuses(db)).get(job) == status


async def test_giving_up_and_an_unknown_name_are_visible(db: Db) -> None:
    async def gives_up(_job: Job) -> None:
        raise GiveUp("never")

    one, other = await put(db, "gives_up"), await put(db, "unheard of")
    worker = Worker(db=db, handlers={"gives_up": gives_up}, retries=1, backoff=0.01)
    async with at_work(worker):
        await until(lambda: _is(db, one, "failed"))
        await until(lambda: _is(db, other, "failed"))


async def test_a_job_for_later_begins_at_its_time(db: Db) -> None:
    began: list[float] = []

    async def note(_job: Job) -> None:
        began.append(monotonic())

    async with at_work(Worker(db=db, handlers={"note": note})):
        start = monotonic()
        async with db.tx() as tx:
            await queue.put(tx, "note", {}, after=datetime.now(UTC) + timedelta(seconds=0.5))
        await until(lambda: _true(bool(began)))
    assert 0.4 < began[0] - start < 2


async def test_a_cancelled_worker_lets_its_jobs_end_or_puts_them_back(db: Db) -> None:
    began = asyncio.Event()

    async def slow(job: Job) -> None:
        began.set()
        await asyncio.sleep(job.args["seconds"])

    short, long = await put(db, "slow", seconds=0.3), await put(db, "slow", seconds=60)
    async with at_work(Worker(db=db, handlers={"slow": slow}, grace=1.0)):
        await began.wait()
        await asyncio.sleep(0.05)
    assert await statuses(db) == {short: "succeeded", long: "todo"}


async def test_two_workers_never_run_two_jobs_of_one_lock_at_once(db: Db, dsn: str) -> None:
    async with db.tx() as tx:
        await tx.do(workers.TABLE)
        for n in range(60):
            await queue.put(tx, "mark", {"seconds": 0.02}, lock=f"workspace {n % 6}")
    async with process(dsn), process(dsn):
        await until(lambda: _all_succeeded(db, 60), 30)
    async with db.tx() as tx:
        together = await tx.rows(
            b"SELECT a.seq FROM mark a JOIN mark b ON a.lock = b.lock AND a.seq <> b.seq"
            b" AND a.began < b.ended AND b.began < a.ended"
        )
        counts = await tx.row(
            b"SELECT count(*) AS runs, count(DISTINCT pid) AS workers, count(DISTINCT job) AS jobs,"
            b" (SELECT count(*) FROM mark a JOIN mark b ON a.lock <> b.lock"
            b" AND a.began < b.ended AND b.began < a.ended) AS abreast FROM mark"
        )
        ordered = await tx.rows(
            b"SELECT lock, array_agg(job ORDER BY began) = array_agg(job ORDER BY job) AS is_so"
            b" FROM mark GROUP BY lock"
        )
    assert together == []
    assert counts is not None
    assert (counts["runs"], counts["jobs"], counts["workers"]) == (60, 60, 2)
    assert counts["abreast"] > 0
    assert all(row["is_so"] for row in ordered)


async def _all_succeeded(db: Db, count: int) -> bool:
    return list((await statuses(db)).values()) == ["succeeded"] * count


async def test_the_jobs_of_a_killed_worker_are_run_by_another(db: Db, dsn: str) -> None:
    async with db.tx() as tx:
        await tx.do(workers.TABLE)
    async with aclosing(db.listen("began")) as began, process(dsn) as first:
        await anext(began)
        job = await put(db, "mark", lock="w", seconds=60)
        behind = await put(db, "mark", lock="w", seconds=0)
        assert await asyncio.wait_for(anext(began), 15) == str(job)
        os.kill(first.pid, signal.SIGKILL)
        async with process(dsn):
            await until(lambda: _all_succeeded(db, 2))
    async with db.tx() as tx:
        marks = await tx.rows(b"SELECT job, attempt, ended IS NOT NULL AS done FROM mark")
    assert [(m["job"], m["attempt"], m["done"]) for m in marks] == [
        (job, 1, False),
        (job, 2, True),
        (behind, 1, True),
    ]


async def test_a_worker_that_was_frozen_cannot_write_and_stops(db: Db, dsn: str) -> None:
    async with db.tx() as tx:
        await tx.do(workers.TABLE)
    async with aclosing(db.listen("began")) as began, process(dsn) as first:
        await anext(began)
        job = await put(db, "mark", lock="w", seconds=1.0)
        assert await asyncio.wait_for(anext(began), 15) == str(job)
        os.kill(first.pid, signal.SIGSTOP)
        async with process(dsn) as second:
            await until(lambda: _all_succeeded(db, 1))
            second.kill()
            await second.wait()
        os.kill(first.pid, signal.SIGCONT)
        other = await put(db, "mark", seconds=0)
        await until(lambda: _is(db, other, "succeeded"))  # it is a worker again
    async with db.tx() as tx:
        marks = await tx.rows(b"SELECT job, attempt, ended IS NOT NULL AS done FROM mark")
    held = [(m["job"], m["attempt"], m["done"]) for m in marks if m["job"] == job]
    assert held == [(job, 1, False), (job, 2, True)]
    # it may have asked for this one just before it learned that it had been given up
    assert [m["done"] for m in marks if m["job"] == other] == [True]


async def test_a_job_that_was_lost_cannot_be_held(db: Db) -> None:
    held = asyncio.Event()
    jobs: list[Job] = []

    async def keep(job: Job) -> None:
        jobs.append(job)
        async with db.tx() as tx:
            await queue.hold(tx, job)
        held.set()

    await put(db, "keep")
    async with at_work(Worker(db=db, handlers={"keep": keep})):
        await held.wait()
        await until(lambda: _all_succeeded(db, 1))
    async with db.tx() as tx:
        with pytest.raises(queue.Lost):
            await queue.hold(tx, jobs[0])


async def test_a_worker_outlives_a_broken_connection(db: Db, dsn: str) -> None:
    done: list[int] = []

    async def note(job: Job) -> None:
        done.append(job.id)

    async with open_db(dsn) as own, at_work(Worker(db=own, handlers={"note": note})):
        first = await put(db, "note")
        await until(lambda: _true(done == [first]))
        with suppress(Exception):
            async with db.tx() as tx:
                await tx.do(
                    b"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    b" WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        second = await put(db, "note")
        await until(lambda: _true(done == [first, second]))
