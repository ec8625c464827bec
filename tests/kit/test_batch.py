"""What is asked for while something is under way goes together, and nobody is left waiting."""

import asyncio
from collections.abc import Sequence

import pytest

from dihedral.kit.batch import Batch

pytestmark = pytest.mark.anyio


class Counter:
    """Doubles what it is given, as soon as it may; `went` is what came together."""

    def __init__(self) -> None:
        self.went: list[list[int]] = []
        self.may = asyncio.Semaphore(0)

    async def __call__(self, ones: Sequence[int]) -> list[int]:
        self.went.append(list(ones))
        await self.may.acquire()
        if 13 in ones:
            raise LookupError("thirteen")
        return [2 * one for one in ones]


async def asked(batch: Batch[int, int], *ones: int) -> list[asyncio.Task[int]]:
    """On their way, each as far as it comes by itself."""
    tasks = [asyncio.create_task(batch(one)) for one in ones]
    await asyncio.sleep(0)
    return tasks


async def test_who_comes_while_one_is_under_way_goes_together_in_the_next() -> None:
    work = Counter()
    tasks = await asked(Batch(work, 100), 1, 2, 3)
    work.may.release()
    work.may.release()
    assert await asyncio.gather(*tasks) == [2, 4, 6]
    assert work.went == [[1], [2, 3]]


async def test_no_more_than_so_many_go_together() -> None:
    work = Counter()
    tasks = await asked(Batch(work, 2), 1, 2, 3, 4)
    for _ in range(3):
        work.may.release()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8]
    assert work.went == [[1], [2, 3], [4]]


async def test_a_fault_is_told_to_those_it_was_for_and_the_next_go_on() -> None:
    work = Counter()
    batch = Batch(work, 2)
    tasks = await asked(batch, 1, 12, 13, 14)
    for _ in range(3):
        work.may.release()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(one) for one in answers] == ["2", "thirteen", "thirteen", "28"]
    work.may.release()
    assert await batch(5) == 10


async def test_who_gives_up_before_it_is_under_way_asks_for_nothing() -> None:
    work = Counter()
    first, second, third = await asked(Batch(work, 100), 1, 2, 3)
    second.cancel()
    await asyncio.sleep(0)
    work.may.release()
    work.may.release()
    assert (await first, await third) == (2, 6)
    assert work.went == [[1], [3]]


async def test_who_gives_up_in_the_middle_leaves_those_who_wait_for_him_to_the_next() -> None:
    work = Counter()
    first, second = await asked(Batch(work, 100), 1, 2)
    first.cancel()
    await asyncio.wait([first])
    work.may.release()
    assert await second == 4
