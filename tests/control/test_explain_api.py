"""Why a run asks, and who would feel it, through the front door."""

from dataclasses import replace

import pytest

from dihedral.domain.ids import Digest, RunId
from dihedral.domain.run import Status
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.kit import blobs
from dihedral.ops.rules import blast, numbers
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.explain import ALWAYS, basis
from dihedral.ops.store import runs
from tests.control.conftest import World
from tests.ops.plans import change, configuration, document, resource, text

pytestmark = pytest.mark.anyio


async def judged(world: World, status: Status = Status.POLICY_CHECKED) -> RunId:
    """A run that would destroy a database which somebody reads."""
    written = text(
        document(
            change("aws_db_instance.orders", "delete", before={"skip_final_snapshot": True}),
            configuration=configuration(
                resource("aws_db_instance.orders"),
                resource("aws_lambda_function.pay", "aws_db_instance.orders.address"),
            ),
        )
    )
    measured = blast.measure(plans.decode(written))
    limits = world.ops.terms.limits
    run = await world.run(status)
    async with world.ops.db.tx() as tx:
        held = await runs.lock(tx, run)
        kept = {
            "risk": numbers.show_risk(measured),
            "lines": {"risk": blast.line(measured)},
            "terms": basis(limits, [*measured.does, *ALWAYS]),
        }
        digest = Digest(await blobs.put(tx, world.ops.keyring, written))
        await runs.save(tx, replace(held, numbers=kept, plan_json=digest, approvers=2))
        fine = [Verdict(Ruling.ALLOW, gate, "fine") for gate in ("guard", "plan", "cost", "policy")]
        await runs.judge(tx, run, [*fine, blast.judge(measured, limits)])
    return run


async def test_a_waiting_run_is_explained_gate_by_gate(world: World) -> None:
    run = await judged(world)
    async with world.client() as client:
        found = (await client.get(f"/v1/runs/{run}/explain")).json()
    assert (found["ruling"], found["gates"][0]["gate"]) == ("ask", "blast")
    assert "2 people must say yes" in found["people"]
    assert "tiers.lost" in {point["term"] for point in found["gates"][0]["points"]}
    assert any("dihedral workspace terms" in line for line in found["changes"])


@pytest.mark.parametrize("status", list(Status))
async def test_a_run_of_any_status_is_explained(world: World, status: Status) -> None:
    run = await world.run(status)
    async with world.client() as client:
        answer = await client.get(f"/v1/runs/{run}/explain")
    assert (answer.status_code, answer.json()["answer"][-1]) == (200, ".")


async def test_who_would_feel_it_is_a_tree_and_a_picture(world: World) -> None:
    run = await judged(world)
    async with world.client() as client:
        found = (await client.get(f"/v1/runs/{run}/blast")).json()
        drawn = await client.get(f"/v1/runs/{run}/blast.svg")
    assert found["level"] == "critical"
    assert [(n["depth"], n["id"], n["mark"]) for n in found["nodes"]] == [
        (0, "aws_db_instance.orders", "delete"),
        (1, "aws_lambda_function.pay", "felt"),
    ]
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in drawn.headers["content-security-policy"]
    assert "loses data" in drawn.text and "critical: 1 of 1" in drawn.text


async def test_before_it_is_judged_nobody_knows(world: World) -> None:
    run = await world.run(Status.PENDING)
    async with world.client() as client:
        for path in ("blast", "blast.svg"):
            answer = await client.get(f"/v1/runs/{run}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
            assert "not judged" in answer.json()["detail"]
