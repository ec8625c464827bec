"""What a model says, with the little markup that models write: emphasis, code, lists.

All else stays as it was written, each sign of it: no link, no picture, no heading, no HTML. So a
model can stress a word, and cannot draw a part of the page.
"""

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from dihedral.control.web import words

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

RULES = ("emphasis", "backticks", "fence", "list", "newline")


def prose(text: str) -> Markup:
    return Markup(_reader().render(words.inert(text)))  # noqa: S704 (it escapes all but its own)


@cache
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 (60 ms, which no start of the server waits for)

    return MarkdownIt("zero", {"html": False}).enable(list(RULES))
