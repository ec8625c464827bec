"""Asking in a browser, in process: what is shown of words, of what was said, and of proposals."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import pytest

from dihedral.control.web import speaking, talk
from dihedral.domain.conversation import Call, Message, Speaker, Thought
from dihedral.domain.errors import OverBudget
from dihedral.domain.ids import RunId
from dihedral.domain.run import Status
from dihedral.kit.db import Tx
from dihedral.model.store.pieces import Piece
from dihedral.model.work import turns
from dihedral.model.work.asking import Asking
from dihedral.model.work.tools.context import Context
from tests.control.conftest import World
from tests.control.test_conversations_api import ODD, SURE, ours
from tests.control.test_people_api import token
from tests.model.talks import Talks, text

__all__ = ["ours"]
pytestmark = pytest.mark.anyio
EVIL = "<img src=x onerror=alert(1)>**bold** \u202e\x1b[31m"
INERT = "&lt;img src=x onerror=alert(1)&gt;**bold** ⟨U+202E⟩␛[31m"
SAID = INERT.replace("**bold**", "<strong>bold</strong>")  # what an answer may


async def asked(client: httpx.AsyncClient, words: str, **more: str) -> str:
    """The path of the conversation that it begins."""
    answer = await client.post("/ask", data={"text": words, "workspace": "orders", **more})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def shown(client: httpx.AsyncClient, path: str, **more: Any) -> str:
    answer = await client.get(path, **more)
    assert answer.status_code == 200, answer.text
    return answer.text


async def drive(ours: Talks, path: str) -> None:
    """Its open turn, as a worker would."""
    async with ours.ops.db.tx() as tx:
        name = path.partition("#")[0].rpartition("/")[2]
        row = await tx.row(
            b"SELECT id FROM turn WHERE conversation = %(id)s AND ended_at IS NULL", id=name
        )
    assert row is not None
    await turns.advance(ours.mind, row["id"], _free)


async def _free(tx: Tx) -> None:
    """Nobody else has the job."""


async def count(world: World) -> int:
    async with world.ops.db.tx() as tx:
        row = await tx.row(
            b"SELECT (SELECT count(*) FROM request) + (SELECT count(*) FROM run)"
            b" + (SELECT count(*) FROM conversation) AS n"
        )
    assert row is not None
    return int(row["n"])


async def test_what_the_reflex_would_do_is_shown_and_nothing_is_kept(
    world: World, ours: Talks
) -> None:
    part = {"hx-request": "true", "hx-target": "reflex"}
    async with world.client() as client:
        sure = await client.post("/ask/reading", data={"text": SURE}, headers=part)
        half = await client.post(
            "/ask/reading", data={"text": "a private bucket named reports"}, headers=part
        )
        none = await client.post("/ask/reading", data={"text": ODD}, headers=part)
        empty = await client.post("/ask/reading", data={"text": " "}, headers=part)
    assert "Private bucket" in sure.text and "% sure" in sure.text
    assert "All that it needs is there" in sure.text
    assert 'name="value.name" maxlength="400" value="reports"' in sure.text
    assert "1 value is missing" in half.text and 'class="missing"' in half.text
    assert "The reflex is not sure what that is" in none.text
    assert "<legend>" not in empty.text
    assert await count(world) == 0


async def test_not_this_that_shows_the_other_form_and_proposes_it(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        other = await client.post("/ask/reading", data={"text": SURE, "blueprint": "queue"})
        assert "you chose" in other.text and "<h1>What do you need?</h1>" in other.text
        values = {"value.name": "reports", "value.owner": "data"}
        path = await asked(client, SURE, blueprint="queue", **values)
        page = await shown(client, path)
    assert "That is the blueprint queue" in page
    assert "/runs/run-" in page
    assert not ours.gateway.asked


async def test_what_was_missing_is_filled_in_in_the_conversation(world: World, ours: Talks) -> None:
    async with world.client() as client:
        path = await asked(client, "a private bucket named reports")
        page = await shown(client, path)
        assert "1 value is missing" in page
        answer = await client.post(
            path, data={"blueprint": "private-bucket", "value.owner": "data"}
        )
        assert answer.status_code == 303, answer.text
        page = await shown(client, path)
    assert "private-bucket: owner = data" in page
    assert 'href="/runs/run-' in page


async def test_a_proposal_is_a_card_of_what_it_is_now_and_teaches(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        path = await asked(client, SURE)
        before = await shown(client, path, headers={"hx-request": "true", "hx-target": "cards"})
        run = before.partition('href="/runs/')[2].partition('"')[0]
        assert 'hx-trigger="every 3s"' in before
        await world.moved(RunId(run), Status.POLICY_CHECKED)
        after = await shown(client, path, headers={"hx-request": "true", "hx-target": "cards"})
        assert "waits for a person" in after and "Read and decide" in after
        assert "every 3s" not in after
        request = after.partition('name="request" value="')[2].partition('"')[0]
        taught = await client.post(f"{path}/teach", data={"request": request, "label": "queue"})
        assert taught.headers["location"] in (f"{path}?done=taught#end", f"{path}?done=kept#end")
        again = await client.post(f"{path}/teach", data={"request": request, "label": "queue"})
    assert again.status_code == 409


async def test_without_a_model_the_page_says_so_and_offers_what_is_near(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        assert "No model is configured." in await shown(client, "/ask")
        path = await asked(client, ODD)
        page = await shown(client, path)
    assert "No model is here" in page
    assert 'formaction="/ask/reading" name="blueprint"' in page


async def test_whatever_a_model_says_is_text(world: World, ours: Talks) -> None:
    async def look(context: Context, given: Any) -> str:
        return EVIL

    ours.tool("look", look)
    ours.files.known["supervisor"] = _tooled(ours)
    thought = Message(Speaker.AGENT, (Thought(EVIL), Call("c1", "look", f'{{"at": "{EVIL}"}}')))
    said = [thought, text(f"{EVIL}\nsecond line" + "x" * 1_000_000)]

    async def play(asking: Asking) -> Message:
        return said.pop(0)

    ours.gateway.plays["supervisor"] = play
    async with world.client() as client:
        path = await asked(client, f"{ODD} {EVIL}")
        await drive(ours, path)
        page = await shown(client, path)
    assert page.count(INERT) >= 3 and page.count(SAID) == 1  # in the title it is cut
    assert "<img src=x" not in page and "\u202e" not in page and "\x1b" not in page
    assert "more characters)" in page and len(page) < 200_000
    assert "<strong>" not in page.replace("<strong></strong>", "").replace(SAID, "")


async def test_the_flight_recorder_has_each_call_and_what_came_of_it(
    world: World, ours: Talks
) -> None:
    async def look(context: Context, given: Any) -> str:
        return f"saw {EVIL}"

    ours.tool("look", look)
    ours.files.known["supervisor"] = _tooled(ours)
    asks = Message(Speaker.AGENT, (Thought("hm"), Call("c1", "look", '{"at": "dawn"}')))
    said = [asks, text("It was dawn.")]

    async def play(asking: Asking) -> Message:
        return said.pop(0)

    ours.gateway.plays["supervisor"] = play
    async with world.client() as client:
        path = await asked(client, ODD)
        await drive(ours, path)
        page = await shown(client, f"{path}/record")
    titles = re.findall(r"<b>([^<]*)</b>", page.partition('<ol class="flight">')[2])
    assert titles == [
        "ada asks",
        "route",
        "model large-1 at ep-1",
        "tool look",
        "model large-1 at ep-1",
        "supervisor: answered",
    ]
    assert "chosen because: the only one" in page and "0.01 USD" in page
    assert f"saw {INERT}" in page
    assert "agent supervisor, version 1 of its file" in page


async def test_a_run_has_a_flight_recorder_too(world: World) -> None:
    run = await world.run(Status.POLICY_CHECKED)
    async with world.client() as client:
        page = await shown(client, f"/runs/{run}/record")
    assert "ada proposes" in page and "held by" in page
    assert "can be had once it is over" in page


async def test_a_conversation_is_stopped_and_a_paused_one_says_why_and_goes_on(
    world: World, ours: Talks
) -> None:
    why = "the budget of 2.00 USD is used up: `dihedral budget set bdg-1 --money AMOUNT`"

    async def broke(asking: Asking) -> Message:
        raise OverBudget(why)

    ours.gateway.plays["supervisor"] = broke
    async with world.client() as client:
        path = await asked(client, ODD)
        page = await shown(client, path)
        assert 'http-equiv="refresh"' in page and "Stop the conversation" in page
        await drive(ours, path)
        page = unescape(await shown(client, path))
        assert "It is paused" in page and why in page and 'href="/budgets"' in page
        answer = await client.post(f"{path}/resume")
        assert answer.headers["location"] == f"{path}?done=resumed#end"
        await client.post(f"{path}/stop")
        page = await shown(client, path)
        assert "It is stopped" in page
        refused = await client.post(path, data={"text": "go on"})
    assert refused.status_code == 409


async def test_one_sees_only_his_own_and_administrators_look_on(world: World, ours: Talks) -> None:
    async with world.client() as client:
        path = await asked(client, ODD)
        await client.post("/v1/people", json={"id": "bo", "role": "proposer"})
        await client.post("/v1/people", json={"id": "cy", "role": "administrator"})
    async with world.bearing(await token(world, "bo", "proposer")) as client:
        assert (await client.get(path)).status_code == 404
        assert ODD not in await shown(client, "/ask")
        assert (await client.get(f"{path}/live")).status_code == 404
    async with world.bearing(await token(world, "cy")) as client:
        page = await shown(client, path)
    assert "you look on" in page and "<textarea" not in page


async def test_events_of_what_rests_end_at_once_with_one_last_look(
    world: World, ours: Talks
) -> None:
    async with world.client() as client:
        path = await asked(client, ODD)
        heard = (await client.get(f"{path}/live")).text
    assert heard == "event: news\ndata: \n\nevent: end\ndata: \n\n"


def test_what_came_before_another_try_is_void_and_what_is_shown_is_text() -> None:
    some = [Piece(1, "text", "half"), Piece(2, "again", ""), Piece(3, "text", EVIL)]
    now = talk.saying(some)
    assert speaking.said(now) == f'<p class="text">{INERT}</p>'
    thinks = talk.saying([*some, Piece(4, "thought", "<b>hm")])
    assert speaking.said(thinks) == '<p class="hint">It thinks…</p>'
    uses = talk.saying([*some, Piece(4, "tool", "<b>look")])
    assert speaking.said(uses).endswith('<p class="hint">It uses &lt;b&gt;look…</p>')
    assert len(speaking.said(talk.saying([Piece(1, "text", "x" * 1_000_000)]))) < 21_000


async def test_words_that_cannot_be_proposed_come_back_with_why(world: World, ours: Talks) -> None:
    async with world.client() as client:
        blank = await client.post("/ask", data={"text": "  ", "workspace": "orders"})
        assert (blank.status_code, "there is nothing to answer" in blank.text) == (422, True)
        long = {"text": f"{SURE} {'x' * 5000}", "workspace": "orders"}
        chosen = {"blueprint": "private-bucket", "value.owner": "who else"}
        refused = await client.post("/ask", data={**long, **chosen})
    assert refused.status_code == 422
    assert 'value="who else"' in refused.text and 'role="alert"' in refused.text


def _tooled(ours: Talks) -> Any:
    return replace(ours.files.known["supervisor"], tools=("look",))
