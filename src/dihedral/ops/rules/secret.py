"""What is secret in a plan: by the plan's own marks, by the names of attributes, by their shape.

Shape   a mark is `True` for a whole value, else a dict or list like the value it marks.
        A secret is also hidden where it stands unmarked, e.g. inside a connection string, if it
        is at least `SHORTEST` characters long; shorter ones would hide half the plan.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from dihedral.domain.change import Change, Output

HIDDEN = "(sensitive)"
LATER = "(known after apply)"
SHORTEST = 6

_SECRET = re.compile(
    r"passw(or)?d|passphrase|secret|token|private_?key|api_?key|access_?key|auth_?key|shared_?key"
    r"|signing_?key|encryption_?key|connection_?string|credential|client_?key|sas_?url|_pat$|^pwd$"
    r"|kubeconfig|certificate_key|license_key|webhook_url|key_material|^psk$|_psk$|preshared",
    re.IGNORECASE,
)
# a name that says something *about* a secret: where it is, how long, whether there is one
_ABOUT = re.compile(
    r"_(arn|arns|id|ids|name|names|length|policy|ttl|version|versions|enabled|type|types|days|size"
    r"|algorithm|usage|rotation|mode|status|window_in_days|last_changed|expiration|validity|count"
    r"|required|period|serial|path|prefix|spec|format|duration|wo_version)$"
    r"|^(manage|require|enable|allow|has|is|use|generate|kms|minimum|max|min|include|exclude)_",
    re.IGNORECASE,
)
_SHAPED = 8  # no shape below is shorter
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[abprs]-[\w-]{10,}|\bsk-[A-Za-z0-9_-]{20,}"
    r"|(?<=://)[^/\s:@\"']*:[^/\s@\"']+(?=@)"
)


@lru_cache(maxsize=4096)  # the same few attributes come again ten thousand times
def named(name: str) -> bool:
    """Whether an attribute (or an environment variable) of this name is known to hold a secret."""
    return bool(_SECRET.search(name)) and not _ABOUT.search(name)


def marked(change: Change | Output) -> Iterator[str]:
    """Every text under a mark, on either side of the change, that is long enough to look for."""
    for value in (change.before, change.after):
        for mark in (change.before_sensitive, change.after_sensitive):
            yield from (text for text in _under(value, mark) if len(text) >= SHORTEST)


def pattern(texts: Iterable[str]) -> re.Pattern[str] | None:
    """What finds any of these texts, the longest first; None when there are none."""
    longest = sorted(set(texts), key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, longest))) if longest else None


def hide(value: Any, marks: tuple[Any, ...], unknown: Any, known: re.Pattern[str] | None) -> Any:
    """`value` for showing: what is marked, named or shaped like a secret is gone."""
    if any(m is True or (_odd(value, m) and _anywhere(m)) for m in marks):
        return HIDDEN
    if unknown is True:
        return LATER
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and unknown):
        return _object(value or {}, marks, unknown, known)
    if isinstance(value, list) or (value is None and isinstance(unknown, list)):
        return _list(value or [], marks, unknown, known)
    return scrub(value, known) if isinstance(value, str) else value


def scrub(text: str, known: re.Pattern[str] | None) -> str:
    """A text that nobody marked, without known secrets or what looks like one."""
    found = known.sub(HIDDEN, text) if known else text
    found = _SHAPES.sub(HIDDEN, found) if len(found) >= _SHAPED else found
    return _document(found, known) if found[:1] in ("{", "[") else found


def _object(value: Any, marks: tuple[Any, ...], unknown: Any, known: Any) -> dict[str, Any]:
    shown = {}
    pair = value.get("name", value.get("key"))  # `{name = "DB_PASSWORD", value = "..."}`
    below = unknown if isinstance(unknown, dict) else {}
    for key in {**value, **{k: None for k, v in below.items() if v not in (False, {}, [])}}:
        item = value.get(key)
        named_so = named(key) or (key == "value" and isinstance(pair, str) and named(pair))
        if named_so and _fit_to_hide(item) and below.get(key) is not True:
            shown[scrub(key, known)] = HIDDEN
        else:
            inner = tuple(m.get(key) for m in marks if isinstance(m, dict))
            shown[scrub(key, known)] = hide(item, inner, below.get(key), known)
    return shown


def _list(value: list[Any], marks: tuple[Any, ...], unknown: Any, known: Any) -> list[Any]:
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


def _anywhere(mark: Any) -> bool:
    inner = mark.values() if isinstance(mark, dict) else mark if isinstance(mark, list) else ()
    return mark is True or any(map(_anywhere, inner))


def _fit_to_hide(value: Any) -> bool:
    """Whether there is anything to hide: a flag, an absence or an empty value tells nothing."""
    return not (value is None or isinstance(value, bool) or value in ("", [], {}))


def _document(text: str, known: re.Pattern[str] | None) -> str:
    """A text that is JSON itself (container definitions, policies), with the same rules inside."""
    try:
        inside = msgspec.json.decode(text)
        shown = hide(inside, (), None, known)
    except (msgspec.DecodeError, RecursionError):
        return text
    return text if shown == inside else msgspec.json.encode(shown).decode()


def _under(value: Any, mark: Any) -> Iterator[str]:
    if mark is True or (_odd(value, mark) and _anywhere(mark)):
        yield from _texts(value)
    elif isinstance(mark, dict) and isinstance(value, dict):
        for key, inner in mark.items():
            yield from _under(value.get(key), inner)
    elif isinstance(mark, list) and isinstance(value, list):
        for item, inner in zip(value, mark, strict=False):
            yield from _under(item, inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
