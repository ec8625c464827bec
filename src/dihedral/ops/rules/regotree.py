"""What a Rego file asks for, read from its syntax tree: its rules, the input that it reads, and
what the embedded engine must be asked in other words.

Shape   a tree is what regorus prints of one file: nodes are dicts of one key (`Call`, `RefDot`,
        `Var` …), `span` has the bytes `start` to `end` of the text.
Why     regorus takes `[p, v] := walk(x)` and silently finds nothing, where OPA finds everything: a
        plan would pass. It is rewritten as `walk(x, [p, v])`, which means the same to both. And
        where OPA leaves undefined what a builtin makes of null, regorus fails; `lenient` guards it.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from dihedral.domain.errors import Invalid

Tree = Mapping[str, Any]
Path = tuple[str, ...]

PRELUDE = "dihedral_rego"  # the package of what stands in for builtins
EVERYTHING: frozenset[Path] | None = None
# argument types of builtins that OPA leaves undefined for others: a, o, s, t, n as in `_QUOTED`
# fmt: off
GUARDED: Mapping[str, tuple[str, ...]] = {
    "count": ("aost",), "lower": ("t",), "upper": ("t",), "trim_space": ("t",),
    "startswith": ("t", "t"), "endswith": ("t", "t"), "contains": ("t", "t"), "split": ("t", "t"),
    "indexof": ("t", "t"), "trim": ("t", "t"), "trim_prefix": ("t", "t"), "trim_suffix": ("t", "t"),
    "trim_left": ("t", "t"), "trim_right": ("t", "t"), "replace": ("t", "t", "t"),
    "substring": ("t", "n", "n"), "concat": ("t", "as"), "regex.match": ("t", "t"),
    "regex.replace": ("t", "t", "t"), "regex.split": ("t", "t"), "json.unmarshal": ("t",),
    "yaml.unmarshal": ("t",), "base64.decode": ("t",), "net.cidr_contains": ("t", "t"),
    "net.cidr_intersects": ("t", "t"), "net.cidr_expand": ("t",), "sum": ("as",),
    "product": ("as",), "max": ("as",), "min": ("as",), "sort": ("as",), "abs": ("n",),
    "round": ("n",), "ceil": ("n",), "floor": ("n",), "object.keys": ("o",),
    "object.union": ("o", "o"), "array.concat": ("a", "a"), "to_number": ("tnbz",),
    "strings.any_prefix_match": ("ast", "ast"), "strings.any_suffix_match": ("ast", "ast"),
    "time.parse_rfc3339_ns": ("t",), "semver.compare": ("t", "t"), "units.parse_bytes": ("t",),
}
_QUOTED = {"a": '"array"', "o": '"object"', "s": '"set"', "t": '"string"', "n": '"number"',
           "b": '"boolean"', "z": '"null"'}
# what Rego of old had, in the words of today
OLD: Mapping[str, str] = {
    "any": "any_(xs) if { some x in xs; x == true } else := false",
    "all": "all_(xs) if { every x in xs { x == true } } else := false",
    "re_match": "re_match_(p, v) := regex.match(p, v)",
    "set_diff": "set_diff_(a, b) := a - b",
    "cast_array": "cast_array_(x) := [y | some y in x]",
    "cast_set": "cast_set_(x) := {y | some y in x}",
    "cast_string": "cast_string_(x) := x if is_string(x)",
    "cast_boolean": "cast_boolean_(x) := x if is_boolean(x)",
    "cast_object": "cast_object_(x) := x if is_object(x)",
    "cast_null": "cast_null_(x) := x if is_null(x)",
}
# fmt: on
_WALK = "write it as `walk(x, [path, value])`"
_OPEN, _BETWEEN = re.compile(rb"\s*\("), re.compile(rb"\s*:?=\s*")
_SOME = re.compile(rf"\b(?:{'|'.join((*OLD, 'walk'))})\s*\(")
_ANY = re.compile(rf"\b(?:{'|'.join(map(re.escape, (*OLD, 'walk', *GUARDED)))})\s*\(")
_EDGES = {b"[": b"]"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One definition; `name` is the first word of its head, `line` where it begins."""

    package: str
    name: str
    line: int
    function: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start` to `end` of a text become `text`."""

    start: int
    end: int
    text: bytes


def package(tree: Tree) -> str:
    """`a.b` of `package a.b`."""
    return ".".join(_dotted(tree["package"]["refr"]) or ("",))


def rules(tree: Tree) -> Iterator[Rule]:
    """Every definition of the file."""
    where = package(tree)
    for rule in tree["rules"]:
        kind, body = _only(rule)
        if kind == "Default":
            yield Rule(where, _base(body["refr"]), body["span"]["line"], bool(body.get("args")))
        else:
            form, head = _only(body["head"])
            yield Rule(where, _base(head["refr"]), body["span"]["line"], form == "Func")


def needs(tree: Tree) -> frozenset[Path] | None:
    """The keys of `input` that the file reads, `("plan", "checks")` where it says both; None: any.

    A key that it works out, or `input` as a whole, is any.
    """
    found: set[Path] = set()
    for imported in tree["imports"]:
        path = _dotted(imported["refr"])
        if path and path[0] == "input":
            found.add(path[1:3])
    for path in _inputs(tree["rules"]):
        found.add(path)
    if () in found:
        return EVERYTHING
    return frozenset(found)


def rewritten(tree: Tree, text: str, own: Set[str], *, lenient: bool) -> str:
    """The text in words that mean to regorus what the old ones mean to OPA, line for line.

    `own` are names that the file's package defines: they are no builtins. Raises Invalid.
    """
    if not (_ANY if lenient else _SOME).search(text):
        return text
    raw = text.encode()
    edits = list(_edits(tree["rules"], raw, own, lenient))
    for edit in sorted(edits, key=lambda e: (-e.start, -e.end)):
        raw = raw[: edit.start] + edit.text + raw[edit.end :]
    return raw.decode()


def prelude() -> str:
    """Rego of what `rewritten` calls."""
    lines = [f"package {PRELUDE}", "", "import rego.v1", "", *OLD.values()]
    for name, kinds in GUARDED.items():
        args = [f"x{at}" for at in range(len(kinds))]
        demands = [
            f"type_name({arg}) in {{{', '.join(_QUOTED[k] for k in kind)}}}"
            for arg, kind in zip(args, kinds, strict=True)
        ]
        given = ", ".join(args)
        lines.append(f"{_stand_in(name)}({given}) := {name}({given}) if {{ {'; '.join(demands)} }}")
    return "\n".join(lines) + "\n"


def _stand_in(name: str) -> str:
    return name.replace(".", "_") + "_"


def _edits(node: Any, raw: bytes, own: Set[str], lenient: bool) -> Iterator[Edit]:
    for kind, body in _nodes(node):
        if kind == "AssignExpr" and _walks(body["rhs"]):
            yield from _walk(body, raw)
            continue
        if kind != "Call":
            continue
        name = ".".join(_dotted(body["fcn"]) or ())
        if name.partition(".")[0] in own:
            continue
        if name == "walk" and len(body["params"]) == 1 and not _assigned(node, body):
            line = body["span"]["line"]
            raise Invalid(f"line {line}: the engine would find nothing in this walk; {_WALK}")
        if name in OLD or (lenient and len(body["params"]) == len(GUARDED.get(name, ()))):
            span = body["fcn"][next(iter(body["fcn"]))]["span"]
            called = f"data.{PRELUDE}.{_stand_in(name)}".encode()
            yield Edit(span["start"], span["end"], called)


def _walk(assign: Mapping[str, Any], raw: bytes) -> Iterator[Edit]:
    """`LEFT := walk(ARG)` as `some …; walk(ARG, LEFT)`, piece by piece, so that edits within ARG
    stay possible. What is not where the tree says (regorus errs for some objects) is refused."""
    left, call = _only(assign["lhs"])[1]["span"], assign["rhs"]["Call"]
    word, end = _only(call["fcn"])[1]["span"], call["span"]["end"]
    opened = _OPEN.match(raw, word["end"])
    sound = _BETWEEN.fullmatch(raw, left["end"], word["start"]) and raw[end - 1 : end] == b")"
    if (
        not opened
        or not sound
        or _EDGES.get(raw[left["start"] : left["start"] + 1]) != raw[left["end"] - 1 : left["end"]]
    ):
        raise Invalid(f"line {left['line']}: walk is used in a way that cannot be read; {_WALK}")
    names = sorted(set(_variables(assign["lhs"])) - {"_"}) if assign["op"] == "ColEq" else []
    ahead = f"some {', '.join(names)}; " if names else ""
    lines = b"\n" * raw[left["start"] : opened.end()].count(b"\n")
    yield Edit(left["start"], opened.end(), ahead.encode() + b"walk(" + lines)
    shown = b" ".join(raw[left["start"] : left["end"]].split())
    yield Edit(end - 1, end, b", " + shown + b")")


def _walks(node: Any) -> bool:
    if not isinstance(node, dict) or "Call" not in node:
        return False
    return _dotted(node["Call"]["fcn"]) == ("walk",) and len(node["Call"]["params"]) == 1


def _assigned(root: Any, call: Any) -> bool:
    """Whether the call is the right side of an assignment, which is rewritten as a whole."""
    return any(k == "AssignExpr" and b["rhs"].get("Call") is call for k, b in _nodes(root))


def _variables(node: Any) -> Iterator[str]:
    yield from (body["value"] for kind, body in _nodes(node) if kind == "Var")


def _inputs(node: Any) -> Iterator[Path]:
    """The path of each reference to `input`, two keys at most."""
    if isinstance(node, list):
        for item in node:
            yield from _inputs(item)
    elif isinstance(node, dict):
        path = _dotted(node) if len(node) == 1 else None
        if path and path[0] == "input":
            yield path[1:3] if path[1:2] == ("plan",) else path[1:2]
        elif not path:
            base = _constant_head(node)
            if base and base[0] == "input":
                yield base[1:3] if base[1:2] == ("plan",) else base[1:2]
                yield from _inputs(_tail(node))
            else:
                for item in node.values():
                    yield from _inputs(item)


def _constant_head(node: Any) -> Path:
    """The words that a reference begins with, up to the first that is worked out."""
    if not isinstance(node, dict) or len(node) != 1:
        return ()
    kind, body = _only(node)
    if kind == "Var":
        return (body["value"],)
    if kind not in ("RefDot", "RefBrack"):
        return ()
    return _dotted(node) or _constant_head(body["refr"])


def _tail(node: Any) -> list[Any]:
    """The indices of a reference."""
    kind, body = _only(node)
    if kind not in ("RefDot", "RefBrack"):
        return []
    return [*_tail(body["refr"]), *([body["index"]] if kind == "RefBrack" else [])]


def _dotted(node: Any) -> Path | None:
    """`("a", "b")` of `a.b` or `a["b"]`; None where an index is worked out."""
    kind, body = _only(node)
    if kind == "Var":
        return (body["value"],)
    if kind not in ("RefDot", "RefBrack"):
        return None
    before = _dotted(body["refr"])
    if before is None:
        return None
    if kind == "RefDot":
        return (*before, body["field"][1])
    index, inside = _only(body["index"])
    return (*before, inside["value"]) if index in ("String", "RawString") else None


def _base(node: Any) -> str:
    kind, body = _only(node)
    return str(body["value"]) if kind == "Var" else _base(body["refr"])


def _only(node: Mapping[str, Any]) -> tuple[str, Any]:
    return next(iter(node.items()))


def _nodes(node: Any) -> Iterator[tuple[str, Any]]:
    """Every node below, as its kind and its body."""
    todo = [node]
    while todo:
        here = todo.pop()
        if isinstance(here, list):
            todo.extend(here)
        elif isinstance(here, dict):
            for kind, body in here.items():
                if kind[:1].isupper():
                    yield kind, body
                if isinstance(body, dict | list):
                    todo.append(body)
