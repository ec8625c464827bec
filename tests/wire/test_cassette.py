"""A conversation is recorded on the wire, without secrets, and played again without a network."""

from dataclasses import replace
from pathlib import Path

import pytest

from dihedral.domain.conversation import Message, Result, Speaker
from dihedral.domain.errors import Invalid
from dihedral.domain.model import Wire
from dihedral.kit.log import Secret
from dihedral.model.work import cassette
from dihedral.model.work.cassette import Differs
from dihedral.model.work.providers.faults import Busy
from dihedral.model.work.providers.provider import Answer
from dihedral.model.work.providers.wires import Wires
from tests.wire.endpoints import SECRET, WEATHER, endpoint, person, question
from tests.wire.script import Rule, Rules, Say, Trip, Trouble, Use
from tests.wire.server import playing

pytestmark = pytest.mark.anyio

KEY = SECRET.reveal().partition(":")[0]
SCRIPT = Rules(
    (
        Rule(last="busy", say=(Say(trip=Trip(trouble=Trouble.BUSY, retry_after="4")),)),
        Rule(
            say=(
                Say(text="I look.", calls=(Use(tool="weather", arguments={"city": "北京"}),)),
                Say(text=f"It is sunny, {KEY}, and sk-live-0123456789."),
            )
        ),
    )
)
WIRES = [Wire.OPENAI, Wire.ANTHROPIC, Wire.BEDROCK, Wire.GOOGLE]


async def converse(wires: Wires, wire: Wire, url: str, word: str = "weather?") -> list[Answer]:
    """Two rounds of a talk, and a question that the server has no time for."""
    ask, at, begun = wires(wire).ask, endpoint(wire, url), person(word)
    one = await ask(at, SECRET, question(begun, tools=(WEATHER,)), None)
    result = Result(one.message.calls[0].id, "weather", "sunny")
    said = (begun, one.message, Message(Speaker.TOOL, (result,)))
    two = await ask(at, SECRET, question(*said, tools=(WEATHER,)), None)
    with pytest.raises(Busy) as busy:
        await ask(at, SECRET, question(person("busy")), None)
    assert busy.value.retry_after == 4
    return [replace(one, first=None, seconds=0), replace(two, first=None, seconds=0)]


@pytest.mark.parametrize("wire", WIRES)
async def test_what_was_recorded_plays_again(wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "talk.yaml"
    with playing(SCRIPT) as server, cassette.recording(path) as line:
        async with Wires(line) as wires:
            lived = await converse(wires, wire, server.url)
    with cassette.replaying(path) as line:
        async with Wires(line) as wires:
            played = await converse(wires, wire, server.url)
    assert played[0] == lived[0]
    assert played[1].usage == lived[1].usage
    text = path.read_text("utf-8")
    assert KEY not in text and "sk-live-0123456789" not in text and "北京" in text
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("wire", WIRES)
async def test_a_request_that_differs_shows_how(wire: Wire, tmp_path: Path) -> None:
    path = tmp_path / "talk.yaml"
    with playing(SCRIPT) as server, cassette.recording(path) as line:
        async with Wires(line) as wires:
            await converse(wires, wire, server.url)
    with pytest.raises(Differs) as raised, cassette.replaying(path) as line:
        async with Wires(line) as wires:
            await converse(wires, wire, server.url, word="rain?")
    told = str(raised.value)
    assert any(row.startswith("-") and "weather?" in row for row in told.splitlines())
    assert any(row.startswith("+") and "rain?" in row for row in told.splitlines())


async def test_what_is_left_on_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "talk.yaml"
    with playing(SCRIPT) as server, cassette.recording(path) as line:
        async with Wires(line) as wires:
            await converse(wires, Wire.OPENAI, server.url)
    left = pytest.raises(Differs, match=r"not asked again:\nPOST /v1/chat")
    with left, cassette.replaying(path):
        pass


async def test_another_credential_plays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "talk.yaml"
    asked = question(person("weather?"), tools=(WEATHER,))
    at = endpoint(Wire.OPENAI, "http://127.0.0.1:9")
    with playing(SCRIPT) as server, cassette.recording(path) as line:
        async with Wires(line) as wires:
            await wires(Wire.OPENAI).ask(endpoint(Wire.OPENAI, server.url), SECRET, asked, None)
    with cassette.replaying(path) as line:
        async with Wires(line) as wires:
            answer = await wires(Wire.OPENAI).ask(at, Secret("another one"), asked, None)
    assert answer.message.text == "I look."


@pytest.mark.parametrize("text", ["", "cassette: 2", "{", "cassette: 1\nexchanges: [1]", "[]"])
def test_a_file_that_is_none_says_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.yaml"
    path.write_text(text)
    with pytest.raises(Invalid, match="no cassette"), cassette.replaying(path):
        pass
