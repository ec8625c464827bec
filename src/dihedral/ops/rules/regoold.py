"""Rego of before 1.0 in a form that the embedded engine reads: one body for each rule.

`p[x] { a } { b }` is two rules with one head; regorus takes the second body for an `else`, which a
set cannot have. Each further body gets the head again, on its own line.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|\n|[{}()\[\]]|:?=|[^\s"`#{}()\[\]:=]+|.', re.DOTALL
)
_OPENS, _CLOSES = frozenset("{(["), frozenset("})]")


def unchained(text: str) -> str:
    """The text with every further body made a rule, line for line."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    depth, head, before, first = 0, 0, "", ""  # `first`: the head of the rule that we are in
    inside = body = False  # of a body; whether the last `}` closed one
    for found in _TOKEN.finditer(text):
        word = found[0]
        if not word.strip() or word[0] == "#":
            if word == "\n" and depth == 0 and not _goes_on(text, found.end(), before):
                head = found.end()
            yield word
            continue
        if depth == 0 and word == "{" and before not in ("=", ":="):
            if body and before == "}":
                yield f"{first} "
            elif not text[head : found.start()].lstrip().startswith("else"):
                first = _flat(text[head : found.start()])
            inside, body = True, False
        depth += (word in _OPENS) - (word in _CLOSES)
        if depth == 0 and word == "}":
            inside, body = False, inside
            head = found.end() if body else head
        before = word
        yield word


def _goes_on(text: str, at: int, before: str) -> bool:
    """Whether the rule goes on in the next line: with a body, or with what is missing yet."""
    rest = re.compile(r"(?:\s|#[^\n]*)*").match(text, at)
    return before in ("=", ":=") or text[rest.end() : rest.end() + 1] == "{" if rest else False


def _flat(head: str) -> str:
    return " ".join(re.sub(r"#[^\n]*", "", head).split())
