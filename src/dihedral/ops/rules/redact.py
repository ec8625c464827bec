"""A plan for showing: to a person, a log, a page or a model. Nothing sensitive leaves it.

Shape   an entry is JSON: `kind` (change, drift, deferred or output), `address`, `action`, and what
        is known of `before` and `after` with `(sensitive)` and `(known after apply)` in place.
        Control and direction-changing characters are written out, never sent to a terminal.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import chain
from typing import Any

import msgspec

from dihedral.domain.change import Action, Change, Output, Plan
from dihedral.domain.workspace import Variable
from dihedral.ops.rules import known, scrub, secret
from dihedral.ops.rules import plan as plans
from dihedral.ops.rules.planjson import Document
from dihedral.ops.rules.scrub import HIDDEN, Known
from dihedral.ops.rules.secret import LATER

# fmt: off
SIGNS: Mapping[str, str] = {
    "create": "+", "update": "~", "delete": "-", "forget": ".", "read": "<=", "no-op": " ",
}
SAYS: Mapping[str, str] = {
    "create": "will be created", "update": "will be updated in place", "read": "will be read",
    "delete": "will be destroyed", "replace": "must be replaced", "no-op": "stays as it is",
    "forget": "will be forgotten, and stays in the world",
}
# fmt: on
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_PART = re.compile(r'[^.\[\]"]+')
Entry = dict[str, Any]


def redact(plan: Plan, variables: Iterable[Variable] = ()) -> list[Entry]:
    """Every change of the plan for showing. Changes that do nothing are left out."""
    groups = {"change": plan.changes, "drift": plan.drift, "deferred": plan.deferred}
    hidden = secrets(plan, variables)
    shown = [
        change(kind, one, hidden)
        for kind, changes in groups.items()
        for one in changes
        if one.action is not Action.NOOP or one.importing or one.moved_from
    ]
    return shown + [output(o, hidden) for o in plan.outputs if o.action is not Action.NOOP]


def secrets(plan: Plan, variables: Iterable[Variable] = ()) -> Known:
    """What is sensitive in the plan, for looking for it elsewhere; `variables` are those of its
    workspace, whose own marks Terraform does not see. What an address says is not sensitive:
    Terraform lets nothing into one that is."""
    found: set[str | int] = {*plan.secrets, *known.of_workspace(variables, plan.variables)}
    for one in chain(plan.changes, plan.drift, plan.deferred):
        marks = (one.before_sensitive, one.after_sensitive)
        same = one.action is Action.NOOP and one.before == one.after
        for values in (one.before,) if same else (one.before, one.after):
            if values:
                found.update(secret.marked(values, *filter(None, marks)))
                found.update(secret.entitled(values))
    for output in plan.outputs:
        said = (output.before_sensitive, output.after_sensitive)
        for value in (output.before, output.after):
            found.update(secret.marked(value, *said), secret.entitled({output.name: value}))
    for run in plan.invocations:
        found.update(secret.marked(run.values, run.sensitive), secret.entitled(run.values))
    texts = (one for one in found if isinstance(one, str))
    numbers = (one for one in found if isinstance(one, int))
    return scrub.known(texts, _public(plan), numbers)


def scrubber(plan: Plan | Document, variables: Iterable[Variable] = ()) -> Callable[[str], str]:
    """Takes everything sensitive in the plan out of a free text: a message, a log, a prompt."""
    read = plan if isinstance(plan, Plan) else plans.of(plan)
    return _clearing(secrets(read, variables))


def before_plan(variables: Iterable[Variable]) -> Callable[[str], str]:
    """The same while there is no plan yet, for what Terraform says as it makes one."""
    return _clearing(scrub.known(known.of_workspace(variables)))


def outputs(variables: Iterable[Variable]) -> Callable[[Any], Any]:
    """Takes what a workspace holds as sensitive out of the values of its outputs, which Terraform
    does not mark where only the workspace says that they are. Nothing else is taken for secret:
    programs read these."""
    texts = known.of_workspace(variables)
    numbers = {int(t) for t in texts if t.isdecimal() and int(t) >= secret.LONG}
    hidden = scrub.known(texts, numbers=numbers)

    def clear(value: Any) -> Any:
        if isinstance(value, str):
            return hidden.hide(value)
        if isinstance(value, dict):
            return {hidden.hide(k): clear(v) for k, v in value.items()}
        if isinstance(value, list):
            return [clear(v) for v in value]
        return HIDDEN if type(value) is int and value in hidden.numbers else value

    return clear


def everywhere(value: Any, cleared: Callable[[str], str]) -> Any:
    """The same, with every text in it cleared: JSON, and dataclasses (verdicts, say)."""
    if isinstance(value, str):
        return value if isinstance(value, Enum) else cleared(value)
    if isinstance(value, Mapping):
        return {cleared(k): everywhere(v, cleared) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(everywhere(v, cleared) for v in value)
    if is_dataclass(value) and not isinstance(value, type):
        held = ((f.name, getattr(value, f.name)) for f in fields(value))
        return replace(value, **{name: everywhere(v, cleared) for name, v in held})
    return value


def variables(plan: Plan) -> dict[str, Any]:
    """The variables of the root module for showing."""
    hidden = secrets(plan)
    return {
        name: secret.hide(given.value, (given.sensitive or None,), None, hidden)
        for name, given in plan.variables.items()
    }


def checks(plan: Plan) -> list[Entry]:
    """The plan's checks for showing, those that failed first."""
    hidden = secrets(plan)
    return [
        {
            "address": visible(check.address),
            "status": check.status,
            "messages": [visible(secret.clear(m, hidden)) for m in check.messages],
        }
        for check in sorted(plan.checks, key=lambda c: not c.failed)
    ]


def text(plan: Plan, width: int = 100) -> str:
    """The plan as a person reads it, in Terraform's own signs; a line is at most `width` long."""
    return rendered(redact(plan), width)


def rendered(entries: Iterable[Entry], width: int = 100) -> str:
    """The same of entries that are at hand."""
    blocks = ("\n".join(_block(e)) for e in entries if e["kind"] != "drift")
    lines = (row for block in blocks for row in [*block.split("\n"), ""])
    return "\n".join(_cut(row, width) for row in lines).rstrip()


def visible(value: str) -> str:
    """A text with every control, bidirectional and zero-width character written as an escape."""
    return _HOSTILE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)


def _clearing(hidden: Known) -> Callable[[str], str]:
    return lambda text: secret.clear(text, hidden)


def _public(plan: Plan) -> set[str]:
    """The words that addresses are made of."""
    every = chain(plan.changes, plan.drift, plan.deferred)
    said = {part for change in every for part in _PART.findall(change.address)}
    return said | {part for one in plan.known for part in _PART.findall(one)}


def change(kind: str, found: Change, hidden: Known) -> Entry:
    """One change for showing; `hidden` are the `secrets` of its plan."""
    marks = (found.before_sensitive, found.after_sensitive)
    entry: Entry = {
        "kind": kind,
        "address": visible(found.address),
        "type": visible(found.type),
        "action": found.action.value,
        "before": secret.hide(found.before, marks, None, hidden),
        "after": None if found.after is None else _after(found, marks, hidden),
    }
    extra = {
        "changed": sorted(secret.clear(name, hidden) for name in changed(found)),
        "reason": found.reason,
        "because": visible(found.because),
        "importing": visible(secret.clear(found.importing, hidden)),
        "moved_from": visible(found.moved_from),
        "create_first": found.create_first,
        "deposed": found.deposed,
        "replace_paths": [list(path) for path in found.replace_paths],
    }
    return entry | {name: value for name, value in extra.items() if value}


def changed(change: Change) -> set[str]:
    """The attributes that differ, or will; told apart here, for hidden ones look alike."""
    before, after = change.before or {}, change.after or {}
    unknown = change.after_unknown if isinstance(change.after_unknown, dict) else {}
    differ = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    return differ | {name for name, mark in unknown.items() if mark not in (False, {}, [])}


def _after(change: Change, marks: tuple[Any, ...], hidden: Known) -> Any:
    return secret.hide(change.after, marks, change.after_unknown, hidden)


def output(found: Output, hidden: Known) -> Entry:
    """One output for showing."""
    marks = (found.before_sensitive, found.after_sensitive, secret.named(found.name))
    return {
        "kind": "output",
        "address": f"output.{visible(found.name)}",
        "type": "output",
        "action": found.action.value,
        "before": None if found.before is None else secret.hide(found.before, marks, None, hidden),
        "after": secret.hide(found.after, marks, found.after_unknown, hidden),
    }


def _block(entry: Entry) -> Iterator[str]:
    action = entry["action"]
    sign = SIGNS.get(action) or ("+/-" if entry.get("create_first") else "-/+")
    notes = [f"moved from {entry['moved_from']}"] if "moved_from" in entry else []
    notes += [f"imported as {entry['importing']}"] if "importing" in entry else []
    notes += [entry["because"]] if "because" in entry else []
    notes += ["later, in another plan"] if entry["kind"] == "deferred" else []
    tail = f" ({'; '.join(notes)})" if notes else ""
    if entry["kind"] == "output":
        yield f"{sign:>3} {entry['address']}{_values(entry['before'], entry['after'])}"
        return
    yield f"{sign:>3} {entry['address']} {SAYS[action]}{tail}"
    if action in ("create", "update", "replace"):
        yield from _attributes(entry)


def _attributes(entry: Entry) -> Iterator[str]:
    before, after = _fields(entry["before"]), _fields(entry["after"])
    forced = {str(path[0]) for path in entry.get("replace_paths", ()) if path}
    hidden = HIDDEN in (entry["before"], entry["after"])
    names = ["everything"] if hidden else sorted(forced | set(entry.get("changed", ())))
    longest = max(map(len, names), default=0)
    for name in names:
        old, new = before.get(name), after.get(name)
        sign = "~" if (old is None) == (new is None) else "+" if old is None else "-"
        why = "  # forces replacement" if name in forced else ""
        yield f"      {sign} {visible(name):<{longest}}{_values(old, new)}{why}"


def _fields(shown: Any) -> Mapping[str, Any]:
    """The attributes of one side of a change; a side that is sensitive as a whole has one."""
    return {"everything": shown} if isinstance(shown, str) else shown or {}


def _values(old: Any, new: Any) -> str:
    return f" = {_value(new)}" if old is None else f" = {_value(old)} -> {_value(new)}"


def _value(value: Any) -> str:
    if value in (HIDDEN, LATER):
        return str(value)
    return visible(msgspec.json.encode(value).decode())


def _cut(row: str, width: int) -> str:
    return row if len(row) <= width else row[: width - 1] + "…"
