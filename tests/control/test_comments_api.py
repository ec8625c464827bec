"""What people say of a run, through the door; and sending it back."""

import pytest

from dihedral.domain.run import Status
from tests.control.conftest import World
from tests.control.test_approvals_api import waiting

pytestmark = pytest.mark.anyio


async def test_what_was_said_of_a_run_is_read_in_order(world: World) -> None:
    run = await waiting(world)
    async with world.client("bo") as bo, world.client("cy") as cy:
        made = await bo.post(f"/v1/runs/{run}/comments", json={"comment": " who pays? "})
        assert (made.status_code, made.json()["text"]) == (201, "who pays?")
        await cy.post(f"/v1/runs/{run}/comments", json={"comment": "the shop"})
        found = (await bo.get(f"/v1/runs/{run}/comments")).json()["items"]
    assert [(one["author"], one["text"]) for one in found] == [
        ("bo", "who pays?"),
        ("cy", "the shop"),
    ]


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
async def test_a_comment_says_something_and_not_too_much(world: World, text: str) -> None:
    run = await waiting(world)
    async with world.client("bo") as bo:
        answer = await bo.post(f"/v1/runs/{run}/comments", json={"comment": text})
        assert answer.status_code == 422
        assert (await bo.get(f"/v1/runs/{run}/comments")).json()["items"] == []


async def test_a_run_that_is_sent_back_ends_and_says_what_is_wanted(world: World) -> None:
    run = await waiting(world)
    async with world.client("bo") as bo:
        told = await bo.post(f"/v1/runs/{run}/send-back", json={"comment": "smaller disks"})
        assert told.json()["run"]["status"] == Status.DISCARDED
        assert told.json()["run"]["reason"] == "another change is asked for: smaller disks"
        found = (await bo.get(f"/v1/runs/{run}/comments")).json()["items"]
        again = await bo.post(f"/v1/runs/{run}/send-back", json={"comment": "and again"})
    assert [(one["text"], one["sends_back"]) for one in found] == [("smaller disks", True)]
    assert again.status_code == 409


async def test_what_cannot_be_sent_back_keeps_no_comment(world: World) -> None:
    run = await world.run(Status.APPLIED)
    async with world.client("bo") as bo:
        answer = await bo.post(f"/v1/runs/{run}/send-back", json={"comment": "too late"})
        assert answer.status_code == 409
        assert (await bo.get(f"/v1/runs/{run}/comments")).json()["items"] == []
