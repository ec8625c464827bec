"""A worker: takes jobs from the queue and runs their handlers until it is cancelled.

The loop is ours and the queries are the engine's own (`procrastinate.sql`). The engine's worker
stops its heartbeat while it waits for its last jobs, does not notice when its heartbeat fails,
and leaves the next job of a lock to the next poll: see docs/adr/0003-queue.md.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic

import psycopg
from procrastinate.manager import get_channel_for_queues
from procrastinate.sql import queries

from dihedral.kit.background import end
from dihedral.kit.db import Db, Tx, Unavailable
from dihedral.kit.queue import GiveUp, Handler, Job, Q

_POLL = 5.0  # seconds; only for what no notification told
_LONGEST = 300.0  # seconds between two attempts
_KEPT = {"succeeded": 24, "failed": 24 * 30}  # hours
_TIDY = 3600.0  # seconds

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Seconds throughout. A worker that is silent for `dead_after` is dead to the others.

    A handler that raises is called again `retries` times, after `backoff`, twice that, and so on.
    On cancel running jobs have `grace` to end; what is left is cancelled and put back.
    """

    db: Db
    handlers: Mapping[str, Handler]
    name: str = "worker"
    queues: tuple[str, ...] = ("default",)
    concurrency: int = 4
    heartbeat: float = 5.0
    dead_after: float = 30.0
    retries: int = 3
    backoff: float = 2.0
    grace: float = 30.0

    async def run(self) -> None:
        """Until cancelled. A database that goes away is waited for."""
        crew = _Crew(self)
        work = asyncio.create_task(crew.work())
        sides = [asyncio.create_task(crew.beat()), asyncio.create_task(crew.hear())]
        try:
            await asyncio.wait([work, *sides], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(work)
            await crew.drain()  # with a heartbeat to the last job's end
            await end(*sides)
            ends = await asyncio.gather(work, *sides, return_exceptions=True)
            await crew.sign_off()
        for ended in ends:  # none of them ends by itself but by an error of ours
            if isinstance(ended, Exception):
                raise ended


class _Crew:
    """One run of a worker: what changes while it works."""

    def __init__(self, terms: Worker) -> None:
        self.terms = terms
        self.db = terms.db
        self.id: int | None = None
        self.running: dict[asyncio.Task[None], Job] = {}
        self.lost: set[asyncio.Task[None]] = set()
        self.free = asyncio.Semaphore(terms.concurrency)
        self.wake = asyncio.Event()
        self.heard = monotonic()
        self.tidied = 0.0

    # -- taking jobs

    async def work(self) -> None:
        while True:
            await self.free.acquire()
            job, pause = None, 1.0
            try:
                self.wake.clear()
                if self.id is None:
                    self.id = await self._registered()
                async with self.db.tx() as tx:
                    job = await self._fetch(tx)
                    pause = 0.0 if job else await self._due(tx)
            except (Unavailable, psycopg.Error) as fault:
                _log.warning("%s takes no jobs: %s", self.terms.name, fault)
            finally:
                if job is None:
                    self.free.release()
            if job:
                self._begin(job)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self.wake.wait()

    async def _registered(self) -> int | None:
        """A new worker's id, known to all: the heartbeat must never look for one that is not."""
        async with self.db.tx() as tx:
            row = await tx.row(queries["register_worker"])
        return row["worker_id"] if row else None

    async def _fetch(self, tx: Tx) -> Job | None:
        row = await tx.row(queries["fetch_job"], queues=list(self.terms.queues), worker_id=self.id)
        if row is None or row["id"] is None:
            return None
        return Job(row["id"], row["task_name"], row["args"], row["lock"], row["attempts"] + 1)

    async def _due(self, tx: Tx) -> float:
        row = await tx.row(Q["due"], queues=list(self.terms.queues))
        return min(row["seconds"] if row and row["seconds"] else _POLL, _POLL)

    def _begin(self, job: Job) -> None:
        task = asyncio.create_task(self._run(job), name=str(job))
        self.running[task] = job
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self.running[task]
        self.lost.discard(task)
        self.free.release()
        self.wake.set()
        if not task.cancelled() and (cause := task.exception()):
            _log.error("a job ended badly", exc_info=cause)

    # -- one job

    async def _run(self, job: Job) -> None:
        wait: float | None = None  # seconds to the next attempt; None ends the job
        status = "succeeded"
        try:
            await self._handler(job)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task in self.lost:
                _log.warning("%s was lost to another worker", job)
                return
            wait = 0.0
        except Exception as cause:  # noqa: BLE001 (whatever a handler raises is the job's end)
            status = "failed"
            if not isinstance(cause, GiveUp) and job.attempt <= self.terms.retries:
                wait = min(self.terms.backoff * 2 ** (job.attempt - 1), _LONGEST)
            after = "no more attempts" if wait is None else f"again in {wait:.0f} s"
            _log.error("%s failed at attempt %s; %s", job, job.attempt, after, exc_info=cause)
        await self._settle(job, status, wait)

    async def _handler(self, job: Job) -> None:
        handler = self.terms.handlers.get(job.name)
        if handler is None:
            raise LookupError(f"this worker has no handler for {job.name}; is it out of date?")
        await handler(job)

    async def _settle(self, job: Job, status: str, wait: float | None) -> None:
        """Writes the end down, however long the database is away."""
        while True:
            try:
                async with self.db.tx() as tx:
                    if await tx.row(Q["seize"], id=job.id, attempts=job.attempt - 1) is None:
                        _log.warning("%s ended after it was lost", job)
                    elif wait is None:
                        await tx.do(
                            queries["finish_job"], job_id=job.id, status=status, delete_job=False
                        )
                    else:
                        await _again(tx, job.id, wait)
                return
            except (Unavailable, psycopg.Error) as fault:
                _log.warning("the end of %s is not written yet: %s", job, fault)
                await asyncio.sleep(1.0)

    # -- being alive

    async def hear(self) -> None:
        async with aclosing(self.db.listen(*get_channel_for_queues(None))) as told:
            async for _ in told:
                self.wake.set()

    async def beat(self) -> None:
        while True:
            try:
                for step in (self._report, self._mend):
                    async with self.db.tx() as tx:
                        await tx.row(Q["brief"], milliseconds=self.terms.dead_after * 1000)
                        await step(tx)
                    self.heard = monotonic()
            except (Unavailable, psycopg.Error) as fault:
                _log.warning("%s has no heartbeat: %s", self.terms.name, fault)
                if monotonic() - self.heard > self.terms.dead_after:
                    self._bury()
            await asyncio.sleep(self.terms.heartbeat)

    async def _report(self, tx: Tx) -> None:
        """Says that we live, and hears which of our jobs are no longer ours."""
        if self.id is None:
            return
        if await tx.row(Q["known"], worker=self.id) is None:  # silent for too long
            return self._bury()
        await tx.do(queries["update_heartbeat"], worker_id=self.id)
        running = list(self.running.items())  # before we ask: what is taken meanwhile is not told
        ours = {(r["id"], r["attempts"] + 1) for r in await tx.rows(Q["mine"], worker=self.id)}
        self._lose([t for t, job in running if (job.id, job.attempt) not in ours])
        return None

    def _bury(self) -> None:
        """Goes on as a new worker: what the old one ran is put back like any dead one's."""
        self.id = None
        self._lose(list(self.running))

    def _lose(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            if task in self.running:
                self.lost.add(task)
                task.cancel()

    async def _mend(self, tx: Tx) -> None:
        """Puts the jobs of the dead back, and clears away what is old."""
        age = self.terms.dead_after
        row = await tx.row(Q["mender"])
        if not (row and row["mine"]):
            return
        for row in await tx.rows(
            queries["select_stalled_jobs_by_heartbeat"],
            **{"queue": None, "task_name": None, "seconds_since_heartbeat": age},
        ):
            if await tx.row(Q["take"], id=row["id"], attempts=row["attempts"]):
                _log.warning("job %s (%s) is taken over", row["id"], row["task_name"])
                await _again(tx, row["id"], 0.0)
        await tx.rows(queries["prune_stalled_workers"], seconds_since_heartbeat=age)
        if monotonic() - self.tidied > _TIDY or not self.tidied:
            self.tidied = monotonic()
            for status, hours in _KEPT.items():
                await tx.do(
                    queries["delete_old_jobs"], statuses=[status], nb_hours=hours, queue=None
                )

    # -- leaving

    async def drain(self) -> None:
        """Lets running jobs end, then cancels what is left, which puts it back."""
        if self.running:
            await asyncio.wait(self.running, timeout=self.terms.grace)
        for task in list(self.running):
            task.cancel()
        if self.running:
            await asyncio.wait(self.running, timeout=5.0)

    async def sign_off(self) -> None:
        if self.id is not None:
            with suppress(Unavailable, psycopg.Error):
                async with self.db.tx() as tx:
                    await tx.do(queries["unregister_worker"], worker_id=self.id)


async def _again(tx: Tx, job: int, wait: float) -> None:
    await tx.do(
        queries["retry_job"],
        job_id=job,
        retry_at=datetime.now(UTC) + timedelta(seconds=wait) if wait else None,
        **{"new_priority": None, "new_queue_name": None, "new_lock": None},
    )
