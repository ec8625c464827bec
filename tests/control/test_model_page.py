"""The page of models: endpoints are added, changed, tried and removed by forms."""

from html import unescape
from pathlib import Path

import pytest

from dihedral.domain.right import Role
from tests.control.conftest import World
from tests.control.test_models_api import SCRIPT
from tests.control.test_openapi import token

pytestmark = pytest.mark.anyio
SECRET = "sk-Canary-9KpW"
LOCAL = {
    "model": "small",
    "wire": "openai",
    "url": "http://127.0.0.1:11434/v1",
    "upstream": "<script>alert(1)</script>",
    "data": "internal",
}


async def test_an_endpoint_is_added_changed_and_removed_by_forms(world: World) -> None:
    async with world.client() as client:
        made = await client.post(
            "/models", data={**LOCAL, "secret": SECRET, "input": "3", "output": "15"}
        )
        assert made.headers["location"] == "/models?done=added"
        page = (await client.get("/models")).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "3 in, 15 out" in page
        assert "credential kept, sealed" in page
        assert SECRET not in page
        [one] = (await client.get("/v1/models")).json()["items"]
        place = f"/models/{one['id']}"
        kept = {"input": "3", "output": "15", "abilities": "said", "can-tools": "on"}
        await client.post(place, data={**kept, "data": "public"})
        [moved] = (await client.get("/v1/models")).json()["items"]
        assert (moved["data"], moved["enabled"], moved["abilities"]) == ("public", False, ["tools"])
        assert (moved["secret"], moved["price"]) == (True, one["price"])
        await client.post(place, data={**kept, "hedge": "p95"})
        assert "slower than 95 of 100" in (await client.get("/models")).text
        wrong = await client.post(place, data={**kept, "hedge": "<b>soon"})
        assert (wrong.status_code, "<b>soon" in wrong.text) == (422, False)
        await client.post(place, data={**kept, "hedge": "2s"})
        assert "<dd>2s<small>without a word" in (await client.get("/models")).text
        await client.post(place, data={"abilities": "said", "enabled": "on", "forget": "on"})
        [moved] = (await client.get("/v1/models")).json()["items"]
        assert (moved["secret"], moved["price"], moved["enabled"]) == (False, None, True)
        await client.post(f"{place}/remove")
        assert "No models" in (await client.get("/models")).text


async def test_what_makes_no_sense_is_said_and_the_credential_is_not_sent_back(
    world: World,
) -> None:
    async with world.client() as client:
        asked = {**LOCAL, "secret": SECRET, "input": "cheap"}
        refused = await client.post("/models", data=asked)
    assert refused.status_code == 422
    assert "dollars a million tokens, in and out, not 'cheap'" in unescape(refused.text)
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in refused.text
    assert SECRET not in refused.text


async def test_an_endpoint_is_tried_and_what_it_said_is_text(world: World, tmp_path: Path) -> None:
    script = tmp_path / "plays.yaml"
    script.write_text(SCRIPT.replace("[ready]", "['<b>ready</b>']"), "utf-8")
    played = {"model": "played", "wire": "scripted", "url": str(script), "upstream": "any"}
    async with world.client() as client:
        await client.post("/models", data={**played, "input": "0", "output": "0"})
        [one] = (await client.get("/v1/models")).json()["items"]
        page = (await client.post(f"/models/{one['id']}/test")).text
    assert "&lt;b&gt;ready&lt;/b&gt;" in page
    assert "It showed:" in page
    assert "not schema: its answer does not fit the schema" in page


async def test_who_only_reads_is_offered_no_form(world: World) -> None:
    async with world.client() as client:
        await client.post("/models", data=LOCAL)
    async with world.bearing(await token(world, Role.VIEWER)) as client:
        page = (await client.get("/models")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'action="/models' not in page
