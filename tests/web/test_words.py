"""Values as words, and text of strangers as it may be shown."""

from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import Markup

from dihedral.control.web import paper, words

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "unknown"),
        (0, "under 0.1 s"),
        (0.42, "0.4 s"),
        (7, "7 s"),
        (12.3, "12 s"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (90_000, "1 day 1 h"),
    ],
)
def test_a_span_is_said_in_its_largest_parts(seconds: float | None, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("gone", "said"),
    [(3, "just now"), (65, "1 min ago"), (86_400 * 2, "2 days ago"), (-3700, "in 1 h")],
)
def test_an_instant_is_told_from_now(gone: int, said: str) -> None:
    assert f">{said}</time>" in words.ago(NOON - timedelta(seconds=gone), NOON)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("safe\u202eelif.exe", "safe⟨U+202E⟩elif.exe"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("pay\u200bpal", "pay⟨U+200B⟩pal"),
        ("\U000e0041tag", "⟨U+E0041⟩tag"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian is written so
        ("👩\u200d💻", "👩\u200d💻"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("桶 für Ünïcode", "桶 für Ünïcode"),
    ],
)
def test_what_nobody_would_see_is_shown_as_a_mark(text: str, said: str) -> None:
    assert words.inert(text) == said


def test_a_very_long_string_is_cut_and_says_so() -> None:
    said = words.inert("x" * 1_000_000)
    assert len(said) < words.LONGEST + 100
    assert said.endswith("(980,000 more characters)")


def test_every_string_of_a_template_is_made_inert_and_escaped() -> None:
    shown = paper.pages().from_string("{{ text }}|{{ text | exact }}|{{ mark }}")
    text = shown.render(text="<b>\u202e", mark=Markup("<i>ours</i>"))
    assert text == "&lt;b&gt;⟨U+202E⟩|&lt;b&gt;\u202e|<i>ours</i>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("run `dihedral up` <now>", "run <code>dihedral up</code> &lt;now&gt;"),
        ("`<b>` and `c`", "<code>&lt;b&gt;</code> and <code>c</code>"),
        ("it's 5` long", "it&#39;s 5` long"),
    ],
)
def test_commands_in_a_message_are_code(text: str, shown: str) -> None:
    assert words.ticked(text) == shown
