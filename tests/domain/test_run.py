"""The table of moves, walked as a graph."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.errors import Conflict
from dihedral.domain.ids import ActorId, Digest, RunId, WorkspaceId
from dihedral.domain.run import MOVES, OVER, Fact, Run, Status, fold, may, move

DECIDED = {Fact.HELD, Fact.CLEARED, Fact.APPROVED, Fact.WITHDRAWN}


def run(status: Status = Status.PENDING) -> Run:
    return Run(
        id=RunId("run-1"),
        workspace=WorkspaceId("ws-1"),
        proposer=ActorId("ada"),
        configuration=Digest("0" * 64),
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
        status=status,
    )


def paths(start: Status, seen: tuple[Fact, ...] = (), depth: int = 9) -> Iterator[tuple[Fact, ...]]:
    """Every way from `start` to APPLYING, with at most `depth` facts."""
    if start is Status.APPLYING:
        yield seen
    elif depth:
        for (status, fact), after in MOVES.items():
            if status is start and after is not start:
                yield from paths(after, (*seen, fact), depth - 1)


def test_every_status_happens() -> None:
    assert {*MOVES.values(), Status.PENDING} == set(Status)


def test_every_fact_is_in_the_table() -> None:
    assert {fact for _, fact in MOVES} == set(Fact)


def test_nothing_is_applied_that_was_neither_cleared_nor_approved() -> None:
    found = list(paths(Status.PENDING))
    assert found
    assert all({Fact.CLEARED, Fact.APPROVED} & set(path) for path in found)


def test_what_is_held_is_applied_only_once_approved() -> None:
    """Unless it is planned again, and every gate allows that plan."""
    for path in paths(Status.PENDING, depth=10):
        decided = [f for f in path if f in DECIDED]
        assert decided[-1] in (Fact.CLEARED, Fact.APPROVED), path


def test_what_is_approved_and_taken_back_is_applied_only_once_approved_again() -> None:
    found = [path for path in paths(Status.PENDING, depth=10) if Fact.WITHDRAWN in path]
    assert found
    assert all(
        Fact.APPROVED in path[path.index(Fact.WITHDRAWN) :]
        for path in found
        if (Fact.CLEARED not in path)
    )


def test_nobody_is_said_to_have_declined_what_expired() -> None:
    for status in (Status.POLICY_CHECKED, Status.CONFIRMED):
        late = move(run(status), Fact.EXPIRED)
        assert (late.status, late.ended) == (Status.DISCARDED, Fact.EXPIRED)
    assert move(run(Status.POLICY_CHECKED), Fact.DISCARDED).ended is Fact.DISCARDED


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 40))
def test_the_status_is_the_fold_of_the_facts(chance: Random, steps: int) -> None:
    walked, facts = run(), list[Fact]()
    for _ in range(steps):
        if not (open_to := [fact for fact in Fact if may(walked, fact)]):
            break
        facts.append(chance.choice(open_to))
        walked = move(walked, facts[-1])
    assert fold(facts) is walked.status
    assert (walked.ended is None) == (walked.status not in OVER)


def test_a_lost_apply_is_never_begun_again() -> None:
    assert MOVES[Status.APPLYING, Fact.LOST] in OVER


@pytest.mark.parametrize("status", sorted(set(Status) - OVER))
def test_every_run_that_is_not_over_can_be_stopped(status: Status) -> None:
    fact = Fact.STOP_ASKED if status is Status.APPLYING else Fact.CANCELED
    assert may(run(status), fact)


@pytest.mark.parametrize("status", sorted(OVER))
def test_what_is_over_stays_so(status: Status) -> None:
    for fact in Fact:
        with pytest.raises(Conflict, match=f"run-1 is {status}"):
            move(run(status), fact)


def test_a_move_leaves_the_run_it_came_from_as_it_was() -> None:
    before = run()
    assert move(before, Fact.CLAIMED).status is Status.PLANNING
    assert before.status is Status.PENDING
