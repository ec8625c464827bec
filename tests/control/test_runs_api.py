"""Runs through the front door: the whole application, a real PostgreSQL."""

import asyncio

import pytest

from dihedral.control.api.story import VERBS
from dihedral.domain.run import MOVES, OVER, Status
from dihedral.ops.store import logs
from tests.control.conftest import EFFECT, FILES, World, packed

pytestmark = pytest.mark.anyio


async def test_a_directory_becomes_a_run(world: World) -> None:
    name = await world.workspace()
    async with world.client("bo") as client:
        made = await client.post(
            f"/v1/workspaces/{name}/runs",
            params={"plan_only": True, "message": "look"},
            content=packed(),
        )
        run = made.json()["run"]
        files = (await client.get(f"/v1/runs/{run['id']}/configuration")).json()["files"]
    assert (run["status"], run["proposer"], run["source"]) == ("pending", "bo", "api")
    assert (run["plan_only"], run["message"]) == (True, "look")
    assert files == [{"path": "main.tf", "bytes": len(FILES["main.tf"])}]


async def test_every_run_shows_its_three_numbers_and_what_may_be_done(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED)
    async with world.client() as client:
        shown = (await client.get(f"/v1/runs/{run}")).json()["run"]
    assert set(shown["numbers"]) == {"speed", "cost", "risk"}
    assert shown["may"] == ["approve", "discard", "cancel", "replan", "withdraw"]
    assert shown["effect"] == EFFECT


@pytest.mark.parametrize("status", list(Status))
async def test_may_is_what_the_table_says(world: World, status: Status) -> None:
    run = await world.run(status)
    async with world.client() as client:
        shown = (await client.get(f"/v1/runs/{run}")).json()["run"]
    assert shown["over"] == (status in OVER)
    assert shown["may"] == [
        verb for verb, facts in VERBS.items() if any((status, fact) in MOVES for fact in facts)
    ]


async def test_what_the_guard_denies_is_kept_with_its_reason(world: World) -> None:
    name = await world.workspace()
    body = b'data "external" "x" {\n  program = ["sh"]\n}\n'
    async with world.client() as client:
        made = await client.post(f"/v1/workspaces/{name}/runs", content=packed({"main.tf": body}))
    told = made.json()
    assert told["run"]["status"] == "policy_soft_failed"
    assert [v["ruling"] for v in told["verdicts"]] == ["deny"]
    assert told["run"]["reason"]


async def test_somebody_else_approves_what_they_read(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED, by="ada")
    async with world.client("bo") as client:
        answer = await client.post(
            f"/v1/runs/{run}/approve", json={"effect": EFFECT, "comment": "fine"}
        )
    told = answer.json()
    assert told["run"]["status"] == "confirmed"
    assert [(a["approver"], a["how"], a["comment"]) for a in told["approvals"]] == [
        ("bo", "person", "fine")
    ]


async def test_a_yes_to_something_else_is_a_conflict(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED)
    async with world.client("bo") as client:
        answer = await client.post(f"/v1/runs/{run}/approve", json={"effect": "f" * 64})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_nobody_approves_their_own_run(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED, by="ada")
    async with world.client("ada") as client:
        answer = await client.post(f"/v1/runs/{run}/approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "somebody else approves it" in answer.json()["detail"]


async def test_of_two_answers_at_once_one_counts(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED)
    async with world.client("bo") as bo, world.client("cy") as cy:
        answers = await asyncio.gather(
            bo.post(f"/v1/runs/{run}/approve"), cy.post(f"/v1/runs/{run}/discard")
        )
    assert sorted(a.status_code for a in answers) == [200, 409]


async def test_a_discarded_run_says_by_whom_and_why(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED)
    async with world.client("bo") as client:
        told = (await client.post(f"/v1/runs/{run}/discard", json={"comment": "no"})).json()
        evidence = (await client.get(f"/v1/runs/{run}/evidence")).json()
    assert (told["run"]["status"], told["run"]["reason"]) == ("discarded", "no")
    assert told["history"][-1]["actor"] == "bo"
    assert evidence["run"]["id"] == run


async def test_a_run_that_waits_is_canceled_at_once(world: World) -> None:
    run = await world.run(Status.PENDING)
    async with world.client() as client:
        told = (await client.post(f"/v1/runs/{run}/cancel")).json()
    assert told["run"]["status"] == "canceled"


@pytest.mark.parametrize("what", ["plan", "evidence"])
async def test_what_is_not_there_yet_is_said(world: World, what: str) -> None:
    run = await world.run(Status.PENDING)
    async with world.client() as client:
        answer = await client.get(f"/v1/runs/{run}/{what}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "yet" in answer.json()["detail"]


@pytest.mark.parametrize(("run", "status"), [("run-nothing", 404), ("ws-1", 422), ("run-", 422)])
async def test_a_run_that_is_none(world: World, run: str, status: int) -> None:
    async with world.client() as client:
        assert (await client.get(f"/v1/runs/{run}")).status_code == status


async def test_pages_are_cut_and_go_on(world: World) -> None:
    made = [await world.run(Status.PENDING) for _ in range(3)]
    async with world.client() as client:
        first = (await client.get("/v1/runs", params={"size": 2})).json()
        rest = (await client.get("/v1/runs", params={"before": first["next"]})).json()
    assert [r["id"] for r in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next"] is None


async def test_runs_are_told_apart_by_status_and_workspace(world: World) -> None:
    waiting, _ = await world.run(Status.POLICY_CHECKED), await world.run(Status.PENDING)
    async with world.client() as client:
        by_status = (await client.get("/v1/runs?status=policy_checked")).json()["items"]
        name = by_status[0]["workspace"]["name"]
        by_name = (await client.get("/v1/runs", params={"workspace": name})).json()["items"]
        typo = await client.get("/v1/runs?statsu=pending")
    assert [r["id"] for r in by_status] == [r["id"] for r in by_name] == [waiting]
    assert typo.status_code == 422


async def test_a_log_is_followed_while_it_is_written(world: World) -> None:
    run = await world.run(Status.PLANNING)

    async def write() -> None:
        await asyncio.sleep(0.3)
        async with world.ops.db.tx() as tx:
            await logs.add(tx, world.ops.keyring, run, "plan", "hello")

    async with world.client() as client:
        waited, _ = await asyncio.gather(
            client.get(f"/v1/runs/{run}/log", params={"wait": 10}), write()
        )
        after = waited.json()["next"]
        nothing = await client.get(f"/v1/runs/{run}/log", params={"after": after})
    assert [p["text"] for p in waited.json()["pieces"]] == ["hello"]
    assert (nothing.json()["pieces"], nothing.json()["over"]) == ([], False)


async def test_following_ends_with_the_run(world: World) -> None:
    run = await world.run(Status.APPLIED)
    async with world.client() as client:
        answer = await client.get(f"/v1/runs/{run}/log", params={"wait": 60})
    assert answer.json()["over"]


async def test_a_follower_hears_of_a_move_at_once(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED)
    async with world.client() as client:
        answer = await client.get(f"/v1/runs/{run}/log?wait=60&status=planned")
    assert answer.json()["status"] == "policy_checked"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"not an archive", "configuration"), (packed({"../x.tf": b""}), "configuration")],
    ids=["no archive", "a path that leaves"],
)
async def test_a_bad_archive_is_refused(world: World, content: bytes, says: str) -> None:
    name = await world.workspace()
    async with world.client() as client:
        answer = await client.post(f"/v1/workspaces/{name}/runs", content=content)
        runs = (await client.get("/v1/runs")).json()["items"]
    assert (answer.status_code, runs) == (422, [])
    assert says in answer.json()["detail"]


async def test_nothing_to_plan_is_said(world: World) -> None:
    name = await world.workspace()
    async with world.client() as client:
        answer = await client.post(f"/v1/workspaces/{name}/destroy")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "no configuration" in answer.json()["detail"]
