"""How fast the queue is: `kit.queue` and `kit.worker` on a PostgreSQL of its own.

    python -m bench.queue [--jobs 300] [--json]

Put: jobs, each in a transaction of its own, as a move of a run puts one. Pickup: from the commit
of a job to its handler's first line, with a worker that has nothing else to do. Through: jobs of
different locks that wait, until the last has ended.
"""

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from typing import Any

from bench import parts, show
from dihedral.kit import mainloop, migrate, postgres, queue
from dihedral.kit.db import Db, open_db
from dihedral.kit.queue import Job
from dihedral.kit.worker import Worker

PICKUPS = 50


class Heard:
    """A handler that says when it was called."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[float] = asyncio.Queue()

    async def __call__(self, job: Job) -> None:
        self.calls.put_nowait(time.perf_counter())


async def measure(jobs: int) -> dict[str, Any]:
    with parts.folder() as folder:
        async with postgres.start(folder / "pg") as dsn:
            await migrate.migrate(dsn, "dihedral.schema")
            async with open_db(dsn) as db:
                put = await _put(db, jobs)
                through = await _through(db, jobs)
                pickups = await _pickups(db)
    return {
        "puts a second": round(jobs / put, 1),
        "through a second": round(jobs / through, 1),
        "pickup": show.spread(pickups),
    }


async def _put(db: Db, jobs: int) -> float:
    began = time.perf_counter()
    for number in range(jobs):
        async with db.tx() as tx:
            await queue.put(tx, "hear", {"number": number}, lock=f"lock-{number}")
    return time.perf_counter() - began


async def _through(db: Db, jobs: int) -> float:
    heard, began = Heard(), time.perf_counter()
    async with _working(db, heard):
        for _ in range(jobs):
            await heard.calls.get()
    return time.perf_counter() - began


async def _pickups(db: Db) -> list[float]:
    heard, took = Heard(), []
    async with _working(db, heard):
        for number in range(PICKUPS):
            await asyncio.sleep(0.05)  # it waits by now
            async with db.tx() as tx:
                await queue.put(tx, "hear", {"number": number})
            began = time.perf_counter()
            took.append(await heard.calls.get() - began)
    return took


@asynccontextmanager
async def _working(db: Db, heard: Heard) -> Any:
    working = asyncio.create_task(Worker(db=db, handlers={"hear": heard}).run())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])


def main(words: list[str]) -> int:
    parser = show.parser("bench.queue", __doc__)
    parser.add_argument("--jobs", type=int, default=300)
    asked = parser.parse_args(words)
    found = mainloop.run(measure(asked.jobs))
    pickup = found["pickup"]
    said = f"{pickup['median'] * 1000:.1f} ms (at worst {pickup['max'] * 1000:.1f})"
    rows = [(name, f"{found[name]:.0f}") for name in ("puts a second", "through a second")]
    show.show(found, [*rows, ("pickup", said)], as_json=asked.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
