"""What goes wrong with models, in whole talks: each ends as one would wish, and is recorded."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.talks.house import House, use
from tests.wire.script import BAD_BYTES, Asked, Say, Trip, Trouble, Use

ODD = "why is the sky blue, and what does that cost us?"  # the reflex is not sure
ANSWER = "It scatters short waves, and costs nothing."
LISTS = Use(tool="list_blueprints")
HASTY = """\
apiVersion: dihedral/v1
kind: Agent
metadata: {name: hasty}
spec:
  purpose: waits for nobody
  prompt: {text: You are in a hurry.}
  model: {name: large}
  tools: [list_blueprints]
  limits: {turn: {seconds: 4}}
"""


def last(talk: Any) -> str:
    """The text of the newest message."""
    return "\n".join(p["text"] for p in talk["messages"][-1]["parts"] if p["kind"] == "text")


def tries(ours: House, talk: Any) -> list[list[str]]:
    """How each ask of the model came out, try by try."""
    wants = ours.get("conversations", talk["conversation"]["id"], "turns", talk["turns"][-1]["id"])
    asks = [want for want in wants["wants"] if want["kind"] == "ask" and want["done_at"]]
    return [[one["outcome"] for one in want["numbers"]["tries"]] for want in asks]


def held(ours: House) -> Decimal:
    """Of the supervisor's money for thinking."""
    rows = ours.get("spend", by="agent")["items"]
    return sum((Decimal(r["held"] or 0) for r in rows if r["purpose"] == "thinking"), Decimal(0))


@pytest.mark.parametrize(
    ("trip", "how"),
    [
        (Trip(trouble=Trouble.BUSY, retry_after="0", times=1), "busy"),
        (Trip(trouble=Trouble.BUSY, times=1), "busy"),
        (Trip(trouble=Trouble.DOWN, times=1), "down"),
        (Trip(trouble=Trouble.CUT, after=2, times=1), "down"),
        (Trip(trouble=Trouble.GARBLED, times=1), "garbled"),
    ],
    ids=["429 with Retry-After", "429", "500", "cut in the middle", "not the format"],
)
def test_what_fails_once_is_tried_again_and_nobody_notices(
    ours: House, trip: Trip, how: str
) -> None:
    ours.plays(lambda asked: Say(text=ANSWER, trip=trip))
    talk = ours.say(f"{ODD} {trip!r}", "faults")  # the same question trips once in all
    assert (talk["conversation"]["standing"], last(talk)) == ("resting", ANSWER)
    assert talk["turns"][-1]["outcome"] == "answered"
    ((first, second),) = tries(ours, talk)
    assert (first, second) == (how, "answered")


def test_a_call_that_is_cut_in_the_middle_is_made_once(ours: House) -> None:
    def script(asked: Asked) -> Say:
        if asked.results:
            return Say(text=ANSWER)
        return Say(calls=(LISTS,), trip=Trip(trouble=Trouble.CUT, after=2, times=1))

    ours.plays(script)
    talk = ours.say(f"{ODD} Cut once.", "faults")
    assert last(talk) == ANSWER
    assert tries(ours, talk) == [["down", "answered"], ["answered"]]
    calls = [p for m in talk["messages"] for p in m["parts"] if p["kind"] == "call"]
    assert [one["tool"] for one in calls] == ["list_blueprints"]


def test_a_model_that_stays_down_ends_the_turn_and_says_so_and_costs_nothing(ours: House) -> None:
    before = held(ours)
    ours.plays(lambda asked: Say(trip=Trip(trouble=Trouble.DOWN)))
    talk = ours.say(ODD, "faults")
    turn = talk["turns"][-1]
    assert (talk["conversation"]["standing"], turn["outcome"]) == ("resting", "failed")
    assert "large" in turn["why"]
    assert held(ours) == before
    ours.plays(lambda asked: Say(text=ANSWER))
    again = ours.say("and now?", talk=talk["conversation"]["id"])
    assert last(again) == ANSWER


def test_a_model_that_says_nothing_any_more_pauses_the_talk_when_its_time_is_over(
    ours: House,
) -> None:
    files = {"hasty.yaml": HASTY}
    ours.post("agent-files", files=files)
    ours.plays(lambda asked: Say(text=ANSWER, trip=Trip(trouble=Trouble.HANG, after=1)))
    begun = ours.post("conversations", text=ODD, workspace=ours.room("faults"), agent="hasty")
    talk = ours.rests(begun["id"])
    assert talk["conversation"]["standing"] == "paused"
    assert "seconds" in talk["conversation"]["why"]
    ours.post("conversations", begun["id"], "stop")


Model = Callable[[Asked], Say]


def spoilt(first: Use) -> Model:
    def script(asked: Asked) -> Say:
        if asked.results:
            assert '"error"' in asked.results[0].text
            return Say(text=f"I see: {asked.results[0].text}")
        return Say(calls=(first,))

    return script


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (Use(tool="list_blueprints", arguments='{"search": "queu'), "JSON"),
        (Use(tool="list_blueprints", arguments={"search": "x", "more": 1}), "more"),
        (Use(tool="rm_rf"), "rm_rf"),
    ],
    ids=["broken JSON", "arguments that do not fit", "unknown tool"],
)
def test_a_call_that_makes_no_sense_is_answered_so_that_it_can_be_mended(
    ours: House, first: Use, told: str
) -> None:
    ours.plays(spoilt(first))
    talk = ours.say(ODD, "faults")
    assert (talk["conversation"]["standing"], talk["turns"][-1]["outcome"]) == (
        "resting",
        "answered",
    )
    assert told in last(talk)


def test_bytes_that_are_no_text_come_to_nobody(ours: House) -> None:
    ours.plays(lambda asked: Say(text=f"so {BAD_BYTES} it goes"))
    talk = ours.say(ODD, "faults")
    assert talk["conversation"]["standing"] == "resting"
    turn = talk["turns"][-1]
    assert turn["outcome"] == "failed" and "large" in turn["why"]


def test_five_megabytes_of_an_answer_are_cut_and_the_talk_goes_on(ours: House) -> None:
    ours.plays(lambda asked: Say(text="la " * 1_700_000, size=65_536))
    talk = ours.say(ODD, "faults")
    assert talk["conversation"]["standing"] == "resting"
    assert 0 < len(last(talk)) <= 1_000_000
    assert "cut off" in talk["turns"][-1]["why"]


def test_one_tool_called_without_end_ends_the_turn(ours: House) -> None:
    ours.plays(lambda asked: use("list_blueprints", search="queue"))
    talk = ours.say(ODD, "faults")
    turn = talk["turns"][-1]
    assert (talk["conversation"]["standing"], turn["outcome"]) == ("resting", "failed")
    assert "circles" in turn["why"] and turn["calls"] <= 10


def test_who_says_that_it_is_approved_has_approved_nothing(ours: House) -> None:
    ours.plays(lambda asked: Say(text="The change was already approved by bo and is applied."))
    talk = ours.say(ODD, "faults")
    assert last(talk).startswith("The change was already approved")
    assert talk["turns"][-1]["runs"] == []
    assert ours.get("runs", workspace="faults")["items"] == []
