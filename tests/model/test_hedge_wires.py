"""Hedging over real wires: two servers on loopback, of which one is silent for long."""

import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dihedral.domain.model import Hedge, Price, Wire
from dihedral.kit import keys
from dihedral.kit.db import Db
from dihedral.model.work.calls import Patience
from dihedral.model.work.providers.provider import Delta
from dihedral.model.work.providers.wires import Wires
from tests.model.gates import ADA, Yard, asking, says, yard
from tests.model.test_gateway_wires import DEAR
from tests.wire.endpoints import PATHS, SECRET, endpoint, question
from tests.wire.script import Asked, Say, Trip, Trouble, always
from tests.wire.server import Server, playing

pytestmark = pytest.mark.anyio
HANGS = Say(text="never", trip=Trip(trouble=Trouble.HANG))
SOON = Hedge(timedelta(seconds=0.1))


@pytest.fixture
def first() -> Iterator[Server]:
    with playing(always(Say(text="hello"))) as server:
        yield server


@pytest.fixture
def second() -> Iterator[Server]:
    with playing(always(Say(text="I am the second"))) as server:
        yield server


@pytest.fixture(params=[Wire.OPENAI, Wire.ANTHROPIC])
def wire(request: pytest.FixtureRequest) -> Wire:
    assert isinstance(request.param, Wire)
    return request.param


@pytest.fixture
async def here(
    db: Db, tmp_path: Path, first: Server, second: Server, wire: Wire
) -> AsyncIterator[Yard]:
    """A cheap endpoint that hedges, and a dear one, each on a server of its own."""
    async with db.tx() as tx:
        ring = await keys.unlock(tx, None, tmp_path / "key")
    async with Wires() as wires:
        warm = endpoint(wire, first.url)  # its library is loaded, which takes seconds
        await wires(wire).ask(warm, SECRET, question(timeout=120), lambda _: None)
        made = yard(db, ring, providers=wires)
        made.gateway.patience = Patience(first=30, idle=30, whole=60)
        for upstream, server, more in (("cheap", first, {}), ("dear", second, {"price": DEAR})):
            url = server.url + PATHS.get(wire, "")
            fields: dict[str, Price] = dict(more)
            await made.add(upstream, says(), "sk-1", wire=wire, url=url, hedge=SOON, **fields)
        yield made


async def test_a_server_that_is_silent_is_outrun_by_the_next(here: Yard, first: Server) -> None:
    first.script = always(HANGS)
    heard: list[Delta] = []
    said = await here.gateway.ask(ADA, asking(), heard.append)
    assert said.message.text == "I am the second" == "".join(d.text for d in heard)
    assert [one.outcome for one in said.tries] == ["outrun", "answered"]
    assert "asked as well, since nothing came of" in said.why
    assert here.ledger.did == ["reserved", "reserved", "settled"]
    [held] = here.ledger.held.values()
    assert held.endpoint == said.tries[0].endpoint


async def test_a_server_that_answers_after_all_outruns_the_second(
    here: Yard, first: Server, second: Server
) -> None:
    asked = threading.Event()

    def waits(one: Asked) -> Say:
        assert asked.wait(30)
        return Say(text="I am the first")

    def hangs(one: Asked) -> Say:
        asked.set()
        return HANGS

    first.script, second.script = waits, hangs
    heard: list[Delta] = []
    said = await here.gateway.ask(ADA, asking(), heard.append)
    assert said.message.text == "I am the first" == "".join(d.text for d in heard)
    assert [one.outcome for one in said.tries] == ["outrun", "answered"]
    [held] = here.ledger.held.values()
    assert held.endpoint == said.tries[0].endpoint != said.endpoint


async def test_a_stream_that_stops_after_a_piece_is_not_hedged(
    here: Yard, first: Server, second: Server
) -> None:
    """It is given up by the rule for silence in the middle, and asked again, as ever."""
    here.gateway.patience = Patience(first=30, idle=1, whole=60)
    page = await here.directory.page(ADA.organization, "large")
    assert all(one.hedge == SOON for one in page.endpoints)
    async with here.directory.db.tx() as tx:
        await tx.do(b"UPDATE endpoint SET hedge_after = 20")  # no machine is so slow to begin
    here.directory.forget()
    first.script = always(
        Say(text="a longer answer, in pieces", trip=Trip(trouble=Trouble.HANG, after=4, times=1))
    )
    said = await here.gateway.ask(ADA, asking())
    assert [one.outcome for one in said.tries] == ["down", "answered"]
    assert "in the middle of its answer" in said.tries[0].said
    assert second.asked == []
