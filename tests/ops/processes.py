"""Real worker processes on one database, and the people around them, who stay in this process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from dihedral.domain.ids import RunId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Run
from dihedral.domain.workspace import StateVersion, Workspace
from dihedral.kit.blob import Keyring
from dihedral.kit.db import open_db
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import runs
from dihedral.ops.work import pipeline, prices, watch, workspaces
from dihedral.ops.work.plane import Ops
from tests.actors import person

T = TypeVar("T")
ADA, BO = person("ada"), person("bo")
KEY = "07" * 32
BEAT = 0.4  # seconds; after three silences a worker is dead
OVER = ("applied", "errored", "canceled", "planned_and_finished", "policy_soft_failed")
RESTING = (*OVER, "policy_checked")
PATIENCE = 40.0  # seconds that anything may take here, on a busy machine


@dataclass(frozen=True, slots=True)
class Process:
    """A program of ours that was started, and what it says."""

    child: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def send(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def kill(self) -> None:
        """As `kill -9` does."""
        self.child.kill()
        self.child.wait()

    def end(self) -> None:
        """In order; also a frozen one."""
        self.child.send_signal(signal.SIGCONT)
        self.child.terminate()
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def started(data: Path, *words: str, ready: str, **environ: str) -> Iterator[Process]:
    """`python -m dihedral …`, once it says that it is `ready`; ended with the block."""
    data.mkdir(parents=True, exist_ok=True)
    log = data / f"{words[0]}-{time.monotonic_ns()}.said"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIHEDRAL_", "DATABASE_"))}
    env = {**kept, "DIHEDRAL_DATA": str(data), **environ}
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "dihedral", *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=env,
        )
    process = Process(child, log)
    try:
        end = time.monotonic() + PATIENCE
        while ready not in process.said():
            assert child.poll() is None and time.monotonic() < end, process.said()
            time.sleep(0.02)
        yield process
    finally:
        if child.poll() is None:
            process.end()


@contextmanager
def worker(dsn: str, data: Path, **environ: str) -> Iterator[Process]:
    """`dihedral worker`, at work; counted as dead soon, unless told otherwise."""
    beat = {"DIHEDRAL_HEARTBEAT": f"{BEAT}s"}
    given = {"DATABASE_URL": dsn, "DIHEDRAL_KEY": KEY, **beat, **environ}
    with started(data, "worker", ready="a worker is at work", **given) as process:
        yield process


@dataclass(frozen=True, slots=True)
class Office:
    """Where people propose and approve, and see what becomes of it. No worker is in it."""

    ops: Ops
    dsn: str

    async def workspace(self, name: str, **settings: Any) -> Workspace:
        return await workspaces.add(self.ops, ADA, name, **settings)

    async def propose(self, workspace: Workspace, text: str, **choices: Any) -> RunId:
        files = {"main.tf": text.encode()} if text else {}
        proposal = Proposal(
            workspace=workspace.id, files=files, reason="a test", source="cli", **choices
        )
        return (await pipeline.propose(self.ops, ADA, proposal)).id

    async def approve(self, run: RunId) -> None:
        await pipeline.approve(self.ops, BO, run)

    async def see(self, run: RunId) -> Run:
        return (await pipeline.see(self.ops, ADA, run)).run

    async def until(self, run: RunId, *statuses: str) -> Run:
        """The run when it has come to one of these."""

        async def there() -> Run | None:
            seen = await self.see(run)
            return seen if seen.status in statuses else None

        return await until(there, f"{run} is {', '.join(statuses)}")

    async def facts(self, run: RunId) -> list[str]:
        async with self.ops.db.tx() as tx:
            return [told.fact.value for told in await runs.history(tx, run)]

    async def log(self, run: RunId) -> str:
        return "\n".join(piece.text for piece in await watch.log(self.ops, ADA, run))

    async def states(self, workspace: Workspace) -> list[StateVersion]:
        """Newest first."""
        return await workspaces.state_versions(self.ops, ADA, workspace.name)

    async def taken(self, run: RunId) -> bool:
        """Whether a worker has the run's job in its hands."""
        async with self.ops.db.tx() as tx:
            row = await tx.row(
                b"SELECT 1 FROM procrastinate_jobs"
                b" WHERE status = 'doing' AND args->>'run' = %(run)s",
                run=run,
            )
        return row is not None

    @asynccontextmanager
    async def holding(self, query: bytes, **args: object) -> AsyncIterator[None]:
        """Rows that somebody has locked, so that a worker which comes to them waits there."""
        async with await psycopg.AsyncConnection.connect(self.dsn) as conn:
            await conn.execute(query, args)
            yield


@asynccontextmanager
async def office(dsn: str) -> AsyncIterator[Office]:
    async with open_db(dsn, size=4) as db:
        yield Office(
            Ops(
                db=db,
                keyring=Keyring.given(KEY),
                now=lambda: datetime.now(UTC),
                mint=mint,
                terms=Terms(),
                book=prices.load(),
                signer=Signer.new(),
            ),
            dsn,
        )


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE
    while not (found := await look()):
        assert time.monotonic() < end, f"in vain: {what}"
        await asyncio.sleep(0.05)
    return found


def slow(**seconds: float) -> str:
    """A scenario in which every queue takes so long, at each step that is named."""
    rules = [{"type": "aws_sqs_queue", "when": k, "seconds": v} for k, v in seconds.items()]
    return json.dumps({"slow": rules})


def queues(count: int) -> str:
    """So many queues, each made after the one before it."""
    head = 'provider "aws" {\n  region = "eu-central-1"\n}\n'
    return head + "".join(
        f'resource "aws_sqs_queue" "q{n}" {{\n  name = "q{n}"\n'
        + (f"  depends_on = [aws_sqs_queue.q{n - 1}]\n" if n else "")
        + "}\n"
        for n in range(count)
    )


def data(**values: str) -> str:
    """A `terraform_data` for each word."""
    return "".join(
        f'resource "terraform_data" "{name}" {{\n  input = "{value}"\n}}\n'
        for name, value in values.items()
    )
