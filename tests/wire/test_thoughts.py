"""What a provider signed goes back to it as it was, and to nobody else."""

from collections.abc import AsyncIterator, Iterator

import pytest

from dihedral.domain.conversation import Message, Result, Speaker, Thought
from dihedral.domain.model import Wire
from dihedral.model.work.providers.wires import Wires
from tests.wire.endpoints import SECRET, WEATHER, endpoint, person, question
from tests.wire.script import Say, Use, in_turn
from tests.wire.server import Server, playing

pytestmark = pytest.mark.anyio

SIGNATURE = "EqQBCkYIBxgCIkA="
UPSTREAM = {Wire.BEDROCK: "anthropic.claude-opus-4-5-20251101-v1:0"}  # the others sign none there
SCRIPT = in_turn(
    Say(
        thought="they want weather",
        signature=SIGNATURE,
        calls=(Use(tool="weather", arguments={"city": "Bern"}),),
    ),
    Say(text="sunny"),
)


@pytest.fixture
def server() -> Iterator[Server]:
    with playing(SCRIPT) as server:
        yield server


@pytest.fixture
async def wires() -> AsyncIterator[Wires]:
    async with Wires() as wires:
        yield wires


async def talk(wires: Wires, server: Server, first: Wire, second: Wire) -> Message:
    """Two rounds, each over its wire; comes back with what the agent said in the first."""
    begun = person("weather?")
    at = {w: endpoint(w, server.url, UPSTREAM.get(w, "small-1")) for w in (first, second)}
    one = await wires(first).ask(
        at[first],
        SECRET,
        question(begun, tools=(WEATHER,)),
        None,
    )
    result = Result(one.message.calls[0].id, "weather", "sunny")
    said = (begun, one.message, Message(Speaker.TOOL, (result,)))
    two = await wires(second).ask(
        at[second],
        SECRET,
        question(*said, tools=(WEATHER,)),
        None,
    )
    assert two.message.text == "sunny"
    return one.message


@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.BEDROCK])
async def test_a_signed_thought_goes_back_as_it_was(
    wires: Wires, server: Server, wire: Wire
) -> None:
    first = await talk(wires, server, wire, wire)
    (thought,) = [part for part in first.parts if isinstance(part, Thought)]
    assert (thought.text, thought.signature) == ("they want weather", SIGNATURE)
    told = [p for m in server.asked[-1].messages for p in m.parts if isinstance(p, Thought)]
    assert [(t.text, t.signature) for t in told] == [("they want weather", SIGNATURE)]


async def test_a_signature_on_a_call_goes_back_on_it(wires: Wires, server: Server) -> None:
    await talk(wires, server, Wire.GOOGLE, Wire.GOOGLE)
    (told,) = [c for c in server.received[-1].json["contents"] if c["role"] == "model"]
    (call,) = [part for part in told["parts"] if "functionCall" in part]
    assert call["thoughtSignature"] == SIGNATURE


async def test_reasoning_of_compatible_servers_goes_back_where_it_was(
    wires: Wires, server: Server
) -> None:
    await talk(wires, server, Wire.OPENAI, Wire.OPENAI)
    (told,) = [m for m in server.received[-1].json["messages"] if m["role"] == "assistant"]
    assert told["reasoning_content"] == "they want weather"


@pytest.mark.parametrize(
    ("first", "second"), [(Wire.ANTHROPIC, Wire.OPENAI), (Wire.OPENAI, Wire.ANTHROPIC)]
)
async def test_a_thought_is_not_told_to_another_provider(
    wires: Wires, server: Server, first: Wire, second: Wire
) -> None:
    await talk(wires, server, first, second)
    assert "they want weather" not in server.received[-1].body.decode()
