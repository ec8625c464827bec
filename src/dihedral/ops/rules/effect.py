"""The effect of a plan: a digest of what an apply would do to the world, and of nothing else.

Shape   SHA-256 over canonical JSON: the actions as Terraform words them, with the values they end
        in, and the outputs. Times, versions, the order of the document and what the world was
        before are no part of it, so planning the same thing again gives the same digest. The state
        it was planned on is bound apart.
        Lists keep their order. Whether one is a set only a schema could say, a plan does not, and
        Terraform writes sets in an order of their own that does not change from plan to plan.
        What is read more loosely than as written stands in an object whose only key is MARK, which
        no value can bring about: a key that begins like it is itself written so.
Source  developer.hashicorp.com/terraform/internals/json-format. `bcrypt`, `uuid` and `timestamp`
        are unknown in a plan; `plantimestamp` is the document's own `timestamp`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import zip_longest
from typing import Any

import msgspec
from msgspec import Raw, Struct

from dihedral.domain.errors import Invalid
from dihedral.domain.ids import Digest

MARK = "\x00"
_NONE = Raw(b"")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SALTED = r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}(?![./A-Za-z0-9])"
_HEAD = re.compile(r"\$2[abxy]?\$\d\d\$")
# attributes that are read as JSON wherever they are used, never byte for byte
_JSON_NAMED = re.compile(
    r"polic(y|ies)|_document$|^document$|definitions?$|_json$|^json$|event_pattern|assume_role"
)
# what the quick way may not take: marks, hashes, JSON in a text, numbers with more than one form
_ODD = re.compile(
    rb'"\\u0000|\$2|"(?:\s|\\[nrt])*[{\[]|(?<=[:,\[])-?\d+(?:\.\d*0(?!\d)|[\d.]*[eE])|^-?\d'
)


class Delta(Struct):
    actions: tuple[str, ...]
    after: Any = None
    after_unknown: Any = None
    after_sensitive: Any = None
    replace_paths: tuple[Any, ...] | None = None
    importing: Any = None


class Moving(Struct):
    address: str
    change: Delta
    mode: str = "managed"
    type: str = ""
    provider_name: str = ""
    previous_address: str = ""
    deposed: str = ""


class Later(Struct):
    resource_change: Moving | None = None
    reason: str = ""


class Invoked(Struct):
    address: str
    provider_name: str = ""
    config_values: Any = None
    config_unknown: Any = None
    lifecycle_action_trigger: Any = None
    invoke_action_trigger: Any = None


class Document(Struct):
    timestamp: str | None = None
    resource_changes: tuple[Moving, ...] | None = None
    deferred_changes: tuple[Later, ...] | None = None
    output_changes: dict[str, Delta] | None = None
    action_invocations: tuple[Invoked, ...] | None = None
    deferred_action_invocations: Any = None
    prior_state: Raw = _NONE
    variables: Raw = _NONE


_DECODER = msgspec.json.Decoder(Document, float_hook=Decimal)
_CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")


@dataclass(slots=True)
class Reading:
    """How one plan is read. `loose` becomes True when a text was taken for less than its bytes."""

    stamp: str
    given: tuple[bytes, ...]  # what the plan was made from, as the document holds it
    loose: bool = False
    pieces: re.Pattern[str] = field(init=False)
    odd: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        stamped = f"{re.escape(self.stamp)}|" if self.stamp else ""
        self.pieces = re.compile(f"({stamped}{_SALTED})")
        wide = re.escape(self.stamp.encode()) + b"|" if self.stamp else b""
        self.odd = re.compile(wide + _ODD.pattern)

    def value(self, value: Any) -> Any:
        """Any value, ready to be written: as it is, unless something in it needs a closer look."""
        if value is None:  # as most are
            return None
        written = _CANONICAL.encode(value)
        return self.closely(value) if self.odd.search(written) else Raw(written)

    def closely(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, dict):
            return {_key(k): self.closely(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.closely(v, name) for v in value]
        return _number(value) if isinstance(value, Decimal) else value

    def text(self, value: str, name: str) -> Any:
        if _JSON_NAMED.search(name) and value.lstrip()[:1] in ("{", "["):
            try:
                parsed = json.loads(value, object_pairs_hook=_once, **_EXACTLY)
                _CANONICAL.encode(parsed)
            except (ValueError, RecursionError, TypeError):
                pass  # not JSON, or such that two readers may disagree on it
            else:
                return {MARK: ["json", self.closely(parsed)]}
        if len(parts := self.pieces.split(value)) == 1:
            return value
        return {MARK: ["text", [self._piece(n, part) for n, part in enumerate(parts)]]}

    def _piece(self, place: int, part: str) -> Any:
        """Every second part is one that planning may have made anew."""
        if place % 2 == 0:
            return part
        if part == self.stamp:
            self.loose = True
            return {MARK: ["planned"]}
        if any(part.encode() in known for known in self.given):
            return part
        self.loose = True
        head = _HEAD.match(part)
        return {MARK: ["salted", head[0] if head else ""]}


def digest(text: bytes, bound: str = "") -> Digest:
    """The effect of the plan in this plan JSON. Raises Invalid.

    `bound` names what was planned (the configuration and the variables): it is part of the digest
    where two different texts of the plan count as one, so that nobody can choose the text.
    """
    try:
        document = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise Invalid(f"the effect of this plan cannot be read: {cause}") from cause
    stamp = document.timestamp or ""
    reading = Reading(
        stamp=stamp if _STAMP.fullmatch(stamp) else "",
        given=(bytes(document.prior_state), bytes(document.variables)),
    )
    body: dict[str, Any] = {
        "changes": _sorted(_changes(document, reading)),
        "outputs": _sorted(_outputs(document, reading)),
        "invoked": _sorted(_invoked(i, reading) for i in document.action_invocations or ()),
        "invoked_later": reading.value(document.deferred_action_invocations),
    }
    if reading.loose:
        body["bound"] = bound
    return Digest(sha256(_CANONICAL.encode(body)).hexdigest())


def unknown(mark: Any) -> Any:
    """An unknown-mark without what says nothing: Terraform may write `{}`, `false` or leave out."""
    if isinstance(mark, dict):
        kept = {k: found for k, v in mark.items() if (found := unknown(v)) is not None}
        return kept or None
    if isinstance(mark, list):
        listed = [unknown(v) for v in mark]
        while listed and listed[-1] is None:
            listed.pop()
        return listed or None
    return True if mark is True else None


def _changes(document: Document, reading: Reading) -> Iterable[Any]:
    for moving in document.resource_changes or ():
        if _acts(moving):
            yield _change(moving, reading, None)
    for later in document.deferred_changes or ():
        if later.resource_change:
            yield _change(later.resource_change, reading, later.reason)


def _acts(moving: Moving) -> bool:
    delta = moving.change
    moved = moving.previous_address not in ("", moving.address)
    return delta.actions != ("no-op",) or delta.importing is not None or moved


def _change(moving: Moving, reading: Reading, deferred: str | None) -> dict[str, Any]:
    delta, was = moving.change, moving.previous_address
    marks = unknown(delta.after_unknown)
    return {
        "address": moving.address,
        "deposed": moving.deposed,
        "mode": moving.mode,
        "type": moving.type,
        "provider": moving.provider_name,
        "actions": delta.actions,
        "after": reading.value(_bare(delta.after, marks)),
        "unknown": reading.value(marks),
        "replace_paths": sorted(map(_CANONICAL.encode, delta.replace_paths or ())),
        "importing": reading.value(delta.importing),
        "moved_from": "" if was == moving.address else was,
        "deferred": deferred,
    }


def _outputs(document: Document, reading: Reading) -> Iterable[Any]:
    for name, delta in (document.output_changes or {}).items():
        if delta.actions != ("no-op",):
            marks = unknown(delta.after_unknown)
            yield {
                "name": name,
                "actions": delta.actions,
                "after": reading.value(_bare(delta.after, marks)),
                "unknown": reading.value(marks),
                "sensitive": reading.value(unknown(delta.after_sensitive)),
            }


def _invoked(invoked: Invoked, reading: Reading) -> dict[str, Any]:
    marks = unknown(invoked.config_unknown)
    return {
        "address": invoked.address,
        "provider": invoked.provider_name,
        "with": reading.value(_bare(invoked.config_values, marks)),
        "unknown": reading.value(marks),
        "when": reading.value([invoked.lifecycle_action_trigger, invoked.invoke_action_trigger]),
    }


def _sorted(entries: Iterable[Any]) -> list[Raw]:
    return [Raw(written) for written in sorted(map(_CANONICAL.encode, entries))]


def _bare(value: Any, marks: Any) -> Any:
    """`value` without the nulls that stand for what is unknown; some writers leave them out."""
    if isinstance(value, list) and isinstance(marks, list):
        return [_bare(v, m) for v, m in zip_longest(value, marks[: len(value)])]
    if not isinstance(value, dict) or not isinstance(marks, dict):
        return value
    kept = {k: v for k, v in value.items() if v is not None or marks.get(k) is not True}
    return {k: _bare(v, marks[k]) if k in marks else v for k, v in kept.items()}


def _number(value: Decimal) -> Any:
    """1.0 is 1, and 1.50 is 1.5; nothing is rounded."""
    sign, digits, exponent = value.as_tuple()
    whole = "".join(map(str, digits)).rstrip("0") or "0"
    assert isinstance(exponent, int)
    shift = exponent + len(digits) - len(whole) if whole != "0" else 0
    if 0 <= shift <= 40:
        return (-1 if sign else 1) * int(whole) * 10**shift
    return Decimal((sign, tuple(map(int, whole)), shift))


def _key(name: str) -> str:
    return MARK + name if name.startswith(MARK) else name


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name stands twice: of two, one reader takes the first, one the last."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice")
    return made


def _no(word: str) -> Any:
    raise ValueError(word)


_EXACTLY: Mapping[str, Any] = {"parse_int": Decimal, "parse_float": Decimal, "parse_constant": _no}
