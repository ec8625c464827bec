"""Jobs in PostgreSQL, asked for in the same transaction as the move that needs them.

The engine is procrastinate: its schema, its promises (a unique index keeps two jobs of one lock
from running at once; jobs of one lock run in the order they were put, a retry keeping its place)
and its queries. A job runs at least once: a worker that dies is found by its heartbeat and its
jobs start again elsewhere, with `attempt` above 1, so that the handler can mend what it finds.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from dihedral.kit import sql
from dihedral.kit.db import Row, Tx

Q = sql.load(__package__, "queue.sql")


class Lost(Exception):
    """Another worker has the job now: this one was silent for too long."""


class GiveUp(Exception):
    """Raised by a handler: the job failed, and trying again makes no sense."""


@dataclass(frozen=True, slots=True)
class Job:
    """`attempt` is 1 the first time. `args` are JSON's types."""

    id: int
    name: str
    args: Mapping[str, Any]
    lock: str | None
    attempt: int

    def __str__(self) -> str:
        return f"job {self.id} ({self.name})"


Handler: TypeAlias = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as an onlooker sees it. `status` is todo, doing, succeeded, failed or cancelled."""

    job: Job
    status: str
    due: datetime | None


async def put(  # noqa: PLR0913 (each says one more thing of the job)
    tx: Tx,
    name: str,
    args: Mapping[str, Any],
    *,
    lock: str | None = None,
    after: datetime | None = None,
    once: str | None = None,
    queue: str = "default",
) -> int | None:
    """A job that exists if `tx` commits; its id. Only workers of its `queue` take it.

    `lock`: jobs with the same one never run at once. `after`: not before. `once`: nothing is put,
    and None is the answer, while a job with the same word waits.
    """
    task = App(connector=PsycopgConnector()).configure_task(
        name,
        allow_unknown=True,
        lock=lock,
        schedule_at=after,
        queueing_lock=once,
        queue=queue,
        connection=tx.conn,
    )
    try:
        async with tx.conn.transaction():
            return await task.defer_async(**args)
    except AlreadyEnqueued:
        return None
    except ConnectorException as wrapped:
        raise wrapped.__cause__ or wrapped from None


async def hold(tx: Tx, job: Job) -> None:
    """Keeps the job ours until `tx` ends. Raises Lost. Every write of a handler begins with it."""
    if await tx.row(Q["hold"], id=job.id, attempts=job.attempt - 1) is None:
        raise Lost(f"{job} was taken over by another worker")


async def seen(
    tx: Tx, *, status: str | None = None, lock: str | None = None, count: int = 100
) -> list[Seen]:
    """The oldest jobs of a status or a lock."""
    rows = await tx.rows(Q["jobs"], status=status, lock=lock, count=count)
    return [Seen(from_row(row), row["status"], row["scheduled_at"]) for row in rows]


async def heard(tx: Tx, silence: timedelta) -> int:
    """How many workers said within `silence` that they live."""
    row = await tx.row(Q["heard"], silence=silence)
    return int(row["workers"]) if row else 0


def from_row(row: Row) -> Job:
    return Job(row["id"], row["name"], row["args"], row["lock"], row["attempts"] + 1)
