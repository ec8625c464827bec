"""Money under real concurrency: several processes, one PostgreSQL, one budget of half a dollar."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from dihedral.domain.errors import OverBudget
from dihedral.ops.work import ledger as verbs
from dihedral.ops.work.ledger import OpsLedger
from tests.ops.spenders import INFRA, ledger, spend, used

pytestmark = pytest.mark.anyio

CAP, NOTHING = Decimal("0.50"), Decimal(0)
HALF = f"""
INSERT INTO budget (organization, id, scope, subject, period, purpose, money, currency, set_by,
                    set_at)
VALUES ('org-default', 'bdg-half', 'organization', '', 'ever', 'thinking', {CAP}, 'USD', 'ada',
        now());
-- the promise, held by the database itself while the test runs: no moment is over
ALTER TABLE balance ADD CHECK (scope <> 'organization' OR unit <> 'USD' OR held + spent <= {CAP});
"""


@asynccontextmanager
async def spender(dsn: str, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.ops.spenders", dsn, *words, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def spent(dsn: str, processes: int, calls: int, worst: str, cost: str) -> int:
    """How many calls of all were made."""

    async def one() -> int:
        async with spender(dsn, str(calls), worst, cost) as child:
            said, _ = await child.communicate()
            assert child.returncode == 0
            return int(json.loads(said)["made"])

    return sum(await asyncio.gather(*(one() for _ in range(processes))))


def halved(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(HALF.encode())


def balance(dsn: str) -> tuple[Decimal, Decimal]:
    """Held and spent of the organization."""
    with psycopg.connect(dsn) as conn:
        row = conn.execute(
            "SELECT held, spent FROM balance"
            " WHERE scope = 'organization' AND period = 'ever' AND unit = 'USD'"
        ).fetchone()
    assert row is not None
    return row[0], row[1]


async def test_of_five_hundred_calls_at_once_exactly_those_that_fit_are_made(dsn: str) -> None:
    halved(dsn)
    made = await spent(dsn, 4, 125, "0.003", "0.003")
    assert made == 166  # of 0.003 each: one more would be 0.501
    assert balance(dsn) == (Decimal(0), Decimal("0.498"))


async def test_what_a_call_did_not_need_is_there_for_the_next(dsn: str) -> None:
    halved(dsn)
    made = await spent(dsn, 4, 125, "0.09", "0.001")
    held, used_ = balance(dsn)
    assert (held, used_) == (NOTHING, made * Decimal("0.001"))
    assert made >= 5  # of those that hold 0.09 at once, five fit; the others were told no
    async with ledger(dsn) as one:
        more = 0
        while await fits(one, "0.09", "0.01"):
            more += 1
    assert used_ + more * Decimal("0.01") + Decimal("0.09") > CAP  # all that fits was used


async def test_what_a_dead_worker_held_counts_as_spent_and_never_again_as_room(dsn: str) -> None:
    halved(dsn)
    async with spender(dsn, "20", "0.01", "0.01", "hold") as child:
        assert child.stdout is not None
        assert await child.stdout.readline() == b"held\n"
        child.kill()
        await child.wait()
    made = await spent(dsn, 4, 30, "0.01", "0.01")
    assert made == 30
    assert balance(dsn) == (Decimal("0.20"), Decimal("0.30"))
    async with ledger(dsn) as one:
        later = replace(one.ops, now=lambda: one.ops.now() + timedelta(minutes=16))
        assert await verbs.sweep(one.ops) == 0
        assert await verbs.sweep(later) == 20
        assert balance(dsn) == (Decimal(0), CAP)
        assert not await fits(one, "0.01", "0.01")


async def test_of_one_call_that_is_asked_for_by_many_at_once_one_reservation_is_made(
    dsn: str,
) -> None:
    halved(dsn)
    wanted = spend("0.30")
    async with ledger(dsn) as one:
        asked = (one.reserve(INFRA, wanted) for _ in range(20))
        assert len(set(await asyncio.gather(*asked))) == 1
    assert balance(dsn) == (Decimal("0.30"), NOTHING)


async def test_of_many_who_settle_one_call_one_does(dsn: str) -> None:
    halved(dsn)
    async with ledger(dsn) as one:
        held = await one.reserve(INFRA, spend("0.30"))
        ends = [one.settle(held, used("0.10")) for _ in range(9)]
        await asyncio.gather(*ends, one.release(held))
    assert balance(dsn) in [(NOTHING, Decimal("0.10")), (NOTHING, NOTHING)]


async def fits(one: OpsLedger, worst: str, cost: str) -> bool:
    try:
        held = await one.reserve(INFRA, spend(worst))
    except OverBudget:
        return False
    await one.settle(held, used(cost))
    return True
