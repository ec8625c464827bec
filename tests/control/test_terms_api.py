"""A workspace's terms through the front door."""

import pytest

from dihedral.domain.actor import HOME
from dihedral.domain.errors import Forbidden
from dihedral.ops.rules import terms
from dihedral.ops.work import agreement
from tests.actors import agent
from tests.control.conftest import World

pytestmark = pytest.mark.anyio
ONE = "/v1/workspaces/orders/terms"


async def test_terms_are_set_read_and_told_what_moved(world: World) -> None:
    async with world.client() as client:
        await client.post("/v1/workspaces", json={"name": "orders"})
        plain = (await client.get(ONE)).json()
        text = "# ours\ntiers: {delete: allow, update: deny}\n"
        put = await client.put(ONE, json={"text": text, "was": ""})
        read = (await client.get(ONE)).json()
    assert (plain["text"], plain["terms"]["tiers"]["delete"]["ruling"]) == ("", "ask")
    assert put.status_code == 200
    assert {m["path"]: m["looser"] for m in put.json()["moved"]} == {
        "tiers.delete": True,
        "tiers.update": False,
    }
    assert (read["text"], read["moved"]) == (text, [])
    assert read["terms"]["tiers"]["delete"] == {"ruling": "allow"}
    assert "delete:\n    ruling: allow" in read["effective"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"text": "tiers: {delet: deny}"}, 422, "did you mean delete?"),
        ({"text": "tiers: ["}, 422, "not YAML"),
        ({"text": "tiers: {errored: allow}"}, 422, "fixed for every workspace"),
        ({"text": "", "was": "what I read"}, 409, "have changed since you read them"),
        ({}, 422, "the body does not fit"),
        ({"text": "a: " + "x" * 300_000}, 422, "larger than 256 KB"),
    ],
)
async def test_after_a_document_that_is_refused_the_old_one_holds(
    world: World, body: object, status: int, said: str
) -> None:
    async with world.client() as client:
        await client.post("/v1/workspaces", json={"name": "orders"})
        await client.put(ONE, json={"text": "limits: {share: 0.1}"})
        answer = await client.put(ONE, json=body)
        held = (await client.get(ONE)).json()
        missing = await client.get("/v1/workspaces/nothing/terms")
    assert (answer.status_code, missing.status_code) == (status, 404)
    assert said in answer.json()["detail"]
    assert held["text"] == "limits: {share: 0.1}"


async def test_an_agent_sets_no_terms_and_no_setting_does(world: World) -> None:
    async with world.client() as client:
        await client.post("/v1/workspaces", json={"name": "orders"})
        patched = await client.patch("/v1/workspaces/orders", json={"terms": ""})
    assert patched.status_code == 422
    scribe = agent("scribe")
    with pytest.raises(Forbidden, match="only a person"):
        await agreement.agree(world.ops, scribe, "orders", "tiers: {delete: allow}")


async def test_terms_that_can_no_longer_be_read_stop_a_proposal_and_can_be_mended(
    world: World,
) -> None:
    from tests.control.conftest import packed

    async with world.client() as client:
        await client.post("/v1/workspaces", json={"name": "orders"})
        async with world.ops.db.tx() as tx:
            from dataclasses import replace

            from dihedral.ops.store import workspaces as store

            found = await store.lock(tx, "orders", HOME)
            await store.save(tx, replace(found, terms="old: {}"))
        answer = await client.post(
            "/v1/workspaces/orders/runs",
            content=packed(),
            headers={"content-type": "application/gzip"},
        )
        mended = await client.put(ONE, json={"text": ""})
    assert (answer.status_code, "there is no 'old' in the terms" in answer.text) == (422, True)
    assert mended.status_code == 200
    assert mended.json()["terms"] == terms.document(world.ops.terms)
