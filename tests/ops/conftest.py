"""The ops plane with real parts: PostgreSQL, Terraform, the simulator kept running."""

import itertools
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from dihedral.domain.ids import RunId, WorkspaceId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Run
from dihedral.domain.workspace import Workspace
from dihedral.kit import keys
from dihedral.kit.db import Db
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import runs
from dihedral.ops.work import cages, pipeline, prices, runner, watch, workspaces
from dihedral.ops.work.cages import Cages, Found
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.simulators import Simulator
from dihedral.ops.work.site import Worker
from dihedral.ops.work.tools import Tools
from tests.actors import person

ADA, BO = person("ada"), person("bo")


@dataclass(frozen=True, slots=True)
class World:
    """The running plane, and the few ways a test sets its scene."""

    ops: Ops
    worker: Worker
    workspace: Workspace

    async def propose(self, text: str, **choices: Any) -> Run:
        """A run of one file, judged or refused."""
        return await self.propose_files({"main.tf": text.encode()}, **choices)

    async def propose_files(self, files: Mapping[str, bytes], **choices: Any) -> Run:
        into = choices.pop("workspace", self.workspace)
        by = choices.pop("by", ADA)
        proposal = Proposal(
            workspace=WorkspaceId(into.id), files=files, reason="a test", source="cli", **choices
        )
        run = await pipeline.propose(self.ops, by, proposal)
        return await self.advance(run.id)

    async def advance(self, run: RunId) -> Run:
        await runner.advance(self.worker, run)
        return await self.see(run)

    async def see(self, run: RunId) -> Run:
        return (await pipeline.see(self.ops, ADA, run)).run

    async def apply(self, text: str, **choices: Any) -> Run:
        """The same, approved by somebody else and applied."""
        run = await self.propose(text, **choices)
        await pipeline.approve(self.ops, BO, run.id)
        return await self.advance(run.id)

    async def told(self, run: RunId) -> list[str]:
        async with self.ops.db.tx() as tx:
            return [line.fact.value for line in await runs.history(tx, run)]

    async def log(self, run: RunId) -> str:
        return "\n".join(piece.text for piece in await watch.log(self.ops, ADA, run))


@pytest.fixture(scope="session")
def simulator_home(scratch: Path) -> Path:
    return scratch / "simulator"


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools(os.environ["PATH"])


@pytest.fixture(scope="session")
def cage() -> Found:
    """What this machine has, looked for once."""
    return anyio.run(cages.find)


@pytest.fixture
async def world(
    db: Db, tmp_path: Path, simulator_home: Path, tools: Tools, cage: Found
) -> AsyncIterator[World]:
    ticks = (datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=n) for n in itertools.count())
    async with db.tx() as tx:
        keyring = await keys.unlock(tx, None, tmp_path / "key")
    ops = Ops(
        db=db,
        keyring=keyring,
        now=lambda: next(ticks),
        mint=mint,
        terms=Terms(),
        book=prices.load(),
        signer=Signer.new(),
    )
    simulator = Simulator(simulator_home)
    worker = Worker(
        ops=ops,
        tools=tools,
        simulator=simulator,
        directory=tmp_path / "runs",
        name="tester",
        cages=Cages(found=cage),
    )
    yield World(ops, worker, await workspaces.add(ops, ADA, "shop", simulated=False))
    await simulator.aclose()
