"""Workspaces, variables and state versions through the front door."""

import json

import pytest

from dihedral.domain.actor import SYSTEM
from dihedral.ops.work import workspaces
from dihedral.ops.work.workspaces import Origin
from tests.actors import person
from tests.control.conftest import World

pytestmark = pytest.mark.anyio

STATE = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 1,
    "lineage": "a",
    "outputs": {
        "url": {"value": "https://x", "type": "string"},
        "password": {"value": "hunter2", "type": "string", "sensitive": True},
    },
    "resources": [
        {
            "mode": "managed",
            "type": "null_resource",
            "name": "one",
            "instances": [{"attributes": {}}],
        }
    ],
}


async def keep(world: World, name: str, serial: int) -> str:
    text = json.dumps({**STATE, "serial": serial}).encode()
    found = await workspaces.see(world.ops, person("ada"), name)
    async with world.ops.db.tx() as tx:
        made = await workspaces.keep(world.ops, tx, found.workspace.id, text, Origin(SYSTEM))
    return made.id


async def test_a_workspace_is_made_read_changed_and_forgotten(world: World) -> None:
    async with world.client() as client:
        made = await client.post("/v1/workspaces", json={"name": "orders", "tool": "tofu"})
        changed = await client.patch("/v1/workspaces/orders", json={"apply_limit": 600})
        seen = (await client.get(f"/v1/workspaces/{made.json()['id']}")).json()
        gone = await client.delete("/v1/workspaces/orders")
        after = await client.get("/v1/workspaces/orders")
    assert (made.status_code, made.json()["apply_limit"]) == (201, 3600)
    assert (changed.json()["apply_limit"], changed.json()["tool"]) == (600, "tofu")
    assert (seen["workspace"]["name"], seen["state_version"], seen["resources"]) == (
        "orders",
        None,
        0,
    )
    assert (gone.status_code, after.status_code) == (204, 404)


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"name": "Orders"}, 422),
        ({"name": "taken"}, 409),
        ({"name": "a", "tool": "pulumi"}, 422),
        ({"name": "a", "auto_apply": "yes"}, 422),
        ({"name": "a", "apply_limit": -1}, 422),
        ({"name": "a", "id": "ws-1"}, 422),
        ({"name": "a", "working_directory": "../.."}, 422),
        ({"name": "a", "apply_limit": 1e300}, 422),
    ],
    ids=str,
)
async def test_settings_that_do_not_fit(
    world: World, settings: dict[str, object], status: int
) -> None:
    await world.workspace("taken")
    async with world.client() as client:
        assert (await client.post("/v1/workspaces", json=settings)).status_code == status


async def test_a_sensitive_variable_goes_in_and_never_comes_out(world: World) -> None:
    name = await world.workspace()
    place = f"/v1/workspaces/{name}/variables"
    async with world.client() as client:
        put = await client.put(f"{place}/env/TOKEN", json={"value": "hunter2", "sensitive": True})
        await client.put(f"{place}/terraform/size", json={"value": "small"})
        await client.put(f"{place}/terraform/size", json={"value": "large"})
        listed = await client.get(place)
        one = await client.get(f"{place}/env/TOKEN")
        dropped = await client.delete(f"{place}/env/TOKEN")
        again = await client.delete(f"{place}/env/TOKEN")
    assert "hunter2" not in put.text + listed.text + one.text
    assert [(v["key"], v["value"]) for v in listed.json()["items"]] == [
        ("TOKEN", None),
        ("size", "large"),
    ]
    assert (dropped.status_code, again.status_code) == (204, 404)


@pytest.mark.parametrize("place", ["env/TF_LOG", "env/LD_PRELOAD", "terraform/9lives", "other/x"])
async def test_a_variable_that_cannot_be(world: World, place: str) -> None:
    name = await world.workspace()
    async with world.client() as client:
        answer = await client.put(f"/v1/workspaces/{name}/variables/{place}", json={"value": "x"})
    assert answer.status_code == 422


async def test_a_locked_workspace_takes_no_run_to_apply(world: World) -> None:
    from tests.control.conftest import packed

    name = await world.workspace()
    async with world.client() as client:
        locked = await client.post(f"/v1/workspaces/{name}/lock", json={"reason": "moving"})
        twice = await client.post(f"/v1/workspaces/{name}/lock")
        run = await client.post(f"/v1/workspaces/{name}/runs", content=packed())
        unlocked = await client.post(f"/v1/workspaces/{name}/unlock")
        again = await client.post(f"/v1/workspaces/{name}/unlock")
    assert locked.json()["lock"]["reason"] == "moving"
    assert (twice.status_code, run.status_code, again.status_code) == (409, 409, 409)
    assert unlocked.json()["lock"] is None


async def test_states_are_listed_downloaded_and_rolled_back(world: World) -> None:
    name = await world.workspace()
    old, new = await keep(world, name, 1), await keep(world, name, 2)
    place = f"/v1/workspaces/{name}"
    async with world.client() as client:
        listed = (await client.get(f"{place}/state-versions")).json()["items"]
        text = (await client.get(f"/v1/state-versions/{old}/download")).json()
        back = (await client.post(f"{place}/rollback", json={"state_version": old})).json()
        one = (await client.get(f"/v1/state-versions/{back['id']}")).json()
        held = await client.delete(place)
    assert [v["id"] for v in listed] == [new, old]
    assert text["outputs"]["password"]["value"] == "hunter2"
    assert (back["serial"], one["actor"]) == (3, "ada")
    assert held.status_code == 409


async def test_outputs_and_resources_hide_what_is_sensitive(world: World) -> None:
    name = await world.workspace()
    await keep(world, name, 1)
    async with world.client() as client:
        outputs = (await client.get(f"/v1/workspaces/{name}/outputs")).json()["outputs"]
        resources = (await client.get(f"/v1/workspaces/{name}/resources")).json()["addresses"]
    assert outputs == {"password": "(sensitive)", "url": "https://x"}
    assert resources == ["null_resource.one"]


async def test_workspaces_are_listed_by_name(world: World) -> None:
    for name in ("b", "a", "c"):
        await world.workspace(name)
    async with world.client() as client:
        first = (await client.get("/v1/workspaces", params={"size": 2})).json()
        rest = (await client.get("/v1/workspaces", params={"after": first["next"]})).json()
    assert [w["name"] for w in (*first["items"], *rest["items"])] == ["a", "b", "c"]
