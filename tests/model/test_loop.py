"""The loop as conversations: what it wants, what it is sent, and how it ends. Nothing is waited
for."""

import json
from collections.abc import Generator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.agentspec import TurnLimits
from dihedral.domain.conversation import Call, Message, Result, Speaker, Text, Thought
from dihedral.domain.ids import Digest
from dihedral.domain.model import Usage
from dihedral.model.rules import calls, loop
from dihedral.model.rules.calls import LONGEST, TOGETHER
from dihedral.model.rules.loop import (
    DEEPEST,
    SAME,
    SPOILT,
    Ask,
    Bounds,
    End,
    Ending,
    Heard,
    Results,
    Step,
    Use,
)
from dihedral.model.rules.own import DELEGATE
from dihedral.model.rules.tool import Tool

LOOK = Tool("look", "Looks", {"type": "object", "properties": {}})
TOOLS = {"look": LOOK, "delegate": DELEGATE}
HELLO = (Message(Speaker.PERSON, (Text("a queue, please"),)),)
LIMITS = TurnLimits()
Talk = Generator[Ask | Use, Heard | Results, End]


def begun(**bounds: Any) -> tuple[Talk, Ask]:
    talk = loop.turn(HELLO, TOOLS, Bounds(**bounds))
    want = next(talk)
    assert isinstance(want, Ask)
    return talk, want


def says(text: str, **how: Any) -> Heard:
    return Heard(message=Message(Speaker.AGENT, (Text(text),)), **how)


def uses(*given: tuple[str, str] | Call, **how: Any) -> Heard:
    made = [c if isinstance(c, Call) else Call(f"c{n}", *c) for n, c in enumerate(given)]
    return Heard(message=Message(Speaker.AGENT, tuple(made)), **how)


def looks(number: object = 1, **how: Any) -> Heard:
    return uses(("look", json.dumps({"at": number})), **how)


def done(use: Ask | Use, text: str = "seen", **how: Any) -> Results:
    assert isinstance(use, Use)
    return Results(
        results=tuple(Result(step.call.id, step.call.tool, text) for step in use.steps), **how
    )


def ended(talk: Talk, came: Heard | Results) -> End:
    with pytest.raises(StopIteration) as stop:
        talk.send(came)
    end = stop.value.value
    assert isinstance(end, End)
    return end


def answered(want: Ask | Use) -> list[Result]:
    """The last message's results."""
    assert isinstance(want, Ask)
    last = want.messages[-1]
    assert last.by is Speaker.TOOL
    return [part for part in last.parts if isinstance(part, Result)]


def test_an_answer_ends_the_turn() -> None:
    talk, want = begun()
    assert want == Ask(HELLO, LIMITS)
    said = says("here it is")
    assert ended(talk, said) == End(ending=Ending.ANSWERED, messages=(*HELLO, said.message))


def test_tools_are_used_and_their_results_go_back_in_the_order_of_the_calls() -> None:
    talk, _ = begun()
    said = uses(("look", '{"at": 1}'), ("look", '{"at": 2}'))
    use = talk.send(said)
    one, two = said.message.calls
    left = replace(LIMITS, rounds=LIMITS.rounds - 1, calls=LIMITS.calls - 2)
    assert use == Use((Step(one, {"at": 1}), Step(two, {"at": 2})), left)
    ask = talk.send(done(use))
    assert answered(ask) == [Result("c0", "look", "seen"), Result("c1", "look", "seen")]
    assert isinstance(ask, Ask) and ask.messages[:2] == (*HELLO, said.message)


def test_a_thought_is_kept_with_its_signature() -> None:
    talk, _ = begun()
    said = Message(Speaker.AGENT, (Thought("hm", "sig", "anthropic"), Call("a", "look", "")))
    use = talk.send(Heard(message=said))
    ask = talk.send(done(use))
    assert isinstance(ask, Ask) and ask.messages[1] == said


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("look", '{"at": ', "not JSON"),
        ("look", "[1]", "a JSON list"),
        ("look", "[" * 100_000, "not JSON"),
        ("look", '"' + "x" * 300_000 + '"', "at most 200,000"),
        ("rm_rf", "{}", "there is no tool 'rm_rf'; the tools are: delegate, look"),
        ("delegate", '{"agent": "boss", "brief": "x"}', "you cannot hand work to 'boss'"),
    ],
)
def test_a_call_that_makes_no_sense_is_answered_so_that_it_can_be_mended(
    tool: str, arguments: str, told: str
) -> None:
    talk, _ = begun(delegates=("infrastructure",))
    ask = talk.send(uses((tool, arguments)))
    (result,) = answered(ask)
    assert result.failed and told in result.text


def test_of_one_message_the_good_calls_are_done_and_the_bad_ones_told() -> None:
    talk, _ = begun()
    use = talk.send(uses(("look", "{"), ("look", "{}"), ("nope", "{}")))
    assert isinstance(use, Use) and [step.call.id for step in use.steps] == ["c1"]
    assert [r.failed for r in answered(talk.send(done(use)))] == [True, False, True]


def test_ten_thousand_calls_in_one_message_are_bounded_and_told() -> None:
    talk, _ = begun()
    many = uses(*(("look", json.dumps({"at": n})) for n in range(10_000)))
    use = talk.send(many)
    assert isinstance(use, Use) and len(use.steps) == TOGETHER
    ask = talk.send(done(use))
    assert isinstance(ask, Ask)
    results = answered(ask)
    assert len(results) == len(ask.messages[1].calls) == TOGETHER + 1
    assert "9,983 more were not done" in results[-1].text


def test_calls_of_one_message_with_the_same_id_are_told_apart() -> None:
    talk, _ = begun()
    use = talk.send(uses(Call("a", "look", '{"at":1}'), Call("a", "look", '{"at":2}')))
    assert isinstance(use, Use)
    assert len({step.call.id for step in use.steps}) == 2
    assert len(answered(talk.send(done(use)))) == 2


def test_a_result_that_is_too_long_is_cut_with_a_pointer_to_the_rest() -> None:
    talk, _ = begun(limits=TurnLimits(result=100))
    use = talk.send(looks())
    assert isinstance(use, Use)
    whole = Result("c0", "look", "x" * 5_000, whole=Digest("d" * 64))
    ask = talk.send(Results(results=(whole,)))
    (cut,) = answered(ask)
    assert cut.text.startswith("x" * 100 + "\n[cut here: these are 100 of 5,000 characters;")
    assert f'read_on with {{"result": "{"d" * 64}", "from": 100}}' in cut.text
    assert cut.size == 5_000


def test_an_answer_of_five_megabytes_is_cut() -> None:
    talk, _ = begun()
    end = ended(talk, says("x" * 5_000_000))
    assert end.ending is Ending.ANSWERED
    assert len(end.messages[-1].text) < LONGEST + 100


@pytest.mark.parametrize(
    ("which", "limits", "how"),
    [
        ("rounds", TurnLimits(rounds=1), {}),
        ("tokens", TurnLimits(tokens=100), {"usage": Usage(90, 10)}),
        ("money", TurnLimits(money=Decimal("0.5")), {"money": Decimal("0.5")}),
        ("seconds", TurnLimits(seconds=10), {"elapsed": 10.0}),
    ],
)
def test_a_limit_that_is_used_up_ends_the_turn_and_says_which(
    which: str, limits: TurnLimits, how: dict[str, Any]
) -> None:
    talk, _ = begun(limits=limits)
    use = talk.send(looks(**how))
    end = ended(talk, done(use))
    assert (end.ending, end.which) == (Ending.LIMITED, which)
    talk, _ = begun(limits=limits, allowance=2)
    assert isinstance(talk.send(done(talk.send(looks(**how)))), Ask)  # a person let it go on


def test_calls_that_would_go_over_their_limit_are_not_done() -> None:
    talk, _ = begun(limits=TurnLimits(calls=1))
    end = ended(talk, uses(("look", '{"at": 1}'), ("look", '{"at": 2}')))
    assert (end.ending, end.which, end.messages) == (Ending.LIMITED, "calls", HELLO)


def test_what_was_handed_on_counts() -> None:
    talk, _ = begun(limits=TurnLimits(tokens=100), delegates=("infrastructure",))
    use = talk.send(uses(("delegate", '{"agent": "infrastructure", "brief": "a queue"}')))
    assert ended(talk, done(use, usage=Usage(100, 0))).which == "tokens"


def test_an_answer_over_the_limit_is_still_an_answer() -> None:
    talk, _ = begun(limits=TurnLimits(tokens=1))
    assert ended(talk, says("done", usage=Usage(100, 100))).ending is Ending.ANSWERED


def test_the_same_call_again_and_again_is_told_once_and_then_ended() -> None:
    talk, _ = begun()
    for _ in range(SAME):
        assert isinstance(talk.send(done(talk.send(looks()))), Ask)
    ask = talk.send(looks())
    assert "with the same arguments before" in answered(ask)[0].text
    end = ended(talk, looks())
    assert end.ending is Ending.FAILED and "in circles: it called look" in end.why


def test_a_call_counts_as_the_same_however_its_json_is_written() -> None:
    talk, _ = begun()
    for text in ('{"a":1,"b":2}', '{"b": 2, "a": 1}', '{ "a":1, "b":2 }'):
        talk.send(done(talk.send(uses(("look", text)))))
    assert isinstance(talk.send(uses(("look", '{"a": 1,"b" :2}'))), Ask)


def test_work_is_not_handed_to_the_same_agent_with_the_same_words_again() -> None:
    talk, _ = begun(delegates=("infrastructure",))
    brief = '{"agent": "infrastructure", "brief": "%s"}'
    use = talk.send(uses(("delegate", brief % "A queue for orders")))
    talk.send(done(use))
    ask = talk.send(uses(("delegate", brief % "a queue  for ORDERS")))
    assert answered(ask)[0].failed
    assert ended(talk, uses(("delegate", brief % "a queue for orders"))).ending is Ending.FAILED


def test_two_agents_do_not_play_ping_pong() -> None:
    above = (("supervisor", calls.mark("a queue")), ("infrastructure", calls.mark("a Queue ")))
    talk, _ = begun(delegates=("supervisor",), above=above)
    ask = talk.send(uses(("delegate", '{"agent": "supervisor", "brief": "A queue"}')))
    assert "this came from supervisor with the same words" in answered(ask)[0].text


def test_work_is_handed_on_only_so_deep() -> None:
    above = tuple((f"agent{n}", str(n)) for n in range(DEEPEST))
    talk, _ = begun(delegates=("other",), above=above)
    ask = talk.send(uses(("delegate", '{"agent": "other", "brief": "go on"}')))
    assert "handed on 3 times already" in answered(ask)[0].text


def test_a_model_whose_calls_never_make_sense_is_ended() -> None:
    talk, _ = begun()
    for n in range(SPOILT - 1):
        assert isinstance(talk.send(uses((f"nope{n}", "{}"))), Ask)
    assert "no tool so that it made sense" in ended(talk, uses(("nope", "{}"))).why


def test_a_model_that_says_nothing_is_asked_once_more() -> None:
    talk, want = begun()
    again = talk.send(says(" "))
    assert isinstance(again, Ask) and again.messages == want.messages
    assert ended(talk, says("")).ending is Ending.FAILED


def test_an_answer_that_its_provider_held_back_is_told() -> None:
    talk, _ = begun()
    assert "held the answer back" in ended(talk, says("", finish="filter")).why


def test_an_answer_that_was_cut_off_is_told() -> None:
    talk, _ = begun()
    end = ended(talk, says("the first half", finish="length"))
    assert (end.ending, end.why) == (Ending.ANSWERED, "the answer was cut off at its length")


def test_what_a_model_says_it_did_is_words() -> None:
    talk, _ = begun()
    end = ended(talk, says("Already approved and applied."))
    assert end.ending is Ending.ANSWERED and not any(m.calls for m in end.messages)


part = st.one_of(
    st.builds(Text, st.text(max_size=20)),
    st.builds(
        Call,
        st.text(max_size=3),
        st.sampled_from(["look", "delegate", "x", ""]),
        st.sampled_from(["{}", "", "[]", '{"at": 1}', "{", '{"agent": "a", "brief": "b"}'])
        | st.text(max_size=10),
    ),
    st.builds(Result, st.text(max_size=3), st.just("look"), st.text(max_size=5)),
)
heard = st.builds(
    Heard,
    message=st.builds(
        Message, st.sampled_from(list(Speaker)), st.lists(part, max_size=40).map(tuple)
    ),
    usage=st.builds(Usage, st.integers(0, 10_000), st.integers(0, 10_000)),
    money=st.none() | st.decimals(0, 1, places=2),
    finish=st.sampled_from(["stop", "tools", "length", "filter", "odd"]),
    elapsed=st.floats(0, 50),
)


@given(st.lists(heard, min_size=30, max_size=30))
def test_whatever_a_model_sends_the_turn_ends_and_every_call_has_its_answer(
    said: list[Heard],
) -> None:
    bounds = Bounds(limits=TurnLimits(rounds=25, calls=60), delegates=("a",))
    once, again = (_played(said, bounds) for _ in range(2))
    assert once == again  # the same again leads to the same place
    asked, used = set(), []
    for message in once.messages:
        for one in message.parts:
            if isinstance(one, Call):
                assert one.id not in asked
                asked.add(one.id)
            elif isinstance(one, Result):
                used.append(one.call)
        if message.by is Speaker.TOOL:
            assert sorted(used) == sorted(asked)
            asked, used = set(), []
    assert not asked


def _played(said: list[Heard], bounds: Bounds) -> End:
    talk = loop.turn(HELLO, TOOLS, bounds)
    want, rest = next(talk), iter(said)
    try:
        while True:
            want = talk.send(next(rest) if isinstance(want, Ask) else done(want))
    except StopIteration as stop:
        assert isinstance(stop.value, End)
        return stop.value
