"""The gateway over real wires: a server on loopback that goes wrong in every way, and recovers."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from dihedral.domain.errors import Upstream
from dihedral.domain.model import Ability, Price, Wire
from dihedral.kit import keys
from dihedral.kit.db import Db
from dihedral.model.rules.tool import Tool
from dihedral.model.work.asking import Unanswered
from dihedral.model.work.calls import Patience
from dihedral.model.work.providers.provider import Delta
from dihedral.model.work.providers.wires import Wires
from tests.model.gates import ADA, DAY, Yard, asking, says, yard
from tests.wire.endpoints import PATHS, SECRET, endpoint, question
from tests.wire.script import BAD_BYTES, Asked, Say, Trip, Trouble, Use, always
from tests.wire.server import Server, playing

pytestmark = pytest.mark.anyio
DEAR = Price(input=Decimal(30), output=Decimal(150), as_of=DAY)
TOOL = Tool("look", "Looks.", {"type": "object", "properties": {}})
CAN = frozenset({Ability.TOOLS})


@pytest.fixture
def server() -> Iterator[Server]:
    with playing(always(Say(text="hello"))) as server:
        yield server


@pytest.fixture(params=[Wire.OPENAI, Wire.ANTHROPIC])
def wire(request: pytest.FixtureRequest) -> Wire:
    assert isinstance(request.param, Wire)
    return request.param


@pytest.fixture
async def here(db: Db, tmp_path: Path, server: Server, wire: Wire) -> AsyncIterator[Yard]:
    """A cheap endpoint that plays what a test says, and a dear one that is sound."""
    async with db.tx() as tx:
        ring = await keys.unlock(tx, None, tmp_path / "key")
    async with Wires() as wires:
        warm = endpoint(wire, server.url)  # its library is loaded, which takes seconds
        await wires(wire).ask(warm, SECRET, question(timeout=120), lambda _: None)
        server.received.clear()
        made = yard(db, ring, providers=wires)
        made.gateway.patience = Patience(first=2, idle=1, whole=30)
        url = server.url + PATHS.get(wire, "")
        for upstream, price in (("cheap", None), ("sound", DEAR)):
            fields = {"price": price} if price else {}
            await made.add(upstream, says(), "sk-1", wire=wire, url=url, abilities=CAN, **fields)
        yield made


def plays(server: Server, say: Say) -> None:
    sound = Say(text="I am sound")
    server.script = lambda asked: sound if asked.model == "sound" else say


def fails(trouble: Trouble, **fields: object) -> Say:
    return Say(text="a longer answer, in pieces", trip=Trip(trouble=trouble, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("say", "outcomes", "by", "held"),
    [
        (fails(Trouble.BUSY, times=1), ["busy", "answered"], "cheap", 0),
        (fails(Trouble.BUSY, retry_after="2", times=1), ["busy", "answered"], "cheap", 0),
        (fails(Trouble.BUSY, retry_after="500"), ["busy", "answered"], "sound", 0),
        (fails(Trouble.BUSY, status=529), ["busy"] * 3 + ["answered"], "sound", 0),
        (fails(Trouble.DOWN), ["down"] * 3 + ["answered"], "sound", 0),
        (fails(Trouble.DOWN, status=503, times=2), ["down"] * 2 + ["answered"], "cheap", 0),
        (fails(Trouble.REFUSED, status=401), ["refused", "answered"], "sound", 0),
        (fails(Trouble.REFUSED), ["refused", "answered"], "sound", 0),
        (fails(Trouble.CUT, after=2, times=1), ["down", "answered"], "cheap", 1),
        (fails(Trouble.HANG, times=1), ["down", "answered"], "cheap", 1),
        (fails(Trouble.HANG, after=2, times=1), ["down", "answered"], "cheap", 1),
    ],
)
async def test_what_goes_wrong_ends_as_a_person_would_wish(
    here: Yard, server: Server, say: Say, outcomes: list[str], by: str, held: int
) -> None:
    plays(server, say)
    said = await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in said.tries] == outcomes
    assert (by in said.upstream, "sk-1" in repr(said)) == (True, False)
    assert len(here.ledger.held) == held
    if say.trip and say.trip.retry_after == "2":
        assert here.clock.pauses == [2.0]


async def test_what_nobody_can_read_is_tried_again_and_said(here: Yard, server: Server) -> None:
    server.script = always(fails(Trouble.GARBLED))
    with pytest.raises(Unanswered) as told:
        await here.gateway.ask(ADA, asking())
    assert {one.outcome for one in told.value.tries} <= {"garbled", "down"}


async def test_who_hears_an_answer_that_is_cut_hears_the_next_one_from_its_beginning(
    here: Yard, server: Server
) -> None:
    plays(server, fails(Trouble.CUT, after=5, times=1))
    heard: list[Delta] = []
    said = await here.gateway.ask(ADA, asking(), heard.append)
    again = [one.kind for one in heard].index("again")
    assert again > 0
    assert "".join(d.text for d in heard[again:] if d.kind == "text") == said.message.text


async def test_bytes_that_are_no_text_harm_nobody(here: Yard, server: Server) -> None:
    plays(server, Say(text=f"so {BAD_BYTES} far"))
    said = await here.gateway.ask(ADA, asking())
    assert said.message.text
    said.message.text.encode()


async def test_a_call_that_is_no_json_comes_through_as_it_is(here: Yard, server: Server) -> None:
    plays(server, Say(calls=(Use(tool="look", arguments='{"where": '),)))
    said = await here.gateway.ask(ADA, asking(tools=(TOOL,)))
    assert said.finish == "tools"
    assert said.message.calls[0].arguments == '{"where": '


async def test_one_that_nobody_listens_at_costs_nothing(here: Yard, server: Server) -> None:
    async with here.directory.db.tx() as tx:
        await tx.do(b"UPDATE endpoint SET url = 'http://127.0.0.1:9/v1', sealed = NULL")
    here.directory.forget()
    with pytest.raises(Upstream):
        await here.gateway.ask(ADA, asking())
    assert here.ledger.whole() == 0 and not here.ledger.held


async def test_the_credential_and_the_limit_arrive(here: Yard, server: Server) -> None:
    told: list[Asked] = []

    def script(asked: Asked) -> Say:
        told.append(asked)
        return Say(text="hello")

    server.script = script
    await here.gateway.ask(ADA, replace(asking(), most=77))
    assert told[0].most == 77
    assert "sk-1" in repr(server.received[0].headers)
