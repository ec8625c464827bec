"""Configuration as blocks and calls, from Terraform's own language or from its JSON form.

Shape   what is not a plain literal is None: whoever needs to know it must treat None as unknown.
        A `path` is a literal text in which `{module}` or `{root}` stands for the directory that
        `path.module` or `path.root` gives.
        Repeated keys of a JSON object are all kept, as Terraform keeps them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

_END = "END_OF_TEXT_FROM_JSON"
_PLACES = {b"path.module": "{module}", b"path.root": "{root}"}
# how many labels a block of the JSON form has: each is one level of keys
_LABELS = {
    **dict.fromkeys(("resource", "data", "ephemeral", "action", "list"), 2),
    **dict.fromkeys(("provider", "module", "variable", "output", "check", "provisioner"), 1),
    **dict.fromkeys(("backend", "state_store", "dynamic", "provider_meta"), 1),
}
# blocks that are told from attributes in the JSON form, wherever they stand
_INNER = {
    *("backend", "cloud", "state_store", "required_providers"),
    *("provisioner", "connection", "dynamic", "data", "endpoints"),
}


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


@dataclass(frozen=True, slots=True)
class Block:
    kind: str
    labels: tuple[str, ...]
    values: Mapping[str, Value]
    blocks: tuple["Block", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call; `paths` are its arguments, `at` the byte where its name begins."""

    name: str
    paths: tuple[str | None, ...]
    line: int
    at: int


@dataclass(frozen=True, slots=True)
class Source:
    blocks: tuple[Block, ...]
    calls: tuple[Call, ...]


def parser() -> Parser:
    return Parser(Language(tree_sitter_hcl.language()))


def read(text: bytes, reader: Parser) -> Source:
    """A file in Terraform's language. Raises Unreadable."""
    root = reader.parse(text).root_node
    if root.has_error:
        line = _broken(root)
        raise Unreadable("this cannot be read as Terraform configuration", line)
    bodies = [child for child in root.children if child.type == "body"]
    blocks = tuple(_block(b) for body in bodies for b in body.children if b.type == "block")
    return Source(blocks, tuple(_calls(root)))


def read_json(text: bytes, reader: Parser) -> Source:
    """A file in Terraform's JSON form. Raises Unreadable."""
    try:
        document = json.loads(text, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as cause:
        raise Unreadable(f"this cannot be read as JSON: {cause.msg}", cause.lineno) from cause
    except RecursionError as cause:
        raise Unreadable("this is nested too deeply to be read") from cause
    if not isinstance(document, _Pairs):
        raise Unreadable("the JSON form of a configuration is an object")
    lines = _Lines(text.decode())
    blocks = tuple(
        block for key, value in document for block in _json_blocks(key, value, lines, ())
    )
    return Source(blocks, tuple(_json_calls(document, lines, reader)))


def literal(node: Node) -> str | None:
    """The text of a quoted string without templates or escapes; a node around it will do."""
    while node.type in ("expression", "literal_value") and node.child_count == 1:
        node = node.children[0]
    if node.type == "identifier":
        return _text(node)
    if node.type != "string_lit":
        return None
    found = "".join(_text(c) for c in node.children if c.type == "template_literal")
    return None if "\\" in found else found


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def _line(node: Node) -> int:
    return int(node.start_point[0]) + 1


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
        labels=tuple(found if (found := literal(h)) is not None else "\\" for h in heads[1:]),
        values=dict(_attribute(c) for c in inside if c.type == "attribute"),
        blocks=tuple(_block(c) for c in inside if c.type == "block"),
        line=_line(node),
    )


def _attribute(node: Node) -> tuple[str, Value]:
    return _text(node.children[0]), _value(node.children[-1])


def _value(node: Node) -> Value:
    return Value(_line(node), literal(node), _path(node), dict(_items(node)), _text(node))


def _items(node: Node) -> Iterator[tuple[str, Value]]:
    while node.type in ("expression", "collection_value") and node.child_count == 1:
        node = node.children[0]
    for element in node.children if node.type == "object" else ():
        if element.type == "object_elem":
            key = literal(_inmost(element.children[0]))
            yield ("\\" if key is None else key), _value(element.children[-1])


def _inmost(node: Node) -> Node:
    while node.child_count == 1 and node.type in ("expression", "variable_expr", "literal_value"):
        node = node.children[0]
    return node


def _path(node: Node) -> str | None:
    source = (node.text or b"").strip()
    if source in _PLACES:
        return _PLACES[source]
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
        return None if b"\\" in (node.text or b"") else _text(node)
    inside = (node.text or b"").removeprefix(b"${").removesuffix(b"}").strip()
    return _PLACES.get(inside)


def _calls(root: Node) -> Iterator[Call]:
    todo = [root]
    while todo:
        node = todo.pop()
        if node.type == "function_call":
            yield _call(node)
        todo.extend(node.children)


def _call(node: Node) -> Call:
    """`core::file` is `file`: a name space in front changes nothing."""
    name = node.children[0]
    space, _, last = _text(name).rpartition("::")
    arguments = (c for c in node.children if c.type == "function_arguments")
    values = [c for a in arguments for c in a.children if c.type == "expression"]
    at = name.start_byte + len(f"{space}::".encode()) * bool(space)
    return Call(last, tuple(map(_path, values)), _line(node), at)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every one of its keys, also those that come twice."""


class _Lines:
    """Where a JSON key stands, as near as a search can tell."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, key: str) -> int:
        at = self._text.find(json.dumps(key))
        return self._text.count("\n", 0, at) + 1 if at >= 0 else 1


def _json_blocks(kind: str, value: Any, lines: _Lines, labels: tuple[str, ...]) -> Iterator[Block]:
    if isinstance(value, list) and not isinstance(value, _Pairs):
        for item in value:
            yield from _json_blocks(kind, item, lines, labels)
    elif not isinstance(value, _Pairs):
        yield Block(kind, labels, {"": Value(lines.of(kind))}, (), lines.of(kind))
    elif len(labels) < _LABELS.get(kind, 0):
        for key, inner in value:
            yield from _json_blocks(kind, inner, lines, (*labels, key))
    else:
        inner_blocks = (
            block
            for key, inner in value
            if key in _INNER
            for block in _json_blocks(key, inner, lines, ())
        )
        found = {key: _json_value(key, inner, lines) for key, inner in value}
        yield Block(kind, labels, found, tuple(inner_blocks), lines.of((labels or (kind,))[-1]))


def _json_value(key: str, value: Any, lines: _Lines) -> Value:
    line = lines.of(key)
    if isinstance(value, str):
        plain = not any(mark in value for mark in ("${", "%{"))
        text = value if plain else None
        path = value
        for place, name in _PLACES.items():
            path = path.replace("${" + place.decode() + "}", name)
        safe = not any(mark in path for mark in ("${", "%{"))
        return Value(line, text, path if safe else None, source=value)
    items = {k: _json_value(k, v, lines) for k, v in value} if isinstance(value, _Pairs) else {}
    return Value(line, items=items)


def _json_calls(document: Any, lines: _Lines, reader: Parser) -> Iterator[Call]:
    for text in _strings(document):
        if "${" not in text and "%{" not in text:
            continue
        wrapped = f"x = <<{_END}\n{text}\n{_END}\n".encode()
        root = reader.parse(wrapped).root_node
        if root.has_error or _END in text:
            raise Unreadable("a template in this JSON cannot be read", lines.of(text))
        yield from (Call(c.name, c.paths, lines.of(text), c.at) for c in _calls(root))


def _strings(value: Any) -> Iterator[str]:
    todo: list[Any] = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, _Pairs):
            todo.extend(part for pair in here for part in pair)
        elif isinstance(here, Iterable):
            todo.extend(here)
