"""Reading a plan: Terraform's JSON in, our `Plan` out, and what can be said of it at a glance.

Source  see `rules.planjson`. The digest of what a plan would do is `rules.effect`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dihedral.domain.change import (
    Action,
    Change,
    Output,
    Path,
    Plan,
    bare,
    dotted,
)
from dihedral.domain.errors import Invalid
from dihedral.ops.rules import checks, graph, known, places, planjson
from dihedral.ops.rules.planjson import Document, ResourceChange, StateModule

# fmt: off
ACTIONS: Mapping[tuple[str, ...], Action] = {
    ("no-op",):           Action.NOOP,
    ("create",):          Action.CREATE,
    ("read",):            Action.READ,
    ("update",):          Action.UPDATE,
    ("delete",):          Action.DELETE,
    ("forget",):          Action.FORGET,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("forget", "create"): Action.REPLACE,  # OpenTofu: the old one stays in the world, unmanaged
    ("create", "forget"): Action.REPLACE,
}
# fmt: on

_SORTED = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts of resource instances. An imported or moved one is counted by its action as well."""

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    forget: int = 0
    read: int = 0
    imported: int = 0
    moved: int = 0
    drifted: int = 0
    outputs: int = 0


# fmt: off
WORDS: Mapping[str, str] = {
    "imported": "to import", "create": "to create", "update": "to update", "replace": "to replace",
    "delete": "to delete", "forget": "to forget", "moved": "to move", "read": "to read",
    "outputs": "to change in outputs", "drifted": "changed outside of Terraform",
}
# fmt: on


def decode(text: bytes) -> Plan:
    """The plan of Terraform's or OpenTofu's plan JSON. Raises Invalid."""
    return of(planjson.read(text))


def of(document: Document) -> Plan:
    """The plan that a document says. Raises Invalid."""
    regions = places.regions(document)
    where = places.of_resources(document, regions)
    changes = tuple(_change(c, where) for c in document.resource_changes or ())
    before = (document.prior_state and document.prior_state.values) or planjson.StateValues()
    held = frozenset(_managed(before.root_module))
    configuration = document.configuration or planjson.Configuration()
    told = tuple(checks.of(document))
    links = graph.links(configuration, before.root_module)
    return Plan(
        terraform_version=document.terraform_version,
        format_version=document.format_version or document.plan_format_version or "",
        changes=changes,
        drift=tuple(_change(c, where) for c in document.resource_drift or ()),
        deferred=tuple(
            _change(d.resource_change, where, d.reason)
            for d in document.deferred_changes or ()
            if d.resource_change
        ),
        outputs=tuple(_outputs(document)),
        known=held | {c.address for c in changes if c.mode == "managed"},
        readers=links.readers,
        feeds=links.feeds,
        regions=regions,
        errored=document.errored,
        complete=document.complete and _says_all(document, held),
        failed_checks=tuple(c.address for c in told if c.failed),
        invoked=tuple(i.address for i in document.action_invocations or ()),
        invocations=tuple(checks.invocations(document)),
        checks=told,
        relevant=tuple(
            (r.resource, dotted(_path(r.attribute or ())))
            for r in document.relevant_attributes or ()
        ),
        variables=known.variables(document),
        secrets=known.secrets(document),
        made_at=document.timestamp,
        applyable=document.applyable is not False,
    )


def summary(plan: Plan) -> Summary:
    """The plan in numbers."""
    actions = Counter(c.action for c in plan.changes)
    return Summary(
        **{a.value: actions[a] for a in Action if a is not Action.NOOP},
        imported=sum(bool(c.importing) for c in plan.changes),
        moved=sum(bool(c.moved_from) for c in plan.changes),
        drifted=sum(c.action is not Action.NOOP for c in plan.drift),
        outputs=sum(1 for _ in _changed(plan.outputs)),
    )


def line(counts: Summary) -> str:
    """`3 to create, 1 to replace`; `no changes` when there are none."""
    said = [f"{n} {words}" for name, words in WORDS.items() if (n := getattr(counts, name))]
    return ", ".join(said) or "no changes"


def empty(plan: Plan) -> bool:
    """Whether an apply would do nothing, not even to the state."""
    return not (any(map(_acts, plan.changes)) or [*_changed(plan.outputs)] or plan.invoked)


def _change(written: ResourceChange, where: Mapping[str, str], waits: str = "") -> Change:
    delta = written.change
    importing = delta.importing
    return Change(
        address=written.address,
        type=written.type,
        provider=written.provider_name,
        action=_action(delta.actions, written.address),
        mode=written.mode,
        module=written.module_address,
        reason=waits or written.action_reason,
        before=_object(delta.before, written.address),
        after=_object(delta.after, written.address),
        after_unknown=delta.after_unknown,
        before_sensitive=delta.before_sensitive,
        after_sensitive=delta.after_sensitive,
        replace_paths=tuple(map(_path, delta.replace_paths or ())),
        importing=_identity(importing) if importing else "",
        identity=_object(delta.after_identity or delta.before_identity, written.address),
        generated=delta.generated_config,
        moved_from="" if written.previous_address == written.address else written.previous_address,
        create_first=delta.actions[0] == "create" and len(delta.actions) > 1,
        deposed=written.deposed,
        region=where.get(bare(written.address), ""),
    )


def _action(words: tuple[str, ...], address: str) -> Action:
    try:
        return ACTIONS[words]
    except KeyError:
        raise Invalid(
            f"{address}: the plan's actions {', '.join(words) or '(none)'} are not known here; "
            "upgrade dihedral"
        ) from None


def _object(value: Any, address: str) -> dict[str, Any] | None:
    if value is None or isinstance(value, dict):
        return value
    raise Invalid(f"{address}: the plan's values are not an object; {planjson.HOW}")


def _path(steps: Iterable[str | int | float]) -> Path:
    return tuple(step if isinstance(step, str) else int(step) for step in steps)


def _identity(importing: planjson.Importing) -> str:
    return importing.id or _SORTED.encode(importing.identity).decode()


def _outputs(document: Document) -> Iterator[Output]:
    for name, delta in (document.output_changes or {}).items():
        yield Output(
            name=name,
            action=_action(delta.actions, f"output.{name}"),
            before=delta.before,
            after=delta.after,
            after_unknown=delta.after_unknown,
            before_sensitive=delta.before_sensitive,
            after_sensitive=delta.after_sensitive,
        )


def _changed(outputs: Iterable[Output]) -> Iterator[Output]:
    return (o for o in outputs if o.action is not Action.NOOP)


def _acts(change: Change) -> bool:
    return change.action is not Action.NOOP or bool(change.importing or change.moved_from)


def _managed(module: StateModule) -> Iterator[str]:
    yield from (r.address for r in module.resources or () if r.mode == "managed")
    for child in module.child_modules or ():
        yield from _managed(child)


def _says_all(document: Document, held: frozenset[str]) -> bool:
    """Whether a plan without a list of changes has none, or does not say them."""
    if document.resource_changes is not None or document.planned_values is None:
        return True
    return held >= frozenset(_managed(document.planned_values.root_module))
