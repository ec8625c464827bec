"""People, grants, organizations and projects, through the front door."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from dihedral.domain.right import Role
from tests.control.conftest import World
from tests.control.logins import browser, invited, known, told

pytestmark = pytest.mark.anyio


async def add(world: World, name: str, role: Role = Role.VIEWER) -> None:
    async with world.client() as client:
        answer = await client.post("/v1/people", json={"id": name, "role": role})
    assert answer.status_code == 201, answer.text


async def token(world: World, name: str, role: str = "administrator") -> str:
    """Of a person, made by the owner of the data directory in that one's name."""
    async with world.client(name) as client:
        answer = await client.post("/v1/tokens", json={"name": "a test", "role": role})
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["secret"]
    return secret


async def grant(client: httpx.AsyncClient, holder: str, role: str, **place: str) -> int:
    answer = await client.put("/v1/grants", json={"holder": holder, "role": role, **place})
    return answer.status_code


async def test_a_person_is_made_seen_changed_kept_out_and_let_in(world: World) -> None:
    async with world.client() as client:
        made = await client.post(
            "/v1/people", json={"id": "bo", "name": "Bo", "email": "bo@example.org"}
        )
        changed = await client.patch("/v1/people/bo", json={"name": "Bo B."})
        out = await client.post("/v1/people/bo/disable")
        listed = await client.get("/v1/people")
        back = await client.post("/v1/people/bo/enable")
        whole = await client.get("/v1/people/bo")
    assert made.status_code == 201
    assert (changed.json()["name"], changed.json()["email"]) == ("Bo B.", "bo@example.org")
    assert out.json()["disabled_at"] is not None
    assert [one["id"] for one in listed.json()["items"]] == ["bo"]
    assert back.json()["disabled_at"] is None
    assert [one["role"] for one in whole.json()["grants"]] == ["viewer"]
    for act in ("create", "update", "disable", "enable"):
        assert [(who, whom) for who, whom, *_ in await told(world, f"person.{act}")] == [
            ("ada", "bo")
        ]


@pytest.mark.parametrize("name", ["local", "system", "a b", "", "x" * 65, "Ada", "-a"])
async def test_a_name_that_is_nobodys_or_anothers_is_not_taken(world: World, name: str) -> None:
    await add(world, "ada")
    async with world.client() as client:
        answer = await client.post("/v1/people", json={"id": name})
    assert answer.status_code == (409 if name == "Ada" else 422)


async def test_people_come_in_pages(world: World) -> None:
    for name in ("ada", "bo", "cy"):
        await add(world, name)
    async with world.client() as client:
        first = (await client.get("/v1/people", params={"size": 2})).json()
        rest = (await client.get("/v1/people", params={"size": 2, "after": first["next"]})).json()
    assert [one["id"] for one in first["items"]] == ["ada", "bo"]
    assert ([one["id"] for one in rest["items"]], rest["next"]) == (["cy"], None)


async def test_a_role_in_a_workspace_is_given_and_taken(world: World) -> None:
    await add(world, "bo")
    await world.workspace("orders")
    async with world.client() as client:
        assert await grant(client, "bo", "operator", workspace="orders") == 200
        assert await grant(client, "bo", "approver", workspace="orders") == 200  # in its place
        found = (await client.get("/v1/grants", params={"workspace": "orders"})).json()["items"]
        gone = await client.delete("/v1/grants", params={"holder": "bo", "workspace": "orders"})
        again = await client.delete("/v1/grants", params={"holder": "bo", "workspace": "orders"})
    assert [(one["holder"], one["role"]) for one in found] == [("bo", "approver")]
    assert (gone.status_code, again.status_code) == (204, 404)
    assert [why for *_, why in await told(world, "grant.set")][1:] == [
        "operator in orders",
        "approver in orders",
    ]


async def test_who_runs_a_workspace_gives_roles_there_and_nowhere_else(world: World) -> None:
    for name in ("bo", "cy"):
        await add(world, name)
    await world.workspace("orders")
    await world.workspace("cellar")
    async with world.client() as client:
        await grant(client, "bo", "administrator", workspace="orders")
    async with world.bearing(await token(world, "bo")) as bo:
        assert await grant(bo, "cy", "approver", workspace="orders") == 200
        assert await grant(bo, "cy", "approver", workspace="cellar") == 403
        assert await grant(bo, "bo", "administrator") == 403
        assert await grant(bo, "bo", "administrator", project="default") == 403
        assert (await bo.get("/v1/grants", params={"workspace": "orders"})).status_code == 200
        assert (await bo.get("/v1/grants")).status_code == 403
        assert (await bo.post("/v1/people", json={"id": "eve"})).status_code == 403


async def test_who_runs_a_project_gives_roles_in_its_workspaces(world: World) -> None:
    for name in ("bo", "cy"):
        await add(world, name)
    await world.workspace("orders")
    async with world.client() as client:
        await grant(client, "bo", "administrator", project="default")
    async with world.bearing(await token(world, "bo")) as bo:
        assert await grant(bo, "cy", "operator", workspace="orders") == 200
        assert await grant(bo, "cy", "operator", project="default") == 200
        assert await grant(bo, "cy", "operator") == 403


@pytest.mark.parametrize("role", ["viewer", "proposer", "approver", "operator"])
async def test_nobody_less_than_an_administrator_gives_anything(world: World, role: str) -> None:
    await add(world, "bo", Role(role))
    async with world.bearing(await token(world, "bo")) as bo:
        assert await grant(bo, "bo", "administrator") == 403
        assert await grant(bo, "bo", "viewer") == 403
    assert "denied" in {outcome for _, _, outcome, _ in await told(world, "grant.set")}


async def test_a_token_of_a_lesser_role_gives_nothing(world: World) -> None:
    await add(world, "bo", Role.ADMINISTRATOR)
    async with world.bearing(await token(world, "bo", "operator")) as bo:
        assert await grant(bo, "bo", "viewer") == 403


async def test_the_last_administrator_stays(world: World) -> None:
    await add(world, "bo", Role.ADMINISTRATOR)
    async with world.client() as client:
        assert await grant(client, "bo", "viewer") == 409
        assert (await client.delete("/v1/grants", params={"holder": "bo"})).status_code == 409
        assert (await client.post("/v1/people/bo/disable")).status_code == 409
        await add(world, "cy", Role.ADMINISTRATOR)
        assert (await client.post("/v1/people/bo/disable")).status_code == 200
        assert (await client.delete("/v1/grants", params={"holder": "cy"})).status_code == 409


async def test_of_two_administrators_who_remove_each_other_one_stays(world: World) -> None:
    for name in ("bo", "cy"):
        await add(world, name, Role.ADMINISTRATOR)
    async with world.client("bo") as bo, world.client("cy") as cy:
        answers = await asyncio.gather(
            bo.delete("/v1/grants", params={"holder": "cy"}), cy.post("/v1/people/bo/disable")
        )
    assert sorted(a.status_code for a in answers)[-1] == 409
    assert len([a for a in answers if a.status_code == 409]) == 1


async def test_a_token_is_no_wider_than_what_made_it(world: World) -> None:
    await add(world, "bo", Role.ADMINISTRATOR)
    await world.workspace("orders")
    async with world.bearing(await token(world, "bo", "operator")) as lesser:
        for role in ("viewer", "administrator"):
            answer = await lesser.post("/v1/tokens", json={"name": "x", "role": role})
            assert (answer.status_code, "makes no tokens" in answer.text) == (403, True)
    async with world.client("bo") as client:
        narrow = await client.post(
            "/v1/tokens", json={"name": "one", "workspace": "orders", "days": 3}
        )
    async with world.bearing(narrow.json()["secret"]) as client:
        wider = await client.post("/v1/tokens", json={"name": "x"})
        within = await client.post(
            "/v1/tokens", json={"name": "x", "workspace": "orders", "days": 300}
        )
    assert (wider.status_code, within.status_code) == (403, 201)
    made = within.json()["token"]
    assert made["expires_at"] == narrow.json()["token"]["expires_at"]


@pytest.mark.parametrize("days", [0, -1, 366])
async def test_a_token_lives_a_year_at_most(world: World, days: int) -> None:
    await add(world, "bo")
    async with world.client("bo") as client:
        answer = await client.post("/v1/tokens", json={"name": "x", "days": days})
    assert answer.status_code == 422


async def test_a_token_is_shown_once_and_kept_hashed(world: World) -> None:
    await add(world, "bo")
    secret = await token(world, "bo")
    async with world.client("bo") as client:
        listed = (await client.get("/v1/tokens")).text
    assert secret not in listed
    async with world.ops.db.tx() as tx:
        rows = await tx.rows(b"SELECT id, hash, name FROM api_token")
    assert len(rows) == 1 and secret.encode() not in rows[0]["hash"]


async def test_a_token_that_is_revoked_or_old_or_of_one_kept_out_lets_nobody_in(
    world: World,
) -> None:
    for name in ("bo", "cy"):
        await add(world, name, Role.OPERATOR)
    mine, other, theirs = [await token(world, who) for who in ("bo", "bo", "cy")]
    async with world.bearing(mine) as client:
        me = (await client.get("/v1/account")).json()
        assert (me["id"], me["organization"], bool(me["token"])) == ("bo", "org-default", True)
        assert (await client.delete(f"/v1/tokens/{me['token']}")).status_code == 204
        gone = await client.get("/v1/account")
    async with world.bearing(other) as client:
        their = (await client.get("/v1/tokens")).json()["items"]
    async with world.bearing(theirs) as cy:
        stranger = [await cy.delete(f"/v1/tokens/{one['id']}") for one in their]
        assert (await cy.get("/v1/tokens", params={"person": "bo"})).status_code == 403
    async with world.client() as client:
        await client.post("/v1/people/cy/disable")
        await client.post("/v1/people/cy/enable")  # what ended has ended
    async with world.bearing(theirs) as client:
        out = await client.get("/v1/account")
    async with world.later(timedelta(days=91)).bearing(other) as client:
        old = await client.get("/v1/account")
    assert (gone.status_code, "revoked" in gone.text) == (401, True)
    assert {answer.status_code for answer in stranger} == {404}
    assert (out.status_code, "revoked" in out.text) == (401, True)
    assert (old.status_code, "expired" in old.text) == (401, True)


async def test_an_administrator_revokes_the_tokens_of_others(world: World) -> None:
    await add(world, "bo")
    secret = await token(world, "bo")
    async with world.client("ada") as client:
        listed = (await client.get("/v1/tokens", params={"person": "bo"})).json()["items"]
        assert (await client.delete(f"/v1/tokens/{listed[0]['id']}")).status_code == 204
    async with world.bearing(secret) as client:
        assert (await client.get("/v1/account")).status_code == 401
    assert [(who, how) for who, _, how, _ in await told(world, "token.revoke")] == [("ada", "done")]


async def test_an_organization_has_its_own_people_and_sees_no_others(world: World) -> None:
    for name in ("bo", "cy"):
        await add(world, name, Role.ADMINISTRATOR)
    await add(world, "dot")
    async with world.client() as client:
        nobody = await client.post("/v1/organizations", json={"name": "acme"})
        made = await client.post("/v1/organizations", json={"name": "acme", "administrator": "eve"})
        await add(world, "eve")
        acme = await client.post("/v1/organizations", json={"name": "acme", "administrator": "eve"})
        twice = await client.post(
            "/v1/organizations", json={"name": "acme", "administrator": "eve"}
        )
        await client.delete("/v1/grants", params={"holder": "eve"})
    assert (nobody.status_code, made.status_code) == (422, 422)
    assert (acme.status_code, twice.status_code) == (201, 409)
    async with browser(world, await invited(world, "eve")) as eve:
        assert (await eve.get("/v1/account")).json()["organization"] == acme.json()["id"]
        assert [p["id"] for p in (await eve.get("/v1/people")).json()["items"]] == ["eve"]
        assert (await eve.get("/v1/people/bo")).status_code == 404
        assert (await eve.post("/v1/people/bo/disable")).status_code == 404
        assert (await eve.post("/v1/people/bo/invitation")).status_code == 404
        assert await grant(eve, "bo", "viewer") == 200  # bo may come as a guest …
        assert (await eve.post("/v1/people/bo/invitation")).status_code == 403  # … of his own
        assert (await eve.post("/v1/organizations", json={"name": "mine"})).status_code == 403
        assert [p["name"] for p in (await eve.get("/v1/projects")).json()["items"]] == ["default"]
        assert [o["name"] for o in (await eve.get("/v1/organizations")).json()["items"]] == ["acme"]
        assert (await eve.post("/v1/projects", json={"name": "web"})).status_code == 201
    async with world.client() as client:
        listed = (await client.get("/v1/projects")).json()["items"]
    assert [one["name"] for one in listed] == ["default"]


async def test_a_project_has_a_plain_name_of_its_own(world: World) -> None:
    async with world.client() as client:
        assert (await client.post("/v1/projects", json={"name": "web"})).status_code == 201
        assert (await client.post("/v1/projects", json={"name": "web"})).status_code == 409
        assert (await client.post("/v1/projects", json={"name": "We b"})).status_code == 422


async def test_nobody_is_let_in_by_a_secret_that_is_none(world: World) -> None:
    await known(world, "bo")
    for wrong in ("dhs_x", "dht_x", "dhi_x", "x"):
        async with browser(world, wrong) as client:
            assert (await client.get("/v1/account")).status_code == 401
        async with world.bearing(wrong) as client:
            assert (await client.get("/v1/account")).status_code == 401
