"""What agents handed to people: found, read, and closed once, by who may."""

import json
from dataclasses import replace

import httpx
import pytest

from dihedral.domain.actor import HOME
from dihedral.domain.errors import Forbidden, NotFound
from dihedral.domain.ids import ActorId, ConversationId, EscalationId, OrganizationId
from dihedral.domain.right import Grant, Place, Role
from dihedral.model.store import escalations
from dihedral.model.store.escalations import Escalation
from dihedral.model.work import conversations
from dihedral.model.work import escalations as verbs
from dihedral.model.work.conversations import Opening
from dihedral.ops.work import workspaces
from tests.actors import agent, person
from tests.control.conftest import World
from tests.control.test_agent_cli import Shell, shell
from tests.model.talks import ADA

__all__ = ["shell"]
pytestmark = pytest.mark.anyio
WHY = "danger: a customer's lamp burns"


async def handed(world: World, number: int = 1) -> EscalationId:
    space = await workspaces.add(world.ops, ADA, f"shop-{number}")
    opening = Opening(text="something else", workspace=space.id)
    talk = await conversations.start(world.app.state.mind, ADA, opening)
    made = Escalation(
        id=EscalationId(f"esc-{number}"),
        key=f"turn-{number}:1",
        conversation=ConversationId(talk.id),
        agent="triage",
        person=ActorId("ada"),
        reason=WHY,
        at=world.ops.now(),
    )
    async with world.ops.db.tx() as tx:
        assert await escalations.add(tx, world.ops.keyring, made)
        assert not await escalations.add(tx, world.ops.keyring, made)
    return made.id


async def test_one_is_listed_read_and_closed_once(world: World) -> None:
    first, second = await handed(world), await handed(world, 2)
    async with world.client() as client:
        page = (await client.get("/v1/escalations", params={"size": 1})).json()
        assert [one["id"] for one in page["items"]] == [first] and page["next"] == first
        rest = (await client.get("/v1/escalations", params={"after": first})).json()
        assert [one["id"] for one in rest["items"]] == [second]
        one = (await client.get(f"/v1/escalations/{first}")).json()
        assert (one["reason"], one["agent"], one["closed_at"]) == (WHY, "triage", None)
        done = await client.post(f"/v1/escalations/{first}/close", json={"why": " called back "})
        assert (done.json()["closed_by"], done.json()["closed_why"]) == ("ada", "called back")
        again = await client.post(f"/v1/escalations/{first}/close", json={})
        assert again.status_code == 409 and "closed already, by ada" in again.text
        left = (await client.get("/v1/escalations")).json()["items"]
        assert [one["id"] for one in left] == [second]
        every = (await client.get("/v1/escalations", params={"all": True})).json()["items"]
        assert [one["id"] for one in every] == [first, second]
        assert (await client.get("/v1/escalations/esc-none")).status_code == 404
    async with world.ops.db.tx() as tx:
        rows = await tx.rows(b"SELECT actor FROM audit WHERE action = 'escalation.close'")
    assert [row["actor"] for row in rows] == ["ada"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
async def test_a_customer_s_matter_is_for_operators(world: World, role: Role) -> None:
    name = await handed(world)
    for who in (person("vi", role), agent("triage", "ada")):
        for verb in (verbs.see, verbs.close):
            with pytest.raises(Forbidden):
                await verb(world.app.state.mind, who, name)


async def test_that_of_another_organization_is_not_there(world: World) -> None:
    name = await handed(world)
    elsewhere = OrganizationId("org-other")
    grants = (Grant(Role.ADMINISTRATOR, Place(elsewhere)),)
    stranger = replace(person("eve"), organization=elsewhere, rights=(grants,))
    assert stranger.organization != HOME
    with pytest.raises(NotFound):
        await verbs.see(world.app.state.mind, stranger, name)


async def test_a_shell_lists_shows_and_closes(world: World, shell: Shell) -> None:
    assert (await shell("escalation", "list")).stdout.startswith("nothing waits")
    name = await handed(world)
    listed = await shell("escalation", "list")
    assert name in listed.stdout and "triage" in listed.stdout and "open" in listed.stdout
    shown = await shell("escalation", "show", name)
    assert WHY in shown.stdout and f"dihedral escalation close {name}" in shown.stdout
    closed = await shell("escalation", "close", name, "-m", "called back")
    assert closed.stdout == f"{name} is closed\n"
    assert (await shell("escalation", "close", name)).returncode == 1
    found = json.loads((await shell("escalation", "show", name, "--json")).stdout)
    assert found["closed_why"] == "called back"


async def test_a_page_lists_shows_and_closes(world: World) -> None:
    name = await handed(world)
    async with world.client() as client:
        html = {"accept": "text/html"}
        listed = await client.get("/escalations", headers=html)
        assert listed.status_code == 200 and f"/escalations/{name}" in listed.text
        shown = await client.get(f"/escalations/{name}", headers=html)
        assert "a customer&#39;s lamp burns" in shown.text and "It is seen to" in shown.text
        gone = await _close(client, name)
        assert gone.headers["location"] == f"/escalations/{name}?done=close"
        assert (await _close(client, name)).status_code == 409
        assert "called back" in (await client.get(f"/escalations/{name}", headers=html)).text


async def _close(client: httpx.AsyncClient, name: str) -> httpx.Response:
    path = f"/escalations/{name}/close"
    return await client.post(path, data={"why": "called back"}, headers={"accept": "text/html"})
