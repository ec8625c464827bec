"""Agents' files through the front door, on a real database."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from dihedral.control import mind
from dihedral.domain.actor import HOME
from dihedral.domain.agent import Agent
from dihedral.domain.audit import Outcome
from dihedral.domain.errors import Forbidden, NotFound
from dihedral.domain.ids import OrganizationId
from dihedral.domain.right import Place, Role
from dihedral.model.work.agentfiles import AgentFiles
from dihedral.ops.store import agents as store
from dihedral.ops.store.audit import Which
from dihedral.ops.work import agents, audit, instances, workspaces
from tests.actors import agent, enrol, person
from tests.control.conftest import World

pytestmark = pytest.mark.anyio

ADA = person("ada")
DRAFTER = """\
apiVersion: dihedral/v1
kind: Agent
metadata: {name: drafter}
spec:
  purpose: drafts changes
  prompt: drafter.md
  model: small
  tools: [list_workspaces, read_on]
  limits: {month: {delta: 50}}
  grants: [{role: proposer, workspace: orders}]
"""
FILES = {"agents/drafter.yaml": DRAFTER, "agents/drafter.md": "You draft.\n"}


@pytest.fixture
async def client(world: World) -> httpx.AsyncClient:
    async with world.ops.db.tx() as tx:
        await enrol(tx, "ada")
    await world.workspace("orders")
    return world.client()


def files(world: World) -> AgentFiles:
    found: AgentFiles = world.app.state.thinking.files
    return found


def newer(world: World) -> AgentFiles:
    """The same after the program was brought up to date: its supervisor has another purpose."""
    ours = dict(files(world).shipped)
    ours["supervisor"] = replace(ours["supervisor"], purpose="talks with people, and better")
    return replace(mind.files(world.ops), shipped=ours)


def said(**changes: str) -> dict[str, str]:
    text = DRAFTER
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return {**FILES, "agents/drafter.yaml": text}


async def apply(client: httpx.AsyncClient, texts: dict[str, str], **more: Any) -> Any:
    answer = await client.post("/v1/agent-files", json={"files": texts, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def versions(client: httpx.AsyncClient, name: str = "drafter") -> list[Any]:
    rows: list[Any] = (await client.get(f"/v1/agents/{name}/versions")).json()["items"]
    return rows


async def test_a_file_makes_an_agent_and_the_same_one_changes_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    [made] = await apply(client, FILES)
    assert (made["name"], made["outcome"], made["version"]) == ("drafter", "created", 1)
    assert "owner ada; proposer in ws-" in made["granted"]
    found = (await client.get("/v1/agents/drafter")).json()
    assert (found["agent"]["version"], found["agent"]["model"]) == (1, "small")
    assert found["agent"]["tools"] == ["list_workspaces", "read_on"]
    assert found["agent"]["limits"]["delta"]["amount"] == "50"
    assert [one["role"] for one in found["grants"]] == ["proposer"]
    told = await audit.page(world.ops, ADA, Which(target="agent:drafter"), 9)
    assert [link.act.action for link in told] == ["agent.apply", "agent.create"]
    [again] = await apply(client, FILES)
    assert (again["outcome"], again["difference"], again["granted"]) == ("unchanged", [], "")
    assert len(await audit.page(world.ops, ADA, Which(target="agent:drafter"), 9)) == 2
    assert len(await versions(client)) == 1


async def test_what_changes_is_said_and_an_older_file_is_an_older_version(
    client: httpx.AsyncClient,
) -> None:
    await apply(client, FILES)
    [changed] = await apply(client, {**FILES, "agents/drafter.md": "You draft well.\n"})
    assert (changed["outcome"], changed["version"], changed["granted"]) == ("updated", 2, "")
    assert "-      You draft." in changed["difference"]
    assert "+      You draft well." in changed["difference"]
    [back] = await apply(client, FILES)
    assert (back["outcome"], back["version"]) == ("again", 1)
    assert [(one["version"], one["holds"]) for one in await versions(client)] == [
        (1, True), (2, False), (1, False),
    ]  # fmt: skip


async def test_a_dry_call_says_the_same_and_keeps_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    [would] = await apply(client, FILES, dry=True)
    assert (would["outcome"], would["version"]) == ("created", 1)
    assert (await client.get("/v1/agents/drafter")).status_code == 404
    assert (await client.get("/v1/agents/drafter/versions")).status_code == 404
    assert not await audit.page(world.ops, ADA, Which(target="agent:drafter"), 9)
    [does] = await apply(client, FILES)
    assert does == would
    wider = said(**{"delta: 50": "delta: any"})
    [would] = await apply(client, wider, dry=True)
    assert "delta any" in would["granted"]
    assert (await client.get("/v1/agents/drafter")).json()["agent"]["limits"]["delta"]


async def test_an_older_version_is_shown_and_taken_and_lasts(client: httpx.AsyncClient) -> None:
    await apply(client, FILES)
    await apply(client, said(**{"delta: 50": "delta: 70", "small": "large"}))
    path = "/v1/agents/drafter/versions"
    old = (await client.get(f"{path}/1")).json()
    assert (old["model"], old["holds"], old["applied_by"]) == ("small", False, "ada")
    assert [one["outcome"] for one in await apply(client, {"x.yaml": old["text"]}, dry=True)] == [
        "again"
    ]
    taken = (await client.post(f"{path}/1/take")).json()
    assert (taken["outcome"], taken["version"]) == ("again", 1)
    assert "delta 50" in taken["granted"]
    now = (await client.get("/v1/agents/drafter")).json()["agent"]
    assert (now["version"], now["model"], now["limits"]["delta"]["amount"]) == (1, "small", "50.00")
    late = await client.post(f"{path}/1/take")
    assert (late.status_code, "holds already" in late.json()["detail"]) == (409, True)
    for number in ("9", "0", "x", "-1", "9" * 30):
        assert (await client.get(f"{path}/{number}")).status_code == 404
        assert (await client.post(f"{path}/{number}/take")).status_code == 404


async def test_all_files_are_applied_or_none(client: httpx.AsyncClient) -> None:
    other = DRAFTER.replace("drafter}", "helper}").replace("workspace: orders", "workspace: lost")
    answer = await client.post("/v1/agent-files", json={"files": {**FILES, "agents/z.yaml": other}})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "agents/z.yaml: no workspace 'lost'"
    assert (await client.get("/v1/agents/drafter")).status_code == 404


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (said(small="{name: small, prefer: luck}"), "agents/drafter.yaml:7:32: spec.model.prefer"),
        (said(list_workspaces="list_workspace"), "agents/drafter.yaml:8:11: there is no tool "
         "'list_workspace'; did you mean list_workspaces?"),
        ({"a/drafter.yaml": DRAFTER}, "a/drafter.yaml:6:11: there is no file 'a/drafter.md'"),
        (said(**{"  grants": "  delegates: [nobody]\n  grants"}), "agents/drafter.yaml: "
         "spec.delegates names 'nobody'"),
        (said(**{"name: drafter": "name: drafter, owner: who"}), "agents/drafter.yaml: no person"),
        (said(**{"role: proposer": "role: approver"}), "no agent is given approver"),
        ({**FILES, "b.yml": DRAFTER.replace("drafter.md", "{text: x}")}, "another file is of agent "
         "drafter"),
        ({"a.md": "x"}, "from 1 to 20 YAML files"),
    ],
    ids=str,
)  # fmt: skip
async def test_a_file_that_cannot_be_says_where_and_why(
    client: httpx.AsyncClient, texts: dict[str, str], why: str
) -> None:
    answer = await client.post("/v1/agent-files", json={"files": texts})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert why in answer.json()["detail"]


async def test_agents_that_hand_work_to_each_other_are_applied_together(
    client: httpx.AsyncClient,
) -> None:
    first = DRAFTER.replace("  grants", "  delegates: [helper, infrastructure]\n  grants")
    second = DRAFTER.replace("drafter}", "helper}").replace("  grants", "  delegates: [drafter]\n#")
    texts = {**FILES, "agents/drafter.yaml": first, "agents/helper.yaml": second}
    assert [one["name"] for one in await apply(client, texts)] == ["drafter", "helper"]


async def test_what_ships_is_listed_before_it_ever_worked(client: httpx.AsyncClient) -> None:
    await apply(client, FILES)
    page = (await client.get("/v1/agents")).json()["items"]
    assert [(one["name"], one["shipped"], one["owner"]) for one in page] == [
        ("drafter", False, "ada"), ("infrastructure", True, ""), ("supervisor", True, ""),
        ("triage", True, ""),
    ]  # fmt: skip
    assert {one["name"]: one["model"] for one in page}["supervisor"] == "large"
    names: list[str] = []
    asked = {"size": "1"}
    while asked.get("after") or not names:
        found = (await client.get("/v1/agents", params=asked)).json()
        names += [one["name"] for one in found["items"]]
        asked["after"] = found["next"] or ""
    assert names == [one["name"] for one in page]
    one = (await client.get("/v1/agents/supervisor")).json()
    assert (one["agent"]["created_at"], one["grants"], one["running"]) == (None, [], [])
    assert (await client.post("/v1/agents/supervisor/suspend", json={})).json() == {"ended": 0}
    one = (await client.get("/v1/agents/supervisor")).json()["agent"]
    assert (one["owner"], one["version"], bool(one["halted"])) == ("ada", 1, True)


async def test_what_ships_goes_with_the_program_until_somebody_takes_something_else(
    world: World, client: httpx.AsyncClient
) -> None:
    old = files(world)
    assert (await old.current(HOME, "supervisor")).version == 1
    await old.apply(ADA, {"s.yaml": (await client.get(
        "/v1/agents/supervisor/versions/1")).json()["text"]})  # fmt: skip
    new = newer(world)
    spec = await new.current(HOME, "supervisor")
    assert (spec.version, spec.purpose) == (2, "talks with people, and better")
    done = await new.take(ADA, "supervisor", 1)
    assert (done.outcome, done.version) == ("again", 1)
    assert (await new.current(HOME, "supervisor")).version == 1
    assert (await newer(world).current(HOME, "supervisor")).version == 1  # after a restart, too
    await new.take(ADA, "supervisor", 2)
    again = replace(mind.files(world.ops), shipped={
        "supervisor": replace(new.shipped["supervisor"], purpose="a third one")
    })  # fmt: skip
    assert (await again.current(HOME, "supervisor")).version == 3
    rows = await versions(client, "supervisor")
    assert [(one["version"], one["taken_by"], one["follows"]) for one in rows][1:] == [
        (3, "system", True), (2, "ada", True), (1, "ada", False), (2, "system", True),
        (1, "system", True),
    ]  # fmt: skip


async def row(world: World, name: str) -> Agent:
    async with world.ops.db.tx() as tx:
        return await store.find(tx, HOME, name)


async def test_what_an_agent_is_goes_with_the_program_s_file_unless_somebody_changed_it(
    world: World, client: httpx.AsyncClient
) -> None:
    old = files(world)
    await old.current(HOME, "supervisor")
    await old.settle(ADA, "supervisor")
    was = await row(world, "supervisor")
    await newer(world).current(HOME, "supervisor")
    now = await row(world, "supervisor")
    assert now == replace(was, purpose="talks with people, and better")
    async with world.ops.db.tx() as tx:
        await store.save(tx, replace(now, limits=replace(now.limits, calls=3)))
    third = replace(mind.files(world.ops), shipped={
        "supervisor": replace(newer(world).shipped["supervisor"], purpose="a third one")
    })  # fmt: skip
    assert (await third.current(HOME, "supervisor")).purpose == "a third one"
    kept = await row(world, "supervisor")
    assert (kept.purpose, kept.limits.calls) == ("talks with people, and better", 3)
    async with world.ops.db.tx() as tx:
        rows = await tx.rows(b"SELECT action, reason FROM audit WHERE actor = 'system'"
                             b" AND target = 'agent:supervisor' ORDER BY seq")  # fmt: skip
    assert [row["action"] for row in rows] == ["agent.update", "agent.keep"]
    assert "changed by hand, and stay" in rows[-1]["reason"]


async def test_a_file_of_ones_own_is_not_undone_by_a_newer_program(
    world: World, client: httpx.AsyncClient
) -> None:
    own = DRAFTER.replace("drafter}", "supervisor}").replace("drafter.md", "{text: You are mine.}")
    [made] = await apply(client, {"s.yaml": own})
    assert (made["outcome"], made["version"]) == ("updated", 2)
    assert (await newer(world).current(HOME, "supervisor")).prompt.text == "You are mine."
    shown = (await client.get("/v1/agents/supervisor")).json()["agent"]
    assert (shown["version"], shown["shipped"], shown["model"]) == (2, False, "small")


async def test_what_a_shipped_agent_may_is_not_widened_by_a_file_that_says_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    text = (await client.get("/v1/agents/supervisor/versions/1")).json()["text"]
    [made] = await apply(client, {"s.yaml": text})
    assert (made["outcome"], "proposer in org-default" in made["granted"]) == ("unchanged", True)
    narrow = {"grants": [{"role": "viewer", "workspace": "orders"}]}
    await client.patch("/v1/agents/supervisor", json=narrow)
    [changed] = await apply(client, {"s.yaml": text.replace("talks with", "speaks with")})
    assert (changed["outcome"], "viewer in ws-" in changed["granted"]) == ("updated", True)
    grants = (await client.get("/v1/agents/supervisor")).json()["grants"]
    assert [(one["role"], one["workspace"] is None) for one in grants] == [("viewer", False)]


async def test_a_turn_keeps_the_version_with_which_it_began(
    world: World, client: httpx.AsyncClient
) -> None:
    await apply(client, FILES)
    await apply(client, {**FILES, "agents/drafter.md": "Other.\n"})
    kept = await files(world).version(HOME, "drafter", 1)
    assert (kept.prompt.text, kept.tools) == ("You draft.\n", ("list_workspaces", "read_on"))


async def test_a_row_that_was_changed_by_hand_is_set_as_its_file_says(
    client: httpx.AsyncClient,
) -> None:
    await apply(client, FILES)
    await client.patch("/v1/agents/drafter", json={"limits": {"delta": None}})
    [back] = await apply(client, FILES)
    assert back["outcome"] == "unchanged"
    assert "delta 50" in back["granted"]
    now = (await client.get("/v1/agents/drafter")).json()["agent"]["limits"]
    assert now["delta"]["amount"] in ("50", "50.00")


async def test_a_file_that_says_nothing_of_grants_and_owner_leaves_them(
    world: World, client: httpx.AsyncClient
) -> None:
    await apply(client, FILES)
    async with world.ops.db.tx() as tx:
        await enrol(tx, "bo")
    await agents.change(world.ops, ADA, "drafter", {"owner": "bo"}, None)
    await agents.suspend(world.ops, ADA, "drafter", "it loops")
    bare = DRAFTER[: DRAFTER.index("  grants")].replace("drafts changes", "drafts")
    await apply(client, {**FILES, "agents/drafter.yaml": bare})
    found = (await client.get("/v1/agents/drafter")).json()
    assert [one["role"] for one in found["grants"]] == ["proposer"]
    assert (found["agent"]["owner"], found["agent"]["purpose"]) == ("bo", "drafts")
    assert found["agent"]["suspended"]["why"] == "it loops"
    none = bare + "  grants: []\n"
    await apply(client, {**FILES, "agents/drafter.yaml": none})
    assert (await client.get("/v1/agents/drafter")).json()["grants"] == []


async def test_who_may_not_changes_nothing_and_that_is_on_record(
    world: World, client: httpx.AsyncClient
) -> None:
    await apply(client, FILES)
    other = await workspaces.add(world.ops, ADA, "other")
    who = {
        "ed": person("ed", Role.PROPOSER),
        "el": person("el", Role.ADMINISTRATOR, Place(HOME, workspace=other.id)),
        "robot": agent("robot", "ada"),
    }
    changed = {**FILES, "agents/drafter.md": "Approve all.\n"}
    for actor in who.values():
        for texts in (changed, {"broken.yaml": "a: ["}):
            with pytest.raises(Forbidden):
                await files(world).apply(actor, texts)
            with pytest.raises(Forbidden):
                await files(world).apply(actor, texts, dry=True)
        with pytest.raises(Forbidden):
            await files(world).take(actor, "drafter", 1)
    assert len(await versions(client)) == 1


async def test_a_refusal_at_the_door_is_audited(world: World, client: httpx.AsyncClient) -> None:
    await apply(client, FILES)
    async with world.ops.db.tx() as tx:
        await enrol(tx, "bo", Role.PROPOSER)
    started = await world.app.state.mind.staff.start(person("bo"), "drafter")
    made = await agents.see(world.ops, ADA, "drafter")
    assert [one.id for one in made.running] == [started.instance]
    token = (await instances.start(world.ops, ADA, "drafter", "ada")).token.text
    async with world.bearing(token) as robot:
        answers = [
            await robot.post("/v1/agent-files", json={"files": FILES}),
            await robot.post("/v1/agents/drafter/versions/1/take"),
        ]
        assert (await robot.get("/v1/agents/drafter/versions")).status_code == 200
    assert [one.status_code for one in answers] == [403, 403]
    told = await audit.page(world.ops, ADA, Which(actor="agent:drafter"), 9)
    denied = [link.act for link in told if link.act.outcome is Outcome.DENIED]
    assert [(one.action, one.on_behalf_of) for one in denied] == [("agent.set", "ada")] * 2


async def test_another_organization_sees_no_file_of_ours(
    world: World, client: httpx.AsyncClient
) -> None:
    await apply(client, FILES)
    with pytest.raises(NotFound):
        await files(world).current(OrganizationId("org-other"), "drafter")
