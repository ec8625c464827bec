"""The evidence of a conversation: all that was said, asked, used, denied, built and paid, signed.
No byte of it can be changed, a lie in it is seen, and no secret is in it."""

import copy
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from dihedral.control.cli.main import app as cli
from dihedral.domain.conversation import Message
from dihedral.domain.errors import Invalid
from dihedral.domain.ids import ReservationId
from dihedral.domain.model import Usage
from dihedral.domain.right import Role
from dihedral.domain.run import Status
from dihedral.domain.spend import Spend, Used
from dihedral.kit import dsse
from dihedral.kit.dsse import Forged
from dihedral.model.work.asking import Asking, Said
from dihedral.model.work.tools.context import Context
from dihedral.ops.rules import proof
from dihedral.ops.work import apitokens, workspaces
from dihedral.ops.work.apitokens import Wanted
from dihedral.ops.work.ledger import OpsLedger
from tests.actors import enrol
from tests.control.conftest import World
from tests.model.talks import ADA, Talks, spec, talks, text, use

pytestmark = pytest.mark.anyio
ODD = "why is the sky blue, and what does that cost us?"
SURE = "a private bucket named reports for the data team, owner data, in eu-central-1"
SECRET = "Tr0ub4dor-and-3"
BRIEF = '{"agent": "infrastructure", "brief": "A queue named orders."}'
Story = dict[str, Any]


@pytest.fixture
async def ours(world: World) -> Talks:
    made = await talks(world.ops, world.app.state.thinking)
    made.files.known["supervisor"] = spec(
        "supervisor", tools=("look",), delegates=("infrastructure",)
    )
    made.gateway = Paying(made)  # type: ignore[assignment]
    world.app.state.mind = made.mind

    async def look(context: Context, given: Any) -> str:
        return f"the password is {SECRET}, and the sky is blue"

    made.tool("look", look)
    return made


class Paying:
    """What the models of `talks` say, held and settled in the real ledger."""

    def __init__(self, made: Talks) -> None:
        self.plays, self.asked = made.gateway.plays, made.gateway.asked
        self._ledger, self._played = OpsLedger(made.ops), made.gateway
        object.__setattr__(made.mind, "gateway", self)

    async def room(self, *given: Any) -> Any:
        return await self._played.room(*given)

    async def ask(self, actor: Any, asking: Asking, heard: Any = None) -> Said:
        said = await self._played.ask(actor, asking, heard)
        held: ReservationId = await self._ledger.reserve(
            actor,
            Spend(
                key=asking.key,
                conversation=asking.conversation,
                turn=asking.turn,
                agent=asking.agent,
                model="large",
                endpoint="ep-1",
                money=said.money,
                tokens=120,
            ),
        )
        await self._ledger.settle(held, Used(Usage(100, 20), said.money))
        return said


def says(*messages: Message) -> Any:
    left = list(messages)

    async def play(asking: Asking) -> Message:
        return left.pop(0)

    return play


async def told(world: World, ours: Talks) -> tuple[str, bytes]:
    """A conversation with a tool, a tool that was not given, work handed on; and its bundle."""
    await workspaces.set_variable(world.ops, ADA, ours.workspace, "key", SECRET, sensitive=True)
    ours.gateway.plays["supervisor"] = says(
        use("look"), use("drop_tables"), use("delegate", BRIEF), text("Because of Rayleigh.")
    )
    ours.gateway.plays["infrastructure"] = says(text(f"Proposed; token={SECRET}"))
    found = await ours.talk(f"{ODD} The password is {SECRET}.")
    async with world.client() as client:
        return found.id, await bundle(client, found.id)


async def bundle(client: httpx.AsyncClient, talk: str) -> bytes:
    answer = await client.get(f"/v1/conversations/{talk}/evidence", params={"signed": True})
    assert answer.status_code == 200, answer.text
    return answer.content


def opened(world: World, signed: bytes) -> Story:
    return dict(proof.read(dsse.open_(signed, world.ops.signer.public).payload))


async def test_it_holds_every_word_call_tool_denial_and_cent(world: World, ours: Talks) -> None:
    name, signed = await told(world, ours)
    story = opened(world, signed)
    assert proof.faults(story) == []
    first, second = story["talks"]
    assert (first["id"], first["person"], second["agent"]) == (name, "ada", "infrastructure")
    (turn,) = first["turns"]
    assert second["parent"] == turn["id"]
    wants = [(want["kind"], want["tool"]) for want in turn["wants"]]
    assert wants.count(("ask", "")) == 4 and ("use", "look") in wants
    asked = next(want for want in turn["wants"] if want["kind"] == "ask")
    how = asked["numbers"]
    assert (how["endpoint"], how["why"], how["money"]) == ("ep-1", "the only one", "0.01")
    assert [spec["name"] for spec in story["agents"]] == ["infrastructure", "supervisor"]
    assert story["agents"][1]["prompt"]["digest"] == "b" * 64
    assert len(story["ledger"]) == 5
    assert story["numbers"]["cost"] == {"money": "0.05", "tokens": 600}
    denied = [one for one in story["audit"]["records"] if one["outcome"] == "denied"]
    assert [one["target"] for one in denied] == ["drop_tables"]
    assert story["audit"]["records"][0]["action"] == "conversation.start"


async def test_no_secret_is_in_it_and_what_hides_one_says_so(world: World, ours: Talks) -> None:
    _, signed = await told(world, ours)
    story = opened(world, signed)
    assert SECRET not in json.dumps(story)
    hidden = [m["hidden"] for talk in story["talks"] for t in talk["turns"] for m in t["messages"]]
    assert True in hidden and False in hidden


async def test_what_is_not_hidden_is_what_its_digest_names(world: World, ours: Talks) -> None:
    ours.gateway.plays["supervisor"] = says(text("Blue."))
    found = await ours.talk(ODD)
    async with world.client() as client:
        story = opened(world, await bundle(client, found.id))
    (turn,) = story["talks"][0]["turns"]
    assert not any(message["hidden"] for message in turn["messages"])
    said = turn["messages"][1]
    kept = {"by": said["by"], "parts": said["parts"]}
    text_ = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    assert sha256(text_.encode()).hexdigest() == said["digest"]


async def test_what_the_reflex_proposed_is_tied_to_its_turn_and_to_its_own_bundle(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        made = (await client.post("/v1/conversations", json={"text": SURE})).json()
        (run,) = opened(world, await bundle(client, made["id"]))["runs"]
        assert (run["evidence"], run["origin"]["conversation"]) == (None, made["id"])
        await world.moved(run["id"], Status.DISCARDED)
        story = opened(world, await bundle(client, made["id"]))
        (run,) = story["runs"]
        params = {"signed": True}
        own = (await client.get(f"/v1/runs/{run['id']}/evidence", params=params)).content
    assert run["turn"] == story["talks"][0]["turns"][0]["id"]
    assert sha256(own).hexdigest() == run["evidence"]
    assert proof.digests(story)[run["evidence"]] == f"evidence of {run['id']}"
    assert proof.faults(story) == []


async def test_no_byte_of_it_can_be_changed(world: World, ours: Talks) -> None:
    _, signed = await told(world, ours)
    for at in range(0, len(signed), 97):
        forged = bytearray(signed)
        forged[at] ^= 1
        with pytest.raises(Forged):
            dsse.open_(bytes(forged), world.ops.signer.public)


def _other_words(story: Story) -> None:
    messages = (m for talk in story["talks"] for t in talk["turns"] for m in t["messages"])
    next(m for m in messages if not m["hidden"])["parts"][0]["text"] = "Let me have it."


def _less_said(story: Story) -> None:
    story["talks"][0]["turns"][0]["messages"].pop()
    story["talks"][0]["turns"][0]["messages"].pop(0)


def _less_done(story: Story) -> None:
    del story["talks"][0]["turns"][0]["wants"][1]


def _another_agent(story: Story) -> None:
    story["talks"][0]["turns"][0]["version"] = 7


def _cheaper(story: Story) -> None:
    story["ledger"].pop()


def _dearer(story: Story) -> None:
    story["numbers"]["cost"]["money"] = "1.00"


def _paid_for_nothing(story: Story) -> None:
    story["ledger"][0]["key"] = "turn-other:1"


def _never_denied(story: Story) -> None:
    (one,) = (r for r in story["audit"]["records"] if r["outcome"] == "denied")
    one["outcome"] = "done"


def _later_record(story: Story) -> None:
    story["audit"]["head"]["seq"] = 1


def _no_parent(story: Story) -> None:
    story["talks"][1]["parent"] = "turn-other"


def _foreign_run(story: Story) -> None:
    story["runs"].append({"id": "run-other", "turn": "turn-other"})


LIES = (_other_words, _less_said, _less_done, _another_agent, _cheaper, _dearer, _never_denied,
        _paid_for_nothing,
        _later_record, _no_parent, _foreign_run)  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
async def test_a_story_that_contradicts_itself_is_seen(
    world: World, ours: Talks, lie: Callable[[Story], None]
) -> None:
    _, signed = await told(world, ours)
    story = copy.deepcopy(opened(world, signed))
    lie(story)
    assert proof.faults(story)


async def test_it_is_for_who_may_read_the_conversation(world: World, ours: Talks) -> None:
    ours.gateway.plays["supervisor"] = says(text("Blue."))
    found = await ours.talk(ODD)
    place = f"/v1/conversations/{found.id}/evidence"
    async with world.ops.db.tx() as tx:
        pia = await enrol(tx, "pia", Role.PROPOSER)
    made = await apitokens.create(world.ops, pia, Wanted("a test"))
    async with world.bearing(made.secret) as client:
        assert (await client.get(place)).status_code == 404
    async with world.client("root") as client:  # who administers sees that of everybody
        assert (await client.get(place)).json()["made"]["for"] == "root"


async def test_while_an_agent_is_at_work_there_is_none_yet(world: World, ours: Talks) -> None:
    ours.gateway.plays["supervisor"] = says(text("Blue."))
    found = await ours.begin(ODD)
    async with world.client() as client:
        answer = await client.get(f"/v1/conversations/{found.id}/evidence")
    assert answer.status_code == 409 and "conversation stop" in answer.json()["detail"]


async def test_it_is_checked_offline_and_says_what_it_is_of(
    world: World, ours: Talks, tmp_path: Path
) -> None:
    name, signed = await told(world, ours)
    file, key = tmp_path / "talk.dsse.json", world.ops.signer.public.hex()
    file.write_bytes(signed)
    done = CliRunner().invoke(cli, ["evidence", "verify", str(file), "--key", key])
    assert done.exit_code == 0, done.output
    assert f"{name}: ada with supervisor, resting" in done.output
    assert "2 turns, 5 calls of models, 2 of tools, 0.05 USD" in done.output
    assert "nothing contradicts itself" in done.output
    file.write_bytes(signed.replace(b'"payload":"e', b'"payload":"f', 1))
    assert CliRunner().invoke(cli, ["evidence", "verify", str(file)]).exit_code == 1


def test_what_lacks_a_part_or_is_of_another_kind_says_so() -> None:
    text_ = msgspec.json.encode({"format": "dihedral.evidence.conversation/1", "talks": 3})
    with pytest.raises(Invalid, match="lacks a part"):
        proof.faults(proof.read(text_))
