"""Conversations in process: what is said, kept, handed on, and what stops them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from dihedral.domain.actor import HOME
from dihedral.domain.agentspec import TurnLimits
from dihedral.domain.audit import Outcome
from dihedral.domain.conversation import Message, Result, Speaker, Standing
from dihedral.domain.errors import Conflict, Forbidden, NotFound, OverBudget, Upstream
from dihedral.domain.ids import TurnId
from dihedral.domain.ports import Proposal
from dihedral.domain.right import Grant, Place, Role
from dihedral.kit.db import Tx, Unavailable
from dihedral.model.rules import estimate
from dihedral.model.rules.tool import Effect
from dihedral.model.work import conversations, turns
from dihedral.model.work.asking import Asking
from dihedral.model.work.tools.context import Context
from dihedral.ops.store.audit import Which
from dihedral.ops.work import agents, audit, pipeline, workspaces
from tests.actors import agent, person
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


async def test_the_runs_that_an_agent_reads_are_on_the_record_of_its_turn(ours: Talks) -> None:
    async def read(context: Context, given: Mapping[str, Any]) -> str:
        if given["run"] == "run-hidden":
            raise NotFound("run", given["run"])
        return "it waits"

    ours.tool("read_run", read)
    ours.files.known["supervisor"] = _with(ours, tools=("read_run",))
    reads = [use("read_run", f'{{"run": "run-{name}"}}') for name in ("a", "hidden", "b", "a")]
    ours.gateway.plays["supervisor"] = says(*reads, text("They wait."))
    turn = await ours.turn(await ours.talk(ODD))
    assert turn.runs == ("run-a", "run-b")


async def test_a_long_talk_is_shown_as_far_as_it_has_room_and_kept_whole(ours: Talks) -> None:
    async def look(context: Context, given: Mapping[str, Any]) -> str:
        return "x" * 4000

    async def play(asking: Asking) -> Message:
        looked = sum(bool(m.calls) for m in asking.messages)
        done = "left out" in asking.messages[0].text
        return text("Seen.") if done else use("look", f'{{"n": {looked}}}')

    ours.tool("look", look)
    ours.files.known["supervisor"] = _with(ours, tools=("look",))
    ours.gateway.space, ours.gateway.plays["supervisor"] = 4000, play
    found = await ours.talk(ODD)
    said = await ours.said(found)
    assert said[-1].message.text == "Seen."
    last = ours.gateway.asked[-1]
    assert estimate.size(last.system, last.messages, last.tools).likely <= 4000
    assert len(last.messages) < len(said) - 1
    assert last.messages[0].text.startswith(f"{ODD}\n[Dihedral's record")
    turn = await ours.turn(found)
    work = await conversations.worked(ours.mind, ADA, found.id, turn.id)
    told = [want.numbers.get("compacted", {}) for want in work.wants if want.kind == "ask"]
    assert told[0] == {} and told[-1]["left_out"] == len(said) - 1 - len(last.messages)
    assert told[-1]["after"] <= told[-1]["room"] == 4000 < told[-1]["before"]


async def test_a_second_question_finds_what_the_record_says_of_the_first(ours: Talks) -> None:
    there = Proposal(workspace=ours.workspace, files={"a.tf": b""}, reason="why", source="cli")
    run = (await pipeline.propose(ours.ops, ADA, there)).id
    reads = use("read_run", f'{{"run": "{run}"}}')

    async def read(context: Context, given: Mapping[str, Any]) -> str:
        return "y" * 20_000

    ours.tool("read_run", read)
    ours.files.known["supervisor"] = _with(ours, tools=("read_run",))
    ours.gateway.space = 2000
    ours.gateway.plays["supervisor"] = says(reads, text("It waits."), text("I see."))
    found = await ours.talk(ODD)
    await conversations.say(ours.mind, ADA, found.id, "and now?")
    await ours.drive(found)
    first = ours.gateway.asked[-1].messages[0].text
    assert f"Runs that came of it, as they are now: {run}" in first


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


async def test_wherever_a_turn_breaks_off_it_goes_on_and_nothing_is_done_twice(
    ours: Talks,
) -> None:
    """At each of its writes, one after the other, the database is away."""
    made: set[str] = set()

    async def note(context: Context, given: Mapping[str, Any]) -> str:
        made.add(context.key)  # as a port that knows its keys does
        return "noted"

    async def play(asking: Asking) -> Message:
        return text("Noted.") if results(asking) else use("note")

    async def hands(asking: Asking) -> Message:
        brief = '{"agent": "infrastructure", "brief": "note it"}'
        return text("All is noted.") if results(asking) else use("delegate", brief)

    ours.tool("note", note, Effect.PROPOSES)
    ours.files.known["infrastructure"] = replace(
        ours.files.known["infrastructure"], tools=("note",)
    )
    ours.gateway.plays |= {"supervisor": hands, "infrastructure": play}
    found = await ours.begin(ODD)
    turn = await ours.turn(found)
    breaks = 0
    while await _breaks(ours, turn.id, breaks):
        breaks += 1
    assert breaks > 5
    assert await ours.texts(found) == [ODD, "", "", "All is noted."]
    assert len(made) == 1
    (below,) = await ours.below(turn.id)
    assert (await ours.texts(below))[-1] == "Noted."
    ended = await ours.turn(found)
    assert (ended.rounds, ended.calls, ended.numbers["money"]) == (2, 1, "0.04")


async def _breaks(ours: Talks, turn: TurnId, after: int) -> bool:
    """Whether it breaks off after so many writes."""
    writes = 0

    async def hold(tx: Tx) -> None:
        nonlocal writes
        writes += 1
        if writes > after:
            raise Unavailable

    try:
        await turns.advance(ours.mind, turn, hold)
    except Unavailable:
        return True
    return False


async def test_the_kill_switch_stops_a_turn_in_the_middle(ours: Talks) -> None:
    asked = asyncio.Event()

    async def hang(asking: Asking) -> Message:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    ours.gateway.plays["supervisor"] = hang
    found = await ours.begin(ODD)
    async with ours.ops.stops.hearing(ours.ops.db):
        driven = asyncio.create_task(ours.drive(found))
        await asked.wait()
        await agents.suspend(ours.ops, ADA, "all", "enough")
        found = await driven
    assert found.standing is Standing.PAUSED
    assert "all agents are suspended by ada" in found.why
    ours.gateway.plays["supervisor"] = says(text("I am back."))
    await conversations.resume(ours.mind, ADA, found.id)
    found = await ours.drive(found)
    assert found.standing is Standing.PAUSED  # nobody has let them go on
    await agents.resume(ours.ops, ADA, "all")
    await conversations.resume(ours.mind, ADA, found.id)
    found = await ours.drive(found)
    assert (await ours.texts(found))[-1] == "I am back."


async def test_a_person_interrupts_a_turn_and_says_something_else(ours: Talks) -> None:
    asked = asyncio.Event()

    async def hang(asking: Asking) -> Message:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    ours.gateway.plays["supervisor"] = hang
    found = await ours.begin(ODD)
    async with ours.mind.ear.hearing(ours.ops.db):
        driven = asyncio.create_task(ours.drive(found))
        await asked.wait()
        await conversations.stop(ours.mind, ADA, found.id, turn_only=True)
        found = await driven
    assert found.standing is Standing.RESTING
    assert (await ours.turn(found)).outcome == "stopped"
    ours.gateway.plays["supervisor"] = says(text("As you like."))
    await conversations.say(ours.mind, ADA, found.id, "leave it")
    await ours.drive(found)
    assert await ours.texts(found) == [ODD, "leave it", "As you like."]


async def test_money_that_runs_out_below_pauses_the_whole_line(ours: Talks) -> None:
    async def broke(asking: Asking) -> Message:
        raise OverBudget("budget bdg-1 is used up")

    async def hands(asking: Asking) -> Message:
        brief = '{"agent": "infrastructure", "brief": "a queue"}'
        return text("Proposed.") if results(asking) else use("delegate", brief)

    ours.gateway.plays |= {"supervisor": hands, "infrastructure": broke}
    found = await ours.talk(ODD)
    (below,) = await ours.below((await ours.turn(found)).id)
    assert (found.standing, below.standing) == (Standing.PAUSED, Standing.PAUSED)
    ours.gateway.plays["infrastructure"] = says(text("A queue."))
    await conversations.resume(ours.mind, ADA, found.id)
    found = await ours.drive(found)
    assert (await ours.texts(found))[-1] == "Proposed."
    assert len(await ours.below((await ours.turn(found)).id)) == 1


async def test_a_limit_of_the_turn_pauses_it_and_a_person_lets_it_go_on(ours: Talks) -> None:
    async def look(context: Context, given: Mapping[str, Any]) -> str:
        return "seen"

    ours.tool("look", look)
    ours.files.known["supervisor"] = _with(ours, tools=("look",), limits=TurnLimits(rounds=1))
    ours.gateway.plays["supervisor"] = says(use("look"), text("Seen."))
    found = await ours.talk(ODD)
    assert found.standing is Standing.PAUSED
    assert "used up its rounds (1)" in found.why
    await conversations.resume(ours.mind, ADA, found.id)
    found = await ours.drive(found)
    assert (await ours.texts(found))[-1] == "Seen."
    assert len(ours.done) == 1


async def test_a_long_result_is_cut_and_read_on_by_its_own_conversation_only(ours: Talks) -> None:
    async def look(context: Context, given: Mapping[str, Any]) -> str:
        return "".join(f"line {n}\n" for n in range(10_000))

    async def play(asking: Asking) -> Message:
        last = results(asking)
        if not last:
            return use("look")
        if last[0].tool == "look":
            at = json.dumps({"result": last[0].whole, "from": 12_000})
            return use("read_on", at)
        return text(last[0].text[:40])

    ours.tool("look", look)
    ours.files.known["supervisor"] = _with(ours, tools=("look",))
    ours.gateway.plays["supervisor"] = play
    found = await ours.talk(ODD)
    whole = "".join(f"line {n}\n" for n in range(10_000))
    assert (await ours.texts(found))[-1] == whole[12_000:12_040]
    kept = (await ours.said(found))[2].message.parts[0]
    assert isinstance(kept, Result) and len(kept.text) < 12_500 and kept.whole

    async def pries(asking: Asking) -> Message:
        at = json.dumps({"result": kept.whole, "from": 0})
        return text(results(asking)[0].text) if results(asking) else use("read_on", at)

    ours.gateway.plays["supervisor"] = pries
    other = await ours.talk(ODD)
    assert "no result of this conversation" in (await ours.texts(other))[-1]


async def test_a_tool_that_breaks_is_told_to_the_model_and_no_more(ours: Talks) -> None:
    async def look(context: Context, given: Mapping[str, Any]) -> str:
        raise ZeroDivisionError("secret")

    ours.tool("look", look)
    ours.files.known["supervisor"] = _with(ours, tools=("look",))

    async def play(asking: Asking) -> Message:
        return text(results(asking)[0].text) if results(asking) else use("look")

    ours.gateway.plays["supervisor"] = play
    assert (await ours.texts(await ours.talk(ODD)))[-1] == "look broke; that is no fault of yours"


async def test_nobody_else_speaks_and_nobody_speaks_while_it_works(ours: Talks) -> None:
    ours.gateway.plays["supervisor"] = says(text("Yes."))
    found = await ours.begin(ODD)
    with pytest.raises(Conflict, match="is working; it cannot be said"):
        await conversations.say(ours.mind, ADA, found.id, "hello?")
    with pytest.raises(NotFound):
        await conversations.say(ours.mind, person("bo"), found.id, "hello?")
    with pytest.raises(Forbidden, match="only a person"):
        await conversations.say(ours.mind, agent("supervisor", "ada"), found.id, "hello?")


async def test_work_is_handed_on_about_another_workspace_that_its_person_sees(ours: Talks) -> None:
    other = await workspaces.add(ours.ops, ADA, "billing")
    brief = {"agent": "infrastructure", "brief": "look at it", "workspace": "billing"}
    ours.gateway.plays = {
        "supervisor": says(use("delegate", json.dumps(brief)), text("It is done.")),
        "infrastructure": says(text("I looked.")),
    }
    turn = await ours.turn(await ours.talk(ODD))
    (below,) = await ours.below(turn.id)
    assert below.workspace == other.id
    assert {asking.team for asking in ours.gateway.asked} == {other.project}


async def test_work_about_a_workspace_that_one_may_not_see_is_refused_on_the_record(
    ours: Talks,
) -> None:
    await workspaces.add(ours.ops, ADA, "secret")
    here = [Grant(Role.PROPOSER, Place(HOME, None, ours.workspace))]
    await agents.change(ours.ops, ADA, "supervisor", {}, here)
    brief = {"agent": "infrastructure", "brief": "look at it", "workspace": "secret"}
    ours.gateway.plays = {
        "supervisor": says(use("delegate", json.dumps(brief)), text("I may not see it."))
    }
    turn = await ours.turn(await ours.talk(ODD))
    assert await ours.below(turn.id) == []
    (told,) = results(ours.gateway.asked[-1])
    assert told.failed and "no workspace 'secret'" in told.text
    tried = await audit.page(ours.ops, ADA, Which(outcome=Outcome.DENIED), 5)
    assert [(link.act.actor, link.act.target) for link in tried] == [("agent:supervisor", "secret")]
