"""From schema and facts to text: the inverse of reading, for authors and for checking."""

import json
from collections.abc import Iterator
from typing import Any

from dihedral.simulator.notation import types
from dihedral.simulator.notation.words import (
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

ROLE_WORDS = {flags: word for word, flags in ROLES.items()}


def write(schema: Schema, facts: Facts) -> str:
    """The text that `read` turns into `schema` and `facts`, but for prose and facts of no path."""
    return "\n".join(_lines(schema, facts)) + "\n"


def _lines(schema: Schema, facts: Facts) -> Iterator[str]:
    yield f"provider {schema['name']} {schema['version']}"
    for word, key in OWN.items():
        if key in schema:
            yield f"{word}{_version(schema[key])}{_type_words(schema[key]['block'], {})}"
            yield from _body(schema[key]["block"], {}, "", 1)
    for name, made in schema.get("functions", {}).items():
        yield f"function {types.show_function(name, made)}"
    for word, key in SECTIONS.items():
        for name, made in schema.get(key, {}).items():
            said = facts.get(name if word == "resource" else f"{word}.{name}", {})
            yield f"{word} {name}{_version(made)}{_type_words(made['block'], said)}"
            yield from _rules(said, made["block"])
            yield from _body(made["block"], said, "", 1)


def _version(made: Json) -> str:
    return f" {made['version']}" if made.get("version") else ""


def _type_words(block: Json, said: Json) -> str:
    words = [MADE_WITH[said["s"]]] if "s" in said else []
    words += [said["k"]] if "k" in said else []
    words += ["deprecated"] if block.get("deprecated") else []
    return "".join(f" {word}" for word in words)


def _rules(said: Json, block: Json) -> Iterator[str]:
    names = {*block.get("attributes", ()), *block.get("block_types", ())}
    for word, key in RULES.items():
        for group in said.get(key, ()):
            paths = [path for path in group if path.partition(".")[0] in names]
            if len(paths) > 1 and paths[0] == group[0]:
                yield f"  ! {word} {' '.join(paths)}"
    for path, values in said.get("en", {}).items():
        yield f"  ! values {path} {_json(values)}"


def _body(block: Json, said: Json, path: str, depth: int) -> Iterator[str]:
    margin = "  " * depth
    for name, made in block.get("attributes", {}).items():
        here = path + name
        if "nested_type" in made:
            nested = made["nested_type"]
            words = ["attribute", *flags(made), *_marks(said, here)]
            yield f"{margin}{name}: {nested['nesting_mode']} {' '.join(words)}"
            yield from _body(nested, said, here + ".", depth + 1)
        else:
            words = [name, types.show(made["type"]), *flags(made), *_marks(said, here)]
            if here in said.get("df", {}):
                words.append("=" + _json(said["df"][here]))
            yield margin + " ".join(words)
    for name, made in block.get("block_types", {}).items():
        here = path + name
        yield margin + " ".join([f"{name}:", made["nesting_mode"], *_block_words(made, said, here)])
        yield from _body(made["block"], said, here + ".", depth + 1)


def flags(made: Json) -> list[str]:
    """The words of an attribute but its type: who states it, and what it is."""
    role = ROLE_WORDS.get(tuple(k for k in ("required", "optional", "computed") if made.get(k)))
    return [*([role] if role else []), *(word for word, key in FLAGS.items() if made.get(key))]


def _marks(said: Json, path: str) -> list[str]:
    return [word for word, key in MARKS.items() if path in said.get(key, ())]


def _block_words(made: Json, said: Json, path: str) -> list[str]:
    low, high = made.get("min_items"), made.get("max_items")
    words = [f"{low or ''}..{high or ''}"] if low or high else []
    words += ["either"] if path in said.get("cb", ()) else []
    return [*words, *_marks(said, path), *(["deprecated"] if _deprecated(made) else [])]


def _deprecated(made: Json) -> bool:
    return bool(made["block"].get("deprecated"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
