"""Pages in process: what they need no browser for."""

import pytest

from dihedral.control.web import following
from dihedral.domain.right import Role
from dihedral.domain.run import Status
from dihedral.ops.store import logs
from tests.control.conftest import World
from tests.control.logins import browser, known
from tests.control.test_approvals_api import waiting

pytestmark = pytest.mark.anyio
PART = {"hx-request": "true"}


async def test_a_page_s_part_is_the_same_url_when_htmx_asks_for_it(world: World) -> None:
    run = await waiting(world)
    secret = await known(world, "bo", Role.APPROVER)
    async with browser(world, secret) as client:
        whole = (await client.get(f"/runs/{run}")).text
        live = (await client.get(f"/runs/{run}", headers={**PART, "hx-target": "live"})).text
        other = (await client.get(f"/runs/{run}", headers={**PART, "hx-target": "nothing"})).text
    assert "<html" in whole and "<html" in other
    assert live.strip().startswith('<div id="live"') and "<html" not in live


async def test_who_is_no_longer_logged_in_gets_no_login_inside_a_page(world: World) -> None:
    run = await waiting(world)
    async with browser(world) as client:
        answer = await client.get(f"/runs/{run}", headers={**PART, "hx-target": "live"})
    assert (answer.status_code, answer.headers["hx-refresh"], answer.text) == (401, "true", "")


async def test_words_of_an_address_that_make_no_sense_are_told_on_a_page(world: World) -> None:
    run = await waiting(world)
    async with browser(world, await known(world, "eve", Role.VIEWER)) as client:
        assert (await client.get("/runs/run-doesnotexist")).status_code == 404
        assert (await client.get(f"/runs/{run}?start=-1&find=%C3%BC&seen=x")).status_code == 200
        assert (await client.get("/runs?status=none")).status_code == 422
        assert (await client.get("/runs?workspace=none")).status_code == 404
        assert (await client.post(f"/runs/{run}/approve", data={})).status_code == 403


async def test_a_fault_of_ours_is_a_page_too(world: World) -> None:
    del world.app.state.provider
    async with browser(world) as client:
        answer = await client.get("/login")
    assert (answer.status_code, answer.headers["content-type"][:9]) == (500, "text/html")
    assert "a fault of Dihedral&#39;s own" in answer.text


async def test_a_form_that_does_not_say_what_was_read_approves_nothing(world: World) -> None:
    run = await waiting(world)
    async with browser(world, await known(world, "bo", Role.APPROVER)) as client:
        for filled in ({}, {"effect": ""}, {"effect": "f" * 64}):
            answer = await client.post(f"/runs/{run}/approve", data=filled)
            assert answer.status_code == 409 and "Read it again" in answer.text
        told = (await client.get(f"/v1/runs/{run}")).json()
    assert (told["run"]["status"], told["approvals"]) == ("policy_checked", [])


async def test_only_contained_runs_are_approved_unopened(world: World) -> None:
    run = await waiting(world)  # of which no level is known
    async with browser(world, await known(world, "bo", Role.APPROVER)) as client:
        answer = await client.post("/inbox/approve", data={f"yes-{run}": "e" * 64})
        assert answer.status_code == 409 and "open it, and read it" in answer.text
        assert (await client.post("/inbox/approve", data={})).status_code == 422


async def test_a_log_is_told_from_where_the_browser_was(world: World) -> None:
    run = await world.run(Status.APPLIED)
    async with world.ops.db.tx() as tx:
        for text in ("one <b>\n", "two\x1b[31m\n"):
            await logs.add(tx, world.ops.keyring, run, "apply", text)
    async with browser(world, await known(world, "vi", Role.VIEWER)) as client:
        first = (await client.get(f"/runs/{run}/log/live")).text
        later = (await client.get(f"/runs/{run}/log/live", headers={"last-event-id": "1"})).text
    assert "event: start\nid: 2\ndata: <span>one &lt;b&gt;\ndata: two␛[31m\n" in first
    assert first.endswith("event: end\ndata: \n\n")
    assert "event: log\nid: 2\ndata: <span>two" in later and "one" not in later


def test_the_end_of_a_long_log_is_kept() -> None:
    pieces = [logs.Piece(n, "apply", "x" * 99 + "\n") for n in range(3000)]
    text, left = following._tail(pieces)
    assert len(text) == following.TAIL and left == 3000 * 100 - 1 - following.TAIL
