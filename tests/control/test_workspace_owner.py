"""Who answers for a workspace: told, searched by, and no right to anything."""

from importlib.resources import files

import pytest

from dihedral.domain.right import Role
from dihedral.ops.work import watch
from tests.actors import person
from tests.control.conftest import World
from tests.control.logins import browser, known, told

pytestmark = pytest.mark.anyio


async def owned(world: World, name: str) -> tuple[str, bool]:
    """Who owns a workspace, and whether that one is here."""
    found = await watch.estates(world.ops, person("ada"), None, 50)
    (one,) = (one for one in found if one.workspace.name == name)
    return one.workspace.owner, one.health.owned


async def test_who_makes_a_workspace_owns_it_until_another_is_named(world: World) -> None:
    await known(world, "bo", Role.VIEWER)
    async with world.client() as client:
        made = await client.post("/v1/workspaces", json={"name": "orders"})
        given = await client.patch("/v1/workspaces/orders", json={"owner": "bo"})
        team = await client.patch("/v1/workspaces/orders", json={"owner": "team:Zahlungen & mehr"})
        kept = await client.patch("/v1/workspaces/orders", json={"description": "the shop"})
        none = await client.patch("/v1/workspaces/orders", json={"owner": ""})
        other = await client.post("/v1/workspaces", json={"name": "cellar", "owner": "team:web"})
    assert [one.json()["owner"] for one in (made, given, team, kept, none, other)] == [
        "ada", "bo", "team:Zahlungen & mehr", "team:Zahlungen & mehr", "", "team:web",
    ]  # fmt: skip
    assert [reason for *_, reason in await told(world, "workspace.create")] == [
        "", "owner team:web",
    ]  # fmt: skip
    assert [reason for *_, reason in await told(world, "workspace.update")] == [
        "owner bo", "owner team:Zahlungen & mehr", "description", "owner nobody",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "owner",
    [
        "eve", "gone", "elsewhere", "agent:drafter", "system", "nobody", "two words", "team:",
        "team: web", "team:" + "x" * 65, "team:a\u202eb", "team:a\nb", "x" * 70,
    ],
)  # fmt: skip
async def test_who_cannot_answer_is_named_nowhere(world: World, owner: str) -> None:
    for name in ("gone", "elsewhere"):
        await known(world, name, Role.OPERATOR)
    async with world.client() as client:
        await client.post("/v1/people/gone/disable")
        await client.post("/v1/organizations", json={"name": "acme", "administrator": "elsewhere"})
        taken = await client.request("DELETE", "/v1/grants", params={"holder": "elsewhere"})
        await client.post("/v1/workspaces", json={"name": "orders"})
        made = await client.post("/v1/workspaces", json={"name": "cellar", "owner": owner})
        changed = await client.patch("/v1/workspaces/orders", json={"owner": owner})
    assert taken.status_code == 204, taken.text
    assert (made.status_code, changed.status_code) == (422, 422), made.text
    assert await owned(world, "orders") == ("ada", True)


async def test_a_refusal_does_not_tell_who_is_known_elsewhere(world: World) -> None:
    await known(world, "eli", Role.OPERATOR)
    async with world.client() as client:
        await client.post("/v1/organizations", json={"name": "acme", "administrator": "eli"})
        await client.request("DELETE", "/v1/grants", params={"holder": "eli"})
        said = [
            (await client.post("/v1/workspaces", json={"name": "x", "owner": who})).json()["detail"]
            for who in ("eli", "eve")
        ]
    assert said[0].replace("eli", "eve") == said[1]
    assert "team:eve" in said[1] and "dihedral person list" in said[1]


async def test_it_gives_no_right(world: World) -> None:
    secret = await known(world, "bo", Role.PROPOSER)
    async with world.client() as client:
        await client.post("/v1/workspaces", json={"name": "orders", "owner": "bo"})
    async with browser(world, secret) as mine:
        tried = [
            await mine.patch("/v1/workspaces/orders", json={"description": "mine"}),
            await mine.post("/v1/workspaces/orders/lock"),
            await mine.delete("/v1/workspaces/orders"),
        ]
    assert [one.status_code for one in tried] == [403, 403, 403]


async def test_who_leaves_stays_named_and_is_marked_and_others_are_found_by_it(
    world: World,
) -> None:
    await known(world, "bo", Role.OPERATOR)
    async with world.client() as client:
        for name, owner in (("one", "bo"), ("two", "bo"), ("three", "team:web")):
            await client.post("/v1/workspaces", json={"name": name, "owner": owner})
        assert await owned(world, "one") == ("bo", True)
        await client.post("/v1/people/bo/disable")
        assert await owned(world, "one") == ("bo", False)
        listed = await client.get("/v1/workspaces", params={"owner": "bo", "size": 1})
        rest = await client.get("/v1/workspaces", params={"owner": "bo", "after": "one"})
        nobodys = await client.get("/v1/workspaces", params={"owner": "b"})
        # what else is changed asks nothing of who was named before
        changed = await client.patch(
            "/v1/workspaces/one", json={"owner": "bo", "description": "old"}
        )
        await client.post("/v1/people/bo/enable")
    assert [one["name"] for one in listed.json()["items"]] == ["one"]
    assert [one["name"] for one in rest.json()["items"]] == ["two"]
    assert nobodys.json()["items"] == []
    assert changed.status_code == 200
    assert await owned(world, "one") == ("bo", True)
    assert await owned(world, "three") == ("team:web", True)


async def test_who_has_no_role_any_more_is_marked_too(world: World) -> None:
    await known(world, "bo", Role.OPERATOR)
    async with world.client() as client:
        await client.post("/v1/workspaces", json={"name": "one", "owner": "bo"})
        await client.request("DELETE", "/v1/grants", params={"holder": "bo"})
    assert await owned(world, "one") == ("bo", False)


async def test_the_list_is_narrowed_to_what_one_may_see_all_the_same(world: World) -> None:
    secret = await known(world, "bo", Role.VIEWER)
    async with world.client() as client:
        for name in ("one", "two"):
            await client.post("/v1/workspaces", json={"name": name, "owner": "bo"})
        await client.put("/v1/grants", json={"holder": "bo", "role": "viewer", "workspace": "two"})
        await client.request("DELETE", "/v1/grants", params={"holder": "bo"})
    async with browser(world, secret) as mine:
        found = await mine.get("/v1/workspaces", params={"owner": "bo"})
    assert [one["name"] for one in found.json()["items"]] == ["two"]


async def test_those_of_an_older_release_belong_to_who_made_them(world: World) -> None:
    for name in ("one", "two"):
        await world.workspace(name)
    text = files("dihedral.schema").joinpath("0028_owner.sql").read_bytes()
    filled = text[text.index(b"UPDATE") :]
    async with world.ops.db.tx() as tx:
        await tx.do(b"UPDATE workspace SET owner = ''")
    assert await owned(world, "one") == ("", False)
    async with world.ops.db.tx() as tx:
        await tx.do(filled)
    assert await owned(world, "one") == await owned(world, "two") == ("ada", True)
