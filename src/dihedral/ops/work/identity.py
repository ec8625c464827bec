"""Whom a run's step is to clouds: tokens in its directory, fresh for as long as the step lasts.

Shape   ROOT/identity/CLOUD.jwt   the token; what else a provider reads lies beside it
        Within the cage the directory is there, and only the configuration's part of it can be
        written; so a program gone bad can use a token, and neither replace nor keep it.
"""

import logging
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from dihedral.domain.errors import Upstream
from dihedral.domain.run import Run
from dihedral.domain.workspace import Workspace
from dihedral.kit.background import beside
from dihedral.kit.db import Unavailable
from dihedral.ops.rules import claims, clouds, terms
from dihedral.ops.rules.clouds import Wants
from dihedral.ops.store import runs
from dihedral.ops.work import tokens
from dihedral.ops.work.plane import Ops

FOLDER = "identity"
FRESH = claims.LIFE.total_seconds() / 2  # seconds between two tokens
AGAIN = 5.0  # seconds, while the database is away

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """A phase of a run, and where its files may lie."""

    run: Run
    workspace: Workspace
    phase: str
    root: Path


@asynccontextmanager
async def carried(
    ops: Ops, step: Step, stored: Mapping[str, str], fresh: float = FRESH
) -> AsyncIterator[dict[str, str]]:
    """The environment variables of the step's identities while the block runs; none where the
    workspace has no identity, or nothing of it is real. `stored` are the workspace's own.

    Raises Invalid where these are credentials, too, and Upstream when the disk refuses.
    """
    wanted = _wanted(ops, step)
    if not wanted:
        yield {}
        return
    clouds.demand_alone(wanted, stored)
    folder = step.root / FOLDER
    try:
        env = await _first(ops, step, wanted, folder)
        async with beside(_kept(ops, step, wanted, fresh), f"identity {step.run.id}"):
            yield env
    finally:
        await anyio.to_thread.run_sync(shutil.rmtree, folder, True)


def _wanted(ops: Ops, step: Step) -> tuple[Wants, ...]:
    if step.workspace.simulated:
        return ()
    identity = terms.read(step.workspace.terms, ops.terms).identity
    session = f"{step.run.id}-{step.phase}"
    return clouds.wants(identity, step.phase, str(step.root / FOLDER), session)


async def _first(ops: Ops, step: Step, wanted: tuple[Wants, ...], folder: Path) -> dict[str, str]:
    env: dict[str, str] = {}
    try:
        folder.mkdir(mode=0o700)
        for one in wanted:
            token = await _renewed(ops, step, one)
            env |= {**one.env, **dict.fromkeys(one.tokens, token)}
            for path, text in one.files.items():
                _write(Path(path), text)
    except OSError as cause:
        raise Upstream(f"the run's identity cannot be written: {cause.strerror}") from cause
    return env


async def _kept(ops: Ops, step: Step, wanted: tuple[Wants, ...], fresh: float) -> None:
    """New tokens in the place of old ones, while the run is in our hands."""
    pause = fresh
    while True:
        await anyio.sleep(pause)
        try:
            if not await _ours(ops, step.run):
                return
            for one in wanted:
                await _renewed(ops, step, one)
            pause = fresh
        except (Unavailable, OSError) as cause:
            _log.warning("%s keeps its old tokens for now: %s", step.run.id, cause)
            pause = min(AGAIN, fresh)


async def _ours(ops: Ops, run: Run) -> bool:
    async with ops.db.tx() as tx:
        held = await runs.find(tx, run.id)
    return held.lease == run.lease and held.status is run.status


async def _renewed(ops: Ops, step: Step, one: Wants) -> str:
    made = await tokens.for_run(ops, step.run, step.workspace, step.phase, one.audience)
    _write(Path(one.token), made.text)
    return made.text


def _write(path: Path, text: str) -> None:
    """Whole at any moment, and nobody else's to read."""
    raw = path.with_name(f".{path.name}")
    raw.unlink(missing_ok=True)
    with open(os.open(raw, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    raw.replace(path)
