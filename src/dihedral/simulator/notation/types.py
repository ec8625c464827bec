"""Terraform's types as one word: `map(list(string))` is `["map", ["list", "string"]]`."""

import re
from collections.abc import Iterator
from typing import Any

CONTAINERS = frozenset({"list", "set", "map"})
PRIMITIVES = frozenset({"string", "number", "bool", "dynamic"})
TOKEN = re.compile(r"[A-Za-z0-9_.-]+\??|[(),:]")
FUNCTION = re.compile(r"([\w-]+)\((.*)\) (\S+)")


def parse(text: str) -> Any:
    """The type that `text` names, in the form of Terraform's JSON. Raises ValueError."""
    tokens = TOKEN.findall(text)
    if "".join(tokens) != text or not tokens:
        raise ValueError(f"{text!r} is no type")
    found = _parse(tokens)
    if tokens:
        raise ValueError(f"{text!r} goes on after a whole type")
    return found


def show(of: Any) -> str:
    """The word for a type in the form of Terraform's JSON."""
    if isinstance(of, str):
        return of
    kind, inner = of[0], of[1]
    if kind in CONTAINERS:
        return f"{kind}({show(inner)})"
    if kind == "tuple":
        return f"tuple({','.join(map(show, inner))})"
    optional = of[2] if len(of) > 2 else ()
    members = (f"{n}{'?' if n in optional else ''}:{show(x)}" for n, x in inner.items())
    return f"object({','.join(members)})"


def parse_function(text: str) -> tuple[str, dict[str, Any]]:
    """Name and signature of `NAME(PARAM:TYPE,...REST:TYPE) TYPE`. Raises ValueError."""
    match = FUNCTION.fullmatch(text)
    if match is None:
        raise ValueError("a function is written NAME(PARAM:TYPE) TYPE")
    made: dict[str, Any] = {"return_type": parse(match[3])}
    for name, of in _named([*TOKEN.findall(match[2]), ")"]):
        one = {"name": name.lstrip(".").rstrip("?"), "type": of}
        if name.endswith("?"):
            one["is_nullable"] = True
        if name.startswith("..."):
            made["variadic_parameter"] = one
        else:
            made.setdefault("parameters", []).append(one)
    return match[1], made


def show_function(name: str, made: dict[str, Any]) -> str:
    """The inverse of `parse_function`."""
    rest = made.get("variadic_parameter")
    params = [_parameter(one, "") for one in made.get("parameters", ())]
    params += [_parameter(rest, "...")] if rest else []
    return f"{name}({','.join(params)}) {show(made['return_type'])}"


def _parameter(one: dict[str, Any], before: str) -> str:
    return f"{before}{one['name']}{'?' if one.get('is_nullable') else ''}:{show(one['type'])}"


def _parse(tokens: list[str]) -> Any:
    """The type at the front of `tokens`, which it takes away."""
    word = tokens.pop(0) if tokens else ""
    if word in PRIMITIVES:
        return word
    if not tokens or tokens.pop(0) != "(":
        raise ValueError(f"{word!r} is no type")
    if word in CONTAINERS:
        made: list[Any] = [word, _parse(tokens)]
    elif word == "tuple":
        made = [word, list(_plain(tokens))]
    elif word == "object":
        made = _object(list(_named(tokens)))
    else:
        raise ValueError(f"{word!r} is no type")
    if not tokens or tokens.pop(0) != ")":
        raise ValueError("a bracket is not closed")
    return made


def _object(members: list[tuple[str, Any]]) -> list[Any]:
    optional = [name[:-1] for name, _ in members if name.endswith("?")]
    made: list[Any] = ["object", {name.rstrip("?"): of for name, of in members}]
    return [*made, optional] if optional else made


def _plain(tokens: list[str]) -> Iterator[Any]:
    while tokens and tokens[0] != ")":
        yield _parse(tokens)
        _comma(tokens)


def _named(tokens: list[str]) -> Iterator[tuple[str, Any]]:
    while tokens and tokens[0] != ")":
        name = tokens.pop(0)
        if not tokens or tokens.pop(0) != ":":
            raise ValueError(f"a colon and a type must follow {name!r}")
        yield name, _parse(tokens)
        _comma(tokens)


def _comma(tokens: list[str]) -> None:
    if tokens and tokens[0] == ",":
        tokens.pop(0)
