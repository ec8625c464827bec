"""The gateway: what is asked, in which order, and what becomes of the money."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from dihedral.domain.errors import Fault, Invalid, OverBudget, Upstream
from dihedral.domain.model import Ability, Endpoint, Price, Usage
from dihedral.kit import keys
from dihedral.kit.db import Db
from dihedral.model.rules.tool import Tool
from dihedral.model.store import endpoints
from dihedral.model.work.asking import Said, Unanswered
from dihedral.model.work.calls import Patience
from dihedral.model.work.providers.faults import Busy, Down, Garbled, Refused
from dihedral.model.work.providers.provider import Answer, Delta, Heard, Question
from tests.model.gates import (
    ADA,
    DAY,
    Yard,
    answer,
    asking,
    fails,
    says,
    yard,
)

pytestmark = pytest.mark.anyio
DEAR = Price(input=Decimal(30), output=Decimal(150), as_of=DAY)
TOOL = Tool("look", "Looks.", {"type": "object"})


@pytest.fixture
async def here(db: Db, tmp_path: Path) -> AsyncIterator[Yard]:
    async with db.tx() as tx:
        ring = await keys.unlock(tx, None, tmp_path / "key")
    yield yard(db, ring)


async def hangs(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
    await asyncio.Event().wait()
    raise AssertionError


async def test_an_answer_is_paid_for_what_it_used_and_says_from_where_it_is(here: Yard) -> None:
    place = await here.add("big", says("hi"), secret="sk-1")
    said = await here.gateway.ask(ADA, asking())
    assert (said.message.text, said.endpoint, said.upstream) == ("hi", place, "big")
    assert said.money == (10 * 3 + 5 * 15) / Decimal(1_000_000) == here.ledger.spent
    assert (here.ledger.did, here.ledger.held) == (["reserved", "settled"], {})
    assert [one.outcome for one in said.tries] == ["answered"]
    assert "the only one that fits" in said.why
    assert [s.reveal() for s in here.player.secrets if s] == ["sk-1"]


async def test_what_is_held_before_is_the_worst_that_it_may_come_to(here: Yard) -> None:
    await here.add("big", says())
    await here.gateway.ask(ADA, asking("x" * 1000))
    [(_, spend), _] = here.ledger.log
    assert spend.money is not None
    assert spend.money >= (1000 * 3 + 100 * 15) / Decimal(1_000_000)
    assert spend.tokens >= 1100


async def test_where_nobody_knows_the_price_the_money_is_unknown_and_not_nothing(
    here: Yard,
) -> None:
    await here.add("big", says(), price=None)
    said = await here.gateway.ask(ADA, asking())
    assert said.money is None
    assert [spend.money for _, spend in here.ledger.log] == [None, None]


async def test_a_budget_that_is_used_up_is_said_before_anything_is_sent(here: Yard) -> None:
    here.ledger.cap = Decimal(0)
    await here.add("big", says())
    with pytest.raises(OverBudget):
        await here.gateway.ask(ADA, asking())
    assert here.player.asked == []


async def test_a_model_that_is_not_there_is_told_with_those_that_are(here: Yard) -> None:
    await here.add("big", says())
    with pytest.raises(Invalid, match=r"no model none; there are: large.*dihedral model add none"):
        await here.gateway.ask(ADA, replace(asking(), needs=replace(asking().needs, model="none")))


async def test_where_none_fits_each_says_why(here: Yard) -> None:
    await here.add("big", says())
    await here.add("small", says(), context=64, abilities=frozenset({Ability.TOOLS}))
    with pytest.raises(Invalid, match=r"big.*not known to have tools.*small.*context has 64"):
        await here.gateway.ask(ADA, asking("long " * 100, tools=(TOOL,)))
    await here.add("able", says(), abilities=frozenset({Ability.TOOLS}))
    said = await here.gateway.ask(ADA, asking(tools=(TOOL,)))
    assert said.upstream == "able"


async def test_a_busy_endpoint_is_asked_again_when_it_says(here: Yard) -> None:
    await here.add("big", fails(Busy("429", 7.0), Busy("429")))
    said = await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in said.tries] == ["busy", "busy", "answered"]
    assert here.clock.pauses == [7.0, 0.5]  # what it asked for; half of a bound that doubles
    assert here.ledger.did == ["reserved", "released"] * 2 + ["reserved", "settled"]


async def test_one_that_asks_for_more_time_than_there_is_is_passed_by(here: Yard) -> None:
    await here.add("big", fails(Busy("429", 45.0)))
    await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking(seconds=30))
    assert (said.upstream, here.clock.pauses) == ("dear", [])
    assert "busy" in said.why


async def test_one_that_refuses_is_asked_once_and_then_the_next(here: Yard) -> None:
    await here.add("big", fails(Refused("401 no such key")))
    await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert here.player.asked == ["big", "dear"]
    assert said.tries[0].said == "401 no such key"


async def test_when_none_answers_it_is_said_what_each_said(here: Yard) -> None:
    await here.add("big", fails(*[Down("500 oops", spent=False)] * 3))
    await here.add("dear", fails(*[Garbled("no JSON")] * 3), price=DEAR)
    with pytest.raises(Unanswered, match=r"500 oops.*no JSON.*dihedral model test large") as told:
        await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in told.value.tries] == ["down"] * 3 + ["garbled"] * 3


@pytest.mark.parametrize(
    ("fault", "became"),
    [
        (Busy("429"), "released"),
        (Refused("400"), "released"),
        (Down("refused", spent=False), "released"),
        (Down("cut in the middle"), "held"),
        (Garbled("not JSON"), "held"),
    ],
)
async def test_what_cost_nothing_is_released_and_what_nobody_knows_stays_held(
    here: Yard, fault: Fault, became: str
) -> None:
    await here.add("big", fails(fault, fault, fault))
    with pytest.raises(Upstream):
        await here.gateway.ask(ADA, asking())
    tries = len(here.player.asked)
    assert here.ledger.did.count("released") == (tries if became == "released" else 0)
    assert len(here.ledger.held) == (tries if became == "held" else 0)


async def test_one_that_hangs_is_given_up_and_stays_held(here: Yard) -> None:
    here.gateway.patience = Patience(first=0.01)
    await here.add("big", hangs)
    await here.add("dear", says(), price=DEAR)
    said = await here.gateway.ask(ADA, asking())
    assert said.upstream == "dear"
    assert "nothing came for 0.01 s" in said.tries[0].said
    assert len(here.ledger.held) == len(said.tries) - 1


async def test_one_that_falls_silent_is_given_up_and_who_hears_is_told_that_it_begins_again(
    here: Yard,
) -> None:
    async def stutters(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        heard(Delta("text", "Once upon"))
        return await hangs(endpoint, question, heard)

    async def speaks(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        heard(Delta("text", "hi"))
        return answer()

    here.gateway.patience = Patience(first=30, idle=0.01)
    await here.add("big", stutters)
    await here.add("dear", speaks, price=DEAR)
    heard: list[Delta] = []
    said = await here.gateway.ask(ADA, asking(), heard.append)
    assert said.upstream == "dear"
    assert "silent" in said.tries[0].said
    assert heard[-2:] == [Delta("again"), Delta("text", "hi")]


async def test_a_breaker_opens_and_one_call_tries_later_whether_it_answers(here: Yard) -> None:
    sick = [Down("500", spent=False)] * 5
    await here.add("big", fails(*sick))
    await here.add("dear", says(), price=DEAR)
    for _ in range(2):
        await here.gateway.ask(ADA, asking())
    asked = len(here.player.asked)
    said = await here.gateway.ask(ADA, asking())
    assert (here.player.asked[asked:], said.upstream) == (["dear"], "dear")
    assert "left alone" in said.why
    here.clock.seconds += 60
    said = await here.gateway.ask(ADA, asking())
    assert said.upstream == "big"


async def test_where_all_are_left_alone_it_is_no_fault_of_the_call(here: Yard) -> None:
    await here.add("big", fails(*[Down("500", spent=False)] * 6))
    for _ in range(2):
        with pytest.raises(Unanswered):
            await here.gateway.ask(ADA, asking())
    with pytest.raises(Upstream, match="no endpoint of model large answers just now"):
        await here.gateway.ask(ADA, asking())


async def test_no_more_calls_are_under_way_than_an_endpoint_takes(here: Yard) -> None:
    at_once, highest, three = 0, 0, asyncio.Event()

    async def counts(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        nonlocal at_once, highest
        at_once += 1
        highest = max(highest, at_once)
        if at_once == 3:
            three.set()
        await three.wait()
        at_once -= 1
        return answer()

    await here.add("big", counts, concurrency=3)
    await asyncio.gather(*(here.gateway.ask(ADA, asking()) for _ in range(20)))
    assert highest == 3


async def test_one_that_is_full_lets_the_next_have_it(here: Yard) -> None:
    go = asyncio.Event()

    async def waits(endpoint: Endpoint, question: Question, heard: Heard) -> Answer:
        await go.wait()
        return answer()

    await here.add("big", waits, concurrency=1)
    await here.add("dear", says(), price=DEAR)
    first = asyncio.create_task(here.gateway.ask(ADA, asking()))
    await here.player.came.wait()
    assert (await here.gateway.ask(ADA, asking())).upstream == "dear"
    go.set()
    assert (await first).upstream == "big"


async def test_what_is_cancelled_in_the_middle_stays_held_and_frees_its_place(here: Yard) -> None:
    await here.add("big", hangs, concurrency=1)
    task = asyncio.create_task(here.gateway.ask(ADA, asking()))
    await here.player.came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (len(here.ledger.held), here.ledger.did) == (1, ["reserved"])
    here.player.plays["big"] = says()
    assert (await here.gateway.ask(ADA, asking())).upstream == "big"


async def test_what_is_cancelled_while_it_is_settled_is_settled(here: Yard) -> None:
    here.ledger.gate = asyncio.Event()
    await here.add("big", says())
    task = asyncio.create_task(here.gateway.ask(ADA, asking()))
    await here.ledger.settling.wait()
    task.cancel()
    await asyncio.sleep(0)
    here.ledger.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert here.ledger.did == ["reserved", "settled"]


async def test_the_same_key_after_a_crash_is_held_anew(here: Yard) -> None:
    """What died may have been charged for; its reservation stays its own."""
    await here.add("big", says())
    want = asking()
    await here.gateway.ask(ADA, want)
    await here.gateway.ask(ADA, want)
    spends = [spend.key for what, spend in here.ledger.log if what == "reserved"]
    assert len(set(spends)) == 2 and all(key.startswith(want.key) for key in spends)


async def test_an_answer_that_does_not_say_what_it_used_is_paid_from_above(here: Yard) -> None:
    await here.add("big", says("x" * 40, usage=Usage()))
    said = await here.gateway.ask(ADA, asking())
    assert said.usage.input >= len("hello") and said.usage.output >= 40
    assert here.ledger.spent == said.money


async def test_a_credential_is_in_no_fault_that_is_told(here: Yard) -> None:
    await here.add("big", fails(Refused("no such key: sk-Canary9")), secret="sk-Canary9")
    with pytest.raises(Unanswered, match=r"no such key: \*\*\*") as told:
        await here.gateway.ask(ADA, asking())
    assert "sk-Canary9" not in f"{told.value!r} {told.value.tries!r}"


async def test_how_endpoints_do_is_kept_for_people_to_see(here: Yard) -> None:
    place = await here.add("big", fails(Down("500 oops", spent=False)))
    await here.gateway.ask(ADA, asking())
    await here.gateway.health.tell(always=True)
    async with here.directory.db.tx() as tx:
        [(found, measured)] = await endpoints.page(tx, ADA.organization)
    assert measured is not None
    assert (found.id, measured.answered, measured.failed) == (place, 1, 1)
    assert (measured.latency, measured.breaker, measured.failure) == (0.2, "closed", "500 oops")


async def test_five_hundred_at_once_never_pass_a_budget(here: Yard) -> None:
    here.ledger.cap = Decimal("0.50")
    used = Usage(100, 1000)
    await here.add("big", fails(*[Busy("429")] * 2, then=says(usage=used)), concurrency=100)
    asked = (here.gateway.ask(ADA, asking("x" * 100, most=1000)) for _ in range(500))
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert here.ledger.spent <= here.ledger.highest <= here.ledger.cap
    assert {type(one) for one in done} == {Said, OverBudget}
