"""From text to schema and facts. The grammar is in the package's docstring."""

import json
from dataclasses import dataclass, field
from typing import Any

from dihedral.simulator.notation import types
from dihedral.simulator.notation.words import (
    CONFIDENCE,
    FLAGS,
    MADE_WITH,
    MARKS,
    OWN,
    ROLES,
    RULES,
    SECTIONS,
    Facts,
    Json,
    Schema,
)


class NotationError(ValueError):
    """A line that does not follow the grammar; says which, and what was expected."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What follows a name: the schema's part, and the facts that it states."""

    schema: Json
    facts: tuple[str, ...] = ()
    default: tuple[Any, ...] = ()


@dataclass(slots=True)
class _Reader:
    """Where reading stands: the open blocks by depth, their names, the facts of the open type."""

    schema: Schema = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    open: list[Json] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    said: Json = field(default_factory=dict)
    seen: dict[str, _Line] = field(default_factory=dict)


def read(text: str) -> tuple[Schema, Facts]:
    """The schema and the facts that `text` states. Raises NotationError."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        body = line.lstrip(" ")
        if not body or body[0] == "#":
            continue
        depth, odd = divmod(len(line) - len(body), 2)
        if odd or depth > len(reader.open):
            spaces = len(line) - len(body)
            raise NotationError(f"line {number}: indented by {spaces} spaces, under nothing")
        try:
            _take(reader, depth, body)
        except (ValueError, KeyError, IndexError) as cause:
            raise NotationError(f"line {number}: cannot read {body!r}: {cause}") from cause
    return reader.schema, {name: _sorted(said) for name, said in reader.facts.items() if said}


def _sorted(said: Json) -> Json:
    return {
        key: sorted(value) if key in ("fn", "cb", "us") else value for key, value in said.items()
    }


def _take(reader: _Reader, depth: int, body: str) -> None:
    if depth == 0:
        _head(reader, body)
        return
    del reader.open[depth:], reader.names[depth:]
    name, _, tail = body.partition(" ")
    if name == "!":
        _rule(reader.said, tail)
        return
    inner = name[-1] == ":"
    key = ":" + tail if inner else tail
    line = reader.seen.get(key)
    if line is None:
        line = reader.seen[key] = _block_line(tail) if inner else _attribute_line(tail)
    if inner:
        name = name[:-1]
        _open(reader, name, line)
    else:
        reader.open[-1].setdefault("attributes", {})[name] = line.schema
    if line.facts or line.default:
        _note(reader, depth, name, line)


def _open(reader: _Reader, name: str, line: _Line) -> None:
    made = dict(line.schema)
    inside: Json = {}
    if "nested_type" in made:
        inside = made["nested_type"] = dict(made["nested_type"])
        reader.open[-1].setdefault("attributes", {})[name] = made
    else:
        made["block"] = inside = {"deprecated": True} if made.pop("deprecated", False) else {}
        reader.open[-1].setdefault("block_types", {})[name] = made
    reader.open.append(inside)
    reader.names.append(name)


def _note(reader: _Reader, depth: int, name: str, line: _Line) -> None:
    path = ".".join((*reader.names[1:depth], name))
    for key in line.facts:
        reader.said.setdefault(key, []).append(path)
    if line.default:
        reader.said.setdefault("df", {})[path] = line.default[0]


def _head(reader: _Reader, body: str) -> None:
    kind, _, rest = body.partition(" ")
    words = rest.split()
    reader.open, reader.names, reader.said = [], [], {}
    if kind == "provider":
        reader.schema["name"], reader.schema["version"] = words
    elif kind == "function":
        name, made = types.parse_function(rest)
        reader.schema.setdefault("functions", {})[name] = made
    elif kind in OWN:
        reader.schema[OWN[kind]] = _begin(reader, kind, words)
    else:
        _type_head(reader, SECTIONS[kind], f"{kind}.{words[0]}".removeprefix("resource."), words)


def _type_head(reader: _Reader, section: str, name: str, words: list[str]) -> None:
    made = _begin(reader, words[0], words[1:])
    reader.schema.setdefault(section, {})[words[0]] = made
    said: Json = {}
    for word in words[1:]:
        if word in MADE_WITH:
            said["s"] = MADE_WITH.index(word)
        elif word in CONFIDENCE:
            said["k"] = word
    reader.said = said
    reader.facts[name] = reader.said


def _begin(reader: _Reader, name: str, words: list[str]) -> Json:
    block: Json = {"deprecated": True} if "deprecated" in words else {}
    reader.open.append(block)
    reader.names.append(name)
    return {"version": next((int(w) for w in words if w.isdigit()), 0), "block": block}


def _rule(said: Json, tail: str) -> None:
    kind, _, rest = tail.partition(" ")
    if kind == "values":
        path, _, values = rest.partition(" ")
        said.setdefault("en", {})[path] = json.loads(values)
    else:
        said.setdefault(RULES[kind], []).append(rest.split())


def _attribute_line(tail: str) -> _Line:
    front, equals, default = tail.partition(" =")
    form, *words = front.split()
    made = {"type": types.parse(form), **_words(words)}
    return _Line(made, _marks(words), (json.loads(default),) if equals else ())


def _words(words: list[str]) -> Json:
    strange = [w for w in words if w not in ROLES and w not in FLAGS and w not in MARKS]
    if strange:
        raise ValueError(f"{strange[0]!r} is no word for an attribute")
    role = next((ROLES[word] for word in words if word in ROLES), ("optional",))
    return dict.fromkeys((*role, *(FLAGS[word] for word in words if word in FLAGS)), True)


def _marks(words: list[str]) -> tuple[str, ...]:
    return tuple(MARKS[word] for word in words if word in MARKS)


def _block_line(tail: str) -> _Line:
    mode, *words = tail.split()
    if "attribute" in words:
        words.remove("attribute")
        return _Line({"nested_type": {"nesting_mode": mode}, **_words(words)}, _marks(words))
    made: Json = {"nesting_mode": mode}
    for word in words:
        made |= _block_word(word)
    filled = ("cb",) if "either" in words else ()
    return _Line(made, filled + _marks(words))


def _block_word(word: str) -> Json:
    low, dots, high = word.partition("..")
    if dots:
        return {key: int(n) for key, n in (("min_items", low), ("max_items", high)) if n}
    if word not in MARKS and word not in ("either", "deprecated"):
        raise ValueError(f"{word!r} is no word for a block")
    return {"deprecated": True} if word == "deprecated" else {}
