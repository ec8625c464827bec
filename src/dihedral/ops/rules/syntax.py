"""A text of Terraform's language as a tree, if two readers see the same in it.

The grammar is not Terraform's own. So a scanner of tokens reads beside it (`rules.scan`), and where
the two differ on where a text or a comment ends, nothing of the file is believed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from dihedral.ops.rules import scan

_CHUNK = 512  # bytes; the parser asks again wherever it looks again
# never in an honest file, and the parser takes the square of their length for them
_RUNS = re.compile(
    rb'(?:"[^"\n]{0,200}"\s{0,20}){30}|(?<![\w.-])(?:[\w.-]{1,99}\s{0,20}=(?![=>])\s{0,20}){20}'
)
# how often an honest text is asked for, at most: by chunk, and however short it is. Spaces within
# brackets are asked for again and again, and cost the square of their length
_ASKS, _FEW = 8, 200
_PARTS = 300  # of one expression, such as the steps of `a.b[0].c`; the query takes their square
_SMALL = 8_000  # bytes, of a faulty text that is read to its end, to say where it is faulty
_BAD = "this cannot be read as Terraform configuration"
_ASKED = """
(comment) @c (quoted_template_start) @q (quoted_template_end) @Q
(heredoc_template (heredoc_identifier) @h .) (template_interpolation_start) @i
(template_directive_start) @i (function_call) @call
"""


class Unreadable(ValueError):
    """A file that is not what its name says; `line` is where."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Reader:
    parser: Parser
    query: Query
    names: Query


def reader() -> Reader:
    language = Language(tree_sitter_hcl.language())
    return Reader(Parser(language), Query(language, _ASKED), Query(language, "(identifier) @id"))


def tree(text: bytes, reader: Reader) -> tuple[Node, list[Node]]:
    """The tree, and the calls of functions in it. Raises Unreadable."""
    try:
        first = scan.marks(text)
    except scan.Lost as cause:
        raise Unreadable(f"this cannot be read: {cause}", _line_at(text, cause.at)) from cause
    root = _parse(text, reader.parser)
    if b"\0" in text:
        raise Unreadable("there is a null byte in it", _line_at(text, text.index(b"\0")))
    if line := _sprawling(root):
        raise Unreadable("an expression in it has too many parts", line)
    caught = QueryCursor(reader.query).captures(root)
    calls = sorted(caught.pop("call", ()), key=lambda node: node.start_byte)
    second = {(kind, n.start_byte) for kind, nodes in caught.items() for n in nodes}
    second |= {("C", n.end_byte) for n in caught.get("c", ()) if n.text and n.text[:2] == b"/*"}
    differs = {m for m in first ^ second if m in first or not _plain(text, m)}
    if differs:
        line = _line_at(text, min(at for _, at in differs))
        raise Unreadable("where texts and comments end here cannot be told for certain", line)
    return root, calls


def _parse(text: bytes, parser: Parser) -> Node:
    """The tree, given up at the first fault: to mend large faulty texts takes the parser minutes.

    Raises Unreadable.
    """
    if run := _RUNS.search(text):
        raise Unreadable(_BAD, _line_at(text, run.start()))
    reached, asked, most = 0, 0, _FEW + _ASKS * len(text) // _CHUNK

    def chunk(at: int, _: object) -> bytes:
        nonlocal asked
        asked += 1
        return text[at : at + _CHUNK]

    def faulty(at: int, wrong: bool) -> bool:
        nonlocal reached
        reached = at
        return wrong or asked > most

    try:
        root = parser.parse(chunk, progress_callback=faulty).root_node
    except ValueError:
        parser.reset()
        if len(text) > _SMALL:
            raise Unreadable(_BAD, _line_at(text, reached)) from None
        root = parser.parse(text).root_node
    if root.has_error:
        raise Unreadable(_BAD, _broken(root))
    return root


def _sprawling(root: Node) -> int:
    """The line of an expression with too many parts; 0 where there is none."""
    cursor, counts = root.walk(), [0]
    while True:
        node = cursor.node
        if counts[-1] == _PARTS and node and node.parent and node.parent.type == "expression":
            return _line_of(node.parent)
        if cursor.goto_first_child():
            counts.append(0)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return 0
            counts.pop()
        counts[-1] += 1


def _line_of(node: Node) -> int:
    return int(node.start_point[0]) + 1


def _plain(text: bytes, mark: tuple[str, int]) -> bool:
    """Whether a mark of the second reader is an escaped `$${`, which it takes for a template."""
    kind, at = mark
    return kind == "i" and text[at - 1 : at] == text[at : at + 1]


def identifiers(text: bytes, reader: Reader) -> Iterator[tuple[int, str]]:
    """Line and name of every identifier that is not ASCII, in a text that was read before."""
    root = reader.parser.parse(text).root_node
    for node in QueryCursor(reader.names).captures(root).get("id", ()):
        name = (node.text or b"").decode(errors="replace")
        if not name.isascii():
            yield node.start_point[0] + 1, name


def _line_at(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1


def _broken(root: Node) -> int:
    """The line of the first thing that could not be read."""
    node = root
    while True:
        wrong = [c for c in node.children if c.has_error or c.is_missing or c.type == "ERROR"]
        if not wrong:
            return node.start_point[0] + 1
        node = wrong[0]
