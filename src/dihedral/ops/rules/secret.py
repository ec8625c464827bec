"""What is secret in a plan: by the plan's own marks, by the names of attributes, by their shape.

Shape   a mark is `True` for a whole value, else a dict or list like the value it marks.
        A secret is also hidden where it stands unmarked, e.g. inside a connection string:
        `rules.scrub` says how.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from dihedral.ops.rules import scrub
from dihedral.ops.rules.scrub import HIDDEN, Known

LATER = "(known after apply)"
LONG = 100_000  # a number below it is looked for nowhere else: it would be found by chance
KEPT = 400  # characters; longer texts seldom come twice
KEYS = frozenset({"name", "key", "Name", "Key", "parameter_name", "ParameterKey", "env_name"})
OPENS = frozenset("{[ \n\t\r")  # what JSON may begin with
_NESTED = (dict, list)
VALUES = frozenset({"value", "Value", "parameter_value", "ParameterValue", "default", "text"})


@lru_cache(maxsize=4096)  # the same few attributes come again ten thousand times
def named(name: str) -> bool:
    """Whether an attribute (or an environment variable) of this name is known to hold a secret."""
    return scrub.names(name)


def marked(value: Any, *marks: Any) -> Iterator[str | int]:
    """Every text, and every long number, under one of the marks."""
    for mark in filter(anywhere, marks):
        yield from _under(value, mark)


def entitled(value: Any) -> Iterator[str]:
    """Every text that only its name makes a secret, however deeply it is nested."""
    todo = [value]
    while todo:
        here = todo.pop()
        if type(here) is dict:
            pair = _pair(here)
            for key, item in here.items():
                kind = type(item)
                if kind is bool or not item:
                    continue
                if named(key) or (pair and key in VALUES):
                    yield from (t for t in texts(item) if isinstance(t, str) and scrub.telling(t))
                elif kind is dict or kind is list:
                    todo.append(item)
                elif kind is str and item[0] in OPENS and (inside := document(item)) is not None:
                    todo.append(inside)
        elif type(here) is list:
            todo.extend(item for item in here if type(item) in _NESTED)


def hide(value: Any, marks: tuple[Any, ...], unknown: Any, known: Known) -> Any:
    """`value` for showing: what is marked, named or shaped like a secret is gone."""
    for mark in marks:
        if mark is True or (_odd(value, mark) and anywhere(mark)):
            return HIDDEN
    if unknown is True:
        return LATER
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and unknown):
        return _object(value or {}, marks, unknown, known)
    if isinstance(value, list) or (value is None and isinstance(unknown, list)):
        return _list(value or [], marks, unknown, known)
    if isinstance(value, str):
        return clear(value, known)
    return HIDDEN if type(value) is int and value in known.numbers else value


def clear(text: str, known: Known) -> str:
    """A text that nobody marked, without known secrets or what looks like one."""
    if (found := known.seen.get(text)) is None:
        found = _clear(text, known)
        if len(text) <= KEPT:
            known.seen[text] = found
    return found


def _clear(text: str, known: Known) -> str:
    if (inside := document(text)) is not None:
        return _document(text, inside, known)
    found = scrub.shaped(known.hide(text))
    if found == text and (packed := scrub.unpacked(text)) and clear(packed, known) != packed:
        return HIDDEN
    return found


def _object(value: Any, marks: tuple[Any, ...], unknown: Any, known: Known) -> dict[str, Any]:
    shown = {}
    pair = _pair(value)
    below = unknown if isinstance(unknown, dict) else {}
    for key in {**value, **{k: None for k, v in below.items() if v not in (False, {}, [])}}:
        item = value.get(key)
        named_so = named(key) or (pair and key in VALUES)
        if named_so and _fit_to_hide(item) and below.get(key) is not True:
            shown[clear(key, known)] = HIDDEN
        else:
            inner = tuple(mark for m in marks if type(m) is dict and (mark := m.get(key)))
            shown[clear(key, known)] = hide(item, inner, below.get(key), known)
    return shown


def _list(value: list[Any], marks: tuple[Any, ...], unknown: Any, known: Known) -> list[Any]:
    below = unknown if isinstance(unknown, list) else []
    listed = [m for m in marks if isinstance(m, list)]
    shown = []
    for at in range(max(len(value), len(below))):
        inner = tuple(m[at] for m in listed if at < len(m))
        item = value[at] if at < len(value) else None
        shown.append(hide(item, inner, below[at] if at < len(below) else None, known))
    return shown


def _odd(value: Any, mark: Any) -> bool:
    """Whether a mark has another form than its value: then nobody knows what it points at."""
    return isinstance(mark, dict | list) and value is not None and type(mark) is not type(value)


def anywhere(mark: Any) -> bool:
    """Whether a mark says of anything that it is sensitive; most do not."""
    if not mark or mark is True:
        return bool(mark)
    inner = mark.values() if isinstance(mark, dict) else mark if isinstance(mark, list) else ()
    return any(map(anywhere, inner))


def _fit_to_hide(value: Any) -> bool:
    """Whether there is anything to hide: a flag, an absence or an empty value tells nothing."""
    return not (value is None or isinstance(value, bool) or value in ("", [], {}))


def _pair(value: dict[str, Any]) -> bool:
    """Whether it is `{name = "DB_PASSWORD", value = "..."}` in one of its forms."""
    if KEYS.isdisjoint(value):
        return False
    said = (value.get(key) for key in KEYS)
    return any(isinstance(name, str) and named(name) for name in said)


def document(text: str) -> Any:
    """What a text says that is JSON itself (container definitions, policies); else None."""
    if text[:1] not in OPENS:
        return None
    try:
        inside = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    return inside if isinstance(inside, dict | list) else None


def _document(text: str, inside: Any, known: Known) -> str:
    try:
        shown = hide(inside, (), None, known)
    except RecursionError:
        return HIDDEN
    return text if shown == inside else msgspec.json.encode(shown).decode()


def _under(value: Any, mark: Any) -> Iterator[str | int]:
    if mark is True or (_odd(value, mark) and anywhere(mark)):
        yield from texts(value)
    elif isinstance(mark, dict) and isinstance(value, dict):
        for key, inner in mark.items():
            if inner and key in value:
                yield from _under(value[key], inner)
    elif isinstance(mark, list) and isinstance(value, list):
        for item, inner in zip(value, mark, strict=False):
            yield from _under(item, inner)


def texts(value: Any) -> Iterator[str | int]:
    """Every text and long number in a value; a text that is JSON has its own inside it."""
    todo = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, str):
            yield here
            if (inside := document(here)) is not None:
                todo.append(inside)
        elif isinstance(here, dict):
            yield from filter(scrub.telling, here)
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)
        elif type(here) is int and abs(here) >= LONG:
            yield from (here, str(here))
