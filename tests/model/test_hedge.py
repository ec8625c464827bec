"""Hedging: when a second endpoint is asked beside one that is silent, and what becomes of both."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dihedral.domain.actor import Actor
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ReservationId
from dihedral.domain.model import Endpoint, Hedge, Price
from dihedral.domain.spend import Spend, Used
from dihedral.kit import keys
from dihedral.kit.db import Db
from dihedral.model.rules import estimate, hedge, route
from dihedral.model.rules.route import Choice, Load
from dihedral.model.work.calls import Patience
from dihedral.model.work.providers.faults import Down, Refused
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Question
from tests.model.gates import ADA, DAY, Play, Sums, Yard, answer, asking, endpoint, says, yard
from tests.model.gates import fails as failing

pytestmark = pytest.mark.anyio
SOON = Hedge(timedelta(seconds=0.05))
DEAR = Price(input=Decimal(30), output=Decimal(150), as_of=DAY)
NEEDS = asking().needs


@pytest.fixture
async def here(db: Db, tmp_path: Path) -> AsyncIterator[Yard]:
    async with db.tx() as tx:
        ring = await keys.unlock(tx, None, tmp_path / "key")
    yield yard(db, ring)


@dataclass(slots=True)
class Slow:
    """Says nothing until `go`, and tells whether it was cut off."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    cut: bool = False

    async def __call__(self, endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        self.came.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cut = True
            raise
        heard(Delta("text", "late"))
        return answer("late")


def speaks(text: str, before: asyncio.Event | None = None) -> Play:
    async def play(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        if before is not None:
            before.set()
        heard(Delta("text", text))
        return answer(text)

    return play


@pytest.mark.parametrize(
    ("said", "means", "written"),
    [
        ("off", None, "off"),
        ("p95", Hedge(), "p95"),
        (" 2s ", Hedge(timedelta(seconds=2)), "2s"),
        ("1.5", Hedge(timedelta(seconds=1.5)), "1.5s"),
        ("250ms", Hedge(timedelta(seconds=0.25)), "0.25s"),
        ("2m", Hedge(timedelta(seconds=120)), "120s"),
    ],
)
def test_when_is_read_and_written(said: str, means: Hedge | None, written: str) -> None:
    assert hedge.read(said) == means
    assert hedge.written(means) == written
    assert hedge.read(written) == means


@pytest.mark.parametrize("said", ["", "on", "0", "0.01s", "3m", "-2s", "1e3", "p99", "nan", "٢s"])
def test_what_says_no_time_is_told_what_would_do(said: str) -> None:
    with pytest.raises(Invalid, match="off, p95, or a time"):
        hedge.read(said)


def test_the_slowest_twentieth_is_known_from_twenty_calls_on() -> None:
    hundred = [n / 10 for n in range(100, 0, -1)]
    assert hedge.delay(Hedge(), hundred[: hedge.LEAST - 1]) is None
    assert hedge.delay(Hedge(), hundred) == 9.5
    assert hedge.delay(Hedge(), [0.001] * 30) == hedge.SHORTEST
    assert hedge.delay(SOON, []) == 0.05
    assert hedge.delay(None, hundred) is None


def choices() -> list[Choice]:
    load = Load(size=estimate.size("x" * 1000, []), most=100)
    some = [endpoint(name) for name in ("a", "b", "c")]
    return list(route.place(some, {}, NEEDS, load).taken)


def test_beside_one_the_next_is_asked_that_is_free_and_never_one_before_it() -> None:
    a, b, c = choices()
    assert hedge.spare([a, b, c], a, NEEDS, lambda one: True) == b
    assert hedge.spare([a, b, c], a, NEEDS, lambda one: one != b.endpoint) == c
    assert hedge.spare([a, b, c], b, NEEDS, lambda one: True) == c
    assert hedge.spare([a, b, c], c, NEEDS, lambda one: True) is None


def test_both_together_keep_to_what_one_answer_may_cost() -> None:
    a, b, _ = choices()
    assert a.worst is not None and b.worst is not None
    both = a.worst + b.worst
    assert hedge.spare([a, b], a, replace(NEEDS, max_cost=both), lambda one: True) == b
    less = replace(NEEDS, max_cost=both - Decimal("0.000001"))
    assert hedge.spare([a, b], a, less, lambda one: True) is None
    unknown = replace(b, worst=None)
    assert hedge.spare([a, unknown], a, replace(NEEDS, max_cost=both), lambda one: True) is None


async def test_nobody_is_asked_twice_unless_it_is_said(here: Yard) -> None:
    here.gateway.patience = Patience(first=0.2)
    await here.add("big", Slow())
    await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in said.tries] == ["down"] * 3 + ["answered"]


async def test_where_one_is_silent_another_is_asked_as_well_and_answers(here: Yard) -> None:
    slow, heard = Slow(), list[Delta]()
    first = await here.add("big", slow, hedge=SOON)
    second = await here.add("dear", speaks("hi"), price=DEAR)
    said = await here.gateway.ask(ADA, asking(), heard.append)
    assert (said.message.text, said.endpoint, slow.cut) == ("hi", second, True)
    assert heard == [Delta("text", "hi")]
    # both were held before they were sent; what was cut stays held at its worst, as any such call
    assert here.ledger.did == ["reserved", "reserved", "settled"]
    assert [spend.endpoint for spend in here.ledger.held.values()] == [first]
    lost, won = said.tries
    assert (lost.endpoint, lost.outcome, won.outcome) == (first, "outrun", "answered")
    assert lost.said == f"{second} was heard first"
    assert f"{second} was asked as well, since nothing came of {first} for 0.05 s" in won.said
    assert won.said in said.why


async def test_the_first_may_answer_after_all_and_the_second_is_cut_off(here: Yard) -> None:
    first, second, heard = Slow(), Slow(), list[Delta]()
    await here.add("big", first, hedge=SOON)
    other = await here.add("dear", second, price=DEAR)
    task = asyncio.create_task(here.gateway.ask(ADA, asking(), heard.append))
    await second.came.wait()
    first.go.set()
    said = await task
    assert (said.upstream, second.cut, heard) == ("big", True, [Delta("text", "late")])
    assert [spend.endpoint for spend in here.ledger.held.values()] == [other]
    assert [(one.endpoint == other, one.outcome) for one in said.tries] == [
        (True, "outrun"),
        (False, "answered"),
    ]
    assert "since nothing came" in said.tries[0].said


async def test_once_a_piece_came_nobody_else_is_asked(here: Yard) -> None:
    async def dawdles(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        heard(Delta("text", "h"))
        await asyncio.sleep(0.2)  # four times as long as it hedges
        return answer("hi")

    await here.add("big", dawdles, hedge=SOON)
    await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert (said.upstream, here.player.asked, len(said.tries)) == ("big", ["big"], 1)


async def test_where_the_money_is_not_there_for_both_the_first_goes_on_alone(here: Yard) -> None:
    slow = Slow()

    @dataclass(slots=True)
    class Told(Sums):
        async def reserve(self, actor: Actor, spend: Spend) -> ReservationId:
            if self.held:
                slow.go.set()
            return await Sums.reserve(self, actor, spend)

    ledger = here.gateway.ledger = Told(cap=Decimal("0.01"))
    await here.add("big", slow, hedge=SOON)
    other = await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking(most=100))
    assert (said.upstream, here.player.asked, slow.cut) == ("big", ["big"], False)
    assert f"{other} was not asked as well: the budget of the test is used up" in said.why
    assert ledger.held == {} and ledger.highest <= ledger.cap


async def test_what_is_heard_while_money_is_held_for_a_second_frees_that_money(here: Yard) -> None:
    slow, settled = Slow(), asyncio.Event()

    @dataclass(slots=True)
    class Late(Sums):
        async def reserve(self, actor: Actor, spend: Spend) -> ReservationId:
            if self.held:
                slow.go.set()
                await settled.wait()
            return await Sums.reserve(self, actor, spend)

        async def settle(self, reservation: ReservationId, used: Used) -> None:
            await Sums.settle(self, reservation, used)
            settled.set()

    ledger = here.gateway.ledger = Late()
    await here.add("big", slow, hedge=SOON)
    await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert (said.upstream, here.player.asked) == ("big", ["big"])
    assert ledger.did == ["reserved", "settled", "reserved", "released"]
    assert ledger.held == {}


async def test_where_the_first_fails_meanwhile_the_second_is_waited_for(here: Yard) -> None:
    second = Slow()

    async def fails(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        await second.came.wait()
        second.go.set()
        raise Refused("401")

    await here.add("big", fails, hedge=SOON)
    await here.add("dear", second, price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in said.tries] == ["refused", "answered"]
    assert (said.upstream, here.ledger.held) == ("dear", {})


async def test_where_the_second_fails_the_first_is_waited_for(here: Yard) -> None:
    first = Slow()

    async def fails(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        first.go.set()
        raise Down("500", spent=False)

    await here.add("big", first, hedge=SOON)
    await here.add("dear", fails, price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in said.tries] == ["down", "answered"]
    assert (said.upstream, first.cut, here.ledger.held) == ("big", False, {})


async def test_where_both_fail_it_goes_on_as_ever_and_nobody_is_hedged_again(here: Yard) -> None:
    second, asked = Slow(), 0

    async def first(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        nonlocal asked
        asked += 1
        if asked == 1:
            await second.came.wait()
            raise Down("500", spent=False)
        await asyncio.sleep(0.2)  # silent again, for four times as long as it hedges
        return answer("big at last")

    async def fails(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        second.came.set()
        raise Down("502", spent=False)

    await here.add("big", first, hedge=SOON)
    await here.add("dear", fails, price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert said.message.text == "big at last"
    assert here.player.asked == ["big", "dear", "big"]
    assert here.ledger.held == {}


async def test_one_that_was_heard_and_then_fails_is_void_and_it_begins_again(here: Yard) -> None:
    async def stutters(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        heard(Delta("text", "Once"))
        raise Down("cut in the middle")

    slow, heard = Slow(), list[Delta]()
    await here.add("big", _first(slow, speaks("whole")), hedge=SOON)
    await here.add("dear", stutters, price=DEAR)
    said = await here.gateway.ask(ADA, asking(), heard.append)
    assert [one.outcome for one in said.tries] == ["outrun", "down", "answered"]
    assert heard == [Delta("text", "Once"), Delta("again"), Delta("text", "whole")]
    assert len(here.ledger.held) == 2  # nobody knows what either cost


def _first(one: Play, then: Play) -> Play:
    left = [one]

    async def play(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        return await (left.pop() if left else then)(endpoint, question, heard)

    return play


async def test_an_ask_that_is_cancelled_ends_both_and_frees_their_places(here: Yard) -> None:
    first, second = Slow(), Slow()
    await here.add("big", first, hedge=SOON, concurrency=1)
    await here.add("dear", second, price=DEAR, concurrency=1)
    task = asyncio.create_task(here.gateway.ask(ADA, asking()))
    await second.came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (first.cut, second.cut, len(here.ledger.held)) == (True, True, 2)
    page = await here.directory.page(ADA.organization, "large")
    assert all(here.gateway.health.free(one) for one in page.endpoints)


async def test_an_endpoint_that_is_full_or_left_alone_is_not_asked_as_well(here: Yard) -> None:
    busy, slow = Slow(), Slow()
    await here.add("big", slow, hedge=SOON)
    full = await here.add("dear", busy, price=DEAR, concurrency=1)
    page = await here.directory.page(ADA.organization, "large")
    [place] = [here.gateway.health.place(one) for one in page.endpoints if one.id == full]
    async with place:
        task = asyncio.create_task(here.gateway.ask(ADA, asking()))
        await slow.came.wait()
        await asyncio.sleep(0.2)  # four times as long as it hedges
        slow.go.set()
        assert (await task).upstream == "big"
    assert here.player.asked == ["big"]


async def test_one_that_is_outrun_is_known_to_have_grown_slow(here: Yard) -> None:
    await here.add("big", says(first=0.2), hedge=Hedge())
    await here.add("dear", speaks("hi"), price=DEAR)
    for _ in range(hedge.LEAST):
        await here.gateway.ask(ADA, asking())
    assert here.player.asked == ["big"] * hedge.LEAST
    slow = Slow()

    async def sleeps(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        here.clock.seconds += 3.0
        return await slow(endpoint, question, heard)

    here.player.plays["big"] = sleeps
    said = await here.gateway.ask(ADA, asking())
    assert (said.upstream, said.tries[0].outcome, slow.cut) == ("dear", "outrun", True)
    assert "for 0.2 s" in said.why
    page = await here.directory.page(ADA.organization, "large")
    [big] = [one for one in page.endpoints if one.upstream == "big"]
    assert max(here.gateway.health.firsts(big.id)) == 3.0
    assert here.gateway.health.vigour(big, {}).latency == pytest.approx(0.2 + 0.3 * 2.8)


async def test_a_fault_before_the_time_is_up_is_tried_again_as_ever(here: Yard) -> None:
    await here.add("big", failing(Down("500", spent=False)), hedge=SOON)
    await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in said.tries] == ["down", "answered"]
    assert here.player.asked == ["big", "big"]
