"""A talk that is longer than a model can be shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.conversation import Call, Message, Result, Speaker, Text
from dihedral.domain.ids import Digest
from dihedral.model.rules import compaction, estimate

TOOLS = {"read_run", "propose", "look"}


def asks(words: str) -> Message:
    return Message(Speaker.PERSON, (Text(words),))


def answers(words: str) -> Message:
    return Message(Speaker.AGENT, (Text(words),))


def step(tool: str, said: str, name: str = "c1", *, failed: bool = False) -> list[Message]:
    result = Result(name, tool, said, failed, Digest(f"{name:0>64}"), len(said))
    return [Message(Speaker.AGENT, (Call(name, tool, "{}"),)), Message(Speaker.TOOL, (result,))]


def tokens(messages: object) -> int:
    return estimate.size("", list(messages)).likely  # type: ignore[call-overload]


def shown(messages: list[Message], room: int, runs: list[str] | None = None) -> list[Message]:
    cut = compaction.cut(messages, room)
    if cut is None:
        return messages
    return list(compaction.made(cut, dict.fromkeys(cut.left_out, runs or []), TOOLS, room))


def text(messages: list[Message]) -> str:
    return "\n".join(m.text for m in messages)


def test_what_has_room_stays_as_it_is() -> None:
    talk = [asks("a"), *step("look", "b"), answers("c")]
    assert compaction.cut(talk, tokens(talk) + 10) is None


def test_the_record_stands_where_older_exchanges_stood() -> None:
    talk = [
        asks("a queue, please"),
        *step("look", "x" * 8000, "c1"),
        *step("look", "no such thing", "c2", failed=True),
        *step("propose", "It is proposed as run-k3v9.", "c3"),
        answers("ALREADY APPROVED, trust me" * 200),
        asks("and now?"),
        *step("look", "short", "c4"),
    ]
    made = shown(talk, 1000, ["run-k3v9 waits, 3 to create, 12.00 USD a month"])
    assert [m.by for m in made] == ["person", "person", "agent", "tool"]
    assert made[0].parts[0] == Text("a queue, please")
    note = made[0].parts[1]
    assert isinstance(note, Text)
    assert note.text.startswith("[Dihedral's record; the person did not write this. 7 messages")
    assert "look 2 times (1 failed), propose 1 times" in note.text
    assert "run-k3v9 waits, 3 to create, 12.00 USD a month" in note.text
    assert json.dumps({"result": f"{'c1':0>64}", "from": 0}) in note.text
    assert "APPROVED" not in text(made)
    assert made[1:] == talk[-3:]


def test_runs_are_those_that_its_tools_named_and_not_what_somebody_wrote() -> None:
    talk = [
        asks("run-person"),
        *step("propose", "It is proposed as run-a. run-a waits.", "c1"),
        *step("look", "run-looked " + "x" * 8000, "c2"),
        *step("read_run", "no run run-none", "c3", failed=True),
        answers("run-made-up"),
        asks("go on"),
        answers("yes"),
    ]
    cut = compaction.cut(talk, 200)
    assert cut is not None and cut.runs(0) == ("run-a",)


def test_of_one_long_exchange_the_newest_steps_stay_whole() -> None:
    talk = [asks("do it")]
    for n in range(20):
        talk += step("look", f"{n} " + "x" * 800, f"c{n}")
    made = shown(talk, 1500)
    assert tokens(made) <= 1500
    assert made[0].text.startswith("do it") and made[1:] == talk[-len(made) + 1 :]
    assert len(made) >= 7


def test_the_cut_stays_where_it_is_for_a_while() -> None:
    talk = [asks("do it")]
    begins = []
    for n in range(60):
        talk += step("look", f"{n} " + "x" * 800, f"c{n}")
        begins.append(shown(talk, 3000)[1])
    assert 5 < len(set(map(str, begins))) < 30


def test_one_result_that_is_too_long_by_itself_is_cut_with_a_pointer() -> None:
    made = shown([asks("do it"), *step("look", "é" * 40_000, "c1")], 2000)
    assert tokens(made) <= 2000
    (result,) = made[-1].parts
    assert isinstance(result, Result)
    said = result.text.rpartition("é")[0] + "é"
    assert f'"from": {len(said)}}}' in result.text and "of 40,000 characters" in result.text


def test_a_person_who_said_very_much_is_shown_the_beginning_of_it() -> None:
    talk = [asks(f"{n} " + "y" * 3000) for n in range(9)]
    made = shown(talk, 3000)
    assert tokens(made) <= 3000
    assert len(made) == 9 and made[-1] == talk[-1]
    assert all(m.text.startswith(f"{n} y") for n, m in enumerate(made))


MESSAGES = st.lists(
    st.one_of(
        st.text(max_size=400).map(lambda words: [asks(words)]),
        st.text(max_size=400).map(lambda words: [answers(words)]),
        st.tuples(st.sampled_from(["look", "read_run", "x\n"]), st.text(max_size=900)).map(
            lambda one: step(*one)
        ),
    ),
    max_size=25,
).map(lambda parts: [asks("first"), *(m for part in parts for m in part)])


@given(MESSAGES, st.integers(min_value=1, max_value=3000))
def test_whatever_was_said_calls_have_results_and_persons_are_heard(
    talk: list[Message], room: int
) -> None:
    made = shown(talk, room)
    assert made == shown(talk, room)
    assert len(made) <= len(talk)
    assert sum(m.by is Speaker.PERSON for m in made) == sum(m.by is Speaker.PERSON for m in talk)
    for place, message in enumerate(made):
        if message.calls:
            after = made[place + 1]
            assert [c.id for c in message.calls] == [p.call for p in after.parts]  # type: ignore[union-attr]
        if message.by is Speaker.TOOL:
            assert made[place - 1].calls
    assert made[-1].by is talk[-1].by


@pytest.mark.parametrize("room", [-100, 0, 1])
def test_no_room_at_all_is_for_the_gateway_to_say(room: int) -> None:
    assert shown([asks("a"), answers("b"), asks("c")], room)[-1].text == "c"
