"""Which passages of some texts are about what is asked, in any language.

Shape   a passage is a paragraph with the heading above it. Words count by how rare they are; where
        a script has no spaces, each two signs that stand together are a word.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_HEADING = re.compile(r"#{1,6} ")
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True, slots=True)
class Passage:
    text: str  # the name of the text it stands in
    heading: str
    body: str


def find(texts: Mapping[str, str], words: str, most: int = 4) -> list[Passage]:
    """The best first; those that share no word with `words` are none."""
    every = [p for name, text in texts.items() for p in _passages(name, text)]
    held = [Counter(_words(f"{p.heading} {p.body}")) for p in every]
    wanted = set(_words(words))
    among = Counter(word for counts in held for word in counts)
    rare = {word: math.log(1 + len(every) / among[word]) for word in wanted if among[word]}
    scored = [
        (sum(rare[w] * (1 + math.log(counts[w])) for w in rare if counts[w]), -at)
        for at, counts in enumerate(held)
    ]
    best = sorted(scored, reverse=True)[:most]
    return [every[-at] for score, at in best if score > 0]


def _passages(name: str, text: str) -> Iterator[Passage]:
    heading = ""
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        while lines and _HEADING.match(lines[0]):
            heading = lines.pop(0).lstrip("#").strip()
        if body := "\n".join(lines).strip():
            yield Passage(name, heading, body)


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text.casefold()):
        rest = 0
        for found in _UNSPACED.finditer(word):
            if piece := word[rest : found.start()]:
                yield piece
            run = found[0]
            yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
            rest = found.end()
        if piece := word[rest:]:
            yield piece
