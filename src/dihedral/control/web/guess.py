"""What the reflex would make of words: a blueprint, how sure it is, and what is missing.

Nothing is kept, and nothing happens: it is read while somebody types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from dihedral.control import edge
from dihedral.domain.blueprint import Blueprint, Slot, SlotKind, Value
from dihedral.domain.errors import NotFound
from dihedral.domain.request import LONGEST, Filled
from dihedral.model.rules import reflex
from dihedral.model.work import requests

VALUE = "value."  # begins the name of a field that is a value of a blueprint
NUMBERS = (SlotKind.DAYS, SlotKind.NUMBER, SlotKind.SIZE, SlotKind.AMOUNT)


@dataclass(frozen=True, slots=True)
class Field:
    """A slot with what is known of it. `missing`: nothing is proposed without it."""

    slot: Slot
    value: str = field(repr=False)
    missing: bool


@dataclass(frozen=True, slots=True)
class Near:
    blueprint: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """`label` is the blueprint that the reflex is sure of, `chosen` the one whose `fields` are
    shown, which somebody may have named himself; both are None where there is none. `confidence`
    is in percent."""

    text: str
    label: str | None
    confidence: int
    chosen: Blueprint | None
    fields: tuple[Field, ...]
    nearest: tuple[Near, ...]
    known: tuple[Near, ...]

    @property
    def missing(self) -> int:
        return sum(field.missing for field in self.fields)


async def guess(
    request: Request,
    text: str,
    named: str = "",
    *,
    before: Filled | None = None,
    after: Filled | None = None,
) -> Guess:
    """`named` is a blueprint that the person means. `before` is what was filled in for it before
    the words changed, `after` what was filled in since. Raises NotFound."""
    thinking = edge.thinking(request)
    known, words = thinking.blueprints, text.strip()[:LONGEST]
    answer = reflex.predict(await thinking.live.model(), words)
    if named and named not in known:
        raise NotFound("blueprint", named)
    chosen = known.get(named or answer.label or "")
    return Guess(
        text=text,
        label=answer.label,
        confidence=round(answer.confidence * 100),
        chosen=chosen,
        fields=fields(chosen, _merged(chosen, words, before, after)) if chosen else (),
        nearest=tuple(near(known[name]) for name, _ in answer.nearest if name in known),
        known=tuple(near(one) for one in known.values()),
    )


def near(blueprint: Blueprint) -> Near:
    return Near(blueprint.name, blueprint.title)


def fields(blueprint: Blueprint, values: Mapping[str, Value]) -> tuple[Field, ...]:
    """What is missing comes first."""
    found = [_field(slot, values.get(slot.variable, "")) for slot in blueprint.slots]
    return tuple(sorted(found, key=lambda field: not field.missing))


def read(known: Mapping[str, Blueprint], given: Filled, text: str) -> Mapping[str, Value]:
    """What the words say, and over that what was filled in."""
    return _merged(known[given.blueprint], text[:LONGEST], None, given)


def filled(known: Mapping[str, Blueprint], form: Mapping[str, str], name: str) -> Filled | None:
    """That blueprint with the form's values; None where none is named. Raises NotFound."""
    if not name:
        return None
    if name not in known:
        raise NotFound("blueprint", name)
    said = {
        slot.variable: _value(slot, form.get(VALUE + slot.variable, "").strip())
        for slot in known[name].slots
    }
    return Filled(name, {variable: value for variable, value in said.items() if value != ""})


def _merged(
    chosen: Blueprint, words: str, before: Filled | None, after: Filled | None
) -> dict[str, Value]:
    old = before.values if before and before.blueprint == chosen.name else {}
    new = after.values if after and after.blueprint == chosen.name else {}
    return {**old, **requests.read(chosen, words), **new}


def _field(slot: Slot, value: Value) -> Field:
    missing = slot.required and slot.default is None and value == ""
    return Field(slot, str(value), missing)


def _value(slot: Slot, text: str) -> Value:
    """A number where the slot is one; whatever else is said is judged where it is proposed."""
    if isinstance(slot.default, bool) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    number = slot.kind in NUMBERS or isinstance(slot.default, int)
    return int(text) if number and text.isascii() and text.isdigit() and len(text) < 16 else text
