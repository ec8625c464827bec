"""Conversations over HTTP: the reflex first, what is on the record beside what is said, and events
as they come."""

import json
from typing import Any

import httpx
import pytest

from dihedral.domain.conversation import Message
from dihedral.domain.run import Status
from dihedral.model.work.asking import Asking
from tests.control.conftest import World
from tests.model.talks import Talks, talks, text

pytestmark = pytest.mark.anyio
ODD = "why is the sky blue, and what does that cost us?"
SURE = "a private bucket named reports for the data team, owner data, in eu-central-1"


@pytest.fixture
async def ours(world: World) -> Talks:
    made = await talks(world.ops, world.app.state.thinking)
    world.app.state.mind = made.mind
    return made


async def begin(client: httpx.AsyncClient, words: str, **more: Any) -> Any:
    answer = await client.post("/v1/conversations", json={"text": words, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def told(lines: str) -> list[tuple[str, str, Any]]:
    """Events as (kind, id, data)."""
    found = []
    for block in lines.strip().split("\n\n"):
        rows = dict(row.split(": ", 1) for row in block.splitlines() if not row.startswith(":"))
        if rows:
            found.append((rows["event"], rows.get("id", ""), json.loads(rows["data"])))
    return found


async def test_what_the_reflex_knows_is_proposed_without_a_model(world: World, ours: Talks) -> None:
    async with world.client() as client:
        made = await begin(client, SURE, workspace="orders")
        talk = (await client.get(f"/v1/conversations/{made['id']}")).json()
    (turn,) = talk["turns"]
    assert (turn["outcome"], turn["version"], made["standing"]) == ("answered", 0, "resting")
    (run,) = turn["runs"]
    assert run["workspace"]["name"] == "orders"
    said = talk["messages"][-1]["parts"][0]["text"]
    assert "blueprint private-bucket" in said and run["id"] in said
    assert not ours.gateway.asked


async def test_the_record_is_of_now_whatever_was_said_then(world: World, ours: Talks) -> None:
    async with world.client() as client:
        made = await begin(client, SURE, workspace="orders")
        path = f"/v1/conversations/{made['id']}"
        (run,) = (await client.get(path)).json()["turns"][0]["runs"]
        await world.moved(run["id"], Status.POLICY_CHECKED)
        (run,) = (await client.get(path)).json()["turns"][0]["runs"]
        assert (run["status"], "approve" in run["may"]) == ("policy_checked", True)


async def test_a_value_that_is_missing_is_asked_for_and_then_taken(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        made = await begin(client, "a private bucket named reports", workspace="orders")
        talk = (await client.get(f"/v1/conversations/{made['id']}")).json()
        asked = talk["messages"][-1]["parts"][0]["text"]
        assert "I need to know:" in asked and "- owner:" in asked
        await client.post(f"/v1/conversations/{made['id']}/messages", json={"text": "data"})
        talk = (await client.get(f"/v1/conversations/{made['id']}")).json()
    assert [len(turn["runs"]) for turn in talk["turns"]] == [0, 1]


async def test_where_no_model_serves_that_is_said_with_what_to_do(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        made = await begin(client, ODD, workspace="orders")
        talk = (await client.get(f"/v1/conversations/{made['id']}")).json()
    said = talk["messages"][-1]["parts"][0]["text"]
    assert "nothing serves 'large' yet" in said
    assert "dihedral model add large" in said


async def test_a_conversation_is_its_persons_and_administrators_read_it(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        made = await begin(client, ODD, workspace="orders")
    path = f"/v1/conversations/{made['id']}"
    async with world.client("bo") as client:  # an administrator, too
        assert (await client.get(path)).status_code == 200
        assert (await client.get("/v1/conversations")).json()["items"] == []
        everybody = (await client.get("/v1/conversations", params={"all": True})).json()
        assert [one["id"] for one in everybody["items"]] == [made["id"]]
        said = await client.post(f"{path}/messages", json={"text": "and I?"})
        assert said.status_code == 404


async def test_events_tell_all_and_go_on_where_somebody_left(world: World, ours: Talks) -> None:
    async def play(asking: Asking) -> Message:
        return text("Rayleigh.")

    ours.gateway.plays["supervisor"] = play
    found = await ours.talk(ODD)
    path = f"/v1/conversations/{found.id}/events"
    async with world.client() as client:
        whole = told((await client.get(path)).text)
        rest = told((await client.get(path, headers={"last-event-id": "1"})).text)
    assert [(kind, name) for kind, name, _ in whole] == [
        ("message", "1"),
        ("message", "2"),
        ("standing", ""),
        ("turn", ""),
        ("end", ""),
    ]
    assert [name for kind, name, _ in rest if kind == "message"] == ["2"]
    assert rest[-1][2]["standing"] == "resting"


async def test_a_conversation_that_is_stopped_stays_so(world: World, ours: Talks) -> None:
    ours.gateway.plays["supervisor"] = _never
    async with world.client() as client:
        made = await begin(client, ODD, workspace="orders")
        path = f"/v1/conversations/{made['id']}"
        stopped = (await client.post(f"{path}/stop")).json()
        assert (stopped["standing"], stopped["why"]) == ("stopped", "ada stopped it")
        again = await client.post(f"{path}/messages", json={"text": "hello?"})
        assert again.status_code == 409
    turn = await ours.turn(await _found(ours, made["id"]))
    assert turn.outcome == "stopped"


async def _never(asking: Asking) -> Message:
    raise AssertionError("nobody asks it")


async def _found(ours: Talks, name: str) -> Any:
    from dihedral.model.store import conversations

    async with ours.ops.db.tx() as tx:
        return await conversations.find(tx, name)
