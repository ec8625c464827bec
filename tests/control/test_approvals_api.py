"""What waits for a person, who takes a yes back, and what Prometheus reads, through the door."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dihedral.control.api import metrics
from dihedral.domain.ids import RunId
from dihedral.domain.run import Fact, Status, move
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.ops.store import runs
from dihedral.ops.work import consent
from tests.control.conftest import EFFECT, World
from tests.test_docs import DOCS

pytestmark = pytest.mark.anyio

ASKS = [
    Verdict(Ruling.ASK, "policy", "a bucket without an owner"),
    Verdict(Ruling.ALLOW, "cost", "+0.00"),
]


async def waiting(world: World, by: str = "ada", approvers: int = 1) -> RunId:
    """A run that the gates have just asked about."""
    run = await world.run(Status.PLANNED, by=by)
    async with world.ops.db.tx() as tx:
        await runs.judge(tx, run, ASKS)
        asked = replace(
            move(await runs.lock(tx, run), Fact.HELD),
            effect=EFFECT,
            approvers=approvers,
            summary={"line": "1 to create"},
            numbers={"lines": {"cost": "+3.00 USD a month", "risk": "touches 1 of 9"}},
            reason="policy: a bucket without an owner",
        )
        await consent.judged(world.ops, tx, asked, Fact.HELD)
    return run


async def test_what_waits_is_listed_the_longest_first_with_what_one_wants_to_know(
    world: World,
) -> None:
    first, second = await waiting(world, approvers=2), await waiting(world, by="cy")
    async with world.client("bo") as client:
        await client.post(f"/v1/runs/{first}/approve", json={"comment": "fine"})
        found = (await client.get("/v1/approvals?waiting")).json()
    assert [ask["run"] for ask in found["items"]] == [first, second]
    ask = found["items"][0]
    assert ask["seats"] == {"needed": 2, "given": 1, "who": ["bo"]}
    assert (ask["proposer"], ask["changes"], ask["effect"]) == ("ada", "1 to create", EFFECT)
    assert (ask["cost"], ask["risk"]) == ("+3.00 USD a month", "touches 1 of 9")
    assert ask["why"] == ["policy: a bucket without an owner"]
    assert 0 <= ask["age"] < 60
    assert 71 * 3600 < ask["expires_in"] <= 72 * 3600


async def test_the_list_goes_on_and_is_cut_by_workspace(world: World) -> None:
    made = [await waiting(world) for _ in range(3)]
    async with world.client() as client:
        page = (await client.get("/v1/approvals", params={"size": 2})).json()
        rest = (await client.get("/v1/approvals", params={"after": page["next"]})).json()
        name = page["items"][1]["workspace"]["name"]
        one = (await client.get("/v1/approvals", params={"workspace": name})).json()
        typo = await client.get("/v1/approvals?wating")
    assert [a["run"] for a in (*page["items"], *rest["items"])] == made
    assert [a["run"] for a in one["items"]] == [made[1]]
    assert typo.status_code == 422


async def test_what_is_overdue_is_not_listed_and_a_late_yes_is_told_so(world: World) -> None:
    run = await waiting(world)
    async with world.ops.db.tx() as tx:
        await tx.do(b"UPDATE run SET expires_at = now() - interval '1 second'")
    async with world.client("bo") as client:
        listed = (await client.get("/v1/approvals")).json()["items"]
        late = await client.post(f"/v1/runs/{run}/approve")
        shown = (await client.get(f"/v1/runs/{run}")).json()
    assert listed == []
    assert (late.status_code, "expired" in late.json()["detail"]) == (409, True)
    assert (shown["run"]["status"], shown["run"]["ended"]) == ("discarded", "expired")
    assert [h["fact"] for h in shown["history"]][-1] == "expired"


async def test_a_yes_is_taken_back_by_whoever_gave_it(world: World) -> None:
    run = await waiting(world)
    async with world.client("bo") as bo, world.client("cy") as cy:
        told = (await bo.post(f"/v1/runs/{run}/approve", json={"effect": EFFECT})).json()
        refused = await cy.post(f"/v1/runs/{run}/withdraw")
        back = (await bo.post(f"/v1/runs/{run}/withdraw", json={"comment": "oh"})).json()
    assert (told["run"]["status"], told["seats"]["given"]) == ("confirmed", 1)
    assert told["approvals"][0]["overrides"] == ["policy"]
    assert told["approvals"][0]["channel"] == "api"
    assert refused.status_code == 409
    assert (back["run"]["status"], back["seats"]["given"]) == ("policy_checked", 0)
    assert [(a["ended_as"], a["ended_why"]) for a in back["approvals"]] == [("withdrawn", "oh")]


async def test_a_run_is_planned_again_in_place_or_anew(world: World) -> None:
    run = await waiting(world)
    async with world.client("bo") as client:
        again = (await client.post(f"/v1/runs/{run}/replan")).json()
        await client.post(f"/v1/runs/{run}/cancel")
        new = (await client.post(f"/v1/runs/{run}/replan")).json()
    assert (again["run"]["id"], again["run"]["status"]) == (run, "pending")
    assert again["run"]["effect"] is None
    assert (new["run"]["replans"], new["run"]["proposer"]) == (run, "ada")


async def counted(world: World) -> Mapping[str, float]:
    async with world.client() as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"] == metrics.MEDIA
    return {
        sample.name + "".join(f" {v}" for v in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_prometheus_reads_what_became_of_asking_people(world: World) -> None:
    given, declined, taken, _, late = [await waiting(world) for _ in range(5)]
    async with world.client("bo") as client:
        for run in (given, taken):
            assert (await client.post(f"/v1/runs/{run}/approve")).status_code == 200
        await client.post(f"/v1/runs/{taken}/withdraw")
        await client.post(f"/v1/runs/{declined}/discard", json={"comment": "no"})
    async with world.ops.db.tx() as tx:
        await tx.do(b"UPDATE run SET expires_at = now() WHERE id = %(id)s", id=late)
        await tx.do(
            b"UPDATE approval SET asked_at = at - interval '10 minutes' WHERE run = %(run)s",
            run=given,
        )
    await consent.sweep(replace(world.ops, now=lambda: _later(world)))
    found = await counted(world)
    assert found["dihedral_approvals_pending"] == 2
    outcome = {k.split()[1]: v for k, v in found.items() if k.startswith("dihedral_approvals_t")}
    assert outcome == {
        "given": 2, "withdrawn": 1, "denied": 1, "expired": 1, "carried": 0, "policy": 0, "void": 0
    }  # fmt: skip
    assert found["dihedral_approval_overrides_total"] == 2
    assert found["dihedral_runs_total confirmed"] == 1
    assert found["dihedral_runs_total discarded"] == 2
    assert found["dihedral_verdicts_total policy ask"] == 5
    assert found["dihedral_approval_wait_seconds_count"] == 2
    assert found["dihedral_approval_wait_seconds_bucket 60"] == 1
    assert found["dihedral_approval_wait_seconds_bucket 900"] == 2
    assert found["dihedral_approval_wait_seconds_bucket +Inf"] == 2
    assert 600 <= found["dihedral_approval_wait_seconds_sum"] < 660


def _later(world: World) -> datetime:
    return world.ops.now() + timedelta(minutes=1)


async def test_before_anything_has_happened_everything_is_nought(world: World) -> None:
    found = await counted(world)
    assert set(found.values()) == {0.0}
    assert {f"dihedral_runs_total {status}" for status in Status} <= set(found)


async def test_the_metrics_are_those_that_the_document_lists(world: World) -> None:
    listed = (DOCS / "approvals.md").read_text("utf-8")
    for name in await counted(world):
        bare = name.split()[0].removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        assert f"`{bare}" in listed, name


async def test_nothing_that_is_counted_names_a_run_a_person_or_a_workspace(world: World) -> None:
    run = await waiting(world)
    async with world.client("bo") as client:
        await client.post(f"/v1/runs/{run}/approve")
        text = (await client.get("/metrics")).text
    assert not [word for word in (run, "space-", '"ada"', '"bo"', EFFECT) if word in text]
