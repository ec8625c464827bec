"""The main job as people have it: messy words, a talk, a proposal, a yes, and what is applied."""

from collections.abc import Callable
from typing import Any

import pytest

from dihedral.domain.model import Wire
from tests.talks.house import APPLIED, WAITING, House
from tests.talks.plays import LOCK, called, cast, drafter, line, run, shown, supervisor
from tests.wire.script import Asked

MESSY = (
    "hey, so the night batch of the warehouse guys keeps clobbering itself?? two of them ran at"
    " once again. need some switch both can look at that says who has it, only the batch may touch"
    " it. 'nightly' i guess. nothing fancy pls, and cheap"
)
CHINESE = (
    "呃，仓库的夜间批处理又互相打架了，两个同时跑。能不能给一个它们都能看的开关，"
    "写明现在轮到谁？名字就叫 nightly 吧，别太贵"
)
BRIEF = (
    "In the conversation's workspace add a lock table for the night batch: DynamoDB, named"
    " nightly-lock, hash key LockID of type S, pay per request, encrypted. Change nothing else."
)
ROOM = 24_000  # bytes, about 8,000 tokens
STATUS = r"run-\w+ in [\w-]+: (\w+)"
MONTH = r"cost ([^;\n]+)"


def english(asked: Asked) -> str:
    status, month = line(STATUS, shown(asked)), line(MONTH, shown(asked))
    return (
        f"I have proposed a lock table as {run(asked)}. It is {status}; the cost is {month}. A"
        " person with the right must approve it."
    )


def chinese(asked: Asked) -> str:
    status, month = line(STATUS, shown(asked)), line(MONTH, shown(asked))
    return f"已提交 {run(asked)}：一个锁表。状态 {status}，费用 {month}。需要有权限的人批准。"


@pytest.mark.parametrize(
    ("wire", "text", "said"),
    [
        (Wire.OPENAI, MESSY, english),
        (Wire.ANTHROPIC, CHINESE, chinese),
        (Wire.BEDROCK, MESSY, english),
        (Wire.GOOGLE, MESSY, english),
    ],
    ids=["openai", "anthropic-chinese", "bedrock", "google"],
)
def test_from_messy_words_to_what_is_applied(
    ours: House, wire: Wire, text: str, said: Callable[[Asked], str]
) -> None:
    ours.plays(cast(supervisor(BRIEF, said), drafter(LOCK)), wire)
    talk = ours.say(text, f"batch-{wire}")
    turn = talk["turns"][-1]
    assert (turn["outcome"], talk["conversation"]["standing"]) == ("answered", "resting"), turn
    proposed = _proposed(turn)
    assert proposed["status"] == WAITING
    answer = talk["messages"][-1]["parts"][0]["text"]
    assert proposed["id"] in answer and WAITING in answer
    assert turn["numbers"]["cost"]["money"] is not None

    ours.approve(proposed["id"])
    after = ours.get("conversations", talk["conversation"]["id"])
    assert _proposed(after["turns"][-1])["status"] == APPLIED
    held = ours.get("workspaces", f"batch-{wire}", "resources")["addresses"]
    assert held == ["aws_dynamodb_table.nightly"]

    _large_was_shown_what_it_needs(ours, text)
    _small_was_shown_what_it_needs(ours, text)


def _proposed(turn: Any) -> Any:
    """What waits or is done, beside what was only planned."""
    [found] = [one for one in turn["runs"] if not one["plan_only"]]
    return found


def _large_was_shown_what_it_needs(ours: House, text: str) -> None:
    first = ours.asked("large")[0]
    assert {"ask_reflex", "delegate", "read_run", "propose_blueprint"} <= set(first.tools)
    assert "You may hand work to infrastructure" in first.system
    assert first.messages[-1].text == text


def _small_was_shown_what_it_needs(ours: House, text: str) -> None:
    asked, bodies = ours.asked("small"), ours.bodies("small")
    assert asked[0].messages[-1].text == BRIEF and text not in bodies[-1].decode()
    assert {"write_draft", "validate_draft", "plan_draft", "propose"} <= set(asked[0].tools)
    assert "delegate" not in asked[0].tools
    print(f"\nsmall: first ask {len(bodies[0]):,} B, longest {max(map(len, bodies)):,} B")
    assert len(bodies[0]) < ROOM
    assert called(asked) == [
        "read_workspace", "read_configuration", "list_blueprints", "describe_resource_type",
        "write_draft", "validate_draft", "plan_draft", "propose", "read_run",
    ]  # fmt: skip
