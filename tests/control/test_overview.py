"""Each figure of the overview, held against what the database says, counted in another way."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from dihedral.control.web import overview as page
from dihedral.domain.ids import RunId
from dihedral.domain.ports import Proposal
from dihedral.domain.run import MOVES, OVER, Status
from dihedral.ops.work import overview, pipeline, workspaces
from dihedral.ops.work.overview import Overview
from tests.actors import hired, person
from tests.control.conftest import FILES, World

pytestmark = pytest.mark.anyio
ADA = person("ada")
ASKED = timedelta(seconds=90)  # before it was proposed


async def proposed(world: World, name: str, origin: dict[str, Any], **more: Any) -> RunId:
    space = await workspaces.add(world.ops, ADA, name)
    by = more.pop("by", ADA)
    fields = {"files": FILES, "reason": "one more", "source": "cli", **more}
    made = await pipeline.propose(
        world.ops, by, Proposal(workspace=space.id, origin=origin, **fields)
    )
    return made.id


def asked(world: World, by: str) -> dict[str, Any]:
    at = world.ops.now() - ASKED
    return {"asked_at": at.isoformat(), "route": {"by": by}, "models": []}


async def furnished(world: World) -> dict[str, RunId]:
    robot = await hired(world.ops, "robot")
    made = {
        "agent": await proposed(world, "one", asked(world, "agent"), by=robot, source="agent:x"),
        "reflex": await proposed(
            world, "two", asked(world, "reflex"), source="blueprint:private-bucket"
        ),
        "person": await proposed(world, "three", {}),
        "odd": await proposed(world, "four", {"asked_at": "'; DROP TABLE run", "route": 3}),
    }
    await world.moved(made["person"], Status.POLICY_CHECKED)
    async with world.ops.db.tx() as tx:  # since when a person is asked
        said = b"UPDATE run SET waiting_since = %(at)s WHERE id = %(run)s"
        await tx.do(said, at=world.ops.now(), run=made["person"])
    async with world.client("bo") as client:
        answer = await client.post(f"/v1/runs/{made['person']}/approve", json={})
        assert answer.status_code == 200, answer.text
    for name in ("agent", "reflex", "person", "odd"):
        await world.moved(made[name], Status.APPLIED)
    for status in (Status.ERRORED, Status.DISCARDED, Status.POLICY_SOFT_FAILED, Status.PLANNED):
        made[status] = await world.run(status)
    return made


async def rows(world: World, text: bytes) -> list[dict[str, Any]]:
    async with world.ops.db.tx() as tx:
        return [dict(row) for row in await tx.rows(text)]


async def seen(world: World) -> Overview:
    return await overview.see(world.ops, ADA, 7)


async def test_the_lead_time_begins_with_the_words_and_its_parts_are_those_of_the_record(
    world: World,
) -> None:
    made = await furnished(world)
    found = (await seen(world)).lead
    runs = {
        row["id"]: row
        for row in await rows(world, b"SELECT id, created_at, origin, speed FROM run")
    }
    applied = {
        row["run"]: row["at"]
        for row in await rows(world, b"SELECT run, at FROM run_fact WHERE fact = 'applied'")
    }
    begun = {name: row["created_at"] for name, row in runs.items()}
    for name in ("agent", "reflex"):
        begun[made[name]] = datetime.fromisoformat(runs[made[name]]["origin"]["asked_at"])
    spans = [(at - begun[run]).total_seconds() for run, at in applied.items()]
    assert found.spans.count == len(spans) == 4
    assert found.whole == pytest.approx(sum(spans))
    took = runs[made["agent"]]["created_at"] - begun[made["agent"]]
    assert found.models == pytest.approx(took.total_seconds()) and took >= ASKED
    said = runs[made["reflex"]]["created_at"] - begun[made["reflex"]]
    given = await rows(
        world, b"SELECT at, asked_at FROM approval WHERE how = 'person' AND asked_at IS NOT NULL"
    )
    assert len(given) == 1
    answered = sum((row["at"] - row["asked_at"]).total_seconds() for row in given)
    assert found.people == pytest.approx(said.total_seconds() + answered)
    work = sum(sum(row["speed"].values()) for name, row in runs.items() if name in applied)
    assert found.work == pytest.approx(work)


async def test_what_went_wrong_and_who_proposed_are_counted_as_the_database_does(
    world: World,
) -> None:
    await furnished(world)
    found = await seen(world)
    every = await rows(world, b"SELECT status, ended, proposer, source FROM run")
    over = Counter((row["status"], row["ended"]) for row in every if row["ended"])
    assert {tuple(map(str, key)): count for key, count in found.ends.items()} == over
    ways = {way: (one.runs, one.applied) for way, one in found.sources.items()}
    assert ways == {"agents": (1, 1), "reflex": (1, 1), "people": (6, 2)}
    assert found.blueprints == (("private-bucket", 1),)
    days = Counter[str]()
    for _, counts in found.days:
        days.update({str(status): count for status, count in counts.items()})
    assert days == Counter(row["status"] for row in every)


async def test_the_page_says_these_figures_in_words(world: World) -> None:
    await furnished(world)
    found = await seen(world)
    wrong = {one.label: (one.number, one.note) for one in page._wrong(found)}
    assert wrong["denied by a gate"] == (1, "14.3 %")
    assert sum(number for number, _ in wrong.values()) == 3
    parts = {one.label: one.percent for one in page._parts(found)}
    assert sum(parts.values()) == pytest.approx(100, abs=0.3)
    assert parts["models and their tools"] > 0
    async with world.client() as client:
        text = (await client.get("/overview?days=7")).text
    assert "What went wrong" in text and "models and their tools" in text


def test_every_way_to_end_without_being_applied_has_words() -> None:
    ends = {(after, fact) for (_, fact), after in MOVES.items() if after in OVER}
    assert {end for end in ends if end[0] not in page.DONE and end not in page.ENDS} == set()
