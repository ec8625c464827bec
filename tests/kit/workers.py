"""A worker as a process of its own, for tests that kill it: `python -m tests.kit.workers DSN`.

Its only handler, `mark`, writes when it began and ended into the table `mark`, then notifies.
"""

import asyncio
import os
import sys

from dihedral.kit import queue
from dihedral.kit.db import Db, open_db
from dihedral.kit.queue import Job
from dihedral.kit.worker import Worker

TABLE = b"""
CREATE TABLE mark (
    seq     bigserial PRIMARY KEY,
    job     bigint NOT NULL,
    lock    text,
    attempt int NOT NULL,
    pid     int NOT NULL,
    began   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended   timestamptz
)"""


def handlers(db: Db) -> dict[str, queue.Handler]:
    async def mark(job: Job) -> None:
        async with db.tx() as tx:
            await queue.hold(tx, job)
            row = await tx.row(
                b"INSERT INTO mark (job, lock, attempt, pid)"
                b" VALUES (%(job)s, %(lock)s, %(attempt)s, %(pid)s) RETURNING seq",
                **{"job": job.id, "lock": job.lock, "attempt": job.attempt, "pid": os.getpid()},
            )
            await tx.notify("began", str(job.id))
        assert row is not None
        await asyncio.sleep(0.0 if job.attempt > 1 else job.args["seconds"])
        async with db.tx() as tx:
            await queue.hold(tx, job)
            await tx.do(
                b"UPDATE mark SET ended = clock_timestamp() WHERE seq = %(seq)s", seq=row["seq"]
            )
            await tx.notify("ended", str(job.id))

    return {"mark": mark}


def worker(db: Db) -> Worker:
    return Worker(db=db, handlers=handlers(db), heartbeat=0.2, dead_after=1.0, grace=5.0)


async def main(dsn: str) -> None:
    async with open_db(dsn, size=4) as db:
        await worker(db).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
