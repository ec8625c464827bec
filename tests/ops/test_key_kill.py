"""`dihedral key rotate`, killed with `kill -9` again and again, while a worker goes on with runs.

Somebody holds what the rotation needs next, so it is killed at that very step; first when nothing
is moved yet but the new key is there, last when all is moved but one run.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from dihedral.domain.ids import RunId
from dihedral.domain.workspace import SCENARIO, Category
from dihedral.kit import keys
from dihedral.ops.store import workspaces as store
from dihedral.ops.work import audit, workspaces
from tests.control.test_cli import dihedral
from tests.ops.processes import ADA, KEY, Office, data, office, queues, slow, started, until, worker
from tests.ops.test_keys import held

pytestmark = pytest.mark.anyio
SECRET = "cAnary-Zx9-login"
STEPS = {
    "signing_key": b"LOCK TABLE signing_key IN SHARE MODE",
    "variable": b"LOCK TABLE variable IN SHARE MODE",
    "run": b"SELECT 1 FROM run WHERE id = %(run)s FOR UPDATE",
}


async def test_a_rotation_that_is_killed_again_and_again_is_finished(
    dsn: str, scratch: Path
) -> None:
    environ = {"DATABASE_URL": dsn, "DIHEDRAL_KEY": KEY}
    async with office(dsn) as people:
        shop = await people.workspace("shop", simulated=False)
        cloud = await people.workspace("cloud")
        await workspaces.set_variable(people.ops, ADA, "shop", "login", SECRET, sensitive=True)
        await workspaces.set_variable(
            people.ops, ADA, "cloud", SCENARIO, slow(apply=0.7), category=Category.ENV
        )
        with worker(dsn, scratch / "rotated"):
            waits = await people.propose(shop, data(one="1"))
            going = await people.propose(cloud, queues(1))
            for run in (waits, going):
                await people.until(run, "policy_checked")
            [old] = await _under(people)
            for step, lock in STEPS.items():
                async with _holding(people, lock, waits):
                    with started(
                        scratch / "rotating", "key", "rotate", ready="", **environ
                    ) as child:
                        await until(_at(people, step, old), f"it is at {step}")
                        child.kill()
                    under = await _under(people)
                    assert len(under) == 2 and old in under
                    assert (await audit.verify(people.ops, ADA)).broken == ""
            await people.approve(going)
            await people.until(going, "applying")
            done = await asyncio.to_thread(_rotate, scratch / "rotating", environ)
            assert done["destroyed"] == [old]
            assert await _under(people) == {done["seals"]}
            await people.approve(waits)
            for run in (waits, going):
                await people.until(run, "applied")
                assert "Creation complete" in await people.log(run)
            assert await _under(people) == {done["seals"]}
        async with people.ops.db.tx() as tx:
            [login] = await store.variables(tx, people.ops.keyring, shop.id)
            assert (login.value, await keys.leaving(tx)) == (SECRET, [])
        assert (await audit.verify(people.ops, ADA)).broken == ""
        [version] = await people.states(shop)
        assert b"terraform_data" in await workspaces.state_file(people.ops, ADA, version.id)


def _holding(people: Office, lock: bytes, run: RunId) -> AbstractAsyncContextManager[None]:
    return people.holding(lock, run=run) if b"run" in lock else people.holding(lock)


def _at(people: Office, step: str, old: str) -> Callable[[], Awaitable[bool]]:
    """Whether the rotation waits for what is held."""

    async def waiting() -> bool:
        async with people.ops.db.tx() as tx:
            query = (
                b"SELECT 1 FROM pg_stat_activity WHERE wait_event = 'relation' AND query LIKE %(q)s"
            )
            return bool(await tx.rows(query, q=f"UPDATE {step}%"))

    async def nothing_else() -> bool:
        async with people.ops.db.tx() as tx:
            left = {table for table, under in (await held(tx)).items() if old in under}
        return left == {"run", "run.inputs"}

    return nothing_else if step == "run" else waiting


async def _under(people: Office) -> set[str]:
    async with people.ops.db.tx() as tx:
        return set[str]().union(*(await held(tx)).values())


def _rotate(place: Path, environ: dict[str, str]) -> Any:
    done = dihedral("key", "rotate", "--json", data=place, **environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
