"""Waiting before the next try, breakers, and how many tokens a text has."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.domain.conversation import Call, Message, Result, Speaker, Text, Thought
from dihedral.model.rules import breaker, estimate, retry
from dihedral.model.rules.breaker import LIMIT, LONGEST, REST, Breaker, State
from dihedral.model.rules.retry import Backoff
from dihedral.model.rules.tool import Tool

START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tries", "chance", "asked", "left", "pause"),
    [
        (1, 0.0, None, 600, 0.0),
        (1, 1.0, None, 600, 0.5),
        (2, 1.0, None, 600, 1.0),
        (2, 0.5, 0.0, 600, 0.5),
        (1, 0.0, 7.0, 600, 7.0),  # what the provider asks for is the least
        (1, 1.0, 0.1, 600, 0.5),
        (3, 0.0, None, 600, None),  # it was asked often enough
        (1, 0.0, 61.0, 600, None),  # longer than anybody waits
        (1, 0.0, 7.0, 7.0, None),  # longer than there is time
    ],
)
def test_how_long_is_waited(
    tries: int, chance: float, asked: float | None, left: float, pause: float | None
) -> None:
    assert retry.wait(Backoff(), tries, chance, asked, left) == pause


@given(
    st.integers(1, 40),
    st.floats(0, 1),
    st.none() | st.floats(0, 1000),
    st.floats(-10, 1000),
)
def test_no_wait_is_shorter_than_asked_for_or_longer_than_there_is_time(
    tries: int, chance: float, asked: float | None, left: float
) -> None:
    backoff = Backoff(tries=50)
    pause = retry.wait(backoff, tries, chance, asked, left)
    if pause is not None:
        assert (asked or 0) <= pause < left
        assert pause <= max(backoff.longest, asked or 0)


def test_a_breaker_opens_after_so_many_and_one_call_tries_again() -> None:
    one, now = Breaker(), START
    for _ in range(LIMIT - 1):
        one = breaker.failed(one, now)
    assert (one.state(now), breaker.refusal(one, now)) == (State.CLOSED, "")
    one = breaker.failed(one, now)
    assert one.state(now) is State.OPEN
    assert breaker.refusal(one, now) == "it failed 5 times in a row and is left alone for 15 s more"
    now += REST
    assert (one.state(now), breaker.refusal(one, now)) == (State.HALF_OPEN, "")
    one = breaker.entered(one, now)
    assert "one call tries" in breaker.refusal(one, now)
    assert breaker.refusal(breaker.left(one), now) == ""
    again = breaker.failed(one, now)
    assert again.until == now + 2 * REST
    assert breaker.answered(one) == Breaker()


@given(st.lists(st.tuples(st.sampled_from(["ok", "fail", "left"]), st.integers(0, 400))))
def test_a_breaker_is_never_shut_for_ever(steps: list[tuple[str, int]]) -> None:
    one, now = Breaker(), START
    for what, seconds in steps:
        now += timedelta(seconds=seconds)
        if not breaker.refusal(one, now):
            one = breaker.entered(one, now)
            assert one.probing is (one.state(now) is State.HALF_OPEN)
            if what == "ok":
                one = breaker.answered(one)
            elif what == "fail":
                one = breaker.failed(one, now)
            one = breaker.left(one)
        assert not breaker.refusal(one, now + LONGEST)


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_text_has_more_tokens_than_it_is_given(told: str, more: str) -> None:
    """A byte is a token at most."""
    said = Message(
        Speaker.AGENT,
        (Text(told), Thought(more, "signed"), Call("1", "look", more), Result("1", "look", told)),
    )
    whole = estimate.size("system", [said])
    assert whole.most >= 2 * len(told.encode()) + 2 * len(more.encode())
    assert 0 < whole.likely < whole.most


def test_tools_and_schemas_count() -> None:
    tool = Tool("look", "Looks at something.", {"type": "object"})
    bare = estimate.size("", [])
    assert estimate.size("", [], [tool]).most > bare.most + estimate.TOOLS
    assert estimate.size("", [], (), {"type": "object"}).most > bare.most + estimate.SCHEMA
