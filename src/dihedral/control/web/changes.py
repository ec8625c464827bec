"""What a plan would do, as a page shows it: grouped, the dangerous first, attribute by attribute.

Only those that are shown are made readable, so that a plan of ten thousand is no slower to open
than it is to read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dihedral.domain.change import Action, Change, Output, Plan
from dihedral.domain.workspace import Variable
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules import redact
from dihedral.ops.rules.scrub import HIDDEN, Known
from dihedral.ops.rules.secret import LATER

SHOWN = 40  # resources of a page
ATTRIBUTES, VALUE, DEEP = 60, 1500, 6  # of a resource, characters of a value, levels of a tree
# fmt: off
# groups in their order: its name, what happens, the icon, the tone
GROUPS: Mapping[str, tuple[str, str, str]] = {
    "delete":   ("Destroyed", "destroy", "bad"),
    "replace":  ("Replaced: destroyed, and made anew", "replace", "bad"),
    "forget":   ("Left in the world, no longer managed", "move", "warn"),
    "update":   ("Changed in place", "update", "warn"),
    "create":   ("Created", "create", "good"),
    "import":   ("Taken over as they are", "move", "busy"),
    "move":     ("Renamed, otherwise as they are", "move", "plain"),
    "read":     ("Read", "file", "plain"),
    "deferred": ("Left for another plan", "clock", "plain"),
    "output":   ("Outputs", "list", "plain"),
    "drift":    ("Changed outside of Terraform", "drift", "warn"),
}
# fmt: on
_JSON = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which part: those whose address or type has `text` in it, from the number `start` on."""

    text: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    """One side of an attribute; `kind` is plain, hidden, later or none."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    before: Value
    after: Value
    forces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """`later` counts attributes that are known only after the apply, `left` those not listed."""

    address: str
    type: str
    notes: tuple[str, ...] = ()
    loses: bool = False
    attributes: tuple[Attribute, ...] = ()
    later: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """`count` are all of the plan that are sought, of which `resources` are shown."""

    name: str
    title: str
    icon: str
    tone: str
    count: int
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`total` counts the whole plan, `found` what is sought in it; `next` and `start` are numbers
    in what is found, `next` None where it ends."""

    groups: tuple[Group, ...] = ()
    total: int = 0
    found: int = 0
    sought: Sought = Sought()
    next: int | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    group: str
    change: Change | Output = field(repr=False)


def shown(
    text: bytes, variables: Sequence[Variable], sought: Sought, lost: Iterable[str] = ()
) -> Shown:
    """The sought part of a plan's JSON. Nothing sensitive is in it. Raises Invalid."""
    plan = plans.decode(text)
    every = _ordered(plan)
    wanted = sought.text.casefold()
    found = [one for one in every if wanted in _called(one.change)] if wanted else every
    page = found[sought.start : sought.start + SHOWN]
    hidden, losing = redact.secrets(plan, variables), frozenset(lost)
    groups = []
    for name, (title, icon, tone) in GROUPS.items():
        here = [_resource(one, hidden, losing) for one in page if one.group == name]
        count = sum(one.group == name for one in found)
        if count:
            groups.append(Group(name, title, icon, tone, count, tuple(here)))
    end = sought.start + len(page)
    return Shown(
        groups=tuple(groups),
        total=len(every),
        found=len(found),
        sought=sought,
        next=end if end < len(found) else None,
    )


def _ordered(plan: Plan) -> list[_Found]:
    order = {name: number for number, name in enumerate(GROUPS)}
    return sorted(_all(plan), key=lambda one: order[one.group])


def _all(plan: Plan) -> Iterator[_Found]:
    for one in plan.changes:
        if one.action is not Action.NOOP:
            yield _Found(one.action.value, one)
        elif one.importing or one.moved_from:
            yield _Found("import" if one.importing else "move", one)
    yield from (_Found("deferred", one) for one in plan.deferred)
    yield from (_Found("drift", one) for one in plan.drift if one.action is not Action.NOOP)
    yield from (_Found("output", one) for one in plan.outputs if one.action is not Action.NOOP)


def _called(change: Change | Output) -> str:
    if isinstance(change, Output):
        return f"output.{change.name}".casefold()
    return f"{change.address} {change.type}".casefold()


def _resource(found: _Found, hidden: Known, lost: frozenset[str]) -> Resource:
    if isinstance(found.change, Output):
        entry = redact.output(found.change, hidden)
        value = Attribute("", _value(entry["before"]), _value(entry["after"]))
        return Resource(address=entry["address"], type="", attributes=(value,))
    entry = redact.change("change", found.change, hidden)
    every = [*_attributes(entry)] if found.group != "delete" else []
    told = [one for one in every if one.after.kind != "later" or one.before.kind != "none"]
    # what forces a replacement first, what only follows from it last
    told.sort(key=lambda one: (not one.forces, one.after.kind == "later"))
    return Resource(
        address=entry["address"],
        type=entry["type"],
        notes=tuple(_notes(entry)),
        loses=found.group in ("delete", "replace") and found.change.address in lost,
        attributes=tuple(told[:ATTRIBUTES]),
        later=len(every) - len(told),
        left=max(0, len(told) - ATTRIBUTES),
    )


def _notes(entry: Mapping[str, Any]) -> Iterator[str]:
    if because := entry.get("because"):
        yield because
    if entry.get("create_first"):
        yield "the new one is made before the old one is destroyed"
    if came := entry.get("moved_from"):
        yield f"moved from {came}"
    if name := entry.get("importing"):
        yield f"imported as {name}"
    if name := entry.get("deposed"):
        yield f"a leftover of an earlier replacement ({name})"


def _attributes(entry: Mapping[str, Any]) -> Iterator[Attribute]:
    before, after = entry["before"], entry["after"]
    if isinstance(before, str) or isinstance(after, str):  # sensitive as a whole
        yield Attribute("everything", _value(before), _value(after))
        return
    before, after = before or {}, after or {}
    forced = {str(path[0]) for path in entry.get("replace_paths", ()) if path}
    for name in sorted(forced | set(entry.get("changed", ()))):
        sides = before.get(name), after.get(name)
        leaves = list(_leaves(name, *sides, DEEP)) or [(name, *sides)]  # hidden ones look alike
        for place, old, new in leaves:
            yield Attribute(redact.visible(place), _value(old), _value(new), name in forced)


def _leaves(place: str, old: Any, new: Any, deep: int) -> Iterator[tuple[str, Any, Any]]:
    """Both sides of what differs, as far down as both are of one kind."""
    if deep and isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({**old, **new}):
            yield from _differing(f"{place}.{name}", old.get(name), new.get(name), deep)
    elif deep and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _differing(f"{place}[{number}]", left, right, deep)
    else:
        yield place, old, new


def _differing(place: str, old: Any, new: Any, deep: int) -> Iterator[tuple[str, Any, Any]]:
    if old != new:
        yield from _leaves(place, old, new, deep - 1)


def _value(value: Any) -> Value:
    if value is None:
        return Value("", "none")
    if value == HIDDEN:
        return Value("sensitive", "hidden")
    if value == LATER:
        return Value("known after apply", "later")
    long = isinstance(value, str) and "\n" in value
    text = value if long else _JSON.encode(value).decode()
    if isinstance(value, dict | list) and len(text) > 60:
        text = msgspec.json.format(text, indent=2)
    more = len(text) - VALUE
    return Value(text if more <= 0 else f"{text[:VALUE]}… ({more:,} more characters)")
