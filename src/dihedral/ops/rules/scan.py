"""A second reader of Terraform's language, of its tokens only, written after Terraform's scanner.

It says where comments, quotes, heredocs and templates begin and end. The grammar that we read with
is not Terraform's own: where the two readers differ, something may be hidden, and nobody can tell.

Shape   a mark is a letter and a byte: `c` comment begins, `C` block comment ends, `q` quote opens,
        `Q` quote closes, `h` the closing marker of a heredoc, `i` a template's `${` or `%{`.
Source  hclsyntax/scan_tokens.rl of HCL 2; tried on Terraform 1.11
"""

import re
from dataclasses import dataclass

Marks = set[tuple[str, int]]
DEEPEST = 200  # brackets and templates within each other

_CODE = re.compile(
    rb"#[^\n]*|//[^\n]*|/\*.*?\*/|/\*|\"|<<-?([A-Za-z_][A-Za-z0-9_-]*)\r?\n|<<|[(){}\[\]]",
    re.DOTALL,
)
_QUOTED = re.compile(rb"\\.|\"|\n|(?<!\$)\$\{|(?<!%)%\{", re.DOTALL)
_HEREDOC = re.compile(rb"\n|(?<!\$)\$\{|(?<!%)%\{")
_CLOSES = {b")": b"(", b"]": b"[", b"}": b"{"}


class Lost(ValueError):
    """The text is none that Terraform reads; `at` is the byte."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(slots=True)
class _Open:
    """What is open: a bracket's letter, `"` a quote, `<` a heredoc, `$` a template."""

    kind: bytes
    marker: bytes = b""
    fresh: bool = False  # of a heredoc: at the beginning of a line


def marks(text: bytes) -> Marks:
    """Where everything begins and ends. Raises Lost."""
    found: Marks = set()
    stack: list[_Open] = []
    at, end = 0, len(text)
    while at < end:
        kind = stack[-1].kind if stack else b""
        step = _STEPS.get(kind, _code)
        at = step(text, at, stack, found)
        if len(stack) > DEEPEST:
            raise Lost("this is nested too deeply to be read", at)
    if stack:
        raise Lost("something is opened here and never closed", end)
    return found


def _code(text: bytes, at: int, stack: list[_Open], found: Marks) -> int:
    met = _CODE.search(text, at)
    if met is None:
        return len(text)
    token, start = met[0], met.start()
    if token[:1] in (b"#", b"/"):
        if token == b"/*":
            raise Lost("a comment is opened here and never closed", start)
        found.add(("c", start))
        if token[:2] == b"/*":
            found.add(("C", met.end()))
    elif token == b'"':
        found.add(("q", start))
        stack.append(_Open(b'"'))
    elif met[1]:
        stack.append(_Open(b"<", met[1], fresh=True))
    elif token in _CLOSES:
        _close(token, start, stack)
    elif token != b"<<":
        stack.append(_Open(token))
    return met.end()


def _close(token: bytes, at: int, stack: list[_Open]) -> None:
    wanted = (b"{", b"$") if token == b"}" else (_CLOSES[token],)
    if not stack or stack[-1].kind not in wanted:
        raise Lost("this closes what was not opened", at)
    stack.pop()


def _quoted(text: bytes, at: int, stack: list[_Open], found: Marks) -> int:
    met = _QUOTED.search(text, at)
    if met is None or met[0] == b"\n":
        raise Lost("a quoted text does not end on its line", met.start() if met else at)
    if met[0] == b'"':
        found.add(("Q", met.start()))
        stack.pop()
    elif met[0][1:] == b"{":
        found.add(("i", met.start()))
        stack.append(_Open(b"$"))
    return met.end()


def _heredoc(text: bytes, at: int, stack: list[_Open], found: Marks) -> int:
    here = stack[-1]
    met = _HEREDOC.search(text, at)
    if met is None:
        raise Lost(f"the text that ends with {here.marker.decode()} has no end", at)
    if met[0] != b"\n":
        here.fresh = False
        found.add(("i", met.start()))
        stack.append(_Open(b"$"))
        return met.end()
    line = text[at : met.start()]
    if here.fresh and line.strip() == here.marker:
        found.add(("h", at + len(line) - len(line.lstrip())))
        stack.pop()
        return met.start()
    here.fresh = True
    return met.end()


_STEPS = {b'"': _quoted, b"<": _heredoc}
