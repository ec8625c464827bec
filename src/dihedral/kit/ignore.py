"""`.terraformignore`: which files of a directory stay at home.

Shape   one pattern a line, as git has them: `#` comments, `!` takes back, a leading or inner `/`
        binds to the top, a trailing one means directories, `*`, `?`, `[…]` stay within a name and
        `**` does not. The last pattern that fits decides.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Ignored = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    keep: bool


def rules(lines: Iterable[str]) -> Ignored:
    """Whether a path is left out; a directory's ends in `/`. A senseless line fits nothing."""
    found = [rule for line in lines if (rule := _rule(line.rstrip()))]

    def ignored(path: str) -> bool:
        fits = (rule for rule in reversed(found) if rule.pattern.match(path))
        return not next(fits, _Rule(re.compile(""), keep=True)).keep

    return ignored


def _rule(line: str) -> _Rule | None:
    if not line or line.startswith("#"):
        return None
    keep = line.startswith("!")
    text = line[1:] if keep else line
    bound = "/" in text.rstrip("/")
    body = _translate(text.strip("/"))
    end = "/" if text.endswith("/") else "(?:/|$)"
    try:
        return _Rule(re.compile(("" if bound else "(?:.*/)?") + body + end), keep)
    except re.error:
        return None


def _translate(text: str) -> str:
    out = ""
    for piece in re.findall(r"\*\*/|/\*\*$|\*\*|\*|\?|\[[^]]+\]|.", text):
        out += _PIECES.get(piece) or (_class(piece) if len(piece) > 2 else re.escape(piece))
    return out


_PIECES = {"**/": "(?:.*/)?", "/**": "/.+", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _class(piece: str) -> str:
    inner = piece[1:-1].replace("\\", r"\\")
    return f"[^{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]"
