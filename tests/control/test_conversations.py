"""Conversations in process: what is said, kept, handed on, and what stops them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from dihedral.domain.conversation import Message, Speaker, Standing
from dihedral.domain.errors import OverBudget, Upstream
from dihedral.model.rules.tool import Effect
from dihedral.model.work import conversations
from dihedral.model.work.gateway import Asking
from dihedral.model.work.tools.context import Context
from tests.control.conftest import World
from tests.model.talks import ADA, Talks, results, talks, text, use

pytestmark = pytest.mark.anyio
ODD = "why is the sky blue, and what does that cost us?"  # the reflex is not sure


@pytest.fixture
async def ours(world: World) -> Talks:
    return await talks(world.ops, world.app.state.thinking)


def says(*messages: Message) -> Any:
    """A model that says these, one after the other."""
    left = list(messages)

    async def play(asking: Asking) -> Message:
        return left.pop(0)

    return play


async def test_a_model_answers_what_the_reflex_is_not_sure_of(ours: Talks) -> None:
    ours.gateway.plays["supervisor"] = says(text("Because of Rayleigh."))
    found = await ours.begin(ODD)
    assert found.standing is Standing.WORKING
    found = await ours.drive(found)
    assert found.standing is Standing.RESTING
    assert await ours.texts(found) == [ODD, "Because of Rayleigh."]
    turn = await ours.turn(found)
    assert (turn.outcome, turn.rounds, turn.numbers["money"]) == ("answered", 1, "0.01")
    (asked,) = ours.gateway.asked
    assert asked.key == f"{turn.id}:1"
    assert asked.system.startswith("You are supervisor.")
    assert "infrastructure: does what infrastructure does" in asked.system
    (actor,) = ours.gateway.actors
    assert (actor.id, actor.on_behalf_of) == ("agent:supervisor", "ada")


async def test_tools_are_used_with_keys_of_their_own_and_results_are_kept(
    ours: Talks,
) -> None:
    async def look(context: Context, given: Mapping[str, Any]) -> str:
        assert (context.person, context.workspace) == ("ada", ours.workspace)
        return f"saw {given['at']}"

    ours.tool("look", look)
    ours.files.known["supervisor"] = _with(ours, tools=("look",))
    ours.gateway.plays["supervisor"] = says(use("look", '{"at": "dawn"}'), text("It was dawn."))
    found = await ours.talk(ODD)
    turn = await ours.turn(found)
    assert ours.done == [f"{turn.id}:2"]
    kept = await ours.said(found)
    assert [k.message.by for k in kept] == ["person", "agent", "tool", "agent"]
    assert results(ours.gateway.asked[1])[0].text == "saw dawn"


async def test_work_is_handed_on_and_its_answer_comes_back(ours: Talks) -> None:
    brief = "A queue named orders in workspace orders."
    asks = f'{{"agent": "infrastructure", "brief": "{brief}"}}'
    ours.gateway.plays["supervisor"] = says(use("delegate", asks), text("It is proposed."))
    ours.gateway.plays["infrastructure"] = says(text("Proposed."))
    found = await ours.talk(ODD)
    assert await ours.texts(found) == [ODD, "", "", "It is proposed."]
    assert results(ours.gateway.asked[2])[0].text == "Proposed."
    (below,) = await ours.below((await ours.turn(found)).id)
    assert (below.agent, below.person, below.standing) == ("infrastructure", "ada", "resting")
    assert await ours.texts(below) == [brief, "Proposed."]
    assert (await ours.turn(found)).numbers["money"] == "0.03"  # all three calls
    async with ours.ops.db.tx() as tx:
        (row,) = await tx.rows(b"SELECT via FROM agent_instance WHERE agent = 'infrastructure'")
    assert row["via"] == (await ours.turn(found)).instance


async def test_a_budget_that_is_used_up_pauses_it_and_it_goes_on_where_it_was(ours: Talks) -> None:
    async def broke(asking: Asking) -> Message:
        raise OverBudget("budget bdg-1 is used up; `dihedral budget set` lifts it")

    async def note(context: Context, given: Mapping[str, Any]) -> str:
        return "noted"

    ours.tool("note", note, Effect.PROPOSES)
    ours.files.known["supervisor"] = _with(ours, tools=("note",))
    first = says(use("note"))

    async def play(asking: Asking) -> Message:
        return await (broke(asking) if results(asking) else first(asking))

    ours.gateway.plays["supervisor"] = play
    found = await ours.talk(ODD)
    assert (found.standing, found.why) == (
        Standing.PAUSED,
        "budget bdg-1 is used up; `dihedral budget set` lifts it",
    )
    ours.gateway.plays["supervisor"] = says(text("Noted."))
    await conversations.resume(ours.mind, ADA, found.id)
    found = await ours.drive(found)
    assert found.standing is Standing.RESTING
    assert len(ours.done) == 1
    assert (await ours.texts(found))[-1] == "Noted."


async def test_a_model_that_does_not_answer_fails_the_turn_and_one_may_speak_again(
    ours: Talks,
) -> None:
    async def down(asking: Asking) -> Message:
        raise Upstream("model large did not answer: ep-1 was down")

    ours.gateway.plays["supervisor"] = down
    found = await ours.talk(ODD)
    turn = await ours.turn(found)
    assert (found.standing, turn.outcome) == (Standing.RESTING, "failed")
    assert turn.why == "model large did not answer: ep-1 was down"
    ours.gateway.plays["supervisor"] = says(text("Here I am."))
    await conversations.say(ours.mind, ADA, found.id, "again, please")
    await ours.drive(found)
    assert await ours.texts(found) == [ODD, "again, please", "Here I am."]


async def test_history_is_kept_once_each(ours: Talks) -> None:
    ours.gateway.plays["supervisor"] = says(*(text(f"answer {n}") for n in range(5)))
    found = await ours.talk(ODD)
    for n in range(4):
        await conversations.say(ours.mind, ADA, found.id, f"more {n}")
        await ours.drive(found)
    async with ours.ops.db.tx() as tx:
        row = await tx.row(
            b"SELECT count(*) AS n FROM blob WHERE digest IN (SELECT digest FROM message)"
        )
    assert row is not None and row["n"] == 10
    assert [m.by for m in ours.gateway.asked[-1].messages].count(Speaker.PERSON) == 5


def _with(ours: Talks, **fields: Any) -> Any:
    return replace(ours.files.known["supervisor"], **fields)
