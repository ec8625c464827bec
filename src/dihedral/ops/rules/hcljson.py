"""Configuration as blocks and calls, from the JSON form of Terraform's language.

Shape   as in `rules.hcl`. Repeated keys of an object are all kept, as Terraform keeps them; keys
        named `//` are comments. The form does not tell blocks from attributes, so an object or a
        list of objects is read as both.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from dihedral.ops.rules import hcl
from dihedral.ops.rules.hcl import PLACES, Block, Call, Reader, Source, Unreadable, Value

COMMENT = "//"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
DEEPEST = 100
_LONG = 30  # digits; Python itself refuses to read thousands of them
# how many labels a block of the JSON form has: each is one level of keys
_LABELS = {
    **dict.fromkeys(("resource", "data", "ephemeral", "action", "list"), 2),
    **dict.fromkeys(("provider", "module", "variable", "output", "check", "provisioner"), 1),
    **dict.fromkeys(("backend", "state_store", "dynamic", "provider_meta"), 1),
}
# blocks also where nothing stands in them
_INNER = {
    *("backend", "cloud", "state_store", "required_providers"),
    *("provisioner", "connection", "dynamic", "data", "endpoints"),
}


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every one of its keys, also those that come twice."""


class _Lines:
    """Where a JSON text stands first."""

    def __init__(self, words: str) -> None:
        self._known: dict[str, int] = {}
        line, last = 1, 0
        for met in _STRING.finditer(words):
            line, last = line + words.count("\n", last, met.start()), met.start()
            self._known.setdefault(_said(met[0]), line)

    def of(self, key: str) -> int:
        return self._known.get(key, 1)


def _said(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token))
    except json.JSONDecodeError:
        return token[1:-1]


def read(text: bytes, reader: Reader) -> Source:
    """A file in Terraform's JSON form. Raises Unreadable."""
    words = text.decode()
    document = _document(words)
    lines = _Lines(words)
    blocks = tuple(b for key, value in document for b in _blocks(key, value, lines, ()))
    return Source(blocks, tuple(_calls(document, lines, reader)))


def strings(text: bytes) -> Iterator[str]:
    """Every text in it, keys also, decoded. Raises Unreadable."""
    return _strings(_document(text.decode()))


def _document(words: str) -> _Pairs:
    try:
        document = json.loads(
            words, object_pairs_hook=_Pairs, parse_constant=_odd, parse_int=_number
        )
    except json.JSONDecodeError as cause:
        raise Unreadable(f"this cannot be read as JSON: {cause.msg}", cause.lineno) from cause
    except RecursionError as cause:
        raise Unreadable("this is nested too deeply to be read") from cause
    if not isinstance(document, _Pairs):
        raise Unreadable("the JSON form of a configuration is an object")
    _shallow(document)
    return document


def _odd(name: str) -> Any:
    raise Unreadable(f"{name} is no JSON")


def _number(digits: str) -> float:
    return int(digits) if len(digits) < _LONG else float(digits)


def _shallow(document: Any) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Unreadable("this is nested too deeply to be read")
        level = [part for here in level for part in _parts(here) if isinstance(part, list)]


def _parts(here: Any) -> Iterable[Any]:
    return (value for _, value in here) if isinstance(here, _Pairs) else here


def _blocks(kind: str, value: Any, lines: _Lines, labels: tuple[str, ...]) -> Iterator[Block]:
    if kind == COMMENT:
        return
    if isinstance(value, list) and not isinstance(value, _Pairs):
        for item in value:
            yield from _blocks(kind, item, lines, labels)
    elif not isinstance(value, _Pairs):
        if value is not None:
            yield Block(kind, labels, {"": Value(lines.of(kind))}, (), lines.of(kind))
    elif len(labels) < _LABELS.get(kind, 0):
        for key, inner in value:
            if key != COMMENT:
                yield from _blocks(kind, inner, lines, (*labels, key))
    else:
        inside = (b for k, v in value if _is_block(k, v) for b in _blocks(k, v, lines, ()))
        found = {key: _value(key, inner, lines) for key, inner in value}
        yield Block(kind, labels, found, tuple(inside), lines.of((labels or (kind,))[-1]))


def _is_block(key: str, value: Any) -> bool:
    if key in _INNER or isinstance(value, _Pairs):
        return True
    return isinstance(value, list) and any(isinstance(v, list) for v in value)


def _value(key: str, value: Any, lines: _Lines) -> Value:
    line = lines.of(key)
    if isinstance(value, str):
        path = value
        for place, name in PLACES.items():
            path = path.replace("${" + place.decode() + "}", name)
        return Value(line, _plain(value), _plain(path), source=value)
    if isinstance(value, _Pairs):
        return Value(line, items={k: _value(k, v, lines) for k, v in value})
    if isinstance(value, list):
        return Value(line, elements=tuple(_value(key, v, lines) for v in value))
    return Value(line, source=json.dumps(value))


def _plain(text: str) -> str | None:
    escaped = text.replace("$${", "").replace("%%{", "")
    if "${" in escaped or "%{" in escaped:
        return None
    return text.replace("$${", "${").replace("%%{", "%{")


def _calls(document: Any, lines: _Lines, reader: Reader) -> Iterator[Call]:
    for text in _strings(document):
        try:
            for call in hcl.template(text, reader):
                yield Call(call.name, call.paths, lines.of(text), call.at, call.space)
        except Unreadable as cause:
            raise Unreadable(str(cause), lines.of(text)) from cause


def _strings(value: Any) -> Iterator[str]:
    todo: list[Any] = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, _Pairs):
            todo.extend(part for pair in here for part in pair)
        elif isinstance(here, list):
            todo.extend(here)
