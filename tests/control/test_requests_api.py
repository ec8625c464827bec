"""Requests, blueprints and the reflex through the front door."""

import pytest

from tests.control.conftest import World

pytestmark = pytest.mark.anyio

NONSENSE = "what is the capital of France and who is its mayor"


async def test_a_request_takes_its_way_and_is_kept(world: World) -> None:
    async with world.client("bo") as client:
        asked = (await client.post("/v1/requests", json={"text": NONSENSE})).json()
        seen = (await client.get(f"/v1/requests/{asked['id']}")).json()
        listed = (await client.get("/v1/requests")).json()
        space = (await client.get("/v1/workspaces/default")).json()
    assert (asked["route"], asked["run"], len(asked["nearest"])) == ("unsure", None, 3)
    assert seen == asked == listed["items"][0]
    assert (asked["actor"], asked["workspace"]) == ("bo", space["workspace"]["id"])


async def test_a_person_says_what_the_reflex_could_not(world: World) -> None:
    async with world.client() as client:
        asked = (await client.post("/v1/requests", json={"text": NONSENSE})).json()
        named = asked["nearest"][0]["blueprint"]
        answered = await client.post(
            f"/v1/requests/{asked['id']}/answers", json={"blueprint": named}
        )
        unknown = await client.post(
            f"/v1/requests/{asked['id']}/answers", json={"blueprint": "nothing"}
        )
    assert (answered.json()["route"], answered.json()["blueprint"]) == ("incomplete", named)
    assert all(slot["required"] and slot["question"] for slot in answered.json()["missing"])
    assert unknown.status_code == 404


async def test_a_request_for_a_workspace_that_is_not_there(world: World) -> None:
    async with world.client() as client:
        answer = await client.post("/v1/requests", json={"text": "a bucket", "workspace": "no"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "no workspace 'no'")


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
async def test_words_that_are_no_request(world: World, text: str) -> None:
    async with world.client() as client:
        assert (await client.post("/v1/requests", json={"text": text})).status_code == 422


async def test_blueprints_are_listed_and_shown(world: World) -> None:
    async with world.client() as client:
        names = [b["name"] for b in (await client.get("/v1/blueprints")).json()["items"]]
        one = (await client.get(f"/v1/blueprints/{names[0]}")).json()
        none = await client.get("/v1/blueprints/nothing")
    assert len(names) >= 15
    assert one["phrasings"] and one["blueprint"]["slots"]
    assert none.status_code == 404


async def test_the_reflex_says_how_it_does_and_takes_a_lesson(world: World) -> None:
    text = "etwas ganz anderes: ein privater Eimer fuer Berichte"
    async with world.client() as client:
        before = (await client.get("/v1/reflex")).json()
        asked = (await client.post("/v1/requests", json={"text": text})).json()
        lesson = {"request": asked["id"], "label": "private-bucket"}
        learned = await client.post("/v1/reflex/lessons", json=lesson)
        twice = await client.post("/v1/reflex/lessons", json=lesson)
        odd = await client.post("/v1/reflex/lessons", json={**lesson, "label": "nothing"})
        after = (await client.get("/v1/reflex")).json()
    assert (before["lessons"], learned.status_code) == (0, 201)
    assert after["lessons"] == int(learned.json()["taken"])
    assert (twice.status_code, odd.status_code) == (409, 422)
    assert len(before["labels"]) >= 15


async def test_whose_words_it_was_does_not_approve_what_somebody_else_made_of_them(
    world: World,
) -> None:
    async with world.client("ada") as ada, world.client("bo") as bo:
        asked = (await ada.post("/v1/requests", json={"text": NONSENSE})).json()
        way = f"/v1/requests/{asked['id']}/answers"
        said = {"blueprint": asked["nearest"][0]["blueprint"]}
        missing = (await ada.post(way, json=said)).json()["missing"]
        values = {slot["name"]: _value(slot) for slot in missing}
        answered = (await bo.post(way, json={"values": values})).json()
        run = (await bo.get(f"/v1/runs/{answered['run']}")).json()["run"]
    assert (run["proposer"], run["on_behalf_of"]) == ("bo", "ada")


def _value(slot: dict[str, object]) -> object:
    choices = slot["choices"]
    assert isinstance(choices, list)
    return choices[0] if choices else 3 if slot["kind"] in ("days", "number", "size") else "orders"
