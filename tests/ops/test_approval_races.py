"""Two things at once to one run: one happens, the other is told, and the record says which.

Each race is run many times on connections of its own, so that both orders come about.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from dihedral.domain.actor import SYSTEM
from dihedral.domain.approval import How, live
from dihedral.domain.errors import Conflict
from dihedral.domain.ids import Digest, RunId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import Fact, Run, Status, fold, may, move
from dihedral.kit.blob import Keyring
from dihedral.kit.db import Db, open_db
from dihedral.kit.dsse import Signer
from dihedral.kit.mint import mint
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import approvals, runs
from dihedral.ops.work import chronicle, consent, pipeline, prices
from dihedral.ops.work import workspaces as estate
from dihedral.ops.work.plane import Ops
from tests.actors import person

pytestmark = pytest.mark.anyio

ADA, BO, CY, DI = (person(name) for name in ("ada", "bo", "cy", "di"))
ROUNDS = 20
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
FILES = {"main.tf": b'resource "terraform_data" "a" {}\n'}
Act = Callable[[], Awaitable[object]]


@pytest.fixture
async def ops(dsn: str) -> Any:
    async with open_db(dsn, size=8) as db:
        yield _ops(db)


def _ops(db: Db) -> Ops:
    return Ops(
        db=db,
        keyring=Keyring(bytes(32)),
        now=lambda: NOON,
        mint=mint,
        terms=Terms(),
        book=prices.load(),
        signer=Signer.new(),
    )


async def waiting(ops: Ops, approvers: int = 1, **rest: Any) -> Run:
    """A run that waits for people, in a workspace of its own, as the gates leave it."""
    space = await estate.add(ops, ADA, mint("ws").lower())
    made = await pipeline.propose(
        ops, ADA, Proposal(workspace=space.id, files=FILES, reason="", source="cli")
    )
    return await held(ops, made.id, approvers=approvers, **rest)


async def held(ops: Ops, run: RunId, **rest: Any) -> Run:
    """The run, planned and judged; `effect` and the like say what came out."""
    async with ops.db.tx() as tx:
        moved = await runs.lock(tx, run)
        for fact in (Fact.CLAIMED, Fact.PLANNED):
            moved = await chronicle.tell(ops, tx, move(moved, fact), fact, SYSTEM)
        found = {"effect": Digest("e" * 64), **rest}
        return await consent.judged(ops, tx, replace(move(moved, Fact.HELD), **found), Fact.HELD)


async def claim(ops: Ops, run: RunId) -> None:
    """As a worker does before it applies."""
    async with ops.db.tx() as tx:
        fresh = await runs.lock(tx, run)
        moved = move(fresh, Fact.CLAIMED)
        if (await consent.settle(ops, tx, fresh)).status is not fresh.status:
            return
        assert len(live(await approvals.of_run(tx, run))) >= fresh.approvers
        await approvals.use(tx, run, ops.now())
        await chronicle.tell(ops, tx, moved, Fact.CLAIMED, SYSTEM)


async def race(*acts: Act) -> list[str]:
    """What came of each: done, or the conflict that it was told of."""
    gate = asyncio.Event()

    async def one(act: Act) -> str:
        await gate.wait()
        try:
            await act()
        except Conflict as why:
            return str(why)
        return "done"

    tasks = [asyncio.create_task(one(act)) for act in acts]
    await asyncio.sleep(0)
    gate.set()
    return await asyncio.gather(*tasks)


async def told(ops: Ops, run: RunId) -> list[Fact]:
    async with ops.db.tx() as tx:
        facts = [line.fact for line in await runs.history(tx, run)]
        assert fold(facts) is (await runs.find(tx, run)).status
    return facts


async def test_of_two_approvers_of_one_seat_one_sits(ops: Ops) -> None:
    firsts = Counter[str]()
    for _ in range(ROUNDS):
        run = await waiting(ops)
        ends = await race(
            partial(pipeline.approve, ops, BO, run.id),
            partial(pipeline.approve, ops, CY, run.id),
        )
        assert sorted(end == "done" for end in ends) == [False, True]
        story = await pipeline.see(ops, ADA, run.id)
        assert (story.run.status, len(story.approvals)) == (Status.CONFIRMED, 1)
        assert (await told(ops, run.id)).count(Fact.APPROVED) == 1
        firsts[story.approvals[0].approver] += 1
    assert sum(firsts.values()) == ROUNDS


async def test_of_three_approvers_of_two_seats_two_sit(ops: Ops) -> None:
    for _ in range(ROUNDS):
        run = await waiting(ops, approvers=2)
        ends = await race(*(
            partial(pipeline.approve, ops, who, run.id)
            for who in (BO, CY, DI)
        ))  # fmt: skip
        assert ends.count("done") == 2
        assert (await told(ops, run.id))[-3:] == [Fact.HELD, Fact.SECONDED, Fact.APPROVED]
        assert len((await pipeline.see(ops, ADA, run.id)).approvals) == 2


async def test_a_double_click_is_one_yes(ops: Ops) -> None:
    for approvers in (1, 2) * (ROUNDS // 2):
        run = await waiting(ops, approvers=approvers)
        ends = await race(*[partial(pipeline.approve, ops, BO, run.id)] * 3)
        assert ends.count("done") == 1
        story = await pipeline.see(ops, ADA, run.id)
        assert [a.approver for a in story.approvals] == ["bo"]
        expected = Status.CONFIRMED if approvers == 1 else Status.POLICY_CHECKED
        assert story.run.status is expected


async def test_an_approver_and_a_decliner(ops: Ops) -> None:
    for _ in range(ROUNDS):
        run = await waiting(ops)
        ends = await race(
            partial(pipeline.approve, ops, BO, run.id),
            partial(pipeline.discard, ops, CY, run.id),
        )
        assert ends.count("done") == 1
        last = (await told(ops, run.id))[-1]
        assert last is (Fact.APPROVED if ends[0] == "done" else Fact.DISCARDED)


async def test_an_approver_and_a_new_plan(ops: Ops) -> None:
    """Either it is confirmed as it was read, or planned again and nobody has approved it."""
    for _ in range(ROUNDS):
        run = await waiting(ops)
        ends = await race(
            partial(pipeline.approve, ops, BO, run.id, run.effect),
            partial(pipeline.replan, ops, ADA, run.id),
        )
        assert ends.count("done") == 1
        story = await pipeline.see(ops, ADA, run.id)
        if ends[0] == "done":
            assert (story.run.status, len(story.approvals)) == (Status.CONFIRMED, 1)
        else:
            assert (story.run.status, story.approvals) == (Status.PENDING, [])
        await told(ops, run.id)


@pytest.mark.parametrize("effect", ["e", "f"])
async def test_an_approver_of_one_seat_of_two_and_a_plan_that_does_something_else(
    ops: Ops, effect: str
) -> None:
    for _ in range(ROUNDS // 2):
        run = await waiting(ops, approvers=2)
        await pipeline.approve(ops, BO, run.id)

        async def again(run: Run = run) -> None:
            await pipeline.replan(ops, ADA, run.id)
            await held(ops, run.id, approvers=2, effect=Digest(effect * 64))

        async def cy(run: Run = run) -> None:
            await asyncio.sleep(Random(run.id).random() * 0.02)
            await pipeline.approve(ops, CY, run.id, run.effect)

        ends = await race(again, cy)
        story = await pipeline.see(ops, ADA, run.id)
        facts = await told(ops, run.id)
        assert {a.effect for a in story.seats} <= {story.run.effect}
        if story.run.status is Status.CONFIRMED:
            assert ends[1] == "done"
            assert len(story.seats) == 2
            assert effect == "e" or Fact.REPLANNED not in facts
        else:
            assert story.run.status is Status.POLICY_CHECKED
            assert [a.how for a in story.seats] == [How.CARRIED] * (effect == "e")


async def test_a_yes_and_the_end_of_its_time(ops: Ops) -> None:
    """The clock stands between the two: whoever asks it late finds the time over."""
    outcomes = Counter[str]()
    for number in range(ROUNDS):
        run = await waiting(ops)
        late = replace(ops, now=lambda: NOON + timedelta(hours=73))
        acts: list[Act] = [
            partial(pipeline.approve, ops, BO, run.id),
            partial(consent.sweep, late),
        ]
        await race(*(acts if number % 2 else acts[::-1]))
        facts = await told(ops, run.id)
        story = await pipeline.see(ops, ADA, run.id)
        outcomes[str(facts[-1])] += 1
        if Fact.APPROVED in facts:  # then its approval may be over as well, but never the waiting
            assert facts[-1] is Fact.APPROVED or story.run.reason.endswith("not used in time")
        else:
            assert (facts[-1], story.approvals) == (Fact.EXPIRED, [])
    assert outcomes[Fact.EXPIRED] > 0


async def test_two_sweeps_end_a_run_once(ops: Ops) -> None:
    made = [await waiting(ops) for _ in range(5)]
    late = replace(ops, now=lambda: NOON + timedelta(hours=73))
    await race(*[partial(consent.sweep, late)] * 4)
    for run in made:
        assert (await told(ops, run.id)).count(Fact.EXPIRED) == 1


async def test_a_yes_taken_back_and_a_worker_that_begins(ops: Ops) -> None:
    for number in range(ROUNDS):
        run = await waiting(ops)
        await pipeline.approve(ops, BO, run.id)
        acts: list[Act] = [
            partial(pipeline.withdraw, ops, BO, run.id),
            partial(claim, ops, run.id),
        ]
        ends = await race(*(acts if number % 2 else acts[::-1]))
        assert ends.count("done") == 1
        [approval] = (await pipeline.see(ops, ADA, run.id)).approvals
        began = (await told(ops, run.id))[-1] is Fact.CLAIMED
        assert (approval.used_at is not None, approval.ended_at is None) == (began, began)


async def test_a_workspace_that_is_locked_and_a_yes(ops: Ops) -> None:
    for _ in range(ROUNDS // 2):
        run = await waiting(ops)
        ends = await race(
            partial(pipeline.approve, ops, BO, run.id),
            partial(estate.lock, ops, ADA, run.workspace, "audit"),
        )
        assert ends[1] == "done"
        confirmed = (await told(ops, run.id))[-1] is Fact.APPROVED
        assert confirmed is (ends[0] == "done")


async def test_new_runs_of_one_refused_run_share_its_approval_among_them(ops: Ops) -> None:
    """An approval goes on in one newer run, however many ask for it at once."""
    run = await waiting(ops)
    await pipeline.approve(ops, BO, run.id)
    async with ops.db.tx() as tx:
        fresh = await runs.lock(tx, run.id)
        await chronicle.tell(ops, tx, move(fresh, Fact.REFUSED), Fact.REFUSED, SYSTEM)
    new = [await pipeline.replan(ops, ADA, run.id) for _ in range(3)]
    await race(*(partial(held, ops, one.id) for one in new))
    stories = [await pipeline.see(ops, ADA, one.id) for one in new]
    assert sum(s.run.status is Status.CONFIRMED for s in stories) == 1
    assert sum(len(s.approvals) for s in stories) == 1


@pytest.mark.parametrize("seed", range(12))
async def test_in_the_database_too_the_status_is_the_fold_of_the_facts(ops: Ops, seed: int) -> None:
    chance = Random(seed)
    space = await estate.add(ops, ADA, f"walk-{seed}")
    made = await pipeline.propose(
        ops, ADA, Proposal(workspace=space.id, files=FILES, reason="", source="cli")
    )
    facts: list[Fact] = []
    for _ in range(30):
        async with ops.db.tx() as tx:
            fresh = await runs.lock(tx, made.id)
            if not (open_to := [fact for fact in Fact if may(fresh, fact)]):
                break
            facts.append(chance.choice(open_to))
            await runs.record(tx, move(fresh, facts[-1]), facts[-1], BO.id, ops.now())
    assert await told(ops, made.id) == facts
    assert facts
