"""Configuration as blocks and calls, from Terraform's own language.

Shape   what is not a plain literal is None: whoever needs to know it must treat None as unknown.
        Escapes (`\\u0041`) are decoded, as Terraform decodes them.
        A `path` is a literal text in which `{module}` or `{root}` stands for the directory that
        `path.module` or `path.root` gives.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from dihedral.ops.rules import scan

PLACES = {b"path.module": "{module}", b"path.root": "{root}"}
UNKNOWN = "\\"  # a label or a key that is not written out
_END = "END_OF_TEXT"
_CHUNK = 1 << 16
_SMALL = 8_000  # bytes, of a faulty text that is read to its end, to say where it is faulty
_BAD = "this cannot be read as Terraform configuration"
_ASKED = """
(comment) @c (quoted_template_start) @q (quoted_template_end) @Q
(heredoc_template (heredoc_identifier) @h .) (template_interpolation_start) @i
(template_directive_start) @i (function_call) @call
"""
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))|\\|\$\$\{|%%\{')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Unreadable(ValueError):
    """A file that is not what its name says; `line` is where."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Value:
    line: int
    text: str | None = None  # a literal string
    path: str | None = None
    items: Mapping[str, "Value"] = field(default_factory=dict)  # of an object written out
    source: str = ""
    elements: tuple["Value", ...] = ()  # of a list written out


@dataclass(frozen=True, slots=True)
class Block:
    kind: str
    labels: tuple[str, ...]
    values: Mapping[str, Value]
    blocks: tuple["Block", ...]
    line: int
    escaped: bool = False  # a label was written with escapes


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call; `paths` are its arguments, `at` the byte where its name begins."""

    name: str
    paths: tuple[str | None, ...]
    line: int
    at: int
    space: str = ""  # `core`, or `provider::NAME`


@dataclass(frozen=True, slots=True)
class Source:
    blocks: tuple[Block, ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    parser: Parser
    query: Query


def reader() -> Reader:
    language = Language(tree_sitter_hcl.language())
    return Reader(Parser(language), Query(language, _ASKED))


def read(text: bytes, reader: Reader) -> Source:
    """A file in Terraform's language. Raises Unreadable."""
    root, calls = _tree(text, reader)
    bodies = [child for child in root.children if child.type == "body"]
    blocks = tuple(_block(b) for body in bodies for b in body.children if b.type == "block")
    return Source(blocks, calls)


def attributes(text: bytes, reader: Reader) -> Mapping[str, Value]:
    """The attributes at the top of a file, such as one of variables. Raises Unreadable."""
    root, _ = _tree(text, reader)
    bodies = [child for child in root.children if child.type == "body"]
    return dict(_attribute(a) for body in bodies for a in body.children if a.type == "attribute")


def identifiers(text: bytes) -> Iterator[tuple[int, str]]:
    """Line and name of every identifier that is not ASCII."""
    language = Language(tree_sitter_hcl.language())
    root = Parser(language).parse(text).root_node
    for node in QueryCursor(Query(language, "(identifier) @id")).captures(root).get("id", ()):
        name = _text(node)
        if not name.isascii():
            yield _line(node), name


def template(text: str, reader: Reader) -> tuple[Call, ...]:
    """The calls in a text that is a template as a whole; lines from 1. Raises Unreadable."""
    if "${" not in text and "%{" not in text:
        return ()
    if _END in text:
        raise Unreadable("this template cannot be read")
    try:
        _, calls = _tree(f"x = <<{_END}\n{text}\n{_END}\n".encode(), reader)
    except Unreadable as cause:
        raise Unreadable("a template in it cannot be read", max(1, cause.line - 1)) from cause
    return tuple(Call(c.name, c.paths, c.line - 1, c.at, c.space) for c in calls)


def _tree(text: bytes, reader: Reader) -> tuple[Node, tuple[Call, ...]]:
    """What both readers see in the same way."""
    try:
        first = scan.marks(text)
    except scan.Lost as cause:
        raise Unreadable(f"this cannot be read: {cause}", _line_at(text, cause.at)) from cause
    root = _parse(text, reader.parser)
    if b"\0" in text:
        raise Unreadable("there is a null byte in it", _line_at(text, text.index(b"\0")))
    caught = QueryCursor(reader.query).captures(root)
    calls = tuple(map(_call, sorted(caught.pop("call", ()), key=lambda n: n.start_byte)))
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
    reached = 0

    def faulty(at: int, wrong: bool) -> bool:
        nonlocal reached
        reached = at
        return wrong

    try:
        root = parser.parse(
            lambda at, _: text[at : at + _CHUNK], progress_callback=faulty
        ).root_node
    except ValueError:
        parser.reset()
        if len(text) > _SMALL:
            raise Unreadable(_BAD, _line_at(text, reached)) from None
        root = parser.parse(text).root_node
    if root.has_error:
        raise Unreadable(_BAD, _broken(root))
    return root


def _plain(text: bytes, mark: tuple[str, int]) -> bool:
    """Whether a mark of the second reader is an escaped `$${`, which it takes for a template."""
    kind, at = mark
    return kind == "i" and text[at - 1 : at] == text[at : at + 1]


def literal(node: Node) -> str | None:
    """The text of a quoted string without templates, decoded; a node around it will do."""
    while node.type in ("expression", "literal_value") and node.child_count == 1:
        node = node.children[0]
    if node.type == "identifier":
        return _text(node)
    if node.type == "template_expr" and node.child_count == 1:
        return _heredoc(node.children[0])
    if node.type != "string_lit":
        return None
    return decode("".join(_text(c) for c in node.children if c.type == "template_literal"))


def _heredoc(node: Node) -> str | None:
    inside = [c for c in node.children if not c.type.startswith("heredoc_")]
    if node.type != "heredoc_template" or any(c.type != "template_literal" for c in inside):
        return None
    return "".join(map(_text, inside))


def decode(text: str) -> str | None:
    """A quoted text without its escapes; None where one is no escape."""
    if "\\" not in text and "{" not in text:
        return text
    found: list[str] = []
    at = 0
    for met in _ESCAPE.finditer(text):
        point = int(met[2] or met[3] or "0", 16)
        if met[0] == "\\" or point > 0x10FFFF:
            return None
        letter = _LETTERS.get(met[1], "") or (met[0][1:] if met[0][0] in "$%" else chr(point))
        found += text[at : met.start()], letter
        at = met.end()
    return "".join((*found, text[at:]))


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def _line(node: Node) -> int:
    return int(node.start_point[0]) + 1


def _line_at(text: bytes, at: int) -> int:
    return text.count(b"\n", 0, at) + 1


def _broken(root: Node) -> int:
    """The line of the first thing that could not be read."""
    node = root
    while True:
        wrong = [c for c in node.children if c.has_error or c.is_missing or c.type == "ERROR"]
        if not wrong:
            return _line(node)
        node = wrong[0]


def _block(node: Node) -> Block:
    heads = [c for c in node.children if c.type in ("identifier", "string_lit")]
    body = next((c for c in node.children if c.type == "body"), None)
    inside = body.children if body else []
    return Block(
        kind=_text(heads[0]),
        labels=tuple(UNKNOWN if (found := literal(h)) is None else found for h in heads[1:]),
        values=dict(_attribute(c) for c in inside if c.type == "attribute"),
        blocks=tuple(_block(c) for c in inside if c.type == "block"),
        line=_line(node),
        escaped=any("\\" in _text(h) for h in heads[1:]),
    )


def _attribute(node: Node) -> tuple[str, Value]:
    return _text(node.children[0]), _value(node.children[-1])


def _value(node: Node) -> Value:
    inner = _collection(node)
    return Value(
        line=_line(node),
        text=literal(node),
        path=_path(node),
        items=dict(_items(inner)),
        source=_text(node),
        elements=tuple(
            _value(c) for c in inner.children if inner.type == "tuple" and c.type == "expression"
        ),
    )


def _collection(node: Node) -> Node:
    while node.type in ("expression", "collection_value") and node.child_count == 1:
        node = node.children[0]
    return node


def _items(node: Node) -> Iterator[tuple[str, Value]]:
    for element in node.children if node.type == "object" else ():
        if element.type == "object_elem":
            key = literal(_inmost(element.children[0]))
            yield (UNKNOWN if key is None else key), _value(element.children[-1])


def _inmost(node: Node) -> Node:
    while node.child_count == 1 and node.type in ("expression", "variable_expr", "literal_value"):
        node = node.children[0]
    return node


def _path(node: Node) -> str | None:
    source = (node.text or b"").strip()
    if source in PLACES:
        return PLACES[source]
    found = literal(node)
    if found is not None:
        return found if _inmost(node).type == "string_lit" else None
    inner = _inmost(node)
    while inner.child_count == 1 and inner.type == "template_expr":
        inner = inner.children[0]
    if inner.type != "quoted_template":
        return None
    pieces = [_piece(child) for child in inner.children[1:-1]]
    return None if None in pieces else "".join(piece or "" for piece in pieces)


def _piece(node: Node) -> str | None:
    if node.type == "template_literal":
        return decode(_text(node))
    inside = (node.text or b"").removeprefix(b"${").removesuffix(b"}").strip()
    return PLACES.get(inside)


def _call(node: Node) -> Call:
    """`core::file` is `file`: a name space in front changes nothing."""
    name = node.children[0]
    space, _, last = _text(name).rpartition("::")
    arguments = (c for c in node.children if c.type == "function_arguments")
    values = [c for a in arguments for c in a.children if c.type == "expression"]
    at = name.start_byte + len(f"{space}::".encode()) * bool(space)
    return Call(last.strip(), tuple(map(_path, values)), _line(node), at, space)
