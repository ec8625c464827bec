"""Providers: the same scripts through every format, and all that may go wrong on a wire."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dihedral.domain.conversation import Call, Message, Result, Speaker, Text
from dihedral.domain.errors import Fault
from dihedral.domain.model import Usage, Wire
from dihedral.model.work.providers import talk
from dihedral.model.work.providers.faults import Busy, Down, Garbled, Refused
from dihedral.model.work.providers.provider import Answer, Delta, Question
from dihedral.model.work.providers.wires import Wires
from tests.wire.endpoints import SECRET, WEATHER, endpoint, person, question
from tests.wire.script import BAD_BYTES, Asked, Say, Script, Trip, Trouble, Use, always
from tests.wire.server import Server, playing

pytestmark = pytest.mark.anyio

WIRES = [Wire.OPENAI, Wire.ANTHROPIC, Wire.BEDROCK, Wire.GOOGLE]
BOTH = Say(
    text="It is fine in both.",
    calls=(
        Use(tool="weather", arguments={"city": "Bern"}),
        Use(tool="weather", arguments={"city": "Zürich 中文"}),
    ),
)


@pytest.fixture
def server() -> Iterator[Server]:
    with playing(always(Say(text="hello"))) as server:
        yield server


@pytest.fixture
async def wires() -> AsyncIterator[Wires]:
    async with Wires() as wires:
        yield wires


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> Wire:
    assert isinstance(request.param, Wire)
    return request.param


class Asking:
    """Asks over one wire what a server plays."""

    def __init__(self, wires: Wires, wire: Wire, server: Server) -> None:
        self.wires, self.wire, self.server = wires, wire, server
        self.heard: list[Delta] = []

    async def __call__(self, play: Script | Say, asked: Question | None = None) -> Answer:
        self.server.script = always(play) if isinstance(play, Say) else play
        at = endpoint(self.wire, self.server.url)
        return await self.wires(self.wire).ask(
            at, SECRET, asked or question(tools=(WEATHER,)), self.heard.append
        )

    async def fault(self, say: Say, asked: Question | None = None) -> Fault:
        with pytest.raises(Fault) as raised:
            await self(say, asked)
        assert SECRET.reveal() not in str(raised.value)
        return raised.value


@pytest.fixture
def ask(wires: Wires, wire: Wire, server: Server) -> Asking:
    return Asking(wires, wire, server)


async def test_an_answer_comes_with_its_calls_and_what_it_used(ask: Asking) -> None:
    used = Usage(input=120, output=40, cached=100)
    answer = await ask(replace(BOTH, usage=used))
    calls = answer.message.calls
    assert answer.message.text == "It is fine in both."
    assert [call.tool for call in calls] == ["weather", "weather"]
    assert len({call.id for call in calls}) == 2
    assert calls[1].arguments.replace(" ", "") == '{"city":"Zürich中文"}'
    assert (answer.usage, answer.finish) == (used, "tools")
    assert answer.first is not None and answer.first <= answer.seconds


async def test_it_is_heard_as_it_comes(ask: Asking) -> None:
    await ask(replace(BOTH, text="slowly, piece by piece", size=4))
    text = [delta.text for delta in ask.heard if delta.kind == "text"]
    assert "".join(text) == "slowly, piece by piece" and len(text) > 3
    assert [d.text for d in ask.heard if d.kind == "tool"] == ["weather", "weather"]


async def test_the_model_is_shown_all_of_it_in_order(ask: Asking, server: Server) -> None:
    answer = await ask(BOTH)
    bern, other = answer.message.calls
    results = (
        Result(bern.id, "weather", "sunny"),
        Result(other.id, "weather", "no such city", failed=True),
    )
    said = (person("how is it?"), answer.message, Message(Speaker.TOOL, results), person("so?"))
    await ask(Say(text="well"), question(*said, tools=(WEATHER,)))
    shown = server.asked[-1]
    assert shown.system == "You are terse." and shown.tools == ("weather",) and shown.most == 500
    persons = [m.text for m in shown.messages if m.by is Speaker.PERSON]
    assert persons == ["how is it?", "so?"]
    calls = [call for m in shown.messages for call in m.calls]
    assert [(c.id, c.tool) for c in calls] == [(bern.id, "weather"), (other.id, "weather")]
    told = [p for m in shown.messages for p in m.parts if isinstance(p, Result)]
    assert [r.call for r in told] == [bern.id, other.id]
    assert told[0].text == "sunny" and "no such city" in told[1].text


async def test_broken_arguments_reach_us_and_can_go_back(ask: Asking, wire: Wire) -> None:
    broken = Use(tool="weather", arguments='{"city": "Be')
    if wire is Wire.GOOGLE:  # it reads them itself, and says that it cannot
        assert isinstance(await ask.fault(Say(calls=(broken,))), Garbled)
        return
    answer = await ask(Say(calls=(broken,)))
    (call,) = answer.message.calls
    assert call.arguments == broken.arguments
    mend = Message(Speaker.TOOL, (Result(call.id, "weather", "no JSON", failed=True),))
    asked = question(person("how is it?"), answer.message, mend, tools=(WEATHER,))
    assert (await ask(Say(text="sorry"), asked)).message.text == "sorry"


async def test_a_tool_that_there_is_not_is_for_the_loop_to_refuse(ask: Asking) -> None:
    answer = await ask(Say(calls=(Use(tool="rm_rf", arguments={"path": "/"}),)))
    assert [call.tool for call in answer.message.calls] == ["rm_rf"]


@pytest.mark.parametrize("finish", ["length", "filter"])
async def test_why_it_ended_is_told(ask: Asking, finish: str) -> None:
    assert (await ask(Say(text="and so on", finish=finish))).finish == finish


@pytest.mark.parametrize("after", [0, 2])
async def test_busy_may_say_for_how_long(ask: Asking, after: int) -> None:
    busy = Trip(trouble=Trouble.BUSY, retry_after="7", after=after)
    fault = await ask.fault(replace(BOTH, trip=busy))
    assert isinstance(fault, Busy)
    assert fault.retry_after == (7.0 if after == 0 else None)


async def test_busy_may_name_a_time(ask: Asking) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    fault = await ask.fault(Say(trip=Trip(trouble=Trouble.BUSY, retry_after=later)))
    assert isinstance(fault, Busy) and fault.retry_after is not None
    assert 20 < fault.retry_after <= 31


async def test_busy_may_say_nothing(ask: Asking) -> None:
    fault = await ask.fault(Say(trip=Trip(trouble=Trouble.BUSY)))
    assert isinstance(fault, Busy) and fault.retry_after is None and not fault.spent


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_an_error_of_the_server_cost_nothing(ask: Asking, status: int) -> None:
    fault = await ask.fault(Say(trip=Trip(trouble=Trouble.DOWN, status=status)))
    assert isinstance(fault, Down) and not fault.spent


async def test_a_credential_is_never_in_what_we_say_of_a_refusal(ask: Asking) -> None:
    told = f"Incorrect API key: {SECRET.reveal()[:14]}***; you sent 'Bearer {SECRET.reveal()}'"
    fault = await ask.fault(Say(trip=Trip(trouble=Trouble.REFUSED, status=401, message=told)))
    assert isinstance(fault, Refused) and "401" in str(fault) and "Incorrect" in str(fault)
    assert SECRET.reveal()[4:12] not in str(fault)
    assert fault.__cause__ is None


async def test_a_stream_that_is_cut_may_have_cost_something(ask: Asking) -> None:
    for after in (1, 4):
        fault = await ask.fault(replace(BOTH, trip=Trip(trouble=Trouble.CUT, after=after)))
        assert isinstance(fault, Down) and fault.spent


async def test_a_stream_that_ends_early_is_no_answer(ask: Asking) -> None:
    for after in (2, 4):
        fault = await ask.fault(replace(BOTH, trip=Trip(trouble=Trouble.ENDED, after=after)))
        assert isinstance(fault, Down | Garbled) and fault.spent


async def test_silence_ends(ask: Asking) -> None:
    for after in (0, 3):
        hang = replace(BOTH, trip=Trip(trouble=Trouble.HANG, after=after))
        fault = await ask.fault(hang, question(timeout=0.3))
        assert isinstance(fault, Down) and fault.spent and "0.3 s" in str(fault)


async def test_nobody_there(wires: Wires, wire: Wire, server: Server) -> None:
    at = endpoint(wire, "http://127.0.0.1:1")
    with pytest.raises(Down) as raised:
        await wires(wire).ask(at, SECRET, question(), None)
    assert not raised.value.spent


@pytest.mark.parametrize("after", [0, 3])
async def test_what_is_not_the_format_is_garbled(ask: Asking, after: int) -> None:
    fault = await ask.fault(replace(BOTH, trip=Trip(trouble=Trouble.GARBLED, after=after)))
    assert isinstance(fault, Garbled)


async def test_bytes_that_are_no_text_do_no_harm(ask: Asking) -> None:
    say = Say(text=f"before {BAD_BYTES} after", size=100)
    try:
        answer = await ask(say)
    except Garbled:
        return
    assert answer.message.text == "before �� after"


@pytest.mark.parametrize("size", [1, 100])
async def test_what_nobody_could_write_down_is_shown_as_such(ask: Asking, size: int) -> None:
    answer = await ask(Say(text="a \ud83d\ude00 b \ud800 c \0 d", thought="\udfff", size=size))
    assert answer.message.text == "a 😀 b \ufffd c \ufffd d"
    for delta in ask.heard:
        assert delta.text.encode() and "\0" not in delta.text


async def test_calls_of_one_answer_have_names_of_their_own(ask: Asking) -> None:
    same = Use(tool="weather", arguments={"city": "Bern"}, id="same")
    answer = await ask(Say(calls=(same, same, same)))
    assert len({call.id for call in answer.message.calls}) == 3


async def test_a_name_without_end_is_no_name(ask: Asking) -> None:
    fault = await ask.fault(Say(calls=(Use(tool="x" * 100_000),)))
    assert isinstance(fault, Garbled) and len(str(fault)) < 200


async def test_an_answer_of_5_mb_is_cut_and_says_so(ask: Asking) -> None:
    answer = await ask(Say(text="x" * 5_000_000, size=50_000))
    assert answer.finish == "length" and "was cut" in answer.message.text
    assert len(answer.message.text) < talk.LONGEST + 200
    assert answer.usage == Usage()  # nobody knows, so it is not told as little


async def test_an_answer_without_end_is_cut_off(ask: Asking) -> None:
    fault = await ask.fault(Say(text="x" * 9_000_000, size=9_000_000))
    assert isinstance(fault, Garbled) and "bytes" in str(fault)


async def test_there_are_only_so_many_calls_in_an_answer(ask: Asking) -> None:
    fault = await ask.fault(Say(calls=(Use(tool="weather", arguments={"city": "X"}),) * 10_000))
    assert isinstance(fault, Garbled) and "tools at once" in str(fault)


async def test_many_ask_at_once(ask: Asking, server: Server) -> None:
    def echo(asked: Asked) -> Say:
        return Say(text=f"you said {asked.last}")

    answers = await asyncio.gather(*(ask(echo, question(person(f"#{n}"))) for n in range(50)))
    assert [a.message.text for a in answers] == [f"you said #{n}" for n in range(50)]


async def test_an_address_of_another_kind_is_refused(wires: Wires, wire: Wire) -> None:
    for url in ("file:///etc/passwd", "ftp://example.com", "example.com"):
        at = replace(endpoint(wire, ""), url=url)
        with pytest.raises(Refused):
            await wires(wire).ask(at, SECRET, question(), None)


async def test_nothing_to_answer_is_refused(ask: Asking) -> None:
    only = Message(Speaker.AGENT, (Text("hello"), Call("c", "weather", "{}")))
    assert isinstance(await ask.fault(Say(), question(only)), Refused)
