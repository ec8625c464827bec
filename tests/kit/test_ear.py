"""The ear, on a real PostgreSQL."""

import asyncio

import pytest

from dihedral.kit.db import Db
from dihedral.kit.ear import Ear

pytestmark = pytest.mark.anyio


async def test_who_waits_for_a_word_is_woken_by_it_and_by_no_other(db: Db) -> None:
    ear = Ear("talk")
    with ear.waiting("mine") as mine, ear.waiting("other") as other:
        async with ear.hearing(db):
            await asyncio.wait_for(mine.wait(), 5)  # it listens now: look for yourself
            mine.clear()
            other.clear()
            async with db.tx() as tx:
                await tx.notify("talk", "mine")
            await asyncio.wait_for(mine.wait(), 5)
            assert not other.is_set()


async def test_what_is_rolled_back_wakes_nobody(db: Db) -> None:
    ear = Ear("talk")
    async with ear.hearing(db):
        with ear.waiting("mine") as mine, ear.waiting("last") as last:
            await asyncio.wait_for(last.wait(), 5)
            mine.clear()
            last.clear()
            with pytest.raises(ZeroDivisionError):
                async with db.tx() as tx:
                    await tx.notify("talk", "mine")
                    raise ZeroDivisionError
            async with db.tx() as tx:
                await tx.notify("talk", "last")
            await asyncio.wait_for(last.wait(), 5)
            assert not mine.is_set()
