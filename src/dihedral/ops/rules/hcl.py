"""Configuration as blocks and calls, from Terraform's own language.

Shape   what is not a plain literal is None: whoever needs to know it must treat None as unknown.
        Escapes (`\\u0041`) are decoded, as Terraform decodes them.
        A `path` is a literal text in which `{module}` or `{root}` stands for the directory that
        `path.module` or `path.root` gives.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from dihedral.ops.rules import syntax
from dihedral.ops.rules.syntax import Reader, Unreadable, reader

__all__ = ["Block", "Call", "Reader", "Source", "Unreadable", "Value", "read", "reader"]

PLACES = {b"path.module": "{module}", b"path.root": "{root}"}
UNKNOWN = "\\"  # a label or a key that is not written out
_END = "END_OF_TEXT"
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))|\\|\$\$\{|%%\{')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


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


def read(text: bytes, reader: Reader) -> Source:
    """A file in Terraform's language. Raises Unreadable."""
    root, calls = syntax.tree(text, reader)
    bodies = [child for child in root.children if child.type == "body"]
    blocks = tuple(_block(b) for body in bodies for b in body.children if b.type == "block")
    return Source(blocks, tuple(map(_call, calls)))


def attributes(text: bytes, reader: Reader) -> Mapping[str, Value]:
    """The attributes at the top of a file, such as one of variables. Raises Unreadable."""
    root, _ = syntax.tree(text, reader)
    bodies = [child for child in root.children if child.type == "body"]
    return dict(_attribute(a) for body in bodies for a in body.children if a.type == "attribute")


def template(text: str, reader: Reader) -> tuple[Call, ...]:
    """The calls in a text that is a template as a whole; lines from 1. Raises Unreadable."""
    if "${" not in text and "%{" not in text:
        return ()
    if _END in text:
        raise Unreadable("this template cannot be read")
    try:
        _, calls = syntax.tree(f"x = <<{_END}\n{text}\n{_END}\n".encode(), reader)
    except Unreadable as cause:
        raise Unreadable("a template in it cannot be read", max(1, cause.line - 1)) from cause
    found = map(_call, calls)
    return tuple(Call(c.name, c.paths, c.line - 1, c.at, c.space) for c in found)


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
