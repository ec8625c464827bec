"""HCL, read and written in the little that drafting needs.

Source  the syntax of HCL's native form: github.com/hashicorp/hcl, hclsyntax/spec.md
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from dihedral.domain.blueprint import Value
from dihedral.domain.errors import Invalid

_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r'[\\"\x00-\x1f\x7f-\x9f\u2028\u2029]|[$%](?=\{)')


@dataclass(frozen=True, slots=True)
class Block:
    """A block at the top of a file. `attributes` maps a name to its expression, as written."""

    kind: str
    labels: tuple[str, ...]
    attributes: Mapping[str, str]
    blocks: tuple[str, ...] = ()  # kinds of the blocks inside


def quote(text: str) -> str:
    """`text` as an HCL string that means exactly that, whatever is in it. Raises Invalid.

    The sign before a brace is written as its code: a template is recognised before codes are
    read, so no text can open one, not even `$${`.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Invalid("a value holds half a character; send the text as UTF-8")
    return f'"{_SPECIAL.sub(lambda found: _escape(found[0]), text)}"'


def literal(value: Value) -> str:
    """A value as an HCL expression. Raises Invalid."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else quote(value)


def comment(text: str, limit: int = 200) -> str:
    """`text` on one line, so that nothing of it can leave a comment."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def table(rows: Mapping[str, str], indent: str = "  ") -> str:
    """`name = expression` lines, aligned as `terraform fmt` does."""
    width = max(map(len, rows), default=0)
    return "".join(f"{indent}{name.ljust(width)} = {text}\n" for name, text in rows.items())


def blocks(source: bytes) -> tuple[Block, ...]:
    """The blocks at the top of a file; what cannot be read as one is left out."""
    root = Parser(Language(tree_sitter_hcl.language())).parse(source).root_node
    return tuple(_block(node) for body in root.children for node in _of(body, "block"))


def _escape(letter: str) -> str:
    return _NAMED.get(letter) or f"\\u{ord(letter):04x}"


def _block(node: Node) -> Block:
    words = [_text(child) for child in node.children if child.type in ("identifier", "string_lit")]
    bodies = list(_of(node, "body"))
    rows = (row for body in bodies for row in _of(body, "attribute"))
    return Block(
        kind=words[0] if words else "",
        labels=tuple(word.strip('"') for word in words[1:]),
        attributes={_text(row.children[0]): _text(row.children[-1]) for row in rows},
        blocks=tuple(_text(b.children[0]) for body in bodies for b in _of(body, "block")),
    )


def _of(node: Node, kind: str) -> Iterator[Node]:
    return (child for child in node.children if child.type == kind)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
