"""A server is ready when all that it needs is there; what is missing is named, and no more said."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from procrastinate.sql import queries

from dihedral.kit.blob import Keyring
from dihedral.kit.db import open_db
from dihedral.ops.rules.policy import Answer
from dihedral.ops.rules.policyset import PolicySet
from dihedral.ops.work import audit
from dihedral.ops.work.plane import Ops
from dihedral.ops.work.policy import Policies
from dihedral.ops.work.readiness import Readiness
from dihedral.ops.work.rego import Asked, Limits, Trial
from tests.actors import person
from tests.control.conftest import World

pytestmark = pytest.mark.anyio
SILENCE = timedelta(seconds=15)


@pytest.fixture
async def working(world: World) -> AsyncIterator[World]:
    """A server with a worker that was heard of, and something in its log."""
    async with world.ops.db.tx() as tx:
        await tx.do(queries["register_worker"])
    await audit.told(world.ops, person("ada"), "test.begin", "here")
    yield world


async def wrong(ops: Ops) -> dict[str, str]:
    return {c.name: c.wrong for c in await Readiness(ops, SILENCE).look() if c.wrong}


async def test_with_all_that_it_needs_it_is_ready(working: World) -> None:
    async with working.client(authorization="") as client:
        answer = await client.get("/v1/ready")
    assert answer.json() == {"status": "ready", "checks": ["policies", "database", "key", "worker"]}


async def test_without_a_worker_it_is_not(world: World) -> None:
    async with world.client(authorization="") as client:
        answer = await client.get("/v1/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.json()["detail"] == "not ready: worker: none was heard of for 15 s"


async def test_a_worker_that_is_silent_counts_as_none(working: World) -> None:
    async with working.ops.db.tx() as tx:
        await tx.do("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    assert list(await wrong(working.ops)) == ["worker"]


async def test_another_key_is_told(working: World) -> None:
    assert list(await wrong(replace(working.ops, keyring=Keyring(bytes(31) + b"1")))) == ["key"]


async def test_a_migration_that_is_missing_is_told(working: World) -> None:
    async with working.ops.db.tx() as tx:
        await tx.do("DELETE FROM migration WHERE name LIKE '0001%%'")
    assert await wrong(working.ops) == {"database": "it lacks 1 migrations"}


class Silent:
    """An engine whose canary does not sing."""

    name = "silent"

    def version(self) -> str:
        return ""

    def begin(self, asked: Asked, limits: Limits) -> "Silent":
        return self

    def tell(self, found: Mapping[str, Any]) -> None:
        pass

    def answers(self) -> tuple[Answer, ...]:
        return ()

    def close(self) -> None:
        pass

    def tests(self, one: PolicySet, limits: Limits) -> tuple[Trial, ...]:
        return ()


async def test_a_canary_that_is_silent_is_told(working: World) -> None:
    policies = Policies(engine=Silent())
    assert list(await wrong(replace(working.ops, policies=policies))) == ["policies"]


async def test_a_database_that_is_gone_is_told_and_the_process_is_well(
    world: World, dsn: str
) -> None:
    async with open_db(dsn, size=1) as apart:
        pass
    gone = World(world.app, replace(world.ops, db=apart)).reached()
    async with gone.client(authorization="") as client:
        health, ready = await client.get("/v1/health"), await client.get("/v1/ready")
    assert (health.status_code, ready.status_code) == (200, 503)
    assert "database: it does not answer" in ready.json()["detail"]


async def test_a_second_look_in_the_same_second_is_no_look(world: World) -> None:
    now = world.ops.now()
    looking = Readiness(replace(world.ops, now=lambda: now), SILENCE)
    before = await looking.look()
    async with world.ops.db.tx() as tx:
        await tx.do(queries["register_worker"])
    assert await looking.look() == before
