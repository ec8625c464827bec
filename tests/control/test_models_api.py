"""Models through the front door: added, changed, tried and removed; credentials never come out."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from dihedral.domain.errors import Invalid
from dihedral.domain.model import Wire
from dihedral.model.rules import address
from dihedral.model.work import pricelist
from tests.control.conftest import World

pytestmark = pytest.mark.anyio
SECRET = "sk-Canary-7QxZ"
LOCAL = {
    "model": "small",
    "wire": "openai",
    "url": "http://127.0.0.1:11434/v1",
    "upstream": "granite4:3b",
}
SCRIPT = """\
apiVersion: dihedral/v1
kind: Script
spec:
  rules:
    - last: "17 plus 25"
      say: [{calls: [{tool: add, arguments: {a: 17, b: 25}}]}]
    - last: Paris
      say: [Paris is a city.]
    - last: "."
      say: [ready]
"""


async def add(world: World, **fields: Any) -> httpx.Response:
    return await world.client().post("/v1/models", json={**LOCAL, **fields})


async def told(world: World) -> list[tuple[str, str, str]]:
    acts = (await world.client().get("/v1/audit", params={"size": 20})).json()["items"]
    return [(one["action"], one["target"], one["reason"]) for one in acts]


async def test_an_endpoint_is_added_and_its_credential_never_shown(world: World) -> None:
    made = await add(world, secret=SECRET, price={"input": 0, "output": 0})
    assert made.status_code == 201
    one = made.json()
    assert (one["secret"], one["hosting"], one["health"]) == (True, "edge", None)
    assert (one["price"]["input"], one["price"]["source"]) == ("0", "said by an administrator")
    every = await world.client("viewer").get("/v1/models")
    by_name = await world.client().get("/v1/models/small")
    assert every.json() == by_name.json() == {"items": [one], "next": None}
    acts = await told(world)
    assert any(action == "model.add" and target == one["id"] for action, target, _ in acts)
    assert SECRET not in f"{made.text} {every.text} {acts}"
    async with world.ops.db.tx() as tx:
        [row] = await tx.rows(b"SELECT endpoint::text AS whole FROM endpoint")
    assert SECRET.encode().hex() not in row["whole"] and SECRET not in row["whole"]


async def test_what_is_sold_is_known_and_what_is_said_wins(world: World) -> None:
    sold = {"wire": "anthropic", "url": "", "upstream": "claude-sonnet-4-5", "model": "large"}
    one = (await add(world, **sold)).json()
    assert (one["price"]["input"], one["price"]["cached"], one["context"]) == ("3", "0.3", 200_000)
    assert one["abilities"] == ["reasoning", "schema", "streaming", "tools"]
    assert (one["hosting"], one["price"]["as_of"]) == ("api", "2026-10-21")
    own = {"price": {"input": "2.5", "output": 12}, "abilities": ["tools"], "context": 1000}
    two = (await add(world, **{**sold, **own, "model": "other"})).json()
    assert (two["price"]["input"], two["abilities"], two["context"]) == ("2.5", ["tools"], 1000)


async def test_a_price_that_nobody_knows_is_unknown_and_never_nothing(world: World) -> None:
    assert (await add(world, upstream="gpt-5")).json()["price"] is None  # served by somebody else
    moved = await world.client().patch(
        "/v1/models/small", json={"price": {"input": 0, "output": 0}}
    )
    assert moved.json()["price"]["output"] == "0"
    moved = await world.client().patch("/v1/models/small", json={"price": None})
    assert moved.json()["price"] is None


async def test_a_credential_goes_nowhere_but_to_the_address_it_was_given_for(world: World) -> None:
    await add(world, secret=SECRET)
    client = world.client()
    moved = await client.patch("/v1/models/small", json={"url": "https://thief.example/v1"})
    assert (moved.status_code, moved.json()["code"]) == (422, "invalid")
    assert "give it anew" in moved.json()["detail"]
    moved = await client.patch(
        "/v1/models/small", json={"url": "https://models.example/v1", "secret": "another"}
    )
    assert (moved.json()["secret"], moved.json()["url"]) == (True, "https://models.example/v1")
    moved = await client.patch("/v1/models/small", json={"secret": "", "wire": "anthropic"})
    assert moved.json()["secret"] is False
    changes = [reason for action, _, reason in await told(world) if action == "model.update"]
    assert any("its credential" in reason for reason in changes)


async def test_a_model_with_several_endpoints_is_changed_by_their_ids(world: World) -> None:
    first = (await add(world)).json()
    twin = await add(world)
    assert (twin.status_code, twin.json()["code"]) == (409, "conflict")
    second = (await add(world, upstream="granite4:8b")).json()
    client = world.client()
    both = await client.patch("/v1/models/small", json={"enabled": False})
    assert both.status_code == 409 and first["id"] in both.json()["detail"]
    moved = await client.patch(f"/v1/models/{second['id']}", json={"enabled": False, "score": 0.5})
    assert (moved.json()["enabled"], moved.json()["score"]) == (False, 0.5)
    twin = await client.patch(f"/v1/models/{second['id']}", json={"upstream": "granite4:3b"})
    assert twin.status_code == 409
    assert (await client.delete(f"/v1/models/{first['id']}")).status_code == 204
    assert (await client.delete("/v1/models/small")).status_code == 204
    assert (await client.get("/v1/models/small")).status_code == 404


async def test_when_an_endpoint_hedges_is_said_changed_and_off_unless_said(world: World) -> None:
    assert (await add(world)).json()["hedge"] == "off"
    client = world.client()
    for said, shown in (("p95", "p95"), ("1500ms", "1.5s"), ("off", "off")):
        moved = await client.patch("/v1/models/small", json={"hedge": said})
        assert (moved.status_code, moved.json()["hedge"]) == (200, shown)
        kept = (await client.get("/v1/models/small")).json()["items"]
        assert [one["hedge"] for one in kept] == [shown]
    assert (await add(world, upstream="other", hedge="2s")).json()["hedge"] == "2s"
    wrong = await client.patch(f"/v1/models/{moved.json()['id']}", json={"hedge": "soon"})
    assert wrong.status_code == 422 and "off, p95, or a time" in wrong.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"model": "Large Model"}, "is no name for a model"),
        ({"model": "ep-k3v9"}, "not beginning with ep-"),
        ({"upstream": ""}, "what its provider calls the model"),
        ({"upstream": "a b"}, "what its provider calls the model"),
        ({"url": "http://models.example/v1"}, "in the clear"),
        ({"url": "https://key:word@models.example/v1"}, "an address holds no credential"),
        ({"url": "ftp://models.example"}, "an address is such as"),
        ({"score": 2}, "a score is from 0 to 1"),
        ({"wire": "bedrock", "url": ""}, "in a region"),
        ({"secret": "two words"}, "a credential is printable"),
        ({"price": {"input": -1, "output": 1}}, "price"),
        ({"context": 0}, "context"),
        ({"wire": "telnet"}, "wire"),
        ({"abilities": ["flying"]}, "abilities"),
        ({"secrets": "x"}, "secrets"),
    ],
)
async def test_what_makes_no_sense_is_said(world: World, fields: dict[str, Any], why: str) -> None:
    answer = await add(world, **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert why in answer.json()["detail"]
    assert (await world.client().get("/v1/models")).json()["items"] == []


async def test_an_endpoint_is_tried_for_real_and_shows_what_it_can(
    world: World, tmp_path: Path
) -> None:
    script = tmp_path / "script.yaml"
    script.write_text(SCRIPT)
    free = {"input": 0, "output": 0}
    await add(world, wire="scripted", url=str(script), upstream="small", price=free)
    trial = (await world.client().post("/v1/models/small/test")).json()
    assert (trial["fault"], trial["said"], trial["money"]) == ("", "ready", "0")
    assert trial["proven"] == ["streaming", "tools"]
    assert {one["ability"]: one["why"] for one in trial["unproven"]} == {
        "reasoning": "it answered without a thought",
        "schema": "its answer does not fit the schema",
    }
    [one] = (await world.client().get("/v1/models/small")).json()["items"]
    assert one["health"]["answered"] == 1 and one["health"]["latency"] is not None


async def test_one_that_does_not_answer_says_why(world: World) -> None:
    unpriced = {"wire": "scripted", "url": "/nowhere/script.yaml", "upstream": "small"}
    await add(world, **unpriced)
    refused = await world.client().post("/v1/models/small/test")
    assert (refused.status_code, refused.json()["code"]) == (402, "over_budget")
    await world.client().patch("/v1/models/small", json={"price": {"input": 0, "output": 0}})
    trial = (await world.client().post("/v1/models/small/test")).json()
    assert "no script at" in trial["fault"] and trial["proven"] == []


async def test_prices_are_listed_with_their_age(world: World) -> None:
    found = (await world.client().get("/v1/model-prices", params={"find": "SONNET-4-5"})).json()
    names = {(one["seller"], one["name"]) for one in found["items"]}
    assert ("anthropic", "claude-sonnet-4-5") in names
    assert {one["price"]["as_of"] for one in found["items"]} == {"2026-10-21"}


def test_the_price_list_is_sane() -> None:
    every = pricelist.every()
    assert 150 <= len(every) <= 350
    for sold in every.values():
        price = sold.price
        assert price.input > 0 and price.output > 0 and price.currency == "USD"
        assert price.cached is None or 0 < price.cached <= price.input
        assert price.written is None or 0 < price.written <= 2 * price.input
        assert 0 < sold.most <= sold.context
    assert pricelist.old(price, price.as_of.replace(year=price.as_of.year + 1))
    assert pricelist.find(Wire.OPENAI, "http://127.0.0.1:8000/v1", "gpt-5") is None
    assert pricelist.find(Wire.OPENAI, "https://api.openai.com/v1", "gpt-5") is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://models.example/v1",
        "https://models.example:8443",
        "http://127.0.0.1:11434/v1",
        "http://[::1]:8080/v1",
        "http://10.1.2.3:8000/v1",
        "http://192.168.0.7/v1",
        "http://localhost:8080",
        "http://ollama:11434/v1",
        "http://vllm.models.svc.cluster.local/v1",
        "http://gpu.internal/v1",
    ],
)
def test_addresses_that_are_taken(url: str) -> None:
    assert address.check(Wire.OPENAI, url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example/v1",
        "http://8.8.8.8/v1",
        "http://localhost.example/v1",
        "http://127.0.0.1.example/v1",
        "https://169.254.169.254/latest",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://2852039166/latest",
        "http://0xa9fea9fe/latest",
        "http://0x7f.1/",
        "http://0.0.0.0:8000/v1",
        "https://user@models.example/v1",
        "https://models.example/v1?key=1",
        "https://models.example/v1#x",
        "https://models.example\\@thief.example/",
        "https://models.example /v1",
        "https://",
        "file:///etc/passwd",
        "models.example/v1",
        "https://models.example:99999/",
        "https://models.example/" + "a" * 600,
        "https://моdels.example/",
    ],
)
def test_addresses_that_are_not(url: str) -> None:
    with pytest.raises(Invalid):
        address.check(Wire.OPENAI, url)


def test_somebody_may_say_that_a_network_is_trusted() -> None:
    assert address.check(Wire.OPENAI, "http://models.example/v1/", insecure=True)
    with pytest.raises(Invalid, match="no model's address"):
        address.check(Wire.OPENAI, "http://169.254.169.254/v1", insecure=True)
